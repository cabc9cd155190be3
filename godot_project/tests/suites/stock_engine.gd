extends "res://tests/suite.gd"
## The engine's own ENetConnection on the other end: as a client of ENetServer and as a server of ENetClient.

const SIZES: Array[int] = [0, 1, 2, 3, 100, 1365, 1391, 1392, 1393, 1400, 2800, 5000, 65_535, 65_536, 1 << 20]
## Datagrams of a larger unreliable packet would overrun a socket's default buffer.
const UNRELIABLE_SIZES: Array[int] = [0, 1, 2, 3, 100, 1365, 1391, 1392, 1393, 1400, 2800, 5000, 65_535]
const LAST_CHANNEL := 4

## What the side under test received: [bytes, channel].
var _received: Array[Array] = []


func test_stock_client_sends_every_reliable_size() -> void:
	var client := await _stock_client_of_server()
	await _stock_sends_reliable(client)


func test_stock_client_sends_every_unreliable_kind() -> void:
	var client := await _stock_client_of_server()
	await _stock_sends_unreliable(client)


func test_stock_client_receives_every_size() -> void:
	var client := await _stock_client_of_server()
	var peer := ENetServer.get_peer(1)
	await _stock_receives(client, func(data: PackedByteArray, channel: int, reliable: bool) -> Error:
		return peer.send_raw_packet(data, channel, reliable) as Error)


func test_stock_server_sends_every_reliable_size() -> void:
	var server := await _stock_server_of_client()
	await _stock_sends_reliable(server)


func test_stock_server_sends_every_unreliable_kind() -> void:
	var server := await _stock_server_of_client()
	await _stock_sends_unreliable(server)


func test_stock_server_receives_every_size() -> void:
	var server := await _stock_server_of_client()
	await _stock_receives(server, func(data: PackedByteArray, channel: int, reliable: bool) -> Error:
		return ENetClient.send_raw_packet(data, channel, reliable) as Error)


func test_stock_server_knows_the_client() -> void:
	var server := await _stock_server_of_client()
	check_eq(server.peers[0].get_remote_address(), "127.0.0.1", "address")
	check_eq(server.peers[0].get_channels(), LAST_CHANNEL + 1, "channels")
	var disconnected := record(ENetClient.disconnected_from_server)
	server.peers[0].peer_disconnect(7)
	await until(func() -> bool: return disconnected.size() == 1, SOON, "disconnected_from_server")


func test_stock_server_hears_goodbye() -> void:
	var server := await _stock_server_of_client()
	ENetClient.disconnect_from_server("bye")
	await until(func() -> bool: return server.disconnect_data.size() == 1, SOON, "the stock server sees the end")
	check_eq(server.get_values(), [{"_event": "_disconnect", "reason": "bye"}], "the goodbye")


func test_connect_data_arrives() -> void:
	var connecting := record(ENetServer.peer_connecting)
	await stock_client(start_server(), 2, 123_456)
	await until(func() -> bool: return connecting.size() == 1, SOON, "peer_connecting")
	check_eq(connecting[0][1], 123_456, "data")


func test_a_client_with_every_channel() -> void:
	var port := start_server(32, 255)
	var packets := record(ENetServer.packet_received)
	var client := await stock_client(port, 255)
	check_eq(client.server.get_channels(), 255, "negotiated channels")
	for channel in [0, 1, 254]:
		client.send_value(channel, channel)
	await until(func() -> bool: return packets.size() == 3, SOON, "three packets")
	var pairs := packets.map(func(args: Array) -> int: return args[2])
	pairs.sort()
	check_eq(pairs, [0, 1, 254], "channels")
	for args in packets:
		check_eq(args[1], args[2], "value and channel")


func test_a_client_that_asks_for_more_channels_gets_the_servers() -> void:
	var client := await stock_client(start_server(32, 3), 200)
	check_eq(client.server.get_channels(), 3, "negotiated channels")


func test_values_arrive_decoded() -> void:
	var client := await _stock_client_of_server()
	var packets := record(ENetServer.packet_received)
	client.send_value({"hello": [1, 2, 3]}, 2)
	await until(func() -> bool: return packets.size() == 1, SOON, "packet_received")
	check_eq(packets[0].slice(1), [{"hello": [1, 2, 3]}, 2], "value and channel")
	ENetServer.broadcast_packet("welcome", 1)
	await until(func() -> bool: return client.packets.size() == 1, SOON, "the broadcast")
	check_eq(client.get_values(), ["welcome"], "value")
	check_eq(client.channels, PackedInt32Array([1]), "channel")


func _stock_client_of_server() -> StockHost:
	ENetServer.raw_packet_received.connect(func(_peer: ENetServerPeer, data: PackedByteArray, channel: int) -> void:
		_received.append([data, channel]))
	var client := await stock_client(start_server(32, LAST_CHANNEL + 1), LAST_CHANNEL + 1)
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "authenticated")
	return client


func _stock_server_of_client() -> StockHost:
	ENetClient.raw_packet_received.connect(func(data: PackedByteArray, channel: int) -> void:
		_received.append([data, channel]))
	var server := stock_host()
	await connect_client(server.listen(LAST_CHANNEL + 1), LAST_CHANNEL + 1)
	await until(server.is_connected_to_host, SOON, "the stock server sees the client")
	return server


func _stock_sends_reliable(stock: StockHost) -> void:
	for channel: int in [0, LAST_CHANNEL]:
		_received.clear()
		for size in SIZES:
			stock.send(random_bytes(size), channel)
		await until(func() -> bool: return _received.size() >= SIZES.size(), SOON, "all sizes on channel %d" % channel)
		check_eq(_received.size(), SIZES.size(), "each once")
		for index in SIZES.size():
			check(_received[index] == [random_bytes(SIZES[index]), channel], "%d bytes, in order" % SIZES[index])


func _stock_sends_unreliable(stock: StockHost) -> void:
	for kind: int in [0, ENetPacketPeer.FLAG_UNSEQUENCED, ENetPacketPeer.FLAG_UNRELIABLE_FRAGMENT,
			ENetPacketPeer.FLAG_UNSEQUENCED | ENetPacketPeer.FLAG_UNRELIABLE_FRAGMENT]:
		_received.clear()
		for size in UNRELIABLE_SIZES:
			var data := random_bytes(size)
			await until(func() -> bool:
				stock.send(data, 1, kind)
				return [data, 1] in _received, SOON, "%d bytes with flags %d" % [size, kind])
		for got in _received:
			check(got == [random_bytes(got[0].size()), 1], "%d bytes arrive unchanged" % got[0].size())


## Empty packets are for stock senders: ENetClient and ENetServer refuse them.
func _stock_receives(stock: StockHost, send: Callable) -> void:
	var sizes := SIZES.slice(1)
	for size: int in sizes:
		check_eq(send.call(random_bytes(size), LAST_CHANNEL, true), OK, "%d bytes are sent" % size)
	await until(func() -> bool: return stock.packets.size() >= sizes.size(), SOON, "all reliable sizes")
	check_eq(stock.packets.size(), sizes.size(), "each once")
	for index in sizes.size():
		check(stock.packets[index] == random_bytes(sizes[index]), "%d bytes, in order" % sizes[index])
		check_eq(stock.channels[index], LAST_CHANNEL, "channel")
		check_eq(stock.flags[index], ENetPacketPeer.FLAG_RELIABLE, "flags")
	for size: int in UNRELIABLE_SIZES.slice(1):
		var data := random_bytes(size)
		stock.packets.clear()
		await until(func() -> bool:
			send.call(data, 1, false)
			return data in stock.packets, SOON, "%d unreliable bytes" % size)
