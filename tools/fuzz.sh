# shellcheck shell=bash
# Sourced by build.sh: the fuzz targets of rust/fuzz, built with libFuzzer's instrumentation by plain cargo, so that a
# stable toolchain is enough. `cargo fuzz` finds the same targets where it is installed.

fuzz_targets=(commands datagram fastlz half_open host_ops lz4 packet_format pair range_coder zlib zstd)
fuzz_mode=thorough
fuzz_merge=no

fuzz_usage() {
  cat <<USAGE
./build.sh fuzz [target|all] [seconds] [options]     60 seconds of each target unless told otherwise
  targets     ${fuzz_targets[*]}
  --fast      without AddressSanitizer and without following comparisons: finds less, but ten times as fast
  --keep      afterwards rust/fuzz/corpus holds what of the old and the new is needed for the coverage, and no more
A crash ends the run with status 1; its input is kept in rust/fuzz/artifacts/ and can be replayed:
  rust/fuzz/target/thorough/<host>/release/<target> <file>
USAGE
}

# libFuzzer itself is C++. The crate builds it with the system's compiler.
need_cxx() {
  command -v "${CXX:-c++}" >/dev/null && return
  echo "installing a C++ compiler, which libFuzzer is built with"
  install_cxx || true
  command -v "${CXX:-c++}" >/dev/null || fail "the fuzzer needs a C++ compiler; install one (Debian: g++), then run again"
}

install_cxx() {
  if command -v apt-get >/dev/null; then
    as_root apt-get install -qq -y g++ || { as_root apt-get update -qq && as_root apt-get install -qq -y g++; }
  elif command -v dnf >/dev/null; then
    as_root dnf install -y gcc-c++
  elif command -v pacman >/dev/null; then
    as_root pacman -S --noconfirm --needed gcc
  elif command -v zypper >/dev/null; then
    as_root zypper --non-interactive install gcc-c++
  elif command -v apk >/dev/null; then
    as_root apk add g++
  else
    return 1
  fi
}

# Sets `fuzz_binaries` to the folder of the built targets.
build_fuzz_targets() {
  local host flags
  host=$("${RUSTC:-rustc}" -vV | sed -n 's/^host: //p')
  flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
  flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
  if [[ $fuzz_mode == thorough ]]; then flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address"; fi
  # --target keeps these flags away from build scripts. The bootstrap variable admits -Z on a stable toolchain.
  RUSTC_BOOTSTRAP=1 RUSTFLAGS=$flags "$cargo" build --release --manifest-path rust/fuzz/Cargo.toml \
    --target "$host" --target-dir "rust/fuzz/target/$fuzz_mode"
  fuzz_binaries=rust/fuzz/target/$fuzz_mode/$host/release
}

# The largest input of a target: what a datagram, a packet or a stretch of decisions is worth looking at.
largest_input() { # target
  case $1 in
    commands) echo 256 ;;
    datagram) echo 512 ;;
    pair) echo 400 ;;
    half_open) echo 300 ;;
    host_ops) echo 240 ;;
    *) echo 1024 ;;
  esac
}

# What a run finds goes into a folder of its own; the stored corpus is where it starts from.
fuzz_target() { # target, seconds
  local found=rust/fuzz/target/corpus/$1 artifacts=rust/fuzz/artifacts/$1
  mkdir -p "$found" "$artifacts" "rust/fuzz/corpus/$1"
  "$fuzz_binaries/$1" "$found" "rust/fuzz/corpus/$1" -artifact_prefix="$artifacts/" -max_total_time="$2" \
    -max_len="$(largest_input "$1")" -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 -verbosity=0 2>&1 |
    tee "$logs/fuzz-$1.log"
}

# Leaves in the stored corpus one small input for each thing that only it reaches.
keep_corpus() { # target
  local stored=rust/fuzz/corpus/$1 merged=rust/fuzz/target/merged/$1
  rm -rf "$merged"
  mkdir -p "$merged"
  "$fuzz_binaries/$1" -set_cover_merge=1 -max_len="$(largest_input "$1")" "$merged" "$stored" "rust/fuzz/target/corpus/$1" 2>/dev/null
  rm -rf "$stored"
  mv "$merged" "$stored"
  echo "$1: $(find "$stored" -type f | wc -l) inputs are kept"
}

run_fuzz() {
  local wanted=() seconds=60 one executed total=0
  while (($# > 0)); do
    case $1 in
      --help) fuzz_usage; return ;;
      --fast) fuzz_mode=fast ;;
      --keep) fuzz_merge=yes ;;
      all) wanted=("${fuzz_targets[@]}") ;;
      *[!0-9]*) [[ " ${fuzz_targets[*]} " == *" $1 "* ]] || fail "unknown target $1; see ./build.sh fuzz --help"; wanted+=("$1") ;;
      *) seconds=$1 ;;
    esac
    shift
  done
  ((${#wanted[@]} > 0)) || wanted=("${fuzz_targets[@]}")
  need_cargo
  need_cxx
  build_fuzz_targets
  logs=target/logs
  mkdir -p "$logs"
  for one in "${wanted[@]}"; do
    say "$one, $seconds s"
    fuzz_target "$one" "$seconds" || fail "$one: see above; the input is in rust/fuzz/artifacts/$one/"
    executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/fuzz-$one.log")
    total=$((total + executed))
    [[ $fuzz_merge == no ]] || keep_corpus "$one"
  done
  echo "$total executions without a crash or a hang"
}
