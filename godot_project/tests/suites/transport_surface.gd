extends "res://tests/suite.gd"
## Whatever the running engine's transport classes offer to scripts, the addon's offer too.

## The engine's class and ours.
const CLASSES: Dictionary[String, String] = {
	"ENetMultiplayerPeer": "ENetThreadedMultiplayerPeer",
	"ENetConnection": "ENetThreadedConnection",
	"ENetPacketPeer": "ENetThreadedPacketPeer",
}


func test_methods() -> void:
	for theirs in CLASSES:
		var ours := _methods_of(CLASSES[theirs], false)
		for method: Dictionary in _methods_of(theirs, true).values():
			check(ours.has(method.name), "%s.%s is missing" % [CLASSES[theirs], method.name])
			if ours.has(method.name):
				check_eq(_signature(ours[method.name]), _signature(method), "%s.%s" % [CLASSES[theirs], method.name])


## Those that come from MultiplayerPeer, PacketPeer and RefCounted.
func test_inherited_methods_and_signals() -> void:
	for theirs in CLASSES:
		var ours := _methods_of(CLASSES[theirs], false)
		for method_name: String in _methods_of(theirs, false):
			check(ours.has(method_name), "%s.%s is missing" % [CLASSES[theirs], method_name])
		for declared in ClassDB.class_get_signal_list(theirs):
			check(ClassDB.class_has_signal(CLASSES[theirs], declared.name), "%s.%s is missing" % [CLASSES[theirs], declared.name])
	for base: String in ["MultiplayerPeer", "PacketPeer", "RefCounted"]:
		check(ClassDB.is_parent_class("ENetThreadedMultiplayerPeer", base), "a multiplayer peer is a %s" % base)
	check(ClassDB.is_parent_class("ENetThreadedPacketPeer", "PacketPeer"), "a packet peer is a PacketPeer")


func test_constants() -> void:
	for theirs in CLASSES:
		for constant in ClassDB.class_get_integer_constant_list(theirs):
			var where := "%s.%s" % [CLASSES[theirs], constant]
			check(ClassDB.class_has_integer_constant(CLASSES[theirs], constant), "%s is missing" % where)
			check_eq(ClassDB.class_get_integer_constant(CLASSES[theirs], constant),
					ClassDB.class_get_integer_constant(theirs, constant), where)
			check_eq(ClassDB.class_get_integer_constant_enum(CLASSES[theirs], constant),
					ClassDB.class_get_integer_constant_enum(theirs, constant), "the enum of " + where)


func test_properties() -> void:
	for theirs in CLASSES:
		var ours := _by_name(ClassDB.class_get_property_list(CLASSES[theirs]))
		for property in ClassDB.class_get_property_list(theirs):
			var is_group: bool = property.usage & (PROPERTY_USAGE_CATEGORY | PROPERTY_USAGE_GROUP | PROPERTY_USAGE_SUBGROUP)
			if is_group:
				continue
			var where := "%s.%s" % [CLASSES[theirs], property.name]
			check(ours.has(property.name), "%s is missing" % where)
			if ours.has(property.name):
				check_eq(ours[property.name].type, property.type, "the type of " + where)
				check_eq(ClassDB.class_get_property_default_value(CLASSES[theirs], property.name),
						ClassDB.class_get_property_default_value(theirs, property.name), "the default of " + where)


func test_who_can_be_instantiated() -> void:
	for theirs in CLASSES:
		check_eq(ClassDB.can_instantiate(CLASSES[theirs]), ClassDB.can_instantiate(theirs), CLASSES[theirs])


func _methods_of(type: String, only_own: bool) -> Dictionary:
	return _by_name(ClassDB.class_get_method_list(type, only_own))


func _by_name(list: Array[Dictionary]) -> Dictionary:
	var result := {}
	for entry in list:
		if not entry.name.begins_with("_"):
			result[entry.name] = entry
	return result


## Names, types, defaults and what is returned; of our classes by the engine's names.
func _signature(method: Dictionary) -> String:
	var arguments: PackedStringArray = []
	for argument: Dictionary in method.args:
		# an argument that is an enum in the engine may be a plain int here: scripts pass either
		var type := "int" if argument.type == TYPE_INT else _type_of(argument)
		arguments.append("%s: %s" % [argument.name, type])
	return "(%s) -> %s, defaults %s" % [", ".join(arguments), _type_of(method["return"]), method.default_args]


func _type_of(property: Dictionary) -> String:
	var text := type_string(property.type)
	# an array's element type stands in the hint, an object's or an enum's in the class name
	var detail := str(property.class_name) if property.class_name != &"" else str(property.hint_string)
	if property.type == TYPE_ARRAY or property.type == TYPE_OBJECT or property.type == TYPE_INT:
		for theirs in CLASSES:
			detail = detail.replace(CLASSES[theirs], theirs)
		text += " " + detail
	return text
