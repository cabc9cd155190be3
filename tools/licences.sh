# shellcheck shell=bash
# Sourced by build.sh: THIRD_PARTY_LICENSES.txt, the licences of everything that is linked into the library.

third_party=THIRD_PARTY_LICENSES.txt
# What may be linked into the library, the first choice first where a crate leaves the choice to its user.
allowed_licences="MIT BSD-2-Clause BSD-3-Clause ISC Zlib Apache-2.0 MPL-2.0 Unicode-3.0 BSL-1.0 0BSD CC0-1.0 Unlicense"
# C code inside crates, which cargo knows nothing of: crate, its file, what it is, its licence.
bundled_sources='openssl-src|openssl/LICENSE.txt|OpenSSL|Apache-2.0
zstd-sys|zstd/LICENSE|Zstandard, (c) Meta Platforms, Inc. and affiliates|BSD-3-Clause'
# What compilers add by themselves; the texts are kept in tools/licences/.
runtimes='rust-std.txt|the Rust standard library|MIT OR Apache-2.0
mingw-w64.txt|the mingw-w64 runtime (in the library for Windows)|ZPL-2.1'

# Prints which licence of an expression such as `(MIT OR Apache-2.0) AND Zlib` is chosen for each of its parts, or fails.
choose_licences() { # expression
  local part parts one chosen newline=$'\n'
  parts=$(sed 's/[()]//g; s|/| OR |g' <<<"$1")
  while IFS= read -r part; do
    chosen=
    for one in $allowed_licences; do
      if grep -qxF -- "$one" <<<"${part// OR /$newline}"; then chosen=$one; break; fi
    done
    [[ -n $chosen ]] || return 1
    echo "$chosen"
  done <<<"${parts// AND /$newline}"
}

# Every crate that is linked in on one of the platforms: name, version, licence, source. Ours are left out.
linked_crates() {
  local target targets=()
  for target in $released_targets; do targets+=(--target "$target"); done
  "$cargo" tree --locked -p enet-godot "${targets[@]}" -e normal,no-proc-macro --prefix none -f '{p}|{l}|{r}' |
    sed -n 's/ (\*)$//; s/^\([^ ]*\) v\([^| ]*\)|/\1|\2|/p' | LC_ALL=C sort -u
}

crate_folder() { # name, version
  find "${CARGO_HOME:-$HOME/.cargo}/registry/src" -mindepth 2 -maxdepth 2 -name "$1-$2" | head -n 1
}

# The files with the terms of a crate: those of the chosen licence where there is a file for each.
licence_files() { # folder, expression
  local all of_choice
  all=$(find "$1" -maxdepth 1 -type f \( -iname 'licen[sc]e*' -o -iname 'copying*' -o -iname 'notice*' \) ! -iname '*third-party*' | LC_ALL=C sort)
  of_choice=
  if [[ $(choose_licences "$2") == MIT ]]; then of_choice=$(grep -i 'mit$\|mit\.[a-z]*$' <<<"$all" || true); fi
  echo "${of_choice:-$all}"
}

# Puts a text among those to be printed; the same text of several crates is printed once.
add_text() { # folder for the texts, file, whose it is
  local sum
  sum=$(tr -d ' \t\r\n' <"$2" | cksum | tr ' ' -)
  [[ -e $1/$sum.text ]] || tr -d '\r' <"$2" | sed 's/[[:space:]]*$//' >"$1/$sum.text"
  grep -qxF -- "$3" "$1/$sum.names" 2>/dev/null || echo "$3" >>"$1/$sum.names"
}

collect_texts() { # folder for the texts; the crates come from standard input
  local name version licence source folder file
  while IFS='|' read -r name version licence source; do
    choose_licences "$licence" >/dev/null || { echo "$name $version is licensed under '$licence', which is not in the list of tools/licences.sh" >&2; return 1; }
    folder=$(crate_folder "$name" "$version")
    [[ -n $folder ]] || { echo "the source of $name $version is not there" >&2; return 1; }
    while IFS= read -r file; do
      # gdext's crates name their licence, but do not hold its text
      if [[ -z $file && $licence == MPL-2.0 ]]; then file=tools/licences/MPL-2.0.txt; fi
      [[ -n $file ]] || { echo "$name $version comes without the text of its licence" >&2; return 1; }
      add_text "$1" "$file" "$name $version"
    done < <(licence_files "$folder" "$licence")
  done
}

collect_bundled() { # folder for the texts
  local crate file name licence folder version
  while IFS='|' read -r crate file name licence; do
    version=$(sed -n "/^name = \"$crate\"/{n;s/^version = \"\(.*\)\"/\1/p;}" Cargo.lock)
    folder=$(crate_folder "$crate" "$version")
    [[ -f $folder/$file ]] || { echo "there is no $file in the crate $crate $version" >&2; return 1; }
    add_text "$1" "$folder/$file" "$name"
    echo "$name (C, from the crate $crate $version): $licence" >>"$1/list"
  done <<<"$bundled_sources"
  while IFS='|' read -r file name licence; do
    add_text "$1" "tools/licences/$file" "$name"
    echo "$name: $licence" >>"$1/list"
  done <<<"$runtimes"
}

print_third_party() { # folder with the texts
  local names
  cat <<'HEAD'
What is linked into the libraries of this addon, and under which licences. ENetServer for Godot itself is MIT, see LICENSE.
The source of every crate is at the address beside it, and at https://crates.io/crates/NAME/VERSION.

HEAD
  cat "$1/list"
  while IFS= read -r names; do
    printf '\n%s\n' "================================================================================"
    cat "$names"
    printf '%s\n\n' "--------------------------------------------------------------------------------"
    cat "${names%.names}.text"
  done < <(for names in "$1"/*.names; do printf '%s|%s\n' "$(head -n 1 "$names")" "$names"; done | LC_ALL=C sort | sed 's/.*|//')
}

# Prints what THIRD_PARTY_LICENSES.txt has to be.
third_party_licences() (
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  "$cargo" fetch --locked --quiet
  linked_crates >"$work/crates" && [[ -s $work/crates ]] || return 1
  sed 's/^\([^|]*\)|\([^|]*\)|\([^|]*\)|\(.*\)$/\1 \2: \3, \4/; s/, $//' "$work/crates" >"$work/list"
  collect_texts "$work" <"$work/crates" && collect_bundled "$work" && print_third_party "$work"
)

licences() {
  need_cargo
  third_party_licences >"$third_party.new" || { rm -f "$third_party.new"; fail "$third_party is left as it was"; }
  mv -f "$third_party.new" "$third_party"
  echo "$third_party"
}

licences_are_current() {
  third_party_licences | cmp - "$third_party" || { echo "    wrong: run ./build.sh licences"; return 1; }
}

# A list that lets everything through would be none.
other_licences_are_refused() {
  local one
  for one in GPL-3.0-only 'MIT AND GPL-2.0' LGPL-2.1-or-later 'AGPL-3.0 OR SSPL-1.0'; do
    if choose_licences "$one" >/dev/null; then echo "    wrong: $one was let through"; return 1; fi
  done
  for one in MIT MIT/Apache-2.0 'GPL-2.0 OR MIT' '(MIT OR Apache-2.0) AND Unicode-3.0'; do
    choose_licences "$one" >/dev/null || { echo "    wrong: $one was refused"; return 1; }
  done
}
