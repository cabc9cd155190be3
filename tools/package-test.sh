# shellcheck shell=bash
# Sourced by build.sh: the zip in a new, empty game, as its user meets it.

game= # the folder of the empty game
stage_package() {
  local zip=$PWD/target/package-test.zip without=()
  game=$PWD/target/package-test
  gather_package target/package "$project/$addon"
  zip_folder "$zip" target/package
  check "package: the zip holds the addon and nothing else" zip_is_as_it_should_be "$zip"
  unpack_game "$zip" || return 0
  # not by --import, with which an engine that meets an extension for the first time quits while it reads its documentation
  check "package: the editor opens an empty game with it, without a word" runs_without_a_word first-time --editor --quit-after 300
  write_first_game
  check "package: the editor opens the game with the plugin enabled" runs_without_a_word editor --editor --quit-after 300
  check "package: the game imports" runs_without_a_word import --import
  check "package: the README's first server and client" first_game_speaks game main.tscn
  write_game_of_the_addons_readme
  check "package: the script of the addon's own README" first_game_speaks addon-readme main.tscn
  write_reload_plugin
  check "package: an open editor reloads the library, also while a server runs" reloads
  rm "$game/$addon/bin/"*
  check "package: a game without the library says so" says_that_the_library_is_missing
}

# The list of files in a zip, folders left out.
files_of_zip() {
  if command -v unzip >/dev/null; then unzip -Z1 "$1"; else python3 -c 'import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep="\n")' "$1"; fi |
    grep -v '/$'
}

zip_is_as_it_should_be() { # zip
  local file files
  files=$(files_of_zip "$1")
  if grep -v "^$addon/" <<<"$files"; then echo "    wrong: outside of $addon"; return 1; fi
  if grep -E '\.(new|uid|import)$' <<<"$files"; then echo "    wrong: leftovers"; return 1; fi
  for file in enet_server.gdextension plugin.cfg LICENSE "$third_party" README.md CHANGELOG.md "bin/$(staged_name)"; do
    grep -qx "$addon/$file" <<<"$files" || { echo "    wrong: there is no $file"; return 1; }
  done
}

unpack_game() { # zip
  rm -rf "$game"
  mkdir -p "$game"
  if command -v unzip >/dev/null; then unzip -q "$1" -d "$game"; else python3 -m zipfile -e "$1" "$game"; fi
  printf 'config_version=5\n\n[application]\n\nconfig/name="Empty"\nconfig/features=PackedStringArray("4.5")\n' >"$game/project.godot"
}

# An engine run over the game whose log has no warning and no error at all.
runs_without_a_word() { # name of the log, engine arguments…
  local log=$logs/package-$1.log
  shift
  engine_is_clean 120 "$log" --headless --path "$game" "$@" || return 1
  if sed $'s/\x1b\\[[0-9;]*m//g' "$log" | grep -E 'WARNING|ERROR'; then
    echo "    wrong: a clean game prints no such line"
    return 1
  fi
}

# Prints the GDScript blocks of a page that come after a line, the one with the number.
script_of() { # page, the line before it, number
  awk -v after="$2" -v wanted="$3" '
    $0 == after { on = 1; next }
    on && /^```gdscript$/ { block++; inside = 1; next }
    /^```$/ { inside = 0 }
    inside && block == wanted { print }' "$1"
}

# The game that the README tells to write: a scene with two nodes. A third ends it.
write_first_game() {
  printf '\n[editor_plugins]\n\nenabled=PackedStringArray("res://%s/plugin.cfg")\n' "$addon" >>"$game/project.godot"
  script_of README.md "## The first server and client" 1 >"$game/server.gd"
  script_of README.md "## The first server and client" 2 >"$game/client.gd"
  write_scene Server:server.gd Client:client.gd
}

write_game_of_the_addons_readme() {
  script_of tools/addon-readme.md "# ENetServer for Godot" 1 >"$game/both.gd"
  write_scene Both:both.gd
}

write_scene() { # name:script…
  local one
  cat >"$game/judge.gd" <<'GD'
extends Node


func _ready() -> void:
	ENetClient.custom_event_received.connect(func(_name: String, _payload: Dictionary, _channel: int) -> void: end(0))
	get_tree().create_timer(20.0).timeout.connect(func() -> void: end(1))


func end(status: int) -> void:
	get_tree().quit(status)
GD
  {
    printf '[gd_scene format=3]\n\n'
    for one in "$@" Judge:judge.gd; do printf '[ext_resource type="Script" path="res://%s" id="%s"]\n' "${one#*:}" "${one%:*}"; done
    printf '\n[node name="Main" type="Node"]\n'
    for one in "$@" Judge:judge.gd; do printf '\n[node name="%s" type="Node" parent="."]\nscript = ExtResource("%s")\n' "${one%:*}" "${one%:*}"; done
  } >"$game/main.tscn"
  # the port of the README may be taken on this machine; below 32768 no system hands one out by itself
  local port=$((20000 + RANDOM % 12000))
  for one in "$@"; do sed -i.bak "s/\b7777\b/$port/" "$game/${one#*:}" && rm "$game/${one#*:}.bak"; done
}

first_game_speaks() { # name of the log, scene
  runs_without_a_word "$1" "$2" || return 1
  grep -qx "peer 1 says 'Hi!'" "$logs/package-$1.log" || { echo "    wrong: it does not print what the README says"; return 1; }
}

says_that_the_library_is_missing() {
  local log=$logs/package-without.log
  watch_engine 60 "$log" --headless --path "$game" --import || true
  grep -q "GDExtension dynamic library not found: 'res://$addon/enet_server.gdextension'" "$log"
}

# Enables the plugin that reloads the addon.
write_reload_plugin() {
  mkdir -p "$game/addons/hot_reload"
  cp tools/hot-reload/* "$game/addons/hot_reload/"
  sed -i.bak 's|^enabled=.*|enabled=PackedStringArray("res://addons/hot_reload/plugin.cfg")|' "$game/project.godot" && rm "$game/project.godot.bak"
}

reloads() {
  local log=$logs/package-reload.log
  engine_is_clean 120 "$log" --headless --path "$game" --editor --quit-after 100000 || return 1
  grep -q '^HOT RELOAD OK' "$log" || { echo "    wrong: it did not say HOT RELOAD OK"; return 1; }
}
