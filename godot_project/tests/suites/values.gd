extends "res://tests/suite.gd"
## Every kind of value travels both ways and comes back equal and of the same type.

var _peer: ENetServerPeer
var _at_server: Array[Array]
var _at_client: Array[Array]


class Parcel extends RefCounted:
	func _to_packet() -> PackedByteArray:
		return ENetPacketUtils.encode_auto({"parcel": true})


class Saved extends Node2D:
	@export var health := 7
	@export var title := "knight"
	var not_stored := 1

	func _serialize_for_network() -> Dictionary:
		return {"hp": health}


class SavedAsBytes extends Node:
	func _serialize_for_network() -> PackedByteArray:
		return PackedByteArray([1, 2, 3])


func before_each() -> void:
	_peer = await start_pair()
	_at_server = record(ENetServer.packet_received)
	_at_client = record(ENetClient.packet_received)


func test_every_variant_type() -> void:
	await _travel([
		null, true, false, 0, -1, 9223372036854775807, -9223372036854775808, 1.5, -0.0, INF, "", "text", "grün 🎮",
		Vector2(1.5, -2.5), Vector2i(1, -2), Rect2(1, 2, 3, 4), Rect2i(1, 2, 3, 4), Vector3(1, 2, 3), Vector3i(-1, 2, 3),
		Transform2D(0.5, Vector2(3, 4)), Vector4(1, 2, 3, 4), Vector4i(1, 2, 3, 4), Plane(0, 1, 0, 2),
		Quaternion(0, 0, 0, 1), AABB(Vector3.ONE, Vector3.ONE), Basis.IDENTITY, Transform3D.IDENTITY, Projection.IDENTITY,
		Color(0.1, 0.2, 0.3, 0.4), &"name", ^"a/path:property",
	])


func test_arrays_and_dictionaries() -> void:
	var typed: Array[int] = [1, 2, 3]
	var typed_dictionary: Dictionary[String, int] = {"a": 1}
	await _travel([
		[], [1, "two", 3.0, [4]], typed, {}, {"a": 1, 2: "b", Vector2i(3, 4): [5]}, typed_dictionary,
		{"nested": {"deeper": {"list": [1, 2, {"end": null}]}}},
	])


func test_packed_arrays() -> void:
	await _travel([
		PackedByteArray(), PackedByteArray([0, 1, 255]), PackedInt32Array([1, -2]), PackedInt64Array([1, -2]),
		PackedFloat32Array([0.5]), PackedFloat64Array([0.1]), PackedStringArray(["a", "", "ü"]),
		PackedVector2Array([Vector2(1, 2)]), PackedVector3Array([Vector3(1, 2, 3)]), PackedColorArray([Color.RED]),
		PackedVector4Array([Vector4(1, 2, 3, 4)]),
	])


func test_sizes_up_to_a_mebibyte() -> void:
	var sizes := [0, 1, 2, 100, 1000, 1380, 1400, 5000, 65_535, 65_536, 1 << 20]
	await _travel(sizes.map(func(size: int) -> PackedByteArray: return random_bytes(size)))


func test_json_arrives_parsed() -> void:
	var raw := ENetPacketUtils.encode_json('{"a": [1, true, null]}')
	ENetClient.send_raw_packet(raw)
	_peer.send_raw_packet(raw, 0, true)
	await _received(1)
	var want := {"a": [1.0, true, null]}
	check_eq(_at_server[0][1], want, "at the server")
	check_eq(_at_client[0][0], want, "at the client")


func test_an_object_that_packs_itself() -> void:
	check_eq(ENetClient.send_packet(Parcel.new()), OK, "client sends")
	check_eq(_peer.send_packet(Parcel.new(), 0, true), OK, "server sends")
	await _received(1)
	check_eq(_at_server[0][1], {"parcel": true}, "at the server")
	check_eq(_at_client[0][0], {"parcel": true}, "at the client")


func test_a_node_arrives_with_its_properties() -> void:
	var node := _saved_node()
	ENetClient.send_packet(node)
	ENetServer.send_packet(_peer.get_peer_id(), node)
	await _received(1)
	for got: Dictionary in [_at_server[0][1], _at_client[0][0]]:
		check_eq(got._type, "node", "_type")
		check_eq(got._class, "Node2D", "_class")
		check_eq(str(got._name), "Saved", "_name")
		check_eq(str(got._path), str(node.get_path()), "_path")
		check_eq(got.properties.health, 7, "an exported property")
		check_eq(got.properties.title, "knight", "another")
		check(not got.properties.has("not_stored"), "plain variables stay at home")


func test_node_state_flags() -> void:
	var node := _saved_node()
	var bytes_node := SavedAsBytes.new()
	add_child(bytes_node)
	var space := Node3D.new()
	space.position = Vector3(1, 2, 3)
	add_child(space)
	ENetServer.send_node_state(1, node, ENetPacketUtils.SYNC_TRANSFORM_ONLY)
	ENetServer.send_node_state(1, node, ENetPacketUtils.SYNC_METADATA_ONLY)
	ENetServer.send_node_state(1, node, ENetPacketUtils.SYNC_CUSTOM | ENetPacketUtils.SYNC_PROPERTIES)
	ENetServer.send_node_state(1, node, ENetPacketUtils.SYNC_PROPERTIES | ENetPacketUtils.SYNC_TRANSFORM_ONLY)
	ENetServer.send_node_to_all(bytes_node, ENetPacketUtils.SYNC_CUSTOM)
	ENetServer.send_node_to_all(space, ENetPacketUtils.SYNC_TRANSFORM_ONLY)
	await until(func() -> bool: return _at_client.size() == 6, SOON, "six states")
	var states := _at_client.map(func(args: Array) -> Dictionary: return args[0])
	check_eq(states.map(func(state: Dictionary) -> String: return state._type),
			["node_transform", "node_meta", "node_custom", "node", "node_custom", "node_transform"], "types")
	check_eq(states[0].position, Vector2(3, 4), "position")
	check(states[0].has("rotation") and states[0].has("scale"), "rotation and scale")
	check(not states[1].has("properties") and not states[1].has("position"), "metadata only")
	check_eq(states[2].custom, {"hp": 7}, "custom")
	check_eq(states[3].properties.health, 7, "properties")
	check_eq(states[4].custom_bytes, PackedByteArray([1, 2, 3]), "custom bytes")
	check_eq(states[5].position, Vector3(1, 2, 3), "position in space")
	check_eq(states[5].transform, space.transform, "transform in space")
	check_eq(ENetClient.send_node_state(node, ENetPacketUtils.SYNC_TRANSFORM_ONLY, 1), OK, "the client sends one")
	await until(func() -> bool: return _at_server.size() == 1, SOON, "the client's state")
	check_eq(_at_server[0][1].position, Vector2(3, 4), "the client's position")
	check_eq(_at_server[0][2], 1, "its channel")


func _saved_node() -> Saved:
	var node := Saved.new()
	node.name = "Saved"
	node.position = Vector2(3, 4)
	add_child(node)
	return node


func _travel(values: Array) -> void:
	for value: Variant in values:
		check_eq(ENetClient.send_packet(value), OK, "client sends %s" % type_string(typeof(value)))
		check_eq(_peer.send_packet(value, 0, true), OK, "server sends %s" % type_string(typeof(value)))
	await _received(values.size())
	for index in values.size():
		check_eq(_at_server[index][1], values[index], "value %d at the server" % index)
		check_eq(_at_client[index][0], values[index], "value %d at the client" % index)


func _received(count: int) -> void:
	await until(func() -> bool: return _at_server.size() >= count, SOON, "%d packets at the server" % count)
	await until(func() -> bool: return _at_client.size() >= count, SOON, "%d packets at the client" % count)
