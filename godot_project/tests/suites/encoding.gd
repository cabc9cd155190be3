extends "res://tests/suite.gd"
## Values are encoded by the addon itself, byte for byte as the engine would.

const RANDOM_VALUES := 3000

var _random := RandomNumberGenerator.new()
@onready var _all := _values()


func test_every_kind_of_value() -> void:
	for value: Variant in _values():
		_check_same([value])
		_check_same({value: value, "key": [value]})
		if not value is String and not value is PackedByteArray:
			_check_same(value)


func test_typed_containers() -> void:
	var ints: Array[int] = [1, 1 << 40]
	var texts: Array[String] = ["a", "bcdefg"]
	var arrays: Array[Array] = [[1], ["two"]]
	var table: Dictionary[String, int] = {"a": 1}
	var half: Dictionary[String, Variant] = {"a": [1, {"b": 2.5}]}
	for value: Variant in [ints, texts, arrays, table, half, [ints, table], {"x": half, "y": arrays}, {texts: ints}]:
		_check_same(value)


func test_random_values() -> void:
	var seed_text := OS.get_environment("ENET_SEED")
	var chosen := seed_text.to_int() if seed_text.is_valid_int() else randi()
	print("ENET_SEED=%d" % chosen)
	_random.seed = chosen
	for _i in RANDOM_VALUES:
		_check_same([_random_value(4)])
		if not failures.is_empty():
			return


func test_limits_are_those_of_every_packet() -> void:
	var deep: Variant = 1
	for _level in 65:
		deep = [deep]
	expect_error("nested too deeply")
	check(ENetPacketUtils.encode_auto(deep).is_empty(), "65 levels")
	_check_same(deep[0])
	var text := "x".repeat(1 << 20)
	var texts := []
	texts.resize(40)
	texts.fill(text)
	expect_error("larger than 32 MiB")
	check(ENetPacketUtils.encode_auto(texts).is_empty(), "40 MiB of text")
	var many := []
	many.resize((1 << 20) + 1)
	expect_error("too many elements")
	check(ENetPacketUtils.encode_auto(many).is_empty(), "a million and one")
	expect_error("objects cannot be sent")
	check(ENetPacketUtils.encode_auto({"a": [RefCounted.new()]}).is_empty(), "an object far inside")
	var nothing: Object = null
	_check_same({"a": [nothing]})


func _check_same(value: Variant) -> void:
	var ours := ENetPacketUtils.encode_auto(value)
	var packet := PackedByteArray([ENetPacketUtils.PACKET_TYPE_VARIANT]) + var_to_bytes(value)
	if ours != packet:
		failures.append("%s: %s instead of %s" % [_shown(value), ours.hex_encode().left(200), packet.hex_encode().left(200)])


func _values() -> Array:
	return [
		null, true, false, 0, 1, -1, 0x7fff_ffff, 0x8000_0000, -0x8000_0000, -0x8000_0001, 9223372036854775807, -9223372036854775807 - 1,
		0.0, -0.0, 0.1, 0.5, -2.25, 1e300, 1e-320, 16777217.0, INF, -INF, NAN,
		"", "a", "ab", "abc", "abcd", "abcde", "ü", "日本語", "😀", "a\nb\t", &"name", ^"a/b:c",
		Vector2(0.1, -2), Vector2(INF, NAN), Vector2i(1, -2), Vector3(0.1, 2, -3), Vector3i(1, 2, 3), Vector4(1, 2, 3, 4), Vector4i(1, 2, 3, 4),
		Rect2(1, 2, 3, 4), Rect2i(1, 2, 3, 4), Transform2D(1.0, Vector2(2, 3)), Plane(1, 2, 3, 4), Quaternion(0, 0, 0, 1), AABB(Vector3.ONE, Vector3.ONE),
		Basis.IDENTITY, Transform3D.IDENTITY, Projection.IDENTITY, Color(0.1, 0.2, 0.3, 0.4),
		[], {}, [[], [[]]], {"a": {}}, {1: 2, 3.5: "x", true: null, Vector2.ONE: []},
		PackedByteArray([1, 2, 3]), PackedInt32Array([1, -2]), PackedInt64Array([1 << 40]), PackedFloat32Array([0.1]), PackedFloat64Array([0.1]),
		PackedStringArray(["a", "bcd"]), PackedVector2Array([Vector2.ONE]), PackedVector3Array([Vector3.ONE]), PackedColorArray([Color.RED]),
		PackedVector4Array([Vector4.ONE]),
	]


func _random_value(depth: int) -> Variant:
	match _random.randi_range(0, 9 if depth > 0 else 7):
		0: return _random.randi()
		1: return _random.randi() * _random.randi() - (1 << 62)
		2: return _random.randf_range(-1e6, 1e6)
		3: return float(_random.randi_range(-1000, 1000))
		4: return _random_text()
		5: return Vector2(_random.randf(), _random.randf())
		6: return Vector3(_random.randf(), _random.randf(), _random.randf())
		7: return _all[_random.randi_range(0, _all.size() - 1)]
		8:
			var array := []
			for _i in _random.randi_range(0, 5):
				array.append(_random_value(depth - 1))
			return array
	var dictionary := {}
	for _i in _random.randi_range(0, 5):
		dictionary[_random_text() if _random.randf() < 0.8 else _random_value(0)] = _random_value(depth - 1)
	return dictionary


func _random_text() -> String:
	var text := ""
	for _i in _random.randi_range(0, 12):
		text += char([_random.randi_range(32, 126), _random.randi_range(0xa0, 0xd7ff), _random.randi_range(0x10000, 0x1ffff)][_random.randi_range(0, 2)])
	return text
