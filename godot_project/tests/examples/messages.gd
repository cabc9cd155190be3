extends RefCounted
## Looks whether the messages that a page quotes are those that the addon prints: a heading in quotation marks stands in the
## sources, piece by piece between what changes (…).

static var _sources := ""


## The headings of which a piece is in no source.
static func unknown(headings: PackedStringArray) -> PackedStringArray:
	var problems: PackedStringArray = []
	for heading in headings:
		if not heading.begins_with("\""):
			continue
		for piece in heading.trim_prefix("\"").trim_suffix("\"").split("…", false):
			if piece not in _all_sources():
				problems.append("nothing in the sources says '%s', of %s" % [piece, heading])
	return problems


static func _all_sources() -> String:
	if _sources == "":
		var root := ProjectSettings.globalize_path("res://").path_join("../rust")
		for crate: String in ["enet-godot", "enet-driver"]:
			_read(root.path_join(crate).path_join("src"))
		# a text that goes over several lines
		_sources = RegEx.create_from_string("\\\\\\n\\s*").sub(_sources, "", true)
	return _sources


static func _read(folder: String) -> void:
	for file in DirAccess.get_files_at(folder):
		_sources += FileAccess.get_file_as_string(folder.path_join(file))
	for deeper in DirAccess.get_directories_at(folder):
		_read(folder.path_join(deeper))
