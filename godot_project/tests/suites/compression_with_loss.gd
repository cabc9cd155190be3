extends "res://tests/suite.gd"
## Every compression mode, between the addon's classes and the engine's own ENetConnection, in both roles, through a relay
## that loses a fifth of the datagrams each way. LZ4, which the engine does not have, between the addon's own.

const ENGINE := "ENetConnection"
const OURS := "ENetThreadedConnection"
const LossyRelay := preload("res://tests/support/lossy_relay.gd")
const CodecHost := preload("res://tests/support/codec_host.gd")
const CodecInputs := preload("res://tests/support/codec_inputs.gd")
## Longer than many losses in a row may take.
const PATIENCE := 25.0

## Packets of 1 to 4096 bytes, some of which compress well and some not at all, and one of many datagrams.
var _values: Array[PackedByteArray] = []
var _relays: Array[LossyRelay] = []


func before_each() -> void:
	var inputs := CodecInputs.new()
	for number in 50:
		_values.append(inputs.make(number))
	_values.append(inputs.make_far().slice(0, 20_000))


func get_deadline(_test: String) -> float:
	return 60.0


func test_none() -> void:
	await _talk_with_the_engine(ENetConnection.COMPRESS_NONE)


func test_range_coder() -> void:
	await _talk_with_the_engine(ENetConnection.COMPRESS_RANGE_CODER)


func test_fastlz() -> void:
	await _talk_with_the_engine(ENetConnection.COMPRESS_FASTLZ)


func test_zlib() -> void:
	await _talk_with_the_engine(ENetConnection.COMPRESS_ZLIB)


func test_zstd() -> void:
	await _talk_with_the_engine(ENetConnection.COMPRESS_ZSTD)


func test_lz4() -> void:
	var hosts := _pair(OURS, OURS, ENetServer.COMPRESS_LZ4)
	_set_modes(ENetServer.COMPRESS_LZ4)
	await connect_client(_relay(start_server()))
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, PATIENCE, "the peer is let in")
	var at_server := record(ENetServer.packet_received)
	var at_client := record(ENetClient.packet_received)
	for value: Variant in _values:
		ENetClient.send_packet(value)
		ENetServer.broadcast_packet(value)
	await _exchange(hosts)
	await _arrived(at_server.size, at_client.size)
	_check_values(at_server, "at the server")
	_check_values(at_client, "at the client")
	_check_relays(true)


## Four connections at once: each of our server sides with a client of the engine's, and the other way round.
func _talk_with_the_engine(mode: int) -> void:
	_set_modes(mode)
	var hosts := _pair(OURS, ENGINE, mode)
	hosts.append_array(_pair(ENGINE, OURS, mode))
	var stock_client := stock_host()
	stock_client.connect_to("127.0.0.1", _relay(start_server()))
	stock_client.connection.compress(mode)
	var stock_server := stock_host()
	var port := stock_server.listen()
	stock_server.connection.compress(mode)
	await connect_client(_relay(port))
	await until(func() -> bool:
		var is_let_in := ENetServer.get_authenticated_peer_count() == 1
		return is_let_in and stock_client.is_connected_to_host() and stock_server.is_connected_to_host(),
		PATIENCE, "everyone is connected")
	var at_server := record(ENetServer.packet_received)
	var at_client := record(ENetClient.packet_received)
	for value: Variant in _values:
		stock_client.send_value(value)
		stock_server.send_value(value)
		ENetServer.broadcast_packet(value)
		ENetClient.send_packet(value)
	await _exchange(hosts)
	await _arrived(at_server.size, at_client.size)
	await _arrived(stock_server.packets.size, stock_client.packets.size)
	_check_values(at_server, "at our server")
	_check_values(at_client, "at our client")
	check(stock_server.get_values() == Array(_values), "the values at the engine's server")
	check(stock_client.get_values() == Array(_values), "the values at the engine's client")
	_check_relays(mode != ENetConnection.COMPRESS_NONE)


func _set_modes(mode: int) -> void:
	ENetServer.set_compression_mode(mode)
	ENetClient.set_compression_mode(mode)


func _relay(server_port: int) -> int:
	var relay := LossyRelay.new()
	_relays.append(relay)
	add_child(relay)
	return relay.start(server_port, _relays.size())


## A server and a client that connects to it.
func _pair(server_class: String, client_class: String, mode: int) -> Array[CodecHost]:
	var hosts: Array[CodecHost] = [CodecHost.new(), CodecHost.new()]
	var port := hosts[0].listen(server_class, mode)
	hosts[1].connect_to(client_class, mode, _relay(port))
	add_child(hosts[0])
	add_child(hosts[1])
	return hosts


## Every host sends everything, and gets everything in order.
func _exchange(hosts: Array[CodecHost]) -> void:
	for host in hosts:
		await until(host.is_connected_to_host, PATIENCE, "the pair is connected")
	for host in hosts:
		for value: PackedByteArray in _values:
			host.send(value)
	for host in hosts:
		await until(func() -> bool: return host.packets.size() == _values.size(), PATIENCE, "all packets")
		check(host.packets == _values, "the packets are what was sent")


func _arrived(one: Callable, other: Callable) -> void:
	var count := _values.size()
	await until(func() -> bool: return one.call() == count and other.call() == count, PATIENCE, "all values")


func _check_values(seen: Array[Array], where: String) -> void:
	# The value stands before the channel, and behind the peer where there is one.
	check(seen.map(func(args: Array) -> Variant: return args[-2]) == Array(_values), "the values %s" % where)


func _check_relays(is_compressed: bool) -> void:
	for relay in _relays:
		for direction in 2:
			check(relay.lost[direction] > 0, "something is lost in direction %d" % direction)
			check_eq(relay.compressed[direction] > 0, is_compressed, "compressed datagrams in direction %d" % direction)
