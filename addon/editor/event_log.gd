@tool
extends RichTextLabel
## What happened: who came, who left and why, what was dropped.

const MOST_LINES := 500
const COLORS := {connected = "success_color", failed = "error_color", limited = "warning_color", dropped = "warning_color"}


func _init() -> void:
	scroll_following = true
	selection_enabled = true
	context_menu_enabled = true
	size_flags_vertical = SIZE_EXPAND_FILL


func begin() -> void:
	clear()


func add(msec: int, kind: String, what: String) -> void:
	while get_paragraph_count() > MOST_LINES:
		remove_paragraph(0)
	push_color(get_theme_color("font_disabled_color", "Editor"))
	@warning_ignore("integer_division")
	add_text("%02d:%02d.%03d  " % [msec / 60_000, msec / 1000 % 60, msec % 1000])
	pop()
	push_color(get_theme_color(COLORS.get(kind, "font_color"), "Editor"))
	add_text(what + "\n")
	pop()
