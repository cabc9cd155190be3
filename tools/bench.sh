# shellcheck shell=bash
# Sourced by build.sh: builds what is measured and what measures, and runs it. The figures go into docs/performance.md.

bench_help() {
  cat <<'HELP'
./build.sh bench [--quick] [ROW…]   ours beside C ENet, rusty_enet, the bare socket and the engine's own ENet

A whole run takes about a quarter of an hour, needs Linux and a machine with nothing else to do, and writes its tables
into docs/performance.md. With ROWs only those are measured and written. --quick measures once and briefly, and writes nothing.
HELP
}

# Builds the C programs beside the Rust ones.
build_c_programs() { # folder
  local name
  for name in c_server c_client; do
    "${CC:-cc}" -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -Wall -Wextra -Wpedantic -Werror \
      "rust/enet-bench/c/$name.c" -lenet -lpthread -o "$1/$name" || return 1
  done
}

# Whether a row that runs in the engine is among those that are asked for.
wants_engine() { # rows…
  (($# == 0)) || [[ " $*" == *" godot-"* ]]
}

bench() {
  local folder=${CARGO_TARGET_DIR:-target}/release options=(--write docs/performance.md)
  case ${1-} in
    --help | -h) bench_help; return ;;
    --quick) options=(--quick); shift ;;
  esac
  [[ $(host_platform) == linux ]] || fail "bench reads /proc, which only Linux has"
  need_cargo
  need_c_enet || fail "no C ENet to compare with"
  say "what is measured"
  "$cargo" build --release -p enet-bench || fail "the benchmark does not build"
  "$cargo" build --release -p enet-driver --example echo_server --example dtls_cost || fail "the driver's examples do not build"
  build_c_programs "$folder" || fail "the C programs do not build"
  if wants_engine "$@"; then
    need_godot
    build
    make_log_folder
    import_project "$logs" || fail "the project cannot be imported"
    export GODOT=$godot
  fi
  "$folder/enet-bench" "${options[@]}" "$@"
}
