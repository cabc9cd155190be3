# shellcheck shell=bash
# Sourced by build.sh: runs the engine under watch and reads its log. Every engine run of the tests goes through here.

silence=60 # seconds without a line of output after which an engine counts as stuck

# Starts an engine that writes into a log. Sets `engine_pid`.
start_engine() { # log, engine arguments…
  local log=$1
  shift
  "$godot" "$@" </dev/null >"$log" 2>&1 &
  engine_pid=$!
  engine_pids+=("$engine_pid")
}

# Prints the lines that have come into a log after the first `shown`, each with `prefix` before it, and moves `shown`.
# Fails when there are none.
show_new_lines() { # log, prefix
  local lines
  lines=$(($(wc -l <"$1")))
  ((lines > shown)) || return 1
  sed -n "$((shown + 1)),${lines}s/^/$2/p" "$1"
  shown=$lines
}

# Runs the engine, shows its output as it comes, and ends it when it takes longer than `limit` seconds or falls silent.
# Returns the engine's status; why it was ended stands in the log as a PROBLEM line.
watch_engine() { # limit, log, engine arguments…
  local limit=$1 log=$2 shown=0 start=$SECONDS last=$SECONDS status=0
  shift 2
  start_engine "$log" "$@"
  while kill -0 "$engine_pid" 2>/dev/null; do
    sleep 0.2
    if show_new_lines "$log" ""; then last=$SECONDS; fi
    if ((SECONDS - start > limit)); then give_up "$engine_pid" "$log" "it ran longer than $limit seconds"; break; fi
    if ((SECONDS - last > silence)); then give_up "$engine_pid" "$log" "it wrote nothing for $silence seconds"; break; fi
  done
  wait "$engine_pid" 2>/dev/null || status=$? # bash would name the signal, which the log does
  engine_pids=()
  show_new_lines "$log" "" || true
  return "$status"
}

give_up() { # pid, log, reason
  printf '\nPROBLEM: %s\n' "$3" >>"$2"
  kill -KILL "$1" 2>/dev/null || true
}

# Prints each line of a log that a clean run does not have: script errors, errors that no `EXPECT-ERROR: part of it` line
# has announced, panics, crashes, and the engine's complaints at exit about what was not freed.
# A script error is excused only by an announcement that itself says SCRIPT ERROR.
problems_in() {
  sed $'s/\x1b\\[[0-9;]*m//g' "$1" | awk '
    /EXPECT-ERROR: / { sub(/.*EXPECT-ERROR: /, ""); sub(/\r$/, ""); announced[++count] = $0; next }
    function excused(line, i) {
      for (i = 1; i <= count; i++)
        if (index(line, announced[i]) && (line !~ /SCRIPT ERROR/ || announced[i] ~ /SCRIPT ERROR/)) return 1
      return 0
    }
    /^(USER |USER SCRIPT |SCRIPT )?ERROR:/ { if (!excused($0)) print; next }
    /^PROBLEM: / { sub(/^PROBLEM: /, ""); print; next }
    /panicked at|Program crashed with signal/ { print; next }
    /ObjectDB instances? (was |were )?leaked|[Ll]eaked instance|resources? still in use|[0-9] RID allocations? .*leaked/ { print }
  '
}

# One engine run as a test: passes with status 0 and a clean log. What is wrong is printed.
engine_is_clean() { # limit, log, engine arguments…
  local status=0 log=$2
  watch_engine "$@" || status=$?
  report_run "$log" "$status"
}

report_run() { # log, status
  local problems
  problems=$(problems_in "$1")
  if (($2 != 0)); then problems+="${problems:+$'\n'}exit status $2"; fi
  [[ -z $problems ]] && return 0
  printf '%s\n' "$problems" | sed 's/^/    wrong: /'
  return 1
}

# Lets the editor import the project's assets and classes. The extension is listed beforehand, as the editor lists it when
# it first sees the addon: an engine that meets it in the middle of an import compiles the scripts without its classes,
# and aborts at the end because it is still reading their documentation.
import_project() { # log folder
  local list=$project/.godot/extension_list.cfg manifest=res://$addon/enet_server.gdextension
  mkdir -p "$project/.godot"
  grep -qxF "$manifest" "$list" 2>/dev/null || echo "$manifest" >>"$list"
  engine_is_clean 240 "$1/import.log" --headless --path "$project" --import
}
