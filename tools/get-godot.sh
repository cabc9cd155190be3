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
#   get-godot.sh --3      a server of Godot 3 instead (named by GODOT3, or `godot3-server` on PATH), for the tests of the
#                         class that speaks with it
#
# GODOT_DEBIAN_SUITE (default forky, for Godot 3 bookworm) names the suite, GODOT_ROOT the folder.
set -euo pipefail
# shellcheck source=tools/debian.sh
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"

gl=no
if [[ ${1:-} == --gl ]]; then gl=yes; fi
case ${1:-} in
  --gl | '')
    major=4 oldest_minor=5 named=${GODOT:-} variable=GODOT package=godot suite=forky
    names=(godot godot4 /Applications/Godot.app/Contents/MacOS/Godot)
    ;;
  --3) major=3 oldest_minor=2 named=${GODOT3:-} variable=GODOT3 package=godot3-server suite=bookworm names=(godot3-server) ;;
  *) echo "usage: get-godot.sh [--gl | --3]" >&2; exit 2 ;;
esac
suite=${GODOT_DEBIAN_SUITE:-$suite}
root=${GODOT_ROOT:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/$package-$suite}
packages=("$package" patchelf)
gl_packages=(libgl1 libglx-mesa0 libegl1 libegl-mesa0 libgl1-mesa-dri libgles2)

say() { echo "get-godot: $*" >&2; }

how_to_get_one() {
  say "install Godot $major.$oldest_minor or newer (godotengine.org, or your package manager), then put it on PATH as"
  say "\`${names[0]}\` or name it:  $variable=/path/to/it ./build.sh test"
  exit 1
}

version_of() { "$1" --headless --version 2>/dev/null | tail -n 1; }

is_new_enough() { # version text, such as 4.6.3.stable.official
  local its_major its_minor
  IFS=. read -r its_major its_minor _ <<<"$1"
  its_minor=${its_minor%%[!0-9]*}
  [[ $its_major == "$major" && $its_minor =~ ^[0-9]+$ ]] && ((its_minor >= oldest_minor))
}

named_engine() {
  [[ -n $named ]] || return 1
  local path version
  path=$(command -v "$named") || { say "$variable names $named, which cannot be run"; exit 1; }
  version=$(version_of "$path" || true)
  is_new_enough "$version" || { say "$variable names $path, which is version '$version'"; how_to_get_one; }
  echo "$path"
}

installed_engine() {
  local name path version
  for name in "${names[@]}"; do
    path=$(command -v "$name") || continue
    version=$(version_of "$path" || true)
    if is_new_enough "$version"; then echo "$path"; return; fi
    say "passing over $path: version '$version' is not $major.$oldest_minor or newer"
  done
  return 1
}

# A folder with OpenGL serves headless runs too, not the other way round.
fetched_engine() {
  local candidates=("$root-gl/usr/bin/$package") path
  [[ $gl == yes ]] || candidates+=("$root/usr/bin/$package")
  for path in "${candidates[@]}"; do
    if [[ -x $path ]]; then echo "$path"; return; fi
  done
  return 1
}

# Points the engine at the loader and the libraries beside it; they stand in `from` and are about to move to `to`.
use_own_libraries() {
  local from=$1 to=$2 here loader rpath lib
  # older suites have the loader and libc in /lib, newer ones everything in /usr/lib
  here=$(find "$from/usr/lib" "$from/lib" -maxdepth 2 -name 'lib*.so.*' -printf '%h\n' 2>/dev/null | sort -u | paste -sd : || true)
  loader=$(find "$from/usr/lib64" "$from/usr/lib" "$from/lib64" "$from/lib" -maxdepth 2 -name 'ld-linux-*.so.*' 2>/dev/null | head -n 1 || true)
  rpath=${here//"$from"/"$to"}
  rpath=$rpath:${rpath%%:*}/pulseaudio
  local patchelf=("$loader" --library-path "$here" "$from/usr/bin/patchelf" --force-rpath --set-rpath "$rpath")
  "${patchelf[@]}" --set-interpreter "${loader/#"$from"/"$to"}" "$from/usr/bin/$package"
  # libraries that carry a search path of their own would look in the host's folders
  for lib in "$from"/usr/lib/*/libpulse*.so.*.*.* "$from"/usr/lib/*/libLLVM.so.*; do
    if [[ -f $lib ]]; then "${patchelf[@]}" "$(readlink -f "$lib")"; fi
  done
}

# Unpacks beside the final place and moves the whole folder there, so that no half-made engine is ever found.
fetch_engine() {
  local mirror work deb version
  mirror=$(debian_mirror) || { say "no Godot found, and no Debian mirror is configured to fetch one from"; how_to_get_one; }
  say "fetching $package into $root (Debian $suite, a few hundred MB unpacked; once only)"
  mkdir -p "$(dirname "$root")"
  work=$(mktemp -d "$root.XXXXXX")
  # shellcheck disable=SC2064 # the folder of this call
  trap "rm -rf '$work'" EXIT
  download_packages "$mirror" "$suite" "$work/.apt" "${packages[@]}" || { say "the mirror did not deliver Godot"; how_to_get_one; }
  for deb in "$work"/.apt/cache/archives/*.deb; do dpkg-deb -x "$deb" "$work"; done
  use_own_libraries "$work" "$root"
  rm -rf "$work/.apt"
  chmod 755 "$work"
  mv -T "$work" "$root" || [[ -x $root/usr/bin/godot ]] # another call was faster: its engine is as good
  version=$(version_of "$root/usr/bin/$package" || true)
  is_new_enough "$version" || { say "the fetched engine says it is version '$version'"; how_to_get_one; }
  say "Godot $version"
  echo "$root/usr/bin/$package"
}

if named_engine || installed_engine || fetched_engine; then exit 0; fi
if [[ $gl == yes ]]; then root=$root-gl packages+=("${gl_packages[@]}"); fi
fetch_engine
