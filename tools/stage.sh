# shellcheck shell=bash
# Sourced by build.sh: the native library, the addon folder around it, and the zip.

# Builds the library with `profile` (dev or release) and sets `library` to the file.
build_library() {
  local profile=$1 folder=debug
  [[ $profile == release ]] && folder=release
  need_cargo
  "$cargo" build -p enet-godot --profile "$profile" || return 1
  local target=${CARGO_TARGET_DIR:-target}/$folder
  case $(host_platform) in
    linux) library=$target/libenet_server.so ;;
    macos) library=$target/libenet_server.dylib ;;
    windows) library=$target/enet_server.dll ;;
  esac
}

# The name under which enet_server.gdextension looks for this machine's library.
staged_name() {
  case $(host_platform) in
    linux) echo "libenet_server.linux.$(host_arch).so" ;;
    macos) echo "libenet_server.macos.universal.dylib" ;;
    windows) echo "libenet_server.windows.$(host_arch).dll" ;;
  esac
}

# Replaces a file by renaming, so that an engine which has the old library open keeps it.
replace() {
  cp "$1" "$2.new"
  mv -f "$2.new" "$2"
}

# Fills an addon folder; libraries for other platforms that are in it stay.
fill_addon() {
  local to=$1 file
  mkdir -p "$to/bin"
  (cd addon && find . -type f ! -name '*.uid' ! -name '*.import') | while IFS= read -r file; do
    mkdir -p "$to/$(dirname "$file")"
    replace "addon/$file" "$to/$file"
  done
  replace "$library" "$to/bin/$(staged_name)"
  for file in enet_server.gdextension LICENSE LICENSE.openssl LICENSE.zstd CHANGELOG.md; do replace "$file" "$to/$file"; done
  # the README of the sources shows pictures and pages that the addon does not hold
  replace tools/addon-readme.md "$to/README.md"
}

build() {
  say "release library"
  build_library release || fail "the library does not build"
  fill_addon "$addon"
  fill_addon "$project/$addon"
  echo "staged into $addon and $project/$addon"
}

# A zip to unpack over a game's folder: addons/enet_server/ and nothing else.
package() {
  build
  local version zip
  version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
  zip=$PWD/target/enet_server-$version.zip
  mkdir -p target
  rm -f "$zip"
  say "package"
  if command -v zip >/dev/null; then
    zip -qr "$zip" "$addon"
  elif python3 -c 'import zipfile' 2>/dev/null; then
    python3 -m zipfile -c "$zip" addons
  else
    fail "neither zip nor python3 is installed; install one of them to make the package"
  fi
  echo "$zip"
}
