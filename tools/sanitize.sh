# shellcheck shell=bash
# Sourced by build.sh: the code that has `unsafe` in it, under the sanitizers whose runtimes the stable toolchain contains.
# The standard library, OpenSSL and the engine are not instrumented. What follows from that for ThreadSanitizer stands in
# tools/tsan.supp; AddressSanitizer knows their memory as any other, but does not see what they do to it.

sanitize_help() {
  cat <<'HELP'
./build.sh sanitize [thread|address|engine]…     all three unless told otherwise; needs Linux
  thread    the network thread's tests under ThreadSanitizer
  address   the same under AddressSanitizer
  engine    the addon under AddressSanitizer inside the engine: the suites in which packets cross as pointers
HELP
}

sanitize() {
  local wanted=("$@") one
  if [[ ${1-} == --help || ${1-} == -h ]]; then sanitize_help; return; fi
  ((${#wanted[@]} > 0)) || wanted=(thread address engine)
  [[ $(host_platform) == linux ]] || fail "the sanitizers are set up for Linux alone"
  need_cargo
  sanitizer_host=$("$cargo" -vV | sed -n 's/^host: //p')
  for one in "${wanted[@]}"; do
    say "sanitize: $one"
    case $one in
      thread | address) sanitize_driver "$one" ;;
      engine) sanitize_engine ;;
      *) fail "unknown sanitizer run $one; see ./build.sh sanitize --help" ;;
    esac
  done
}

# Runs cargo with everything but build scripts and macros instrumented: those are spared by naming a target. The bootstrap
# variable admits -Z on a stable toolchain.
sanitized_cargo() { # sanitizer, cargo arguments…
  local sanitizer=$1
  shift
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=$sanitizer -Cunsafe-allow-abi-mismatch=sanitizer" \
    "$cargo" "$@" --target "$sanitizer_host" --target-dir "target/sanitize/$sanitizer"
}

sanitize_driver() { # sanitizer
  TSAN_OPTIONS="suppressions=$PWD/tools/tsan.supp" ASAN_OPTIONS="detect_stack_use_after_return=1" \
    sanitized_cargo "$1" test -p enet-driver --lib --test it --test dtls ||
    fail "the sanitizer found something, see above"
}

# The suites in which the engine hands packets to the addon, and takes them, as pointers; without those that measure time.
pointer_suites=(transport_connection. transport_peer. transport_mesh. transport_scene. transport_misuse. transport_compression.
  transport_demo. transport_surface. legacy. reentrancy. values.)

sanitize_engine() {
  local project=target/sanitize/project suite began=$SECONDS
  make_log_folder
  need_godot
  GODOT3=$(tools/get-godot.sh --3) || fail "no engine of Godot 3 to play with"
  export GODOT3
  mkdir -p target/sanitize
  write_program target/sanitize/rustc 'RUSTC_BOOTSTRAP=1 exec "$@" -Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer'
  # for the workspace's own crates alone, and what is generic in others
  RUSTC_WORKSPACE_WRAPPER=$PWD/target/sanitize/rustc build_library dev || fail "the addon does not build"
  rm -rf "$project"
  cp -R godot_project "$project"
  fill_addon "$project/$addon"
  build_asan_runtime target/sanitize/libruntime.so
  build_plain_dlopen target/sanitize/libdlopen.so
  # what the engine itself does not free at its end is not looked at
  write_program target/sanitize/godot \
    "LD_PRELOAD=$PWD/target/sanitize/libdlopen.so:$PWD/target/sanitize/libruntime.so ASAN_OPTIONS=detect_leaks=0 exec $godot \"\$@\""
  godot=$PWD/target/sanitize/godot
  import_project "$logs" || fail "the project cannot be imported"
  stage=sanitize stage_passed=0 stage_failed=0
  for suite in "${pointer_suites[@]}"; do
    counted_engine_run "$suite" 900 --headless --path "$project" tests/runner.tscn -- --filter "$suite"
  done
  if grep -l 'AddressSanitizer' "$logs"/*.log; then count 0 1; fi
  close_stage $((SECONDS - began))
  sum_up || fail "the sanitizer or a test found something, see above"
}

write_program() { # file, shell command
  printf '#!/bin/sh\n%s\n' "$2" >"$1"
  chmod +x "$1"
}

# rustc links AddressSanitizer's runtime to programs only; for a library it has to be loaded first, as one of its own. By
# the usual names of such libraries the runtime would take itself for a second one.
build_asan_runtime() { # library
  local archive
  archive=$("${RUSTC:-rustc}" --print sysroot)/lib/rustlib/$sanitizer_host/lib/librustc-stable_rt.asan.a
  [[ -e $archive ]] || fail "the Rust toolchain has no AddressSanitizer: $archive"
  need_cxx
  cp "$archive" target/sanitize/asan.a
  ar d target/sanitize/asan.a asan_preinit.cpp.o # what only a program may have
  "${CXX:-c++}" -shared -o "$1" -Wl,--whole-archive target/sanitize/asan.a -Wl,--no-whole-archive -lpthread -ldl -lm -lrt
}

# The engine loads extensions with RTLD_DEEPBIND, which would lead them past the runtime.
build_plain_dlopen() { # library
  "${CC:-cc}" -shared -fPIC -o "$1" -x c - -ldl <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
void *dlopen(const char *file, int mode) {
  void *(*real)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
  return real(file, mode & ~RTLD_DEEPBIND);
}
C
}
