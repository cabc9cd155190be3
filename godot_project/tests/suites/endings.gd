extends "res://tests/suite.gd"
## How a connection ends and what each side is told; attempts that never become a connection.

var _left: Array[Array]
var _disconnected: Array[Array]
var _failed: Array[Array]


func before_each() -> void:
	_left = record(ENetServer.peer_disconnected)
	_disconnected = record(ENetClient.disconnected_from_server)
	_failed = record(ENetClient.connection_failed)


func test_kick_reason_arrives() -> void:
	var peer := await start_pair()
	ENetServer.kick_peer(peer.get_peer_id(), "Spamming the chat")
	await _ended(peer, "Spamming the chat", "Spamming the chat")


func test_disconnect_peer_reason_arrives() -> void:
	var peer := await start_pair()
	peer.disconnect_peer("Maintenance")
	check_eq(peer.get_connection_state(), ENetServerPeer.STATE_DISCONNECTING, "state")
	await _ended(peer, "Maintenance", "Maintenance")


func test_goodbye_reason_arrives() -> void:
	var peer := await start_pair()
	ENetClient.disconnect_from_server("Dinner is ready")
	await until(func() -> bool: return _left.size() == 1 and _disconnected.size() == 1, SOON, "both hear of it")
	await frames(5)
	check_eq(_left, [[peer, "Dinner is ready"]], "peer_disconnected")
	check_eq(_disconnected, [["Dinner is ready"]], "disconnected_from_server")


func test_what_was_sent_before_the_goodbye_arrives() -> void:
	var peer := await start_pair()
	var at_server := record(ENetServer.packet_received)
	for number in 200:
		ENetClient.send_packet(number)
	ENetClient.disconnect_from_server("done")
	await until(func() -> bool: return _left.size() == 1, SOON, "peer_disconnected")
	check_eq(at_server.map(func(args: Array) -> int: return args[1]), range(200), "every packet came first")
	check_eq(_left, [[peer, "done"]], "the reason")


func test_what_was_sent_before_the_kick_arrives() -> void:
	var peer := await start_pair()
	var at_client := record(ENetClient.packet_received)
	for number in 200:
		peer.send_packet(number, 0, true)
	ENetServer.kick_peer(peer.get_peer_id(), "done")
	await until(func() -> bool: return _disconnected.size() == 1, SOON, "disconnected_from_server")
	check_eq(at_client.map(func(args: Array) -> int: return args[0]), range(200), "every packet came first")
	check_eq(_disconnected, [["done"]], "the reason")


func test_stop_server_tells_everyone() -> void:
	var port := start_server()
	var stock := await stock_client(port)
	await connect_client(port)
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 2, SOON, "two peers")
	ENetServer.stop_server()
	await until(func() -> bool: return _disconnected.size() == 1, SOON, "our client is told")
	await until(func() -> bool: return stock.disconnect_data.size() == 1, SOON, "the stock client is told")
	await frames(5)
	check_eq(_disconnected, [["Server stopped"]], "disconnected_from_server once, with the reason")
	check_eq(_left.map(_reason_of), ["Server stopped", "Server stopped"], "peer_disconnected once for each")
	check_eq(ENetServer.get_peer_count(), 0, "no peers in a stopped server")


func test_a_stock_client_that_disconnects() -> void:
	var stock := await stock_client(start_server())
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "one peer")
	stock.server.peer_disconnect(3)
	await until(func() -> bool: return _left.size() == 1, SOON, "peer_disconnected")
	check_eq(_left.map(_reason_of), ["Disconnected by the client (code 3)"], "reason")
	check_eq(ENetServer.get_peer_count(), 0, "gone")


func test_a_stock_client_is_told_of_a_kick() -> void:
	var stock := await stock_client(start_server())
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "one peer")
	ENetServer.kick_peer(1, "bye")
	await until(func() -> bool: return stock.disconnect_data.size() == 1, SOON, "disconnected")
	check_eq(stock.get_values(), [{"_event": "_disconnect", "reason": "bye"}], "the goodbye")


func test_a_client_that_falls_silent_is_lost() -> void:
	var stock := await stock_client(start_server())
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "one peer")
	stock.vanish()
	await until(func() -> bool: return _left.size() == 1, 45.0, "peer_disconnected")
	check_eq(_left[0][1], "Connection lost", "reason")


func test_a_client_that_quits_says_so() -> void:
	var process := start_process("remote_client.gd", ["127.0.0.1", str(start_server()), "quit"])
	await until(func() -> bool: return _left.size() == 1, 30.0, "peer_disconnected")
	check_eq(_left[0][1], "Disconnected by the client", "reason")
	await process_succeeds(process)


func test_a_server_that_quits_says_so() -> void:
	var port := closed_port()
	var process := start_process("remote_server.gd", [str(port)])
	ENetClient.connection_failed.connect(func(_reason: String) -> void:
		ENetClient.connect_to_server("127.0.0.1", port)) # until the other process listens
	ENetClient.connect_to_server("127.0.0.1", port)
	await until(func() -> bool: return _disconnected.size() == 1, 30.0, "disconnected_from_server")
	check_eq(_disconnected[0][0], "Disconnected by the server", "reason")
	await process_succeeds(process)


func test_disconnect_while_connecting() -> void:
	var silent := PacketPeerUDP.new()
	check_eq(silent.bind(0, "127.0.0.1"), OK, "a silent port")
	ENetClient.connect_to_server("127.0.0.1", silent.get_local_port())
	await frames(2)
	ENetClient.disconnect_from_server()
	await until(_client_is_down, SOON, "the client is down")
	await start_pair()
	check_eq(_failed.size(), 0, "a cancelled attempt has not failed")


func test_closed_port() -> void:
	await _fails_to_connect("127.0.0.1", closed_port())


func test_closed_port_by_name() -> void:
	await _fails_to_connect("localhost", closed_port())


func test_silent_port() -> void:
	var silent := PacketPeerUDP.new()
	check_eq(silent.bind(0, "127.0.0.1"), OK, "a silent port")
	await _fails_to_connect("127.0.0.1", silent.get_local_port())


func test_unreachable_address() -> void:
	await _fails_to_connect("255.255.255.255", closed_port())


func test_unreachable_address_of_ipv6() -> void:
	await _fails_to_connect("fe80::1", closed_port())


func test_unresolvable_name() -> void:
	await _fails_to_connect("no-such-host.invalid", 4242)


func test_a_failed_client_can_connect_again() -> void:
	await _fails_to_connect("127.0.0.1", closed_port())
	await start_pair()


func test_connect_by_name() -> void:
	var port := start_server()
	await connect_client(port, 2, "localhost")
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "authenticated")


func get_deadline(_test: String) -> float:
	return 60.0


## A failed attempt ends within six seconds in one connection_failed with a sentence, and frames go on meanwhile.
func _fails_to_connect(address: String, port: int) -> void:
	var connected := record(ENetClient.connected_to_server)
	_failed.clear()
	var started := Time.get_ticks_msec()
	check_eq(ENetClient.connect_to_server(address, port), OK, "connect_to_server")
	check(Time.get_ticks_msec() - started < 1000, "connect_to_server does not wait for the network")
	var last_frame := Time.get_ticks_msec()
	var longest_frame := 0
	var frame_count := 0
	while _failed.is_empty() and Time.get_ticks_msec() - started < 6000:
		await get_tree().process_frame
		longest_frame = maxi(longest_frame, Time.get_ticks_msec() - last_frame)
		last_frame = Time.get_ticks_msec()
		frame_count += 1
	var msec := Time.get_ticks_msec() - started
	check_eq(_failed.size(), 1, "connection_failed within 6 s")
	@warning_ignore("integer_division")
	check(frame_count >= msec / 200, "only %d frames in %d ms" % [frame_count, msec])
	check(msec < 2000 or longest_frame < 1000, "a frame took %d ms of %d ms" % [longest_frame, msec])
	await frames(5)
	check_eq(_failed.size(), 1, "connection_failed once")
	check_eq(connected.size() + _disconnected.size(), 0, "no other signal")
	check(not _failed.is_empty() and str(_failed[0][0]).length() > 10, "the reason is a sentence: %s" % [_failed])
	check_eq(ENetClient.get_connection_status(), ENetClient.STATUS_DISCONNECTED, "status")


func _ended(peer: ENetServerPeer, server_reason: String, client_reason: String) -> void:
	await until(func() -> bool: return _left.size() == 1 and _disconnected.size() == 1, SOON, "both hear of it")
	await frames(5)
	check_eq(_left, [[peer, server_reason]], "peer_disconnected once")
	check_eq(_disconnected, [[client_reason]], "disconnected_from_server once")
	check_eq(ENetServer.get_peer_count(), 0, "gone from the list")
	check_eq(ENetClient.get_connection_status(), ENetClient.STATUS_DISCONNECTED, "the client's status")


func _reason_of(left: Array) -> String:
	return left[1]


func _client_is_down() -> bool:
	return ENetClient.get_connection_status() == ENetClient.STATUS_DISCONNECTED


func test_what_was_sent_before_the_stop_is_delivered() -> void:
	await start_pair()
	var at_client := record(ENetClient.packet_received)
	# On such a link, what is sent once arrives by chance.
	ENetServer.set_network_conditions("out_loss=0.3,latency=2,seed=6")
	ENetServer.set_linger_time(10.0)
	for number in 100:
		ENetServer.broadcast_packet(random_bytes(500, number))
	var started := Time.get_ticks_msec()
	ENetServer.stop_server()
	check(Time.get_ticks_msec() - started < 9000, "it returns when everything is delivered")
	ENetServer.set_network_conditions("off")
	ENetServer.set_linger_time(0.5)
	await until(func() -> bool: return _disconnected.size() == 1, SOON, "disconnected_from_server")
	check_eq(at_client.size(), 100, "packets")
	check_eq(_disconnected, [["Server stopped"]], "the reason")


func test_stopping_waits_no_longer_than_the_linger_time() -> void:
	var client := await stock_client(start_server())
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "authenticated")
	ENetServer.broadcast_packet("to somebody who does not answer")
	# The stock client is of this thread, so it cannot acknowledge anything while the server stops.
	ENetServer.set_linger_time(0.3)
	var started := Time.get_ticks_msec()
	ENetServer.stop_server()
	var waited := Time.get_ticks_msec() - started
	check(waited >= 200 and waited < 2000, "it waited %d ms" % waited)
	ENetServer.set_linger_time(0.5)
	client.queue_free()


func test_linger_times_have_a_range() -> void:
	check_eq([ENetServer.get_linger_time(), ENetClient.get_linger_time()], [0.5, 2.0], "at first")
	for singleton: Object in [ENetServer, ENetClient]:
		var before: float = singleton.get_linger_time()
		for bad: float in [-1.0, 61.0, NAN, INF]:
			expect_error("The linger time must be")
			singleton.set_linger_time(bad)
		check_eq(singleton.get_linger_time(), before, "unchanged")
		singleton.set_linger_time(1.5)
		check_eq(singleton.get_linger_time(), 1.5, "changed")
		singleton.set_linger_time(before)
