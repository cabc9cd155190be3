extends RefCounted
# Turns the text of the editor's help into Markdown, and remembers references that lead nowhere.

const ENGINE_CLASSES := "https://docs.godotengine.org/en/stable/classes/class_%s.html"

## One sentence for each reference to something that does not exist.
var broken: PackedStringArray = []

var _classes: Dictionary[String, Dictionary]
var _class := ""
var _reference := RegEx.create_from_string("\\[(method|signal|member|constant|enum|param) ([@A-Za-z0-9_.]+)\\]")
var _class_reference := RegEx.create_from_string("\\[([A-Z][A-Za-z0-9]+|bool|int|float)\\](?!\\()")
var _code_block := RegEx.create_from_string("(?s)\\[codeblock(?: lang=([a-z]+))?\\]\\n?(.*?)\\n?\\s*\\[/codeblock\\]")


## [param classes] are those that have a page.
func _init(classes: Dictionary[String, Dictionary]) -> void:
	_classes = classes


## The class whose page the next texts are on.
func begin(name: String) -> void:
	_class = name


func to_markdown(text: String) -> String:
	var result := ""
	var end := 0
	for block in _code_block.search_all(text):
		result += _inline(text.substr(end, block.get_start() - end))
		result += "\n\n%s\n\n" % _block(block.get_string(1), block.get_string(2).dedent().strip_edges())
		end = block.get_end()
	return (result + _inline(text.substr(end))).strip_edges()


## With tabs, as the style of the pages is. What is no whole script is run with a server and a client, see CONTRIBUTING.md.
func _block(language: String, code: String) -> String:
	var note := "" if code.begins_with("extends ") else "<!-- example: in pair -->\n"
	code = _without_stray_indent(code)
	var indented := RegEx.create_from_string("(?m)^(\t*)    ")
	while indented.search(code) != null:
		code = indented.sub(code, "$1\t", true)
	return "%s```%s\n%s\n```" % [note, language if language != "" else "gdscript", code]


## What stands behind the first line of a method's example comes out of the XML with two spaces too many.
static func _without_stray_indent(code: String) -> String:
	var lines := code.split("\n")
	var rest := "\n".join(lines.slice(1))
	return code if not rest.begins_with("  ") or rest.begins_with("    ") else lines[0] + "\n" + rest.dedent()


func class_link(name: String) -> String:
	if _classes.has(name):
		return "[%s](%s.md)" % [name, name]
	if not ClassDB.class_exists(name) and not type_string_exists(name):
		broken.append("%s: there is no class %s" % [_class, name])
	return "[%s](%s)" % [name, ENGINE_CLASSES % name.to_lower()]


static func type_string_exists(name: String) -> bool:
	for type in TYPE_MAX:
		if type_string(type) == name:
			return true
	return false


func _inline(text: String) -> String:
	var result := text.replace("[br]", "\n")
	# code first: what is in it refers to nothing
	var parts := result.split("[code]")
	result = _references(parts[0])
	for part in parts.slice(1):
		var code_and_rest := part.split("[/code]", true, 1)
		result += "`%s`" % code_and_rest[0]
		if code_and_rest.size() > 1:
			result += _references(code_and_rest[1])
	return result


func _references(text: String) -> String:
	var result := text.replace("<", "&lt;")
	for pair: Array in [["b", "**"], ["i", "*"]]:
		result = result.replace("[%s]" % pair[0], pair[1]).replace("[/%s]" % pair[0], pair[1])
	result = _replaced(result, _class_reference, func(found: RegExMatch) -> String: return class_link(found.get_string(1)))
	return _replaced(result, _reference, func(found: RegExMatch) -> String: return _link(found.get_string(1), found.get_string(2)))


static func _replaced(text: String, pattern: RegEx, by: Callable) -> String:
	var result := ""
	var end := 0
	for found in pattern.search_all(text):
		result += text.substr(end, found.get_start() - end) + str(by.call(found))
		end = found.get_end()
	return result + text.substr(end)


func _link(kind: String, name: String) -> String:
	if kind == "param":
		return "`%s`" % name
	var owner := _class if "." not in name else name.get_slice(".", 0)
	var element := name.get_slice(".", name.get_slice_count(".") - 1)
	var shown := "`%s%s`" % [name, "()" if kind == "method" else ""]
	if _has(owner, kind, element):
		if _classes.has(owner) and kind != "constant":
			var page := "" if owner == _class else owner + ".md"
			return "[%s](%s#%s)" % [shown, page, "enum-" + element.to_lower() if kind == "enum" else element]
		return shown
	if not (kind == "constant" and _is_global(element)):
		broken.append("%s: there is no %s %s" % [_class, kind, name])
	return shown


func _has(owner: String, kind: String, element: String) -> bool:
	match kind:
		"method": return ClassDB.class_has_method(owner, element)
		"signal": return ClassDB.class_has_signal(owner, element)
		"enum": return ClassDB.class_has_enum(owner, element)
		"constant": return ClassDB.class_has_integer_constant(owner, element)
		_: return ClassDB.class_get_property_list(owner).any(func(property: Dictionary) -> bool: return property.name == element)


## Error codes are the only global constants that the texts speak of.
static func _is_global(constant: String) -> bool:
	return constant == "OK" or constant == "FAILED" or constant.begins_with("ERR_")
