# shellcheck shell=bash
# Sourced by build.sh: one server and some clients of the demo, each an engine of its own.

demo_names=(Ada Grace Linus Edsger Barbara Dennis Frances Ken)
demo_width=640 demo_height=400 # a window; four of them share a 1280 x 800 screen

has_display() {
  [[ $(host_platform) != linux || -n ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]]
}

# Starts one instance with its log in `$logs/label.log`. Adds to `labels` and `pids`.
start_instance() { # label, seconds (0: until it is ended), demo arguments…
  local label=$1 for_seconds=$2 number=${#pids[@]}
  shift 2
  local options=(--path "$project")
  if [[ $demo_headless == yes ]]; then
    options+=(--headless)
  else
    options+=(--windowed --resolution "${demo_width}x$demo_height"
      --position "$((number % 2 * (demo_width + 10))),$((number / 2 * (demo_height + 40)))")
  fi
  # the engine counts frames, not seconds
  if ((for_seconds > 0)); then options+=(--max-fps 60 --quit-after $((for_seconds * 60))); fi
  start_engine "$logs/$label.log" "${options[@]}" -- "$@"
  labels+=("$label") pids+=("$engine_pid") shown_of+=(0)
}

# A client that starts before its server would be refused: the server's log names the port once it listens.
await_server() { # port
  local deadline=$((SECONDS + 30))
  until grep -q "$1" "$logs/server.log" 2>/dev/null; do
    kill -0 "${pids[0]}" 2>/dev/null || return 1
    ((SECONDS < deadline)) || return 1
    sleep 0.1
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

# Runs a server and `demo_clients` clients until the last has ended. Sets `demo_failed` to the labels of those that ended
# with a status other than 0.
run_instances() { # address, port, seconds
  local address=$1 port=$2 seconds=$3 labels=() pids=() shown_of=() i name
  # the server stays two seconds longer, so that it sees its clients leave
  start_instance server $((seconds > 0 ? seconds + 2 : 0)) --server --port "$port"
  await_server "$port" || echo "the server has not said that it listens on port $port"
  for name in "${demo_names[@]:0:demo_clients}"; do
    start_instance "$name" "$seconds" --client --name "$name" --address "$address" --port "$port"
  done
  follow_instances $((seconds > 0 ? seconds + 60 : 0))
  demo_failed=()
  for i in "${!pids[@]}"; do
    wait "${pids[i]}" 2>/dev/null || demo_failed+=("${labels[i]}")
  done
  engine_pids=()
}

demo_usage() {
  cat <<'USAGE'
./build.sh demo [options]     one server and three clients of the demo on this machine
  --clients N      how many clients, 1 to 8 (default 3)
  --seconds N      end by itself after N seconds
  --headless       no windows, logs on the terminal; the default where there is no display
  --address A      where the clients find the server (default 127.0.0.1)
  --port P         the server's port (default 7777)
USAGE
}

demo() {
  local address=127.0.0.1 port=7777 seconds=0
  demo_clients=3 demo_headless=no
  has_display || demo_headless=yes
  while (($# > 0)); do
    case $1 in
      --headless) demo_headless=yes ;;
      --help) demo_usage; return ;;
      --clients | --seconds | --address | --port)
        [[ -n ${2:-} ]] || fail "$1 needs a value; see ./build.sh demo --help"
        case $1 in
          --clients) demo_clients=$(whole_number "$1" "$2" 1 8) ;;
          --seconds) seconds=$(whole_number "$1" "$2" 1 86400) ;;
          --address) address=$2 ;;
          --port) port=$(whole_number "$1" "$2" 1 65535) ;;
        esac
        shift ;;
      *) fail "unknown option $1; see ./build.sh demo --help" ;;
    esac
    shift
  done
  build
  say "engine"
  if [[ $demo_headless == yes ]]; then need_godot; else need_godot --gl; fi
  make_log_folder
  import_project "$logs" >/dev/null || { problems_in "$logs/import.log"; fail "the engine could not import $project"; }
  say "demo on $address:$port (Ctrl-C ends it)"
  run_instances "$address" "$port" "$seconds"
  ((${#demo_failed[@]} == 0)) || fail "ended with an error: ${demo_failed[*]}"
}

whole_number() { # option, value, least, most
  [[ $2 =~ ^[0-9]{1,6}$ ]] && (($2 >= $3 && $2 <= $4)) || fail "$1 takes a number from $3 to $4, not $2"
  echo "$((10#$2))"
}
