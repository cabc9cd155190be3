#!/usr/bin/env bash
# The one entry point: builds the addon, runs the demo and the tests. `./build.sh help` lists the commands.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# shellcheck source=tools/common.sh
source tools/common.sh
# shellcheck source=tools/stage.sh
source tools/stage.sh
# shellcheck source=tools/debian.sh
source tools/debian.sh
# shellcheck source=tools/cross.sh
source tools/cross.sh
# shellcheck source=tools/licences.sh
source tools/licences.sh
# shellcheck source=tools/engine.sh
source tools/engine.sh
# shellcheck source=tools/demo.sh
source tools/demo.sh
# shellcheck source=tools/c-enet.sh
source tools/c-enet.sh
# shellcheck source=tools/openssl.sh
source tools/openssl.sh
# shellcheck source=tools/csharp.sh
source tools/csharp.sh
# shellcheck source=tools/package-test.sh
source tools/package-test.sh
# shellcheck source=tools/cross-test.sh
source tools/cross-test.sh
# shellcheck source=tools/test.sh
source tools/test.sh
# shellcheck source=tools/sanitize.sh
source tools/sanitize.sh
# shellcheck source=tools/docs.sh
source tools/docs.sh
# shellcheck source=tools/bench.sh
source tools/bench.sh
# shellcheck source=tools/fuzz.sh
source tools/fuzz.sh
# shellcheck source=tools/screenshots.sh
source tools/screenshots.sh

usage() {
  cat <<'USAGE'
./build.sh [build]            the release library, staged into addons/enet_server/ and godot_project/addons/
./build.sh build --target T   the same for another platform; --help lists them
./build.sh demo [options]     the same, then one server and three clients of the demo
./build.sh test [stages]      every test there is; ends with the line `N passed, N failed`
./build.sh bench [rows]       measures the server beside C ENet and others; fills docs/performance.md
./build.sh fuzz [target]      fuzzes every decoder and the protocol, a minute each or as long as it is told
./build.sh sanitize [which]   the network thread and the addon under ThreadSanitizer and AddressSanitizer
./build.sh docs               the pages in docs/classes, of the class reference that the editor shows
./build.sh screenshots        the pictures of the Network tab, the monitors and the overlay, into docs/images/
./build.sh package [--complete]   dist/enet_server-VERSION.zip, with addons/enet_server/ and nothing else; --complete: for all platforms
./build.sh csharp             addon/csharp/, the C# wrapper, from the classes as they are
./build.sh licences           THIRD_PARTY_LICENSES.txt, the licences of everything that is linked in
./build.sh help               this text; `demo`, `test`, `bench` and `fuzz` list their options with --help

GODOT=/path/to/godot names the engine; otherwise `godot` or `godot4` on PATH is taken, or one is fetched.
USAGE
}

on_exit() {
  local status=$?
  end_engines
  close_broken_run
  exit "$status"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

command=${1:-build}
(($# == 0)) || shift
case $command in
  build) build "$@" ;;
  demo) demo "$@" ;;
  test) run_tests "$@" ;;
  bench) bench "$@" ;;
  fuzz) run_fuzz "$@" ;;
  sanitize) sanitize "$@" ;;
  docs) docs ;;
  screenshots) screenshots ;;
  package) package "$@" ;;
  licences) licences ;;
  csharp) csharp ;;
  help | --help | -h) usage ;;
  *) usage >&2; fail "unknown command $command" ;;
esac
