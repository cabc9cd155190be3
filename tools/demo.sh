# shellcheck shell=bash
# Sourced by build.sh: one server and some clients of the demo, each an engine of its own.

demo_switches=() # for every instance of the demo
demo_names=(Ada Grace Linus Edsger Barbara Dennis Frances Ken)

has_display() {
  [[ $(host_platform) != linux || -n ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]]
}

# Starts one instance with its log in `$logs/label.log`. It quits by itself after `seconds`; 0 stays open.
start_instance() { # label, seconds, arguments of the engine or, after --, of the demo…
  local label=$1 seconds=$2 options=(--path "$project")
  shift 2
  # the demo makes no sound, and an engine without a sound card would fill the log with it
  if [[ $demo_headless == yes ]]; then options+=(--headless); else options+=(--audio-driver Dummy); fi
  start_engine "$logs/$label.log" "${options[@]}" "$@" ${demo_switches[@]+"${demo_switches[@]}"} --quit-after "$seconds" --port "$demo_port"
  labels+=("$label") pids+=("$engine_pid") shown_of+=(0)
}

# Waits until the server has said something, for ten seconds at most.
await_server_line() { # what it says
  local start=$SECONDS
  until grep -qs "$1" "$logs/server.log" || ((SECONDS - start > 10)) || ! kill -0 "${pids[0]}" 2>/dev/null; do
    sleep 0.1
  done
}

# The server stays two seconds longer than its clients, so that it sees them leave.
start_server_and_clients() { # seconds, how many clients
  local name number=0
  labels=() pids=() shown_of=()
  start_instance server "$(($1 > 0 ? $1 + 2 : 0))" -- --server --tile 0
  # the clients would find the server a moment later too, but their logs would begin with a failed attempt
  await_server_line 'listening'
  for name in "${demo_names[@]:0:$2}"; do
    number=$((number + 1))
    start_instance "$name" "$1" -- --client --name "$name" --address "$demo_address" --message "Hi from {name}" --tile $((number % 4))
  done
}

# Shows the logs of all instances, labelled, until the last has ended or the time is over (0: no limit).
follow_instances() { # limit in seconds
  local alive=yes i shown start=$SECONDS
  while [[ $alive == yes ]]; do
    sleep 0.1
    alive=no
    for i in "${!pids[@]}"; do
      if kill -0 "${pids[i]}" 2>/dev/null; then
        alive=yes
        if (($1 > 0 && SECONDS - start > $1)); then give_up "${pids[i]}" "$logs/${labels[i]}.log" "it ran longer than $1 seconds"; fi
      fi
      shown=${shown_of[i]}
      show_new_lines "$logs/${labels[i]}.log" "$(printf '%-8s| ' "${labels[i]}")" || true
      shown_of[i]=$shown
    done
  done
}

# Waits for the end of all instances. Sets `demo_failed` to the labels of those that ended with another status than 0.
await_instances() { # limit in seconds
  local i
  follow_instances "$1"
  demo_failed=()
  for i in "${!pids[@]}"; do
    wait "${pids[i]}" 2>/dev/null || demo_failed+=("${labels[i]}")
  done
  engine_pids=()
}

# Sets `number` to the value of an option.
whole_number() { # option, value, least, most
  if [[ ! $2 =~ ^[0-9]{1,6}$ ]] || ((10#$2 < $3 || 10#$2 > $4)); then fail "$1 takes a number from $3 to $4, not '$2'"; fi
  number=$((10#$2))
}

demo_usage() {
  cat <<'USAGE'
./build.sh demo [options]     one server and three clients of the demo on this machine
  --clients N      how many clients, 1 to 8 (default 3)
  --encrypted      with DTLS, and a certificate made on the spot
  --seconds N      end by itself after N seconds
  --headless       no windows, logs on the terminal; the default where there is no display
  --address A      where the clients find the server (default 127.0.0.1)
  --port P         the server's port (default 7777)
USAGE
}

demo() {
  local seconds=0 clients=3
  demo_address=127.0.0.1 demo_port=7777 demo_headless=no
  has_display || demo_headless=yes
  while (($# > 0)); do
    case $1 in
      --headless) demo_headless=yes; shift; continue ;;
      --encrypted) demo_switches=(--encrypted); shift; continue ;;
      --help) demo_usage; return ;;
      --clients) whole_number "$1" "${2:-}" 1 8; clients=$number ;;
      --seconds) whole_number "$1" "${2:-}" 1 86400; seconds=$number ;;
      --port) whole_number "$1" "${2:-}" 1 65535; demo_port=$number ;;
      --address) demo_address=${2:-} ;;
      *) fail "unknown option $1; see ./build.sh demo --help" ;;
    esac
    (($# > 1)) || fail "$1 needs a value"
    shift 2
  done
  build
  say "engine"
  if [[ $demo_headless == yes ]]; then need_godot; else need_godot --gl; fi
  make_log_folder
  import_project "$logs" >/dev/null || { problems_in "$logs/import.log"; fail "the engine could not import $project"; }
  say "demo on $demo_address:$demo_port (Ctrl-C ends it)"
  start_server_and_clients "$seconds" "$clients"
  await_instances $((seconds > 0 ? seconds + 60 : 0))
  ((${#demo_failed[@]} == 0)) || fail "ended with an error: ${demo_failed[*]}"
}
