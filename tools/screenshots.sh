# shellcheck shell=bash
# Sourced by build.sh: the pictures of the documentation, taken in a real editor on a display that nobody sees.

# Takes the pictures into docs/images. Needs Xvfb and an engine with OpenGL, which is drawn in software.
screenshots() {
  local work=$PWD/target/screenshots
  command -v Xvfb >/dev/null || fail "Xvfb is not installed; on Debian: apt-get install xvfb"
  need_cargo
  build_library dev || fail "the library does not build"
  fill_addon "$project/$addon"
  need_godot --gl
  make_log_folder
  rm -rf "$work"
  mkdir -p "$work/home" "$work/images"
  cp -r "$project" "$work/project"
  cp -r tools/screenshots/. "$work/project/"
  prepare_screenshot_project "$work/project/project.godot"
  use_hidden_display
  local settings=(HOME="$work/home" XDG_CONFIG_HOME="$work/home/config" XDG_DATA_HOME="$work/home/data" XDG_CACHE_HOME="$work/home/cache"
    SCREENSHOTS="$work/images" DISPLAY="$hidden_display" LIBGL_ALWAYS_SOFTWARE=1)
  local drawn=(--path "$work/project" --rendering-driver opengl3 --audio-driver Dummy)
  say "import"
  env "${settings[@]:0:4}" timeout 200 "$godot" --headless --path "$work/project" --import >"$logs/import.log" 2>&1 || true
  say "the editor"
  env "${settings[@]}" timeout 200 "$godot" --editor "${drawn[@]}" --resolution 1600x900 >"$logs/editor.log" 2>&1 || true
  say "the game"
  env "${settings[@]}" timeout 60 "$godot" "${drawn[@]}" res://screenshots/crowd.tscn >"$logs/game.log" 2>&1 || true
  grep -q '^SCREENSHOTS OK' "$logs/editor.log" || fail "the editor took no pictures; see $logs/editor.log"
  grep -q '^SCREENSHOTS OK' "$logs/game.log" || fail "the game took no picture; see $logs/game.log"
  cp "$work"/images/*.png docs/images/
  ls -l docs/images
}

# The photographer is a plugin beside the addon's own. The game itself has no window: only the editor is in the picture.
prepare_screenshot_project() { # project.godot
  sed -i -e '/^\[editor_plugins\]/,/^enabled=/d' "$1"
  cat >>"$1" <<'SETTINGS'

[editor_plugins]

enabled=PackedStringArray("res://addons/enet_server/plugin.cfg", "res://addons/screenshots/plugin.cfg")

[editor]

run/main_run_args="--headless"
SETTINGS
}

# A fetched engine has its own OpenGL beside it, a system's engine the system's.
use_hidden_display() {
  local root number=90
  while [[ -e /tmp/.X$number-lock ]]; do number=$((number + 1)); done
  hidden_display=:$number
  Xvfb "$hidden_display" -screen 0 1600x900x24 -nolisten tcp >"$logs/xvfb.log" 2>&1 &
  engine_pids+=($!)
  root=$(dirname "$(dirname "$(dirname "$godot")")")
  if [[ -d $root/usr/share/glvnd ]]; then
    LIBGL_DRIVERS_PATH=$(find "$root/usr/lib" -maxdepth 2 -type d -name dri | head -n 1)
    __EGL_VENDOR_LIBRARY_DIRS=$root/usr/share/glvnd/egl_vendor.d
    export LIBGL_DRIVERS_PATH __EGL_VENDOR_LIBRARY_DIRS
  fi
  local tries=50
  until [[ -e /tmp/.X$number-lock ]] || ((--tries == 0)); do sleep 0.1; done
}
