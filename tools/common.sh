# shellcheck shell=bash
# Sourced by build.sh: names, messages, and the processes that end with it.

addon=addons/enet_server
project=godot_project
cargo=${CARGO:-cargo}
engine_pids=() # every engine that is running; none outlives build.sh

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

end_engines() {
  local pid
  for pid in ${engine_pids[@]+"${engine_pids[@]}"}; do kill "$pid" 2>/dev/null || true; done
  for pid in ${engine_pids[@]+"${engine_pids[@]}"}; do wait "$pid" 2>/dev/null || true; done
  engine_pids=()
}

# Sets `logs` to an empty folder for the logs of engine runs.
make_log_folder() {
  logs=target/logs
  rm -rf "$logs"
  mkdir -p "$logs"
}

need_cargo() {
  command -v "$cargo" >/dev/null || fail "no Rust toolchain: install Rust 1.95 or newer, then try again"
  need_openssl_tools "${CC:-cc}" make perl || fail "the library's own OpenSSL cannot be built"
}

# Sets `godot`. Further arguments go to get-godot.sh.
need_godot() {
  godot=$(tools/get-godot.sh "$@") || fail "no engine to run"
}

host_platform() {
  case $(uname -s) in
    Linux) echo linux ;;
    Darwin) echo macos ;;
    MINGW* | MSYS* | CYGWIN*) echo windows ;;
    *) fail "no library can be built for $(uname -s); Linux, macOS and Windows are known" ;;
  esac
}

host_arch() {
  case $(uname -m) in
    x86_64 | amd64) echo x86_64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) fail "no library can be built for $(uname -m); x86_64 and arm64 are known" ;;
  esac
}
