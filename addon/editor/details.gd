@tool
extends Tree
## Everything that is counted of the chosen host, or measured of the chosen peer.

const Subject := preload("subject.gd")

var _shown: Subject


func _init() -> void:
	columns = 2
	hide_root = true
	select_mode = Tree.SELECT_ROW
	set_column_expand_ratio(0, 2)
	set_column_clip_content(0, true)


func show_subject(subject: Subject) -> void:
	var details: Dictionary = subject.details if subject != null else {}
	if subject != _shown or get_root() == null or get_root().get_child_count() != details.size():
		_shown = subject
		_list(details.keys())
	for item in get_root().get_children():
		var value: int = details.get(item.get_text(0), 0)
		item.set_text(1, str(value))
		for column in columns:
			if value == 0:
				item.set_custom_color(column, get_theme_color("font_disabled_color", "Editor"))
			else:
				item.clear_custom_color(column)


func _list(names: Array) -> void:
	clear()
	var root := create_item()
	for key: String in names:
		var item := create_item(root)
		item.set_text(0, key)
		item.set_text_alignment(1, HORIZONTAL_ALIGNMENT_RIGHT)
