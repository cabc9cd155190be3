extends "res://tests/suite.gd"
## Compressed packets, among ENetServer and ENetClient and with the engine's own ENetConnection on the other end.

const RANGE_CODER := ENetConnection.COMPRESS_RANGE_CODER
## Something that compresses well, something that does not, and something of several datagrams.
const SIZES: Array[int] = [3, 200, 1364, 5000, 100_000]


func test_both_sides_compress() -> void:
	ENetServer.set_compression_mode(RANGE_CODER)
	ENetClient.set_compression_mode(RANGE_CODER)
	await start_pair()
	var packets := record(ENetServer.packet_received)
	for value: Variant in _values():
		ENetClient.send_packet(value)
	await until(func() -> bool: return packets.size() == _values().size(), SOON, "all packets")
	check_eq(packets.map(func(args: Array) -> Variant: return args[1]), _values(), "the values")


func test_a_stock_client_that_compresses() -> void:
	ENetServer.set_compression_mode(RANGE_CODER)
	var packets := record(ENetServer.packet_received)
	var client := stock_host()
	client.connect_to("127.0.0.1", start_server())
	client.connection.compress(RANGE_CODER)
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "authenticated")
	await _exchange(client, packets, func(value: Variant) -> void: ENetServer.broadcast_packet(value))


func test_a_stock_server_that_compresses() -> void:
	ENetClient.set_compression_mode(RANGE_CODER)
	var packets := record(ENetClient.packet_received)
	var server := stock_host()
	var port := server.listen()
	server.connection.compress(RANGE_CODER)
	await connect_client(port)
	await until(server.is_connected_to_host, SOON, "the stock server sees the client")
	await _exchange(server, packets, func(value: Variant) -> void: ENetClient.send_packet(value))


func test_the_mode_can_be_set_while_the_server_runs() -> void:
	var port := start_server()
	ENetServer.set_compression_mode(RANGE_CODER)
	ENetClient.set_compression_mode(RANGE_CODER)
	await connect_client(port)
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "authenticated")


func test_every_mode_has_a_name_and_works() -> void:
	var modes := [ENetServer.COMPRESS_NONE, ENetServer.COMPRESS_RANGE_CODER, ENetServer.COMPRESS_FASTLZ,
			ENetServer.COMPRESS_ZLIB, ENetServer.COMPRESS_ZSTD, ENetServer.COMPRESS_LZ4]
	check_eq(modes, range(6), "the numbers")
	await start_pair()
	var packets := record(ENetServer.packet_received)
	for mode: int in modes:
		# On a connection that stands, on both sides.
		ENetServer.set_compression_mode(mode)
		ENetClient.set_compression_mode(mode)
		for value: Variant in _values():
			ENetClient.send_packet(value)
		await until(func() -> bool: return packets.size() == _values().size(), SOON, "all packets of mode %d" % mode)
		check_eq(packets.map(func(args: Array) -> Variant: return args[1]), _values(), "the values of mode %d" % mode)
		packets.clear()
	check_eq(ENetServer.get_authenticated_peer_count(), 1, "the connection stands")


func test_a_server_that_does_not_understand_stays_silent() -> void:
	ENetClient.set_compression_mode(RANGE_CODER)
	var failed := record(ENetClient.connection_failed)
	ENetClient.connect_to_server("127.0.0.1", start_server())
	await until(func() -> bool: return failed.size() == 1, SOON, "connection_failed")
	check("compression mode (here: range coder)" in failed[0][0], "the reason names the mode: %s" % failed[0][0])
	check_eq(ENetServer.get_peer_count(), 0, "peers of the server")


func test_an_answer_that_is_not_understood() -> void:
	ENetServer.set_compression_mode(RANGE_CODER)
	var failed := record(ENetClient.connection_failed)
	ENetClient.connect_to_server("127.0.0.1", start_server())
	await until(func() -> bool: return failed.size() == 1, SOON, "connection_failed")
	check("compression mode (here: none)" in failed[0][0], "the reason names the mode: %s" % failed[0][0])


## Every value from the stock side to ours and from ours to the stock side.
func _exchange(stock: StockHost, ours: Array[Array], send: Callable) -> void:
	for value: Variant in _values():
		stock.send_value(value)
		send.call(value)
	var count := _values().size()
	await until(func() -> bool: return ours.size() == count and stock.packets.size() == count, SOON, "all packets")
	# The value stands before the channel, and behind the peer where there is one.
	check_eq(ours.map(func(args: Array) -> Variant: return args[-2]), _values(), "the values that we received")
	check_eq(stock.get_values(), _values(), "the values that the stock side received")


func _values() -> Array:
	var values := []
	for size in SIZES:
		values.append("again and again ".repeat(size / 16 + 1))
		values.append(random_bytes(size))
	return values
