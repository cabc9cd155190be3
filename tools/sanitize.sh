# shellcheck shell=bash
# Sourced by build.sh: the driver's and the protocol's tests under ThreadSanitizer and AddressSanitizer, with the
# sanitizers that the stable toolchain contains. The standard library is not instrumented.

sanitize_usage() {
  cat <<'USAGE'
./build.sh sanitize [thread|address]     the tests of the Rust crates under a sanitizer; without a name, both
USAGE
}

run_sanitizers() {
  local one
  [[ ${1:-} != --help ]] || { sanitize_usage; return; }
  (($# > 0)) || set -- thread address
  need_cargo
  for one in "$@"; do
    case $one in
      thread | address) ;;
      *) sanitize_usage >&2; fail "unknown sanitizer $one" ;;
    esac
  done
  for one in "$@"; do sanitize "$one"; done
}

sanitize() { # sanitizer
  local host
  host=$("$cargo" -vV | sed -n 's/^host: //p')
  say "$1 sanitizer"
  # without a target of its own, build scripts and macros would be instrumented as well
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=$1 -Cunsafe-allow-abi-mismatch=sanitizer" \
    TSAN_OPTIONS="suppressions=$PWD/tools/tsan.supp" \
    "$cargo" test -p enet-driver --lib --test it \
    --target "$host" --target-dir "target/sanitize/$1" || fail "the $1 sanitizer found something, see above"
}
