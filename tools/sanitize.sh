# shellcheck shell=bash
# Sourced by build.sh: the tests of the code with `unsafe` in it, under the sanitizers whose runtimes the stable toolchain
# contains. The standard library and OpenSSL are not instrumented: tools/tsan.supp names what follows for ThreadSanitizer;
# for AddressSanitizer their memory is watched as all is, only what they do with it themselves is not.

sanitizers=(thread address)

sanitize_help() {
  cat <<'HELP'
./build.sh sanitize [thread|address|engine]…     all three unless told otherwise; needs Linux or macOS
  thread    the network thread's tests under ThreadSanitizer
  address   the same under AddressSanitizer
  engine    the addon, built with AddressSanitizer, in the engine: the suites in which packets cross as pointers
HELP
}

sanitize() {
  local wanted=("$@") one
  case ${1-} in --help | -h) sanitize_help; return ;; esac
  ((${#wanted[@]} > 0)) || wanted=(thread address engine)
  need_cargo
  sanitizer_host=$("$cargo" -vV | sed -n 's/^host: //p')
  for one in "${wanted[@]}"; do
    say "$one"
    case $one in
      thread | address) sanitize_driver "$one" ;;
      engine) sanitize_engine ;;
      *) fail "unknown sanitizer run $one; see ./build.sh sanitize --help" ;;
    esac
  done
}
