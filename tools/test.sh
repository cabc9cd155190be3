# shellcheck shell=bash
# Sourced by build.sh: the stages of the test run, and their sum.

all_stages=(lint rust addon engine api lifecycle demo docs package)
# minutes of their own, so only when they are named
long_stages=(soak windows arm64)
total_passed=0 total_failed=0 total_ignored=0
stage= # the one that is running
filter=
addon_ready=unknown
timings=() failures=()

# Adds to the stage that is running.
count() { # passed, failed
  stage_passed=$((stage_passed + $1))
  stage_failed=$((stage_failed + $2))
}

# Counts one named test by the status of a command.
check() { # name, command…
  local name=$1 began=$SECONDS
  shift
  if "$@"; then
    count 1 0
    echo "ok      $name ($((SECONDS - began)) s)"
  else
    count 0 1
    failures+=("$stage: $name")
    echo "FAILED  $name ($((SECONDS - began)) s)"
  fi
}

# Keeps the names of failed tests for the end, from the lines of a log that carry them.
note_failures() { # log, sed expression that leaves the name
  local name
  while IFS= read -r name; do failures+=("$stage: $name"); done < <(sed -n "$2" "$1")
}

# Adds what the line `N passed, N failed` of a log says. A log without it is a failure.
count_summary() { # name, log
  local line
  line=$(grep -oE '^[0-9]+ passed, [0-9]+ failed' "$2" | tail -n 1) || line=
  if [[ -z $line ]]; then
    echo "FAILED  $1 ended without saying how many tests passed"
    failures+=("$stage: $1 was cut short")
    count 0 1
    return
  fi
  local passed=${line%% passed*} failed=${line#*, }
  failed=${failed%% *}
  count "$passed" "$failed"
  note_failures "$2" 's/^FAILED \([^:]*\):.*/\1/p; s/^differs: //p'
}

# An engine run that counts its own tests; a run that is not clean beyond the tests it names is one failure more.
counted_engine_run() { # name, seconds, engine arguments…
  local name=$1 limit=$2 log=$logs/$1.log status=0 failed_before=$stage_failed
  shift 2
  watch_engine "$limit" "$log" "$@" || status=$?
  count_summary "$name" "$log"
  # a runner with failed tests ends with a status of its own, and that is counted already
  if ((stage_failed > failed_before && status == 1)); then status=0; fi
  check "$name leaves a clean log" report_run "$log" "$status"
}

stage_lint() {
  need_cargo
  check "cargo fmt" "$cargo" fmt --all --check
  check "cargo clippy" "$cargo" clippy --workspace --all-targets -- -D warnings
  check "cargo clippy, with the engine's class names" "$cargo" clippy -p enet-godot --features engine-names -- -D warnings
  check "cargo clippy, without DTLS" "$cargo" clippy -p enet-godot --no-default-features -- -D warnings
  check "THIRD_PARTY_LICENSES.txt is current" licences_are_current
  check "licences outside the list are refused" other_licences_are_refused
}

stage_rust() {
  need_cargo
  check "C ENet is installed" need_c_enet
  check "the program openssl is installed" need_openssl_tools openssl
  ((stage_failed == 0)) || return 0
  counted_cargo_test rust --workspace --no-fail-fast ${filter:+"$filter"}
}

# The 10,000 sessions of which every run does a part, and a minute of the worst network there is.
stage_soak() {
  need_cargo
  ENET_SESSIONS=10000 counted_cargo_test sessions -p enet-proto --test it sessions:: -- --nocapture
  ENET_SOAK_SECONDS=60 counted_cargo_test worst-network -p enet-driver --test it worst_network -- --nocapture
}

counted_cargo_test() { # name, cargo arguments…
  local name=$1
  shift
  counted_tests "$name" "$cargo" test "$@"
}

# Runs `cargo test`, however it is called, and counts what it says.
counted_tests() { # name, command…
  local log=$logs/$1.log status=0 passed failed ignored
  shift
  "$@" 2>&1 | tee "$log" || status=1
  read -r passed failed ignored < <(awk '
    /^test result:/ { for (i = 1; i < NF; i++) { if ($(i + 1) ~ /^passed/) p += $i; if ($(i + 1) ~ /^failed/) f += $i; if ($(i + 1) ~ /^ignored/) g += $i } }
    END { print p + 0, f + 0, g + 0 }' "$log")
  # a test program that does not compile or is killed has no result line
  if ((status != 0 && failed == 0)); then failed=1 failures+=("$stage: it does not compile, or a test program broke off"); fi
  note_failures "$log" 's/^test \(.*\) \.\.\. FAILED$/\1/p'
  count "$passed" "$failed"
  total_ignored=$((total_ignored + ignored))
}

# The tests run on a development build: the tests of the Rust crates have compiled nearly all of it already.
stage_addon() {
  check "the addon builds" build_library dev
  ((stage_failed == 0)) || return 0
  fill_addon "$project/$addon"
  need_godot
  check "the project imports" import_project "$logs"
}

stage_engine() {
  check "an engine of Godot 3 is there" need_godot_3
  ((stage_failed == 0)) || return 0
  counted_engine_run runner 900 --headless --path "$project" tests/runner.tscn ${filter:+-- --filter "$filter"}
}

need_godot_3() {
  GODOT3=$(tools/get-godot.sh --3) || return 1
  export GODOT3
}

stage_api() {
  counted_engine_run api 60 --headless --path "$project" -s "$PWD/tools/check_api.gd" -- res://tests/api/server.json res://tests/api/transport.json \
    res://tests/api/legacy.json
  check "api: the C# wrapper is current" csharp_is_current
  check "api: the C# wrapper compiles and forwards" csharp_works
}

stage_lifecycle() {
  local test name
  for test in "$project"/tests/lifecycle/*.gd "$project"/tests/lifecycle/*.tscn; do
    name=$(basename "$test")
    [[ -f $test && $name == *"$filter"* ]] || continue
    check "$name" lifecycle_test "${test#"$project"/}" "$logs/$name.log"
  done
  ((stage_passed + stage_failed > 0)) || [[ -n $filter ]] || check "there are lifecycle tests" false
}

lifecycle_test() { # path in the project, log
  local script=()
  [[ $1 == *.gd ]] && script=(-s)
  engine_is_clean 60 "$2" --headless --path "$project" ${script[@]+"${script[@]}"} "$1" || return 1
  grep -q '^LIFECYCLE OK' "$2" || { echo "    wrong: it did not say LIFECYCLE OK"; return 1; }
}

# Three clients of the demo, one that is the engine's own ENet and one that is C ENet, in one chat: each says something
# that the server has to hear, and the C client has to hear what the server passes on.
stage_demo() {
  local label clients=("${demo_names[@]:0:3}" Stock CENet)
  check "demo: the C client builds" build_c_client
  ((stage_failed == 0)) || return 0
  demo_address=127.0.0.1 demo_headless=yes
  demo_port=$((20000 + RANDOM % 12000)) # below the ports that systems hand out by themselves
  start_server_and_clients 6 3
  start_c_client CENet 5
  await_server_line '(CENet) joined'
  start_instance Stock 6 -s demo/stock_client.gd -- --name Stock --address "$demo_address" --message "Hi from Stock"
  await_instances 60
  for label in server "${clients[@]}"; do check "demo: $label" demo_instance_is_clean "$label"; done
  for label in "${clients[@]}"; do check "demo: the server has heard $label" grep -q "received msg .*Hi from $label" "$logs/server.log"; done
  check "demo: the C client was let in and hears the chat" grep -q 'received .*Hi from Stock' "$logs/CENet.log"
}

build_c_client() {
  need_c_enet && "${CC:-cc}" -Wall -Wextra -Werror -o "$logs/chat_client" "$project/tests/support/chat_client.c" -lenet
}

start_c_client() { # label, seconds
  "$logs/chat_client" "$demo_address" "$demo_port" "$1" "Hi from $1" "$2" </dev/null >"$logs/$1.log" 2>&1 &
  engine_pids+=($!)
  labels+=("$1") pids+=($!) shown_of+=(0)
}

demo_instance_is_clean() { # label
  local status=0
  [[ " ${demo_failed[*]-} " == *" $1 "* ]] && status=1
  report_run "$logs/$1.log" "$status"
}

run_stage() {
  stage=$1 stage_passed=0 stage_failed=0
  local began=$SECONDS
  say "$stage"
  if [[ $addon_ready == failed ]] && needs_addon "$stage"; then
    check "the addon is there to be tested" false
  else
    "stage_$stage"
  fi
  if [[ $stage == addon && $stage_failed -gt 0 ]]; then addon_ready=failed; fi
  close_stage $((SECONDS - began))
}

close_stage() { # seconds
  total_passed=$((total_passed + stage_passed))
  total_failed=$((total_failed + stage_failed))
  timings+=("$(printf '%-10s %5d passed %4d failed %5d s' "$stage" "$stage_passed" "$stage_failed" "$1")")
  stage=
}

needs_addon() {
  [[ " engine api lifecycle demo docs package " == *" $1 "* ]]
}

test_usage() {
  cat <<'USAGE'
./build.sh test [stage…] [--filter TEXT]     every test there is, or some of the stages
  lint        formatting and clippy
  rust        the Rust crates, against C ENet as well
  addon       a development build, staged into godot_project and imported by the engine
  engine      the tests that run inside the engine
  api         the script-visible classes against godot_project/tests/api/
  lifecycle   quitting, restarting and unloading, one engine for each test
  demo        the demo without windows
  package     the zip in a new, empty game
  docs        the class reference is complete and docs/classes what the sources say; every example in the pages runs
  windows     the Rust tests as Windows programs, under Wine; only when it is named
  arm64       the Rust tests on an imitated ARM processor; only when it is named
  soak        10,000 simulated sessions and a minute of the worst network; only when it is named
  --filter TEXT   of rust, engine, lifecycle and docs only the tests with TEXT in their name
USAGE
}

run_tests() {
  local wanted=() stages=() one
  while (($# > 0)); do
    case $1 in
      --filter) [[ -n ${2:-} ]] || fail "--filter needs a text"; filter=$2; shift ;;
      --help) test_usage; return ;;
      *) [[ " ${all_stages[*]} ${long_stages[*]} " == *" $1 "* ]] || fail "unknown stage $1; see ./build.sh test --help"; wanted+=("$1") ;;
    esac
    shift
  done
  ((${#wanted[@]} > 0)) || wanted=("${all_stages[@]}")
  for one in "${wanted[@]}"; do
    # an engine stage tests the addon as the sources are, not as an earlier run has left it
    if needs_addon "$one" && [[ " ${stages[*]-} " != *" addon "* ]]; then stages+=(addon); fi
    [[ " ${stages[*]-} " == *" $one "* ]] || stages+=("$one")
  done
  make_log_folder
  for one in "${stages[@]}"; do run_stage "$one"; done
  sum_up
}

# A run that was broken off ends with its sum as well.
close_broken_run() {
  [[ -n $stage ]] || return 0
  count 0 1
  failures+=("$stage: broken off, see above")
  close_stage 0
  sum_up || true
}

sum_up() {
  say "sum"
  printf '%s\n' "${timings[@]}"
  ((total_ignored == 0)) || echo "$total_ignored Rust tests are marked to be ignored and did not run"
  cat "$logs"/*.log 2>/dev/null | grep ', skipped: ' || true
  ((${#failures[@]} == 0)) || printf 'failed: %s\n' "${failures[@]}"
  echo "$total_passed passed, $total_failed failed"
  ((total_failed == 0))
}
