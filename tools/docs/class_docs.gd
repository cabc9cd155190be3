extends SceneTree
# Makes the pages of docs/classes/ out of the class reference in the engine's XML format, and says what it lacks.
#   godot --headless --path godot_project -s ../tools/docs/class_docs.gd -- XML_FOLDER PAGE_FOLDER
# Prints one line for each element without a description and each reference to what does not exist, then
# "N passed, N failed"; exits 1 when there is any. With the same XML the pages are the same to the byte.

const Bbcode := preload("bbcode.gd")
const ClassPage := preload("class_page.gd")

const MANIFEST := "res://addons/enet_server/enet_server.gdextension"

var passed := 0
var failed := 0


func _initialize() -> void:
	var arguments := OS.get_cmdline_user_args()
	var references := read_all(arguments[0])
	check(not references.is_empty(), "%s holds no class" % arguments[0])
	var bbcode := Bbcode.new(references)
	DirAccess.make_dir_recursive_absolute(arguments[1])
	for name: String in references:
		check_descriptions(name, references[name])
		check_icon(name)
		write(arguments[1].path_join(name + ".md"), ClassPage.new(references[name], bbcode).text())
	for broken in bbcode.broken:
		check(false, broken)
	print("%d passed, %d failed" % [passed, failed])
	quit(1 if failed > 0 else 0)


func check(ok: bool, what: String) -> void:
	if ok:
		passed += 1
	else:
		failed += 1
		print("differs: ", what)


# Every class of the folder by its name: what class_page.gd describes.
func read_all(folder: String) -> Dictionary[String, Dictionary]:
	var references: Dictionary[String, Dictionary] = {}
	for file in DirAccess.get_files_at(folder):
		if file.ends_with(".xml"):
			var reference := read_class(folder.path_join(file))
			references[reference.name] = reference
	return references


func check_descriptions(name: String, reference: Dictionary) -> void:
	check(reference.brief != "", "%s has no brief description" % name)
	check(reference.description != "", "%s has no description" % name)
	for kind: String in ClassPage.KINDS:
		for element: Dictionary in reference[kind]:
			# what a class only sets another default for is described where it comes from
			check(element.description != "" or element.has("overrides"), "%s: %s %s has no description" % [name, kind, element.name])


# The editor falls back to the icon of the class that it inherits without a word.
func check_icon(name: String) -> void:
	var manifest := ConfigFile.new()
	check(manifest.load(MANIFEST) == OK, "%s cannot be read" % MANIFEST)
	var icon: String = manifest.get_value("icons", name, "")
	check(icon != "" and FileAccess.file_exists(MANIFEST.get_base_dir().path_join(icon)), "%s has no icon in %s" % [name, MANIFEST])


func read_class(path: String) -> Dictionary:
	var parser := XMLParser.new()
	var reference := {"name": "", "inherits": "", "brief": "", "description": ""}
	for kind: String in ClassPage.KINDS:
		reference[kind] = []
	var element := {}
	var text := ""
	parser.open(path)
	while parser.read() == OK:
		match parser.get_node_type():
			XMLParser.NODE_TEXT, XMLParser.NODE_CDATA:
				text += parser.get_node_data()
			XMLParser.NODE_ELEMENT:
				text = ""
				element = open_element(reference, element, parser)
			XMLParser.NODE_ELEMENT_END:
				close_element(reference, element, parser.get_node_name(), dedented(text))
				text = ""
	return reference


# The element whose description comes next.
func open_element(reference: Dictionary, element: Dictionary, parser: XMLParser) -> Dictionary:
	var attributes := attributes_of(parser)
	var tag := parser.get_node_name()
	match tag:
		"class":
			reference.merge(attributes, true)
		"method", "signal", "member", "constant":
			attributes.merge({"params": [], "description": "", "returns": {}})
			reference[tag].append(attributes)
			return attributes
		"param":
			element.params.append(attributes)
		"return":
			element.returns = attributes
	return element


func close_element(reference: Dictionary, element: Dictionary, tag: String, text: String) -> void:
	match tag:
		"brief_description":
			reference.brief = text
		"description" when element.is_empty():
			reference.description = text
		"description", "member", "constant" when element.description == "":
			element.description = text


func attributes_of(parser: XMLParser) -> Dictionary:
	var attributes := {}
	for index in parser.get_attribute_count():
		attributes[parser.get_attribute_name(index)] = parser.get_attribute_value(index).xml_unescape()
	return attributes


# Without the indentation that the XML has.
func dedented(text: String) -> String:
	return text.xml_unescape().strip_edges(true, false).lstrip("\n").dedent().strip_edges()


func write(path: String, text: String) -> void:
	var file := FileAccess.open(path, FileAccess.WRITE)
	if file == null:
		check(false, "%s cannot be written" % path)
		return
	file.store_string(text)
