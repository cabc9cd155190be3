#!/usr/bin/env bash
# Prints the path of a Godot editor, 4.5 or newer. The first of these that exists is taken:
#   1. the one named by GODOT                      GODOT=/path/to/godot ./build.sh demo
#   2. `godot` or `godot4` on PATH, or Godot.app in /Applications
#   3. one that an earlier call fetched
#   4. on Debian, one fetched from the machine's own package mirror
#
# Fetching needs no root and installs nothing system-wide: the packages of a newer Debian suite (Godot and everything
# below it, libc included) are unpacked into a private folder, and the binary is pointed at that folder's loader.
#
#   get-godot.sh          enough for headless runs
#   get-godot.sh --gl     with Mesa's OpenGL as well, for windows; a fetched engine does not see the system's own
#
# GODOT_DEBIAN_SUITE (default forky) names the suite, GODOT_ROOT the folder.
set -euo pipefail

oldest_major=4 oldest_minor=5
suite=${GODOT_DEBIAN_SUITE:-forky}
root=${GODOT_ROOT:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/godot-$suite}
packages=(godot patchelf)
gl_packages=(libgl1 libglx-mesa0 libegl1 libegl-mesa0 libgl1-mesa-dri libgles2)

say() { echo "get-godot: $*" >&2; }

how_to_get_one() {
  say "install Godot $oldest_major.$oldest_minor or newer (godotengine.org, or your package manager), then put it on PATH as"
  say "\`godot\` or name it:  GODOT=/path/to/godot ./build.sh demo"
  exit 1
}

version_of() { "$1" --headless --version 2>/dev/null | tail -n 1; }

is_new_enough() { # version text, such as 4.6.3.stable.official
  local major minor
  IFS=. read -r major minor _ <<<"$1"
  minor=${minor%%[!0-9]*}
  [[ $major =~ ^[0-9]+$ && $minor =~ ^[0-9]+$ ]] || return 1
  ((major > oldest_major || (major == oldest_major && minor >= oldest_minor)))
}

named_engine() {
  [[ -n ${GODOT:-} ]] || return 1
  local path version
  path=$(command -v "$GODOT") || { say "GODOT names $GODOT, which cannot be run"; exit 1; }
  version=$(version_of "$path" || true)
  is_new_enough "$version" || { say "GODOT names $path, which is version '$version'"; how_to_get_one; }
  echo "$path"
}

installed_engine() {
  local name path version
  for name in godot godot4 /Applications/Godot.app/Contents/MacOS/Godot; do
    path=$(command -v "$name") || continue
    version=$(version_of "$path" || true)
    if is_new_enough "$version"; then echo "$path"; return; fi
    say "passing over $path: version '$version' is not $oldest_major.$oldest_minor or newer"
  done
  return 1
}

# A folder with OpenGL serves headless runs too, not the other way round.
fetched_engine() {
  local candidates=("$root-gl/usr/bin/godot") path
  [[ $gl == yes ]] || candidates+=("$root/usr/bin/godot")
  for path in "${candidates[@]}"; do
    if [[ -x $path ]]; then echo "$path"; return; fi
  done
  return 1
}

# The mirror that this machine already uses: mirrors differ from place to place, and only this one is known to answer.
debian_mirror() {
  local mirror
  # shellcheck disable=SC2016 # apt expands $(REPO_URI), not the shell
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -E '/debian/?$' | head -n 1 || true)
  [[ -n $mirror ]] || mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 || true)
  [[ -n $mirror ]] && echo "${mirror% }"
}

download() { # mirror, folder; leaves the packages in folder/cache/archives
  local mirror=$1 dir=$2
  mkdir -p "$dir"/{lists/partial,cache/archives/partial}
  : >"$dir/status" # an empty list of installed packages: everything that Godot needs is downloaded
  echo "deb $mirror $suite main" >"$dir/sources.list"
  local apt=(apt-get -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$dir/lists" -o "Dir::State::status=$dir/status" -o "Dir::Cache=$dir/cache"
    -o APT::Install-Recommends=false -o Debug::NoLocking=true -o "APT::Sandbox::User=$(id -un)" -qq -y)
  "${apt[@]}" update >&2 && "${apt[@]}" --download-only install "${packages[@]}" >&2
}

# Points the engine at the loader and the libraries beside it; they stand in `from` and are about to move to `to`.
use_own_libraries() {
  local from=$1 to=$2 libs loader rpath lib
  libs=$(dirname "$(find "$from/usr/lib" -name 'libpulse.so.0' | head -n 1)")
  loader=$(find "$from/usr/lib64" "$from/usr/lib" -maxdepth 2 -name 'ld-linux-*.so.*' 2>/dev/null | head -n 1)
  rpath=${libs/#"$from"/"$to"}
  rpath=$rpath:$rpath/pulseaudio
  local patchelf=("$loader" --library-path "$libs" "$from/usr/bin/patchelf" --force-rpath --set-rpath "$rpath")
  "${patchelf[@]}" --set-interpreter "${loader/#"$from"/"$to"}" "$from/usr/bin/godot"
  # libraries that carry a search path of their own would look in the host's folders
  for lib in "$libs"/libpulse*.so.*.*.* "$libs"/libLLVM.so.*; do
    if [[ -f $lib ]]; then "${patchelf[@]}" "$(readlink -f "$lib")"; fi
  done
}

# Unpacks beside the final place and moves the whole folder there, so that no half-made engine is ever found.
fetch_engine() {
  local mirror work deb version
  mirror=$(debian_mirror) || { say "no Godot found, and no Debian mirror is configured to fetch one from"; how_to_get_one; }
  say "fetching Godot into $root (Debian $suite, 500 MB unpacked; once only)"
  mkdir -p "$(dirname "$root")"
  work=$(mktemp -d "$root.XXXXXX")
  # shellcheck disable=SC2064 # the folder of this call
  trap "rm -rf '$work'" EXIT
  download "$mirror" "$work/.apt" || { say "the mirror did not deliver Godot"; how_to_get_one; }
  for deb in "$work"/.apt/cache/archives/*.deb; do dpkg-deb -x "$deb" "$work"; done
  use_own_libraries "$work" "$root"
  rm -rf "$work/.apt"
  chmod 755 "$work"
  mv -T "$work" "$root" || [[ -x $root/usr/bin/godot ]] # another call was faster: its engine is as good
  version=$(version_of "$root/usr/bin/godot" || true)
  is_new_enough "$version" || { say "the fetched engine says it is version '$version'"; how_to_get_one; }
  say "Godot $version"
  echo "$root/usr/bin/godot"
}

gl=no
case ${1:-} in
  --gl) gl=yes ;;
  '') ;;
  *) say "usage: get-godot.sh [--gl]"; exit 2 ;;
esac

if named_engine || installed_engine || fetched_engine; then exit 0; fi
if [[ $gl == yes ]]; then root=$root-gl packages+=("${gl_packages[@]}"); fi
fetch_engine
