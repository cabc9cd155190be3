# shellcheck shell=bash
# Sourced by build.sh: the native library, the addon folder around it, and the zip.

# Every platform that a release is for; enet_server.gdextension has a line for each (macOS: one for both).
released_targets="x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu x86_64-pc-windows-gnu x86_64-apple-darwin aarch64-apple-darwin aarch64-linux-android"

# Builds the library with `profile` (dev or release), for this machine or for a target, and sets `library` to the file.
build_library() { # profile, target or nothing
  local profile=$1 target=${2:-} folder=debug
  [[ $profile == release ]] && folder=release
  if [[ $target == universal-apple-darwin ]]; then build_universal "$profile"; return; fi
  need_cargo
  if [[ -z $target ]]; then
    "$cargo" build -p enet-godot --profile "$profile" || return 1
  else
    cargo_for "$target" build -p enet-godot --profile "$profile" || return 1
  fi
  library=${CARGO_TARGET_DIR:-target}/${target:+$target/}$folder/$(library_file "${target:-$(host_platform)}")
}

# One file with the code for both processors that macOS runs on.
build_universal() { # profile
  local target parts=()
  for target in x86_64-apple-darwin aarch64-apple-darwin; do
    build_library "$1" "$target" || return 1
    parts+=("$library")
  done
  library=${CARGO_TARGET_DIR:-target}/libenet_server.universal.dylib
  "${LIPO:-lipo}" -create -output "$library" "${parts[@]}"
}

library_file() { # target or platform
  case $1 in
    *windows*) echo enet_server.dll ;;
    *apple* | macos) echo libenet_server.dylib ;;
    *) echo libenet_server.so ;;
  esac
}

# The name under which enet_server.gdextension looks for a library.
staged_name() { # target, or nothing for this machine
  local arch
  case ${1:-$(host_arch)} in
    aarch64* | arm64) arch=arm64 ;;
    *) arch=x86_64 ;;
  esac
  case ${1:-$(host_platform)} in
    *android*) echo "libenet_server.android.$arch.so" ;;
    *linux*) echo "libenet_server.linux.$arch.so" ;;
    *apple* | macos) echo "libenet_server.macos.universal.dylib" ;;
    *windows*) echo "libenet_server.windows.$arch.dll" ;;
  esac
}

# Replaces a file by renaming, so that an engine which has the old library open keeps it.
replace() {
  cp "$1" "$2.new"
  mv -f "$2.new" "$2"
}

# Fills an addon folder with everything but libraries.
fill_addon_around_libraries() { # folder
  local to=$1 file
  mkdir -p "$to/bin"
  (cd addon && find . -type f ! -name '*.uid' ! -name '*.import') | while IFS= read -r file; do
    mkdir -p "$to/$(dirname "$file")"
    replace "addon/$file" "$to/$file"
  done
  for file in enet_server.gdextension LICENSE "$third_party" CHANGELOG.md; do replace "$file" "$to/$file"; done
  # the README of the sources shows pictures and pages that the addon does not hold
  replace tools/addon-readme.md "$to/README.md"
}

# The same with `library` in it; libraries for other platforms that are there stay.
fill_addon() { # folder, target or nothing
  fill_addon_around_libraries "$1"
  replace "$library" "$1/bin/$(staged_name "${2:-}")"
}

build_usage() {
  cat <<'USAGE'
./build.sh build              the release library for this machine
./build.sh build --target T   for another one:
  x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu, x86_64-pc-windows-gnu, aarch64-linux-android, and on a Mac
  universal-apple-darwin
USAGE
}

build() {
  local target=
  while (($# > 0)); do
    case $1 in
      --target) [[ -n ${2:-} ]] || fail "--target needs a value"; target=$2; shift 2 ;;
      --help) build_usage; return ;;
      *) build_usage >&2; fail "unknown option $1" ;;
    esac
  done
  say "release library${target:+ for $target}"
  [[ " $released_targets universal-apple-darwin  " == *" $target "* ]] || fail "unknown target $target; see ./build.sh build --help"
  build_library release "$target" || fail "the library does not build"
  fill_addon "$addon" "$target"
  fill_addon "$project/$addon" "$target"
  if [[ $target == *-linux-gnu ]]; then runs_on_old_linux "$library" || fail "the library needs a newer system than is promised"; fi
  echo "staged into $addon and $project/$addon: $(staged_name "$target")"
}

# The libraries that the manifest names, as paths in the addon.
named_libraries() {
  sed -n '/^\[libraries\]/,$s/^[a-z].* = "\(.*\)"$/\1/p' enet_server.gdextension | sort -u
}

# Fills an empty folder with what the zip is made of. Sets `missing` to the libraries that are not there.
gather_package() { # folder, addon folder with the libraries
  local one
  rm -rf "$1"
  fill_addon_around_libraries "$1/$addon"
  missing=()
  for one in $(named_libraries); do
    if [[ -f $2/$one ]]; then cp "$2/$one" "$1/$addon/$one"; else missing+=("$one"); fi
  done
}

zip_folder() { # zip, folder whose `addons` goes into it
  rm -f "$1"
  if command -v zip >/dev/null; then
    (cd "$2" && zip -qrX "$1" addons)
  elif python3 -c 'import zipfile' 2>/dev/null; then
    (cd "$2" && python3 -m zipfile -c "$1" addons)
  else
    fail "neither zip nor python3 is installed; install one of them to make the package"
  fi
}

# A zip to unpack over a game's folder: addons/enet_server/ and nothing else, with the library of this machine and those of
# other platforms that `build --target` has staged.
package() { # --complete: none may be missing, and none is built
  local complete=no version one
  case ${1:-} in
    --complete) complete=yes ;;
    '') build ;;
    *) fail "unknown option $1" ;;
  esac
  version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
  zip=$PWD/dist/enet_server-$version.zip
  say "package"
  mkdir -p dist
  gather_package target/package "$addon"
  if ((${#missing[@]} > 0)); then
    echo "without ${missing[*]}"
    [[ $complete == no ]] || fail "the package is not complete"
  fi
  for one in target/package/"$addon"/bin/*.linux.*; do
    [[ ! -f $one ]] || runs_on_old_linux "$one" || [[ $complete == no ]] || fail "that is too new for a package that is complete"
  done
  zip_folder "$zip" target/package
  echo "$zip"
}
