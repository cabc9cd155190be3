extends "res://tests/suite.gd"
## Whatever the network sends is counted and nothing else: no line on the terminal, no signal, no end of the server.

var _packets: Array[Array]
var _raw: Array[Array]
var _client: StockHost
var _printed_before := 0


func before_each() -> void:
	_packets = record(ENetServer.packet_received)
	_raw = record(ENetServer.raw_packet_received)
	_client = await stock_client(start_server(1000)) # room for handshakes that nobody completes
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "one peer")
	_printed_before = error_log.get_message_count()


func test_random_datagrams() -> void:
	var random := RandomNumberGenerator.new()
	random.seed = 7
	var socket := _socket_to_server()
	for number in 3000:
		socket.put_packet(random_bytes(random.randi_range(0, 1500), number))
		if number % 100 == 0:
			await frames(1)
	await _nothing_happened()


func test_datagrams_that_begin_like_a_handshake() -> void:
	# a connect command with every byte changed once and at every length
	var handshake := PackedByteArray([0x8f, 0xff, 0, 0, 0x82, 0xff, 0, 1, 0, 0, 0xff, 0xff, 0, 0, 5, 0x70,
			0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x13, 0x88, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 0])
	var socket := _socket_to_server()
	for index in handshake.size():
		socket.put_packet(handshake.slice(0, index))
		for value: int in [0x00, 0x01, 0x7f, 0x80, 0xff]:
			var changed := handshake.duplicate()
			changed[index] = value
			socket.put_packet(changed)
		await frames(1)
	# some of them claim to be compressed: that is said once for a host
	_printed_before += 1
	await until(func() -> bool: return error_log.get_message_count() == _printed_before, SOON, "the one warning")
	await _nothing_happened()


func test_handshakes_that_nobody_completes() -> void:
	for _i in 20:
		var passing := stock_host()
		passing.connect_to("127.0.0.1", ENetServer.get_local_port())
		passing.service()
		passing.connection.flush()
		passing.queue_free()
	await frames(5)
	_packets.clear()
	_client.send_value("still there?")
	await until(func() -> bool: return not _packets.is_empty(), SOON, "the server still serves")
	check_eq(error_log.get_message_count(), _printed_before, "lines printed meanwhile")


func test_unknown_packet_types() -> void:
	for type in range(6, 256):
		_client.send(PackedByteArray([type, 1, 2, 3, 4]))
	await _nothing_decodes(250)


func test_an_empty_packet() -> void:
	_client.send(PackedByteArray())
	await _nothing_decodes(1)


func test_truncated_packets() -> void:
	var count := 0
	for value: Variant in ["some text", {"a": [1, 2.5, "three"]}, [Vector3.ONE, PackedInt32Array([1, 2, 3])]]:
		var whole := ENetPacketUtils.encode_auto(value)
		for size in range(1, whole.size()):
			_client.send(whole.slice(0, size))
			count += 1
	await until(func() -> bool: return _raw.size() == count, SOON, "all arrive raw")
	await _still_serving()


func test_lengths_that_lie() -> void:
	var lies: Array[PackedByteArray] = []
	for type: int in [ENetPacketUtils.PACKET_TYPE_JSON, ENetPacketUtils.PACKET_TYPE_STRING]:
		for length: int in [5, 0x7fffffff, 0x80000000, 0xffffffff]:
			var packet := PackedByteArray([type, 0, 0, 0, 0, 65, 66, 67])
			packet.encode_u32(1, length)
			lies.append(packet)
	# arrays, dictionaries, strings and packed arrays of 2 GiB
	var types := [TYPE_STRING, TYPE_STRING_NAME, TYPE_NODE_PATH, TYPE_DICTIONARY, TYPE_ARRAY]
	types.append_array(range(TYPE_PACKED_BYTE_ARRAY, TYPE_MAX))
	for variant_type: int in types:
		for length: int in [0x7fffffff, 0x7ffffffe, 0x10000000]:
			var packet := PackedByteArray()
			packet.resize(9 + 16)
			packet[0] = ENetPacketUtils.PACKET_TYPE_VARIANT
			packet.encode_u32(1, variant_type)
			packet.encode_u32(5, length)
			lies.append(packet)
	for lie in lies:
		_client.send(lie)
	await _nothing_decodes(lies.size())


func test_variants_nested_a_thousand_deep() -> void:
	_client.send(_nested(1000, TYPE_ARRAY))
	_client.send(_nested(1000, TYPE_DICTIONARY))
	_client.send(_nested(100_000, TYPE_ARRAY))
	await _nothing_decodes(3)


func test_objects_in_a_variant() -> void:
	var object := RefCounted.new()
	for bytes: PackedByteArray in [var_to_bytes_with_objects(object), var_to_bytes_with_objects([object]),
			var_to_bytes_with_objects({"o": object}), var_to_bytes(object), var_to_bytes({1: [object]})]:
		_client.send(PackedByteArray([ENetPacketUtils.PACKET_TYPE_VARIANT]) + bytes)
	await until(func() -> bool: return _raw.size() == 5, SOON, "all arrive raw")
	for args in _packets:
		check(not _holds_object(args[1]), "no object comes out")
	await _still_serving()


func test_bodies_that_are_not_text_or_json() -> void:
	_client.send(PackedByteArray([ENetPacketUtils.PACKET_TYPE_STRING, 2, 0, 0, 0, 0xff, 0xfe]))
	_client.send(PackedByteArray([ENetPacketUtils.PACKET_TYPE_JSON, 3, 0, 0, 0]) + "{a:".to_utf8_buffer())
	_client.send(PackedByteArray([ENetPacketUtils.PACKET_TYPE_NODE, 1, 2, 3]))
	_client.send(PackedByteArray([ENetPacketUtils.PACKET_TYPE_NODE]) + var_to_bytes("not a dictionary"))
	await _nothing_decodes(4)


func test_random_packets() -> void:
	var random := RandomNumberGenerator.new()
	random.seed = 11
	for number in 2000:
		var packet := random_bytes(random.randi_range(1, 200), number)
		packet[0] = number % 6
		if packet[0] == ENetPacketUtils.PACKET_TYPE_VARIANT and packet.size() >= 5:
			packet.encode_u32(1, random.randi_range(0, 40))
		_client.send(packet)
	await until(func() -> bool: return _raw.size() == 2000, SOON, "all arrive raw")
	await _still_serving()


func test_bad_packets_at_the_client() -> void:
	var server := stock_host()
	var packets := record(ENetClient.packet_received)
	var raw := record(ENetClient.raw_packet_received)
	await connect_client(server.listen())
	await until(server.is_connected_to_host, SOON, "the stock server sees the client")
	_printed_before = error_log.get_message_count()
	server.send(PackedByteArray())
	server.send(PackedByteArray([99, 1]))
	server.send(_nested(1000, TYPE_ARRAY))
	server.send(PackedByteArray([1]) + var_to_bytes_with_objects(RefCounted.new()))
	server.send(PackedByteArray([4, 255, 255, 255, 255, 65]))
	await until(func() -> bool: return raw.size() == 5, SOON, "all arrive raw")
	server.send_value("fine")
	await until(func() -> bool: return not packets.is_empty(), SOON, "the next good packet")
	check_eq(packets, [["fine", 0]], "it alone")
	check_eq(error_log.get_message_count(), _printed_before, "lines printed meanwhile")


## A Variant of [param depth] arrays or dictionaries, one inside the other, written by hand.
func _nested(depth: int, type: int) -> PackedByteArray:
	var level := PackedByteArray()
	level.resize(8)
	level.encode_u32(0, type)
	level.encode_u32(4, 1)
	if type == TYPE_DICTIONARY:
		level.append_array(var_to_bytes(0))
	var packet := PackedByteArray([ENetPacketUtils.PACKET_TYPE_VARIANT])
	for _i in depth:
		packet.append_array(level)
	packet.append_array(var_to_bytes(null))
	return packet


func _holds_object(value: Variant) -> bool:
	match typeof(value):
		TYPE_OBJECT:
			return value != null
		TYPE_ARRAY:
			return value.any(_holds_object)
		TYPE_DICTIONARY:
			return value.values().any(_holds_object)
	return false


func _socket_to_server() -> PacketPeerUDP:
	var socket := PacketPeerUDP.new()
	socket.connect_to_host("127.0.0.1", ENetServer.get_local_port())
	return socket


func _nothing_decodes(count: int) -> void:
	await until(func() -> bool: return _raw.size() == count, SOON, "%d packets arrive raw" % count)
	await frames(3)
	check_eq(_packets.size(), 0, "nothing decodes")
	await _still_serving()


func _nothing_happened() -> void:
	await _still_serving()
	check_eq(_raw.size(), 1, "nothing but that packet reaches the game")


## The packet comes after everything the test has sent, and is answered for like any other.
func _still_serving() -> void:
	_packets.clear()
	_client.send_value("still there?")
	await until(func() -> bool: return not _packets.is_empty(), SOON, "the server still serves")
	check_eq(_packets[0][1], "still there?", "the next good packet")
	check_eq(ENetServer.get_peer_count(), 1, "nobody else is there")
	check_eq(error_log.get_message_count(), _printed_before, "lines printed meanwhile")
	await stock_client(ENetServer.get_local_port())
