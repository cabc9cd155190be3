# shellcheck shell=bash
# Sourced by build.sh: the Rust tests of the platforms that this machine can imitate. Minutes of compiling, so only when named.

# The protocol and the network thread over Wine's sockets, and the library as Godot for Windows loads it.
stage_windows() {
  need_cargo
  check "windows: Wine is there" need_wine
  ((stage_failed == 0)) || return 0
  export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
  # Wine lets a socket have any address, which Windows does not, and its timers and sockets are too slow for round trips below 5 ms
  counted_tests windows cargo_for x86_64-pc-windows-gnu test -p enet-proto -p enet-driver --no-fail-fast ${filter:+"$filter"} \
    -- --skip a_foreign_address_cannot_be_bound --skip the_round_trip_time_does_not_depend_on_the_game
  check "windows: the library builds" build_library dev x86_64-pc-windows-gnu
  check "windows: the library loads and has its entry point" loads_in_wine "$library"
}

# Sets up a Wine of our own in target/, with what an older one lacks.
need_wine() {
  command -v wine >/dev/null || as_root apt-get install -qq -y --no-install-recommends wine wine64 || return 1
  export WINEPREFIX=$PWD/target/wine WINEDEBUG=-all
  local system=$WINEPREFIX/drive_c/windows/system32
  [[ -d $system ]] || wine wineboot -i >/dev/null 2>&1
  [[ -e $system/bcryptprimitives.dll ]] || compile_for_wine "$system/bcryptprimitives.dll" -shared tools/wine/bcryptprimitives.c -ladvapi32
}

compile_for_wine() ( # output, arguments…
  need_compiler x86_64-pc-windows-gnu x86_64-w64-mingw32 && x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -O -o "$@"
)

loads_in_wine() { # library
  compile_for_wine target/load.exe tools/wine/load.c && wine target/load.exe "Z:$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
}

# The same tests on an imitated ARM processor.
stage_arm64() {
  need_cargo
  check "arm64: QEMU is there" need_qemu
  ((stage_failed == 0)) || return 0
  export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64-static -L $cross_root/compilers/usr/aarch64-linux-gnu"
  counted_tests arm64 cargo_for aarch64-unknown-linux-gnu test -p enet-proto -p enet-driver --no-fail-fast ${filter:+"$filter"}
}

need_qemu() {
  command -v qemu-aarch64-static >/dev/null || as_root apt-get install -qq -y --no-install-recommends qemu-user-static
}
