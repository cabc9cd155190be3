extends "res://tests/suite.gd"
# ENetPacketUtils: what is encoded comes back the same, misuse is one readable error, and nothing that arrives can
# print, crash or make an object.

const MOST_LEVELS := 64
const MOST_VALUES := 1 << 20
const LARGEST_PACKET := 32 * 1024 * 1024


class Packable:
	extends RefCounted
	var packet: Variant

	func _to_packet() -> Variant:
		return packet


class NeedsArgument:
	extends RefCounted

	func _to_packet(_what: int) -> PackedByteArray:
		return PackedByteArray([0])


class Custom:
	extends Node
	var state: Variant

	func _serialize_for_network() -> Variant:
		return state


class Stored:
	extends Node3D
	@export var health := 7
	@export var friend: Node
	@export var skin: Resource
	@export var friends: Array = []
	var not_exported := 1


# What must survive a round trip, a value of every type that can be sent.
func values() -> Array:
	var ints: Array[int] = [1, -1, 1 << 40]
	var texts: Array[String] = ["a", "", "ü€😀"]
	var names: Array[StringName] = [&"a", &"b"]
	var arrays: Array[Array] = [[1], [], ["x", [null]]]
	var anything: Array[Variant] = [1, "two"]
	var typed: Dictionary[String, int] = {"a": 1, "b": -2}
	var half_typed: Dictionary[StringName, Variant] = {&"a": 1, &"b": [&"c"]}
	var nested: Dictionary[int, Array] = {5: [1, 2]}
	return [
		null, true, false, 0, 1, -1, 2147483647, -2147483648, 2147483648, 9223372036854775807, -9223372036854775807 - 1,
		0.0, 0.1, 1.5, -1e300, 5e-324, INF, -INF, PI,
		"", "text", "ü€😀", "line\nbreak", &"", &"name", ^"", ^"a", ^"/root/a/b", ^"../a:b:c", ^":x",
		Vector2(1.5, -2), Vector2i(1, -2), Rect2(1, 2, 3, 4), Rect2i(1, 2, 3, 4), Vector3(1, 2, 3), Vector3i(1, 2, -3),
		Vector4(1, 2, 3, 4), Vector4i(1, 2, 3, -4), Transform2D(0.3, Vector2(4, 5)), Plane(Vector3.UP, 2),
		Quaternion(Vector3.UP, 0.4), AABB(Vector3.ONE, Vector3.ONE), Basis(Vector3.RIGHT, 0.4),
		Transform3D(Basis(Vector3.RIGHT, 0.4), Vector3(1, 2, 3)), Projection.create_perspective(60, 1, 0.1, 10),
		Color(0.1, 0.2, 0.3, 0.4),
		[], [1, "a", null, [2.5, {}]], ints, texts, names, arrays, anything, [ints],
		{}, {"a": 1, 2: [3], null: &"x", Vector2.ONE: {"deep": PackedInt32Array([1])}}, typed, half_typed, nested,
		PackedInt32Array([1, -1]), PackedInt64Array([1 << 40, -1]), PackedFloat32Array([0.5]),
		PackedFloat64Array([0.1]), PackedStringArray(["", "ä", "abc"]), PackedVector2Array([Vector2.ONE]),
		PackedVector3Array([Vector3.ONE]), PackedVector4Array([Vector4.ONE]), PackedColorArray([Color.RED]),
		PackedByteArray(), PackedByteArray([0, 255, 3]), PackedStringArray(), PackedVector3Array(),
	]


# Equal in type, value, and the types that containers declare. var_to_str() is not precise enough for floats.
func same(a: Variant, b: Variant) -> bool:
	return var_to_bytes(a) == var_to_bytes(b)


func nested_array(levels: int) -> Array:
	var array := []
	for i in levels - 1:
		array = [array]
	return array


func text_packet(type: int, bytes: PackedByteArray) -> PackedByteArray:
	var packet := PackedByteArray([type, 0, 0, 0, 0])
	packet.encode_u32(1, bytes.size())
	packet.append_array(bytes)
	return packet


func check_refused(packet: PackedByteArray, what: String) -> void:
	check(packet.is_empty(), what + " gives no packet")


func test_enums() -> void:
	var type: ENetPacketUtils.PacketType = ENetPacketUtils.PACKET_TYPE_NODE
	var flag: ENetPacketUtils.NodeSyncFlags = ENetPacketUtils.SYNC_CUSTOM
	check_eq(type, 5, "PACKET_TYPE_NODE")
	check_eq(flag, 8, "SYNC_CUSTOM")
	check_eq(ENetPacketUtils.PacketType.PACKET_TYPE_JSON, 3, "an enum's value by its enum")


func test_values_survive_encode_auto() -> void:
	for value: Variant in values():
		var back: Variant = ENetPacketUtils.decode_auto(ENetPacketUtils.encode_auto(value))
		check(same(back, value), "%s %s came back as %s" % [type_string(typeof(value)), value, back])


func test_values_survive_encode_variant() -> void:
	for value: Variant in values():
		var packet := ENetPacketUtils.encode_variant(value)
		check_eq(packet[0], ENetPacketUtils.PACKET_TYPE_VARIANT, "type byte")
		var back: Variant = ENetPacketUtils.decode_variant(packet)
		check(same(back, value), "%s %s came back as %s" % [type_string(typeof(value)), value, back])
	check(is_nan(ENetPacketUtils.decode_variant(ENetPacketUtils.encode_variant(NAN))), "NAN")


func test_all_values_in_one() -> void:
	var all := {"array": values(), "more": {"array": values()}}
	check(same(ENetPacketUtils.decode_dictionary(ENetPacketUtils.encode_dictionary(all)), all), "all values at once")


func test_encode_auto_chooses_the_type() -> void:
	check_eq(ENetPacketUtils.encode_auto(PackedByteArray([7, 8])), PackedByteArray([0, 7, 8]), "RAW")
	check_eq(ENetPacketUtils.encode_auto(PackedByteArray()), PackedByteArray([0]), "RAW without bytes")
	check_eq(ENetPacketUtils.encode_auto("hä"), PackedByteArray([4, 3, 0, 0, 0, 0x68, 0xc3, 0xa4]), "STRING")
	check_eq(ENetPacketUtils.encode_auto({})[0], ENetPacketUtils.PACKET_TYPE_VARIANT, "Dictionary")
	check_eq(ENetPacketUtils.encode_auto(&"name")[0], ENetPacketUtils.PACKET_TYPE_VARIANT, "StringName")
	var node := Node.new()
	check_eq(ENetPacketUtils.encode_auto(node)[0], ENetPacketUtils.PACKET_TYPE_NODE, "Node")
	node.free()


func test_null_references_are_null() -> void:
	var missing: Node = Engine.get_main_loop().root.get_node_or_null("missing")
	check_eq(ENetPacketUtils.decode_auto(ENetPacketUtils.encode_auto(missing)), null, "a null reference")
	check_eq(ENetPacketUtils.decode_auto(ENetPacketUtils.encode_auto([missing, 1])), [null, 1], "in an array")


func test_dictionary() -> void:
	var typed: Dictionary[String, int] = {"a": 1}
	var packet := ENetPacketUtils.encode_dictionary(typed)
	check_eq(packet[0], ENetPacketUtils.PACKET_TYPE_VARIANT, "dictionaries are sent as VARIANT")
	check(same(ENetPacketUtils.decode_dictionary(packet), typed), "typed dictionary")
	packet[0] = ENetPacketUtils.PACKET_TYPE_DICTIONARY
	check(same(ENetPacketUtils.decode_dictionary(packet), typed), "DICTIONARY by decode_dictionary")
	check(same(ENetPacketUtils.decode_variant(packet), typed), "DICTIONARY by decode_variant")
	check(same(ENetPacketUtils.decode_auto(packet), typed), "DICTIONARY by decode_auto")
	var number := ENetPacketUtils.encode_variant(5)
	check_eq(ENetPacketUtils.decode_dictionary(number), {}, "a number is no dictionary")
	number[0] = ENetPacketUtils.PACKET_TYPE_DICTIONARY
	check_eq(ENetPacketUtils.decode_auto(number), null, "a number in a DICTIONARY packet")


func test_json() -> void:
	var text := JSON.stringify({"a": [1, 2.5, null, "ü"], "b": true})
	var packet := ENetPacketUtils.encode_json(text)
	check_eq(packet, text_packet(3, text.to_utf8_buffer()), "packet")
	check_eq(ENetPacketUtils.decode_json(packet), text, "text")
	check_eq(ENetPacketUtils.decode_auto(packet), JSON.parse_string(text), "parsed")
	check_eq(ENetPacketUtils.decode_string(packet), "", "not a STRING packet")


func test_json_that_is_none() -> void:
	expect_error("ENetPacketUtils.encode_json(): the text is not JSON.")
	check_refused(ENetPacketUtils.encode_json("{oops"), "bad JSON")
	expect_error("ENetPacketUtils.encode_json(): containers are nested too deeply")
	check_refused(ENetPacketUtils.encode_json("[".repeat(100) + "]".repeat(100)), "deep JSON")
	expect_error("ENetPacketUtils.encode_json(): the text is not JSON.")
	check_refused(ENetPacketUtils.encode_json("[1e999]"), "a number beyond all floats")


# The engine's parser prints about some of these.
func test_received_json_that_is_none() -> void:
	var bad: PackedStringArray = [
		"", "{", "[1,", "{oops", "nul", "1 2", "\"\\ud800\"", "\"\\u0000\"", "\"\\x\"", "1e999", "-1e-99999999999999999999",
		"1".repeat(1000), "[".repeat(100000), "[".repeat(65) + "]".repeat(65), "[0" + ",0".repeat(MOST_VALUES) + "]",
	]
	for text in bad:
		var packet := text_packet(3, text.to_utf8_buffer())
		check_eq(ENetPacketUtils.decode_auto(packet), null, "not JSON: " + text.left(20))
		check_eq(ENetPacketUtils.decode_json(packet), text, "decode_json does not parse")
	for number: String in ["1.7976931348623157e308", "-5e-324", "1" + "0".repeat(300), "0." + "0".repeat(300) + "1"]:
		check_eq(ENetPacketUtils.decode_auto(text_packet(3, number.to_utf8_buffer())), number.to_float(), number.left(20))


func test_string() -> void:
	for text: String in ["", "a", "ü€😀", "x".repeat(100000)]:
		var packet := ENetPacketUtils.encode_string(text)
		check_eq(packet, text_packet(4, text.to_utf8_buffer()), "packet")
		check_eq(ENetPacketUtils.decode_string(packet), text, "text")
		check_eq(ENetPacketUtils.decode_auto(packet), text, "by decode_auto")
		check_eq(ENetPacketUtils.decode_json(packet), "", "not a JSON packet")


func test_objects_are_refused() -> void:
	var object := RefCounted.new()
	var objects: Array[Node] = []
	var by_object: Dictionary[RefCounted, int] = {}
	for value: Variant in [object, [object], {"a": [object]}, {object: 1}, objects, [objects], by_object]:
		expect_error("ENetPacketUtils.encode_variant(): objects cannot be sent")
		check_refused(ENetPacketUtils.encode_variant(value), str(value))
	expect_error("ENetPacketUtils.encode_auto(): objects cannot be sent")
	check_refused(ENetPacketUtils.encode_auto(object), "an object without _to_packet")
	var node := Node.new()
	expect_error("ENetPacketUtils.encode_auto(): objects cannot be sent")
	check_refused(ENetPacketUtils.encode_auto([node]), "a node in an array")
	expect_error("ENetPacketUtils.encode_dictionary(): objects cannot be sent")
	check_refused(ENetPacketUtils.encode_dictionary({"node": node}), "a node in a dictionary")
	node.free()


func test_freed_objects_are_refused() -> void:
	var node: Variant = Node.new()
	node.free()
	for value: Variant in [[node], {"a": node}]:
		expect_error("ENetPacketUtils.encode_auto(): an object reference is null or its object was freed")
		check_refused(ENetPacketUtils.encode_auto(value), "a freed node")
	expect_error("ENetPacketUtils.encode_auto(): an object reference is null or its object was freed")
	check_refused(ENetPacketUtils.encode_auto(node), "a freed node itself")


func test_callables_and_their_like_are_refused() -> void:
	var callables: Array[Callable] = []
	for value: Variant in [values, Callable(), Engine.get_main_loop().root.ready, RID(), [values], callables]:
		expect_error("ENetPacketUtils.encode_auto(): Callable, Signal and RID values cannot be sent.")
		check_refused(ENetPacketUtils.encode_auto(value), type_string(typeof(value)))


func test_containers_that_contain_themselves() -> void:
	var array := []
	array.append(array)
	array.append(array)
	expect_error("containers are nested too deeply, or one contains itself")
	check_refused(ENetPacketUtils.encode_auto(array), "an array in itself twice")
	array.clear()
	var dictionary := {}
	dictionary["self"] = dictionary
	expect_error("containers are nested too deeply, or one contains itself")
	check_refused(ENetPacketUtils.encode_dictionary(dictionary), "a dictionary in itself")
	dictionary.clear()


func test_depth() -> void:
	var deepest := nested_array(MOST_LEVELS)
	check(same(ENetPacketUtils.decode_auto(ENetPacketUtils.encode_auto(deepest)), deepest), "as deep as may be")
	expect_error("containers are nested too deeply")
	check_refused(ENetPacketUtils.encode_auto([deepest]), "one level more")
	var received := PackedByteArray([1])
	received.append_array(var_to_bytes(nested_array(1000)))
	check_eq(ENetPacketUtils.decode_auto(received), null, "a thousand levels")


func test_number_of_values() -> void:
	var many := []
	many.resize(MOST_VALUES)
	check_eq(ENetPacketUtils.decode_auto(ENetPacketUtils.encode_auto(many)).size(), MOST_VALUES, "as many as may be")
	many.append(null)
	expect_error("the value has too many elements")
	check_refused(ENetPacketUtils.encode_auto(many), "one more")
	var doubling := [1, 2]
	for i in 40:
		doubling = [doubling, doubling]
	expect_error("the value has too many elements")
	check_refused(ENetPacketUtils.encode_auto(doubling), "2^41 values of 41 arrays")


func test_size() -> void:
	var bytes := PackedByteArray()
	bytes.resize(LARGEST_PACKET - 1)
	var packet := ENetPacketUtils.encode_auto(bytes)
	check_eq(packet.size(), LARGEST_PACKET, "as large as may be")
	check_eq(ENetPacketUtils.decode_auto(packet).size(), bytes.size(), "read")
	packet.append(0)
	check_eq(ENetPacketUtils.decode_auto(packet), null, "larger than may be")
	bytes.append(0)
	for value: Variant in [bytes, "a".repeat(LARGEST_PACKET)]:
		expect_error("the packet would be larger than 32 MiB")
		check_refused(ENetPacketUtils.encode_auto(value), "too large")
	var shared := []
	shared.resize(200)
	shared.fill(bytes)
	expect_error("the packet would be larger than 32 MiB")
	check_refused(ENetPacketUtils.encode_auto(shared), "6 GiB by reference")


func test_to_packet() -> void:
	var object := Packable.new()
	object.packet = ENetPacketUtils.encode_dictionary({"a": 1})
	check_eq(ENetPacketUtils.decode_auto(ENetPacketUtils.encode_auto(object)), {"a": 1}, "its own packet")
	for bad: Variant in [null, PackedByteArray(), "text"]:
		object.packet = bad
		expect_error("_to_packet() must return a PackedByteArray that is not empty")
		check_refused(ENetPacketUtils.encode_auto(object), str(bad))
	expect_error("_to_packet() must return a PackedByteArray that is not empty")
	check_refused(ENetPacketUtils.encode_auto(NeedsArgument.new()), "_to_packet with an argument")


func test_node_identity() -> void:
	var node := Node.new()
	node.name = "Somebody"
	for flags: int in [0, ENetPacketUtils.SYNC_METADATA_ONLY, 64]:
		var packet := ENetPacketUtils.encode_node(node, flags)
		check_eq(packet[0], ENetPacketUtils.PACKET_TYPE_NODE, "type byte")
		var want := {"_type": "node_meta", "_class": "Node", "_path": ^"", "_name": &"Somebody"}
		check(same(ENetPacketUtils.decode_node_metadata(packet), want), "outside of the tree, flags %d" % flags)
		check(same(ENetPacketUtils.decode_auto(packet), want), "by decode_auto")
		check_eq(ENetPacketUtils.decode_dictionary(packet), {}, "not by decode_dictionary")
		check_eq(ENetPacketUtils.decode_variant(packet), null, "not by decode_variant")
	Engine.get_main_loop().root.add_child(node)
	var state := ENetPacketUtils.decode_node_metadata(ENetPacketUtils.encode_node(node, 0))
	check_eq(state.get("_path"), ^"/root/Somebody", "path in the tree")
	node.free()


func test_node_transforms() -> void:
	var node2d := Node2D.new()
	node2d.transform = Transform2D(0.5, Vector2(2, 3), 0, Vector2(4, 5))
	var state := ENetPacketUtils.decode_node_metadata(
		ENetPacketUtils.encode_node(node2d, ENetPacketUtils.SYNC_TRANSFORM_ONLY))
	check_eq(state.get("_type"), "node_transform", "_type")
	check_eq(state.get("position"), node2d.position, "2D position")
	check_eq(state.get("rotation"), node2d.rotation, "2D rotation")
	check_eq(state.get("scale"), node2d.scale, "2D scale")
	check(not state.has("transform"), "a Node2D sends no transform")
	node2d.free()

	var node3d := Node3D.new()
	node3d.transform = Transform3D(Basis(Vector3.UP, 0.5).scaled(Vector3(1, 2, 3)), Vector3(4, 5, 6))
	state = ENetPacketUtils.decode_node_metadata(
		ENetPacketUtils.encode_node(node3d, ENetPacketUtils.SYNC_TRANSFORM_ONLY))
	for key: String in ["transform", "position", "rotation", "scale"]:
		check_eq(state.get(key), node3d.get(key), "3D " + key)
	node3d.free()

	var control := Control.new()
	control.position = Vector2(1, 2)
	control.size = Vector2(30, 40)
	state = ENetPacketUtils.decode_node_metadata(
		ENetPacketUtils.encode_node(control, ENetPacketUtils.SYNC_TRANSFORM_ONLY))
	for key: String in ["position", "rotation", "scale", "size"]:
		check_eq(state.get(key), control.get(key), "Control " + key)
	control.free()

	var node := Node.new()
	state = ENetPacketUtils.decode_node_metadata(
		ENetPacketUtils.encode_node(node, ENetPacketUtils.SYNC_TRANSFORM_ONLY))
	check_eq(state.keys(), ["_type", "_class", "_path", "_name"], "a node without a place")
	node.free()


func test_node_properties() -> void:
	var node := Stored.new()
	node.position = Vector3(1, 2, 3)
	node.friend = node
	node.skin = Resource.new()
	node.friends = [1, node]
	var state := ENetPacketUtils.decode_node_metadata(
		ENetPacketUtils.encode_node(node, ENetPacketUtils.SYNC_PROPERTIES))
	check_eq(state.get("_type"), "node", "_type")
	check_eq(state.get("_class"), "Node3D", "_class")
	check_eq(state.get("position"), node.position, "transform beside the properties")
	var properties: Dictionary = state.get("properties", {})
	check_eq(properties.get("health"), 7, "exported")
	check_eq(properties.get("visible"), true, "built-in")
	for absent: String in ["script", "friend", "skin", "friends", "not_exported", "name", "owner", "global_position"]:
		check(not properties.has(absent), absent + " is left out")
	check_eq(state, ENetPacketUtils.decode_auto(ENetPacketUtils.encode_auto(node)), "encode_auto does the same")
	node.friends.append(node.friends)
	node.friends.remove_at(1)
	expect_error("containers are nested too deeply, or one contains itself")
	check_refused(ENetPacketUtils.encode_node(node, ENetPacketUtils.SYNC_PROPERTIES), "a property that contains itself")
	node.friends.clear()
	node.free()


func test_node_custom() -> void:
	var node := Custom.new()
	node.state = {"hp": 3}
	var flags := ENetPacketUtils.SYNC_CUSTOM | ENetPacketUtils.SYNC_PROPERTIES | ENetPacketUtils.SYNC_TRANSFORM_ONLY
	var state := ENetPacketUtils.decode_node_metadata(ENetPacketUtils.encode_node(node, flags))
	check_eq(state.get("_type"), "node_custom", "custom comes first")
	check_eq(state.get("custom"), {"hp": 3}, "custom")
	check(not state.has("properties"), "and alone")
	node.state = PackedByteArray([1, 2])
	state = ENetPacketUtils.decode_node_metadata(ENetPacketUtils.encode_node(node, flags))
	check_eq(state.get("custom_bytes"), PackedByteArray([1, 2]), "custom_bytes")
	node.state = 5
	expect_error("ENetPacketUtils.encode_node(): the node needs a _serialize_for_network()")
	check_refused(ENetPacketUtils.encode_node(node, flags), "a number as custom state")
	node.state = {"node": node}
	expect_error("ENetPacketUtils.encode_node(): objects cannot be sent")
	check_refused(ENetPacketUtils.encode_node(node, flags), "a node in custom state")
	node.free()
	node = null
	var plain := Node2D.new()
	expect_error("ENetPacketUtils.encode_node(): the node needs a _serialize_for_network()")
	check_refused(ENetPacketUtils.encode_node(plain, ENetPacketUtils.SYNC_CUSTOM), "a node without the method")
	flags = ENetPacketUtils.SYNC_PROPERTIES | ENetPacketUtils.SYNC_TRANSFORM_ONLY
	state = ENetPacketUtils.decode_node_metadata(ENetPacketUtils.encode_node(plain, flags))
	check_eq(state.get("_type"), "node", "properties come before the transform")
	plain.free()


func test_no_node() -> void:
	expect_error("ENetPacketUtils.encode_node(): an object reference is null or its object was freed.")
	check_refused(ENetPacketUtils.encode_node(null, 0), "null")


func test_short_and_wrong_packets() -> void:
	var good := ENetPacketUtils.encode_auto({"a": [1, "b"]})
	for length in good.size():
		check_eq(ENetPacketUtils.decode_auto(good.slice(0, length)), null, "cut to %d bytes" % length)
	good.append_array([0, 0, 0, 0])
	check_eq(ENetPacketUtils.decode_auto(good), null, "trailing bytes")
	check_eq(ENetPacketUtils.decode_auto(text_packet(4, PackedByteArray([0xff]))), null, "not UTF-8")
	check_eq(ENetPacketUtils.decode_string(PackedByteArray([4, 255, 255, 255, 255, 1])), "", "a length of 4 GiB")
	for type in range(6, 256):
		check_eq(ENetPacketUtils.decode_auto(PackedByteArray([type, 0, 0, 0, 0])), null, "type %d" % type)
	for empty: PackedByteArray in [PackedByteArray(), PackedByteArray([1]), PackedByteArray([9])]:
		check_eq(ENetPacketUtils.decode_auto(empty), null, "decode_auto")
		check_eq(ENetPacketUtils.decode_variant(empty), null, "decode_variant")
		check_eq(ENetPacketUtils.decode_dictionary(empty), {}, "decode_dictionary")
		check_eq(ENetPacketUtils.decode_json(empty), "", "decode_json")
		check_eq(ENetPacketUtils.decode_string(empty), "", "decode_string")
		check_eq(ENetPacketUtils.decode_node_metadata(empty), {}, "decode_node_metadata")


func test_received_objects_are_refused() -> void:
	var object := RefCounted.new()
	for value: Variant in [object, [object], {"a": object}, Callable(), Signal(), RID()]:
		for bytes: PackedByteArray in [var_to_bytes(value), var_to_bytes_with_objects(value)]:
			var packet := PackedByteArray([1])
			packet.append_array(bytes)
			check_eq(ENetPacketUtils.decode_auto(packet), null, type_string(typeof(value)))


# The engine's own decoder prints for nearly every fault. Any print here ends the run as an unexpected error.
func test_damaged_packets_are_silent() -> void:
	var random := RandomNumberGenerator.new()
	random.seed = 20
	var packets: Array[PackedByteArray] = []
	for value: Variant in values():
		packets.append(ENetPacketUtils.encode_auto(value))
		packets.append(ENetPacketUtils.encode_variant([value, {"key": value}]))
	for json: String in ["{\"a\": [1, 2.5e3, null, true]}", "\"\\u00fc\\ud83d\\ude00\\n\"", "[1e300, -2e-300, 1234567890]"]:
		packets.append(ENetPacketUtils.encode_json(json))
	var accepted := 0
	for i in 20000:
		var packet: PackedByteArray = packets[i % packets.size()].duplicate()
		for j in random.randi_range(1, 3):
			packet[random.randi_range(1, packet.size() - 1) if packet.size() > 1 else 0] = random.randi() & 255
		if ENetPacketUtils.decode_auto(packet) != null:
			accepted += 1
	check(accepted > 1000, "some damaged packets are still packets")
