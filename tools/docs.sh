# shellcheck shell=bash
# Sourced by build.sh: the pages of docs/classes, made of the class reference that the editor shows.

class_pages=docs/classes

# Makes the pages in `$1` of the library that is staged. The texts come from the library's documentation; the engine puts
# them together with the types and defaults that it knows, as it does for the editor's help.
make_class_pages() { # folder for the pages, log
  local xml=$PWD/target/docs pages=$1 log=$2 program=${CARGO_TARGET_DIR:-target}/debug/examples/class_docs
  rm -rf "$xml" "$pages"
  mkdir -p "$xml" "$pages"
  "$cargo" build --quiet -p enet-godot --example class_docs || return 1
  "$program" "$xml/doc_classes" || return 1
  engine_is_clean 60 "$log.doctool" --headless --path "$project" --doctool "$xml" --gdextension-docs || return 1
  engine_is_clean 60 "$log" --headless --path "$project" -s "$PWD/tools/docs/class_docs.gd" -- "$xml/doc_classes" "$(absolute "$pages")"
}

absolute() {
  (cd "$1" && pwd)
}

docs() {
  build_library dev || fail "the library does not build"
  fill_addon "$project/$addon"
  need_godot
  make_log_folder
  import_project "$logs" >/dev/null || { problems_in "$logs/import.log"; fail "the engine could not import $project"; }
  say "class reference"
  make_class_pages "$class_pages" "$logs/class-pages.log" || fail "the class reference is not complete"
  echo "$class_pages"
}

# Of docs/classes, what is not what the sources say.
class_pages_are_current() { # fresh pages
  diff -r "$class_pages" "$1" | head -n 40
  diff -rq "$class_pages" "$1" >/dev/null && return 0
  echo "    wrong: docs/classes is stale; ./build.sh docs makes it anew"
  return 1
}

stage_docs() {
  local fresh=target/class-pages
  check "everything that scripts see is described" make_class_pages "$fresh" "$logs/class-pages.log"
  check "docs/classes is what the sources say" class_pages_are_current "$fresh"
  counted_engine_run examples 240 --headless --path "$project" tests/examples/examples.tscn ${filter:+-- --filter "$filter"}
}
