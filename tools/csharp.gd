extends SceneTree
# Writes the C# wrapper: one file for each class of the addon, from what ClassDB says of it.
#   godot --headless --path godot_project -s ../tools/csharp.gd -- FOLDER

const NAMESPACE := "GodotENet"
const SINGLETONS: Array[String] = ["ENetServer", "ENetClient", "ENetPacketUtils"]
const CLASSES: Array[String] = ["ENetServerPeer", "ENetThreadedMultiplayerPeer", "ENetThreadedConnection", "ENetThreadedPacketPeer",
	"NetworkedMultiplayerENet"]

## What a value is in C#, and how it is taken out of a Variant.
const TYPES := {
	TYPE_BOOL: ["bool", "AsBool()"], TYPE_INT: ["long", "AsInt64()"], TYPE_FLOAT: ["double", "AsDouble()"],
	TYPE_STRING: ["string", "AsString()"], TYPE_STRING_NAME: ["StringName", "AsStringName()"],
	TYPE_CALLABLE: ["Callable", "AsCallable()"], TYPE_DICTIONARY: ["Godot.Collections.Dictionary", "AsGodotDictionary()"],
	TYPE_ARRAY: ["Godot.Collections.Array", "AsGodotArray()"], TYPE_PACKED_BYTE_ARRAY: ["byte[]", "AsByteArray()"],
	TYPE_PACKED_INT32_ARRAY: ["int[]", "AsInt32Array()"], TYPE_PACKED_INT64_ARRAY: ["long[]", "AsInt64Array()"],
	TYPE_PACKED_STRING_ARRAY: ["string[]", "AsStringArray()"], TYPE_VECTOR3I: ["Vector3I", "AsVector3I()"],
}
## Engine classes that C# spells otherwise.
const RENAMED := {"TLSOptions": "TlsOptions"}
## Integers that are values of an enum, which a signal's and a number argument's description does not tell.
const ENUM_OF_ARGUMENT := {
	"ENetServer.set_compression_mode.mode": "CompressionMode", "ENetClient.set_compression_mode.mode": "ENetServer.CompressionMode",
	"ENetServer.peer_limit_exceeded.limit": "LimitKind", "ENetServer.peer_limit_exceeded.stage": "LimitStage",
	"ENetServer.send_node_state.flags": "ENetPacketUtils.NodeSyncFlags", "ENetServer.send_node_to_all.flags": "ENetPacketUtils.NodeSyncFlags",
	"ENetClient.send_node_state.flags": "ENetPacketUtils.NodeSyncFlags", "ENetPacketUtils.encode_node.flags": "NodeSyncFlags",
	"ENetThreadedConnection.compress.mode": "CompressionMode", "ENetThreadedConnection.pop_statistic.statistic": "HostStatistic",
	"ENetThreadedPacketPeer.get_statistic.statistic": "PeerStatistic",
	"ENetClient.get_statistic.statistic": "ENetThreadedPacketPeer.PeerStatistic",
	"ENetServerPeer.get_statistic.statistic": "ENetThreadedPacketPeer.PeerStatistic",
}
## Types that cannot be null.
const STRUCTS: Array[String] = ["Variant", "Callable"]
const KEYWORDS: Array[String] = ["event", "params", "object", "string", "in", "out", "ref", "base", "class", "default", "is", "as", "lock"]

var lines: PackedStringArray
var current: String
var failed := false


func _initialize() -> void:
	var folder: String = OS.get_cmdline_user_args()[0]
	for name in SINGLETONS + CLASSES:
		current = name
		lines = []
		write_class()
		var file := FileAccess.open(folder.path_join(name + ".cs"), FileAccess.WRITE)
		file.store_string("\n".join(lines) + "\n")
		file.close()
	quit(1 if failed else 0)


func write_class() -> void:
	var is_static := current in SINGLETONS
	add(0, "// Written by ./build.sh csharp from the class itself; changes belong into tools/csharp.gd.")
	add(0, "using System;")
	add(0, "using Godot;")
	add(0, "")
	add(0, "namespace %s" % NAMESPACE)
	add(0, "{")
	add(1, "/// <summary>%s, typed; the class reference of that name in the editor says what its members do.</summary>" % current)
	add(1, "public %s class %s" % ["static" if is_static else "sealed", current])
	add(1, "{")
	write_instance(is_static)
	write_enums()
	write_constants()
	for property in by_name(ClassDB.class_get_property_list(current, true)): write_property(property, is_static)
	for method in by_name(ClassDB.class_get_method_list(current, true)): write_method(method, is_static)
	for one in by_name(ClassDB.class_get_signal_list(current, true)): write_event(one, is_static)
	add(1, "}")
	add(0, "}")


## How the wrapper comes to the object that it speaks to.
func write_instance(is_static: bool) -> void:
	if is_static:
		add(2, "private static GodotObject instance;")
		add(2, "")
		add(2, "/// <summary>The singleton itself.</summary>")
		add(2, "public static GodotObject Object")
		add(2, "{")
		add(3, "get")
		add(3, "{")
		add(4, "if (!GodotObject.IsInstanceValid(instance)) instance = Engine.GetSingleton(\"%s\");" % current)
		add(4, "return instance;")
		add(3, "}")
		add(2, "}")
		return
	var base := engine_base(current)
	add(2, "/// <summary>The object itself, to be handed to the engine.</summary>")
	add(2, "public %s Object { get; }" % base)
	add(2, "")
	add(2, "/// <summary>Wraps an object of the class, such as one that a Callable of yours is called with.</summary>")
	add(2, "public %s(GodotObject instance)" % current)
	add(2, "{")
	add(3, "Object = (%s)instance;" % base)
	add(2, "}")
	if ClassDB.can_instantiate(current):
		add(2, "")
		add(2, "public %s() : this(ClassDB.Instantiate(\"%s\").AsGodotObject()) { }" % [current, current])
	add(2, "")
	add(2, "internal static %s Of(Variant value)" % current)
	add(2, "{")
	add(3, "var instance = value.AsGodotObject();")
	add(3, "return instance == null ? null : new %s(instance);" % current)
	add(2, "}")
	add(2, "")
	add(2, "/// <summary>Wrappers of the same object are equal.</summary>")
	add(2, "public override bool Equals(object other) => other is %s wrapper && wrapper.Object == Object;" % current)
	add(2, "")
	add(2, "public override int GetHashCode() => Object.GetHashCode();")


## In an order of their own: that of registration is the linker's.
func by_name(members: Array[Dictionary]) -> Array[Dictionary]:
	members.sort_custom(func(one: Dictionary, other: Dictionary) -> bool: return str(one.name) < str(other.name))
	return members


func engine_base(name: String) -> String:
	while ClassDB.class_get_api_type(name) == ClassDB.API_EXTENSION:
		name = ClassDB.get_parent_class(name)
	return name


func write_enums() -> void:
	for name in ClassDB.class_get_enum_list(current, true):
		var constants := ClassDB.class_get_enum_constants(current, name, true)
		var shared := shared_prefix(constants)
		add(2, "")
		add(2, "public enum %s : long" % enum_name(name))
		add(2, "{")
		for constant in constants:
			add(3, "%s = %d," % [constant.trim_prefix(shared).to_lower().to_pascal_case(), ClassDB.class_get_integer_constant(current, constant)])
		add(2, "}")


## The words that all names begin with, such as `AUTH_`.
func shared_prefix(names: PackedStringArray) -> String:
	var prefix := names[0]
	for name in names:
		while not name.begins_with(prefix) or not (prefix.ends_with("_") or prefix.is_empty()):
			prefix = prefix.left(-1)
	return prefix


## A class of C# cannot have a member and an enum of one name.
func enum_name(name: String) -> String:
	for property in ClassDB.class_get_property_list(current, true):
		if pascal(property.name) == name: return name + "Enum"
	return name


func write_constants() -> void:
	for name in ClassDB.class_get_integer_constant_list(current, true):
		if ClassDB.class_get_integer_constant_enum(current, name, true).is_empty():
			add(2, "")
			add(2, "public const long %s = %d;" % [name.to_lower().to_pascal_case(), ClassDB.class_get_integer_constant(current, name)])


func write_property(property: Dictionary, is_static: bool) -> void:
	var type := type_of(property, "")
	var cache: String = "name_" + property.name
	add(2, "")
	add(2, "private static readonly StringName %s = \"%s\";" % [cache, property.name])
	add(2, "")
	add(2, "public %s%s %s" % ["static " if is_static else "", type, pascal(property.name)])
	add(2, "{")
	add(3, "get => %s;" % unpacked("Object.Get(%s)" % cache, property, type))
	if not ClassDB.class_get_property_setter(current, property.name).is_empty():
		add(3, "set => Object.Set(%s, %s);" % [cache, packed("value", property, type)])
	add(2, "}")


func write_method(method: Dictionary, is_static: bool) -> void:
	if method.flags & (METHOD_FLAG_VIRTUAL | METHOD_FLAG_VARARG) or method.name.begins_with("_"): return
	for property in ClassDB.class_get_property_list(current, true):
		if method.name in [str(ClassDB.class_get_property_getter(current, property.name)), str(ClassDB.class_get_property_setter(current, property.name))]: return
	var cache: String = "name_" + method.name
	var declared := PackedStringArray()
	var passed := PackedStringArray([cache])
	var first_default: int = method.args.size() - method.default_args.size()
	for i in method.args.size():
		var argument: Dictionary = method.args[i]
		var type := type_of(argument, method.name)
		var name := argument_name(argument.name)
		var default := ""
		if i >= first_default: default = " = " + literal(method.default_args[i - first_default], type)
		declared.append("%s %s%s" % [type, name, default])
		passed.append(packed(name, argument, type))
	var returned := type_of(method.return, method.name) if gives_something(method.return) else "void"
	var call: String = "Object.Call(%s)" % ", ".join(passed)
	add(2, "")
	add(2, "private static readonly StringName %s = \"%s\";" % [cache, method.name])
	add(2, "")
	add(2, "public %s%s %s(%s) =>" % ["static " if is_static else "", returned, pascal(method.name), ", ".join(declared)])
	add(3, "%s;" % (call if returned == "void" else unpacked(call, method.return, returned)))


func gives_something(info: Dictionary) -> bool:
	return info.type != TYPE_NIL or info.usage & PROPERTY_USAGE_NIL_IS_VARIANT


## An event is connected to its signal while it has a handler.
func write_event(one: Dictionary, is_static: bool) -> void:
	var modifier := "static " if is_static else ""
	var event := pascal(one.name)
	var field: String = argument_name(one.name) + "Handlers"
	var cache: String = "name_" + one.name
	var types := PackedStringArray()
	var raw_types := PackedStringArray()
	var raw_arguments := PackedStringArray()
	var forwarded := PackedStringArray()
	for argument in one.args:
		var type := type_of(argument, one.name)
		var name := argument_name(argument.name)
		var raw := raw_type(argument)
		types.append(type)
		raw_types.append(raw)
		raw_arguments.append("%s %s" % [raw, name])
		forwarded.append(name if type == raw else "new %s(%s)" % [type, name] if argument.type == TYPE_OBJECT else "(%s)%s" % [type, name])
	var handler := "Action" + ("" if types.is_empty() else "<%s>" % ", ".join(types))
	var callable := "Callable.From%s(On%s)" % ["" if raw_types.is_empty() else "<%s>" % ", ".join(raw_types), event]
	add(2, "")
	add(2, "private static readonly StringName %s = \"%s\";" % [cache, one.name])
	add(2, "private %s%s %s;" % [modifier, handler, field])
	add(2, "")
	add(2, "/// <summary>The signal %s(%s).</summary>" % [one.name, ", ".join(one.args.map(func(argument: Dictionary) -> String: return argument.name))])
	add(2, "public %sevent %s %s" % [modifier, handler, event])
	add(2, "{")
	add(3, "add")
	add(3, "{")
	add(4, "if (%s == null) Object.Connect(%s, %s);" % [field, cache, callable])
	add(4, "%s += value;" % field)
	add(3, "}")
	add(3, "remove")
	add(3, "{")
	add(4, "if (%s == null) return;" % field)
	add(4, "%s -= value;" % field)
	add(4, "if (%s == null && Object.IsConnected(%s, %s)) Object.Disconnect(%s, %s);" % [field, cache, callable, cache, callable])
	add(3, "}")
	add(2, "}")
	add(2, "")
	add(2, "private %svoid On%s(%s) => %s?.Invoke(%s);" % [modifier, event, ", ".join(raw_arguments), field, ", ".join(forwarded)])


## The type of an argument, a property or a result in C#.
func type_of(info: Dictionary, method: String) -> String:
	var known: String = ENUM_OF_ARGUMENT.get("%s.%s.%s" % [current, method, info.name], "")
	if known: return known
	if info.type == TYPE_NIL: return "Variant"
	# an argument that may be null comes without its class
	if info.type == TYPE_OBJECT and not info.class_name: return "Node" if info.name == "node" else "GodotObject"
	if info.type == TYPE_OBJECT: return RENAMED.get(str(info.class_name), str(info.class_name))
	if info.type == TYPE_INT and info.class_name: return enum_type(info.class_name)
	return TYPES[info.type][0] if TYPES.has(info.type) else unknown(info)


## An enum of our own or of the engine. Within its own class C# wants no qualification.
func enum_type(name: StringName) -> String:
	var parts := str(name).split(".")
	if parts.size() == 1: return parts[0]
	return enum_name(parts[1]) if parts[0] == current else "%s.%s" % [parts[0], parts[1]]


## The type with which the engine calls a C# function.
func raw_type(info: Dictionary) -> String:
	if info.type == TYPE_NIL: return "Variant"
	if info.type == TYPE_OBJECT: return "GodotObject"
	return TYPES[info.type][0] if TYPES.has(info.type) else unknown(info)


func unknown(info: Dictionary) -> String:
	push_error("tools/csharp.gd has no C# type for %s" % info)
	failed = true
	return "object"


func is_ours(info: Dictionary) -> bool:
	return info.type == TYPE_OBJECT and str(info.class_name) in CLASSES


func is_enum(info: Dictionary, type: String) -> bool:
	return info.type == TYPE_INT and type != "long"


## What is handed to Call for a value.
func packed(name: String, info: Dictionary, type: String) -> String:
	if is_ours(info): return "%s?.Object" % name
	if is_enum(info, type): return "(long)%s" % name
	match info.type:
		TYPE_ARRAY: return "%s ?? new Godot.Collections.Array()" % name
		TYPE_DICTIONARY: return "%s ?? new Godot.Collections.Dictionary()" % name
	return name


func unpacked(call: String, info: Dictionary, type: String) -> String:
	if is_ours(info): return "%s.Of(%s)" % [type, call]
	if is_enum(info, type): return "(%s)%s.AsInt64()" % [type, call]
	match info.type:
		TYPE_NIL: return call
		TYPE_OBJECT: return "(%s)%s.AsGodotObject()" % [type, call]
	return "%s.%s" % [call, TYPES[info.type][1]]


## A default as C# can write it; what it cannot write, null stands for.
func literal(value: Variant, type: String) -> String:
	match typeof(value):
		TYPE_BOOL: return "true" if value else "false"
		TYPE_INT: return ("(%s)%d" % [type, value]) if type != "long" else str(value)
		TYPE_FLOAT: return var_to_str(value)
		TYPE_STRING: return "\"%s\"" % value.c_escape()
	return "null" if type not in STRUCTS else "default(%s)" % type


func pascal(name: String) -> String:
	return name.to_pascal_case()


func argument_name(name: String) -> String:
	var camel := name.to_camel_case()
	return "@" + camel if camel in KEYWORDS else camel


func add(depth: int, line: String) -> void:
	lines.append("\t".repeat(depth) + line if line else "")
