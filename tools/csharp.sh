# shellcheck shell=bash
# Sourced by build.sh: the C# wrapper in addon/csharp/, which is written from the classes themselves.

# Writes the wrapper into a folder.
write_csharp() { # folder
  local log=target/csharp.log
  mkdir -p "$1"
  watch_engine 60 "$log" --headless --path "$project" -s "$PWD/tools/csharp.gd" -- "$1" >/dev/null
  report_run "$log" 0
}

# Takes the classes from a development build.
csharp() {
  build_library dev || fail "the library does not build"
  fill_addon "$project/$addon"
  need_godot
  make_log_folder
  import_project "$logs" >/dev/null || fail "the engine could not import $project"
  write_csharp "$PWD/addon/csharp" || fail "addon/csharp is not whole"
  ls addon/csharp
}

csharp_is_current() {
  rm -rf target/csharp
  write_csharp "$PWD/target/csharp" || return 1
  diff -ru --exclude='*.uid' addon/csharp target/csharp || { echo "    wrong: run ./build.sh csharp"; return 1; }
}

need_mono() {
  command -v mcs >/dev/null && command -v mono >/dev/null && return
  echo "installing Mono, which the C# wrapper is compiled with"
  if command -v apt-get >/dev/null; then
    as_root apt-get install -qq -y --no-install-recommends mono-mcs || {
      as_root apt-get update -qq && as_root apt-get install -qq -y --no-install-recommends mono-mcs
    }
  fi
  command -v mcs >/dev/null && command -v mono >/dev/null && return
  echo "mcs and mono are missing; install Mono, then run again" >&2
  return 1
}

# Against a stand-in for Godot's C#, which shows names, types and what is called; not that Godot's own agrees.
csharp_works() {
  need_mono || return 1
  mcs -warnaserror -nowarn:649 -out:target/csharp-test.exe addon/csharp/*.cs tools/csharp-test/*.cs && mono target/csharp-test.exe
}
