# shellcheck shell=bash
# Sourced by build.sh: the driver's tests under ThreadSanitizer, with the runtime that the stable toolchain contains. The
# standard library is not instrumented; tools/tsan.supp names what follows from that.

sanitize() {
  local host
  need_cargo
  host=$("$cargo" -vV | sed -n 's/^host: //p')
  # without a target of its own, build scripts and macros would be instrumented as well
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" \
    TSAN_OPTIONS="suppressions=$PWD/tools/tsan.supp" \
    "$cargo" test -p enet-driver --lib --test it --target "$host" --target-dir target/sanitize/thread ||
    fail "the sanitizer found something, see above"
}
