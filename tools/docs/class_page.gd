extends RefCounted
# The page of one class, in Markdown.

const Bbcode := preload("bbcode.gd")
## The elements of a class as the XML names them, and the heading of each on the page.
const KINDS: Dictionary[String, String] = {
	"signal": "Signals", "method": "Methods", "member": "Properties", "constant": "Constants",
}

var _class: Dictionary
var _bbcode: Bbcode
var _lines: PackedStringArray = []


func _init(of: Dictionary, bbcode: Bbcode) -> void:
	_class = of
	_bbcode = bbcode


func text() -> String:
	_bbcode.begin(_class.name)
	_add("# " + _class.name)
	_add("*Made by `./build.sh docs` from the class reference in the editor (F1). Change it there.*")
	_add("Inherits %s." % _bbcode.class_link(_class.inherits))
	_add(_bbcode.to_markdown(_class.brief))
	_add(_bbcode.to_markdown(_class.description))
	_add_section("method", _signature)
	_add_section("signal", _arguments)
	_add_section("member", _property)
	_add_constants()
	return "\n\n".join(_lines) + "\n"


func _add(paragraph: String) -> void:
	if paragraph != "":
		_lines.append(paragraph)


func _add_section(kind: String, head: Callable) -> void:
	if _class[kind].is_empty():
		return
	_add("## " + KINDS[kind])
	for element: Dictionary in _class[kind]:
		_add("### " + element.name)
		_add("`%s`" % head.call(element))
		_add(_bbcode.to_markdown(element.description))


func _add_constants() -> void:
	var by_enum := {}
	for constant: Dictionary in _class.constant:
		by_enum.get_or_add(constant.get("enum", ""), []).append(constant)
	for name: String in by_enum:
		_add("## Constants" if name == "" else "## enum %s" % name)
		for constant: Dictionary in by_enum[name]:
			var description := _bbcode.to_markdown(constant.description)
			_add("**`%s` = %s**: %s" % [constant.name, constant.value, description])


static func _signature(method: Dictionary) -> String:
	return "%s -> %s" % [_arguments(method), type_of(method.returns)]


static func _arguments(element: Dictionary) -> String:
	var arguments: PackedStringArray = []
	for param: Dictionary in element.params:
		var default: String = " = %s" % param.default if param.has("default") else ""
		arguments.append("%s: %s%s" % [param.name, type_of(param), default])
	return "%s(%s)" % [element.name, ", ".join(arguments)]


static func _property(member: Dictionary) -> String:
	var read_only := "" if member.get("setter", "") != "" else "  (read-only)"
	return "var %s: %s%s" % [member.name, type_of(member), read_only]


static func type_of(element: Dictionary) -> String:
	var type := str(element.get("enum", element.get("type", "void")))
	return "Array[%s]" % type.trim_suffix("[]") if type.ends_with("[]") else type
