extends "res://tests/suite.gd"
## Bad input from a script: an Error, one readable message where it is misuse, never a crash.


func test_ports_outside_the_range() -> void:
	for port: int in [-1, 65_536, 1 << 40]:
		expect_error("is not a UDP port")
		check_eq(ENetServer.create_server(port), ERR_INVALID_PARAMETER, "create_server(%d)" % port)
		check(not ENetServer.is_server_active(), "nothing runs")
	for port: int in [-1, 0, 65_536, 1 << 40]:
		expect_error("is not a UDP port")
		check_eq(ENetClient.connect_to_server("127.0.0.1", port), ERR_INVALID_PARAMETER, "connect_to_server to %d" % port)
		check_eq(ENetClient.get_connection_status(), ENetClient.STATUS_DISCONNECTED, "status")


func test_a_taken_port() -> void:
	var other := PacketPeerUDP.new()
	check_eq(other.bind(0), OK, "another socket")
	expect_error("is already in use")
	check_eq(ENetServer.create_server(other.get_local_port()), ERR_CANT_CREATE, "create_server on a taken port")
	check(not ENetServer.is_server_active(), "nothing runs")
	start_server()


func test_peer_counts_outside_the_range() -> void:
	for count: int in [-1, 0, 4096, 5000]:
		expect_error("peers. Use a number")
		check_eq(ENetServer.create_server(0, count), ERR_INVALID_PARAMETER, "%d peers" % count)
	check_eq(ENetServer.create_server(0, 4095), OK, "4095 peers")


func test_channel_counts_outside_the_range() -> void:
	for count: int in [-1, 256]:
		expect_error("channels. Use a number")
		check_eq(ENetServer.create_server(0, 32, count), ERR_INVALID_PARAMETER, "a server of %d channels" % count)
		expect_error("channels. Use a number")
		var error := ENetClient.connect_to_server("127.0.0.1", 1, count)
		check_eq(error, ERR_INVALID_PARAMETER, "a client of %d channels" % count)
	check_eq(ENetServer.create_server(0, 32, 255), OK, "255 channels")


func test_a_channel_that_was_not_opened() -> void:
	var peer := await start_pair(2)
	for channel: int in [-1, 2, 255, 256, 1 << 40]:
		expect_error("was not opened")
		check_eq(ENetClient.send_packet("x", channel), ERR_INVALID_PARAMETER, "client, channel %d" % channel)
		expect_error("was not opened")
		check_eq(ENetServer.send_packet(1, "x", channel), ERR_INVALID_PARAMETER, "server, channel %d" % channel)
		expect_error("was not opened")
		check_eq(peer.send_packet("x", channel, true), ERR_INVALID_PARAMETER, "peer, channel %d" % channel)
		expect_error("was not opened")
		ENetServer.broadcast_packet("x", channel)
	await _pair_still_works(peer)


func test_unknown_peer_ids() -> void:
	var peer := await start_pair()
	for id: int in [0, -1, 2, 1 << 40]:
		expect_error("No client ever had")
		ENetServer.send_packet_to_multiple([1, id], "x")
		expect_error("No client ever had")
		check_eq(ENetServer.send_packet(id, "x"), ERR_DOES_NOT_EXIST, "send_packet to %d" % id)
		expect_error("No client ever had")
		check_eq(ENetServer.trigger_event(id, "e", {}), ERR_DOES_NOT_EXIST, "trigger_event to %d" % id)
		expect_error("No client ever had")
		ENetServer.kick_peer(id)
		check(ENetServer.get_peer(id) == null, "get_peer(%d)" % id)
	await _pair_still_works(peer)


func test_arrays_that_hold_something_else() -> void:
	var peer := await start_pair()
	expect_error("array of peer ids")
	ENetServer.send_packet_to_multiple(["1"], "x")
	expect_error("array of peer ids")
	ENetServer.send_packet_to_all("x", 0, true, [1, null])
	expect_error("array of peer ids")
	ENetServer.trigger_event_to_all("e", {}, 0, true, [{}])
	await _pair_still_works(peer)


func test_null_and_freed_nodes() -> void:
	var peer := await start_pair()
	expect_error("null or was freed")
	check_eq(ENetServer.send_node_state(1, null, 0), ERR_INVALID_PARAMETER, "a null node from the server")
	expect_error("null or was freed")
	check_eq(ENetClient.send_node_state(null, 0), ERR_INVALID_PARAMETER, "a null node from the client")
	expect_error("null or was freed")
	ENetServer.send_node_to_all(null, 0)
	var node := Node.new()
	node.free()
	expect_error("null or was freed")
	check_eq(ENetServer.send_node_state(1, node, 0), ERR_INVALID_PARAMETER, "a freed node in a typed variable")
	expect_error("null or was freed")
	check_eq(ENetClient.send_node_state(node, 0), ERR_INVALID_PARAMETER, "the same from the client")
	var freed: Variant = Node.new()
	freed.free()
	expect_error("null or was freed")
	ENetServer.callv("send_node_to_all", [freed, 0])
	expect_error("cannot be encoded")
	ENetServer.callv("send_packet", [1, freed])
	await _pair_still_works(peer)


func test_packets_that_cannot_be_encoded() -> void:
	var peer := await start_pair()
	for value: Variant in [RefCounted.new(), Resource.new(), [RefCounted.new()], {"deep": [{"object": RefCounted.new()}]},
			_nested(1000), func() -> void: pass, ENetServer.packet_received]:
		expect_error("cannot be encoded")
		check_eq(ENetClient.send_packet(value), ERR_INVALID_DATA, "the client sends %s" % type_string(typeof(value)))
		expect_error("cannot be encoded")
		check_eq(ENetServer.send_packet(1, value), ERR_INVALID_DATA, "the server sends %s" % type_string(typeof(value)))
		expect_error("cannot be encoded")
		ENetServer.broadcast_packet(value)
	await _pair_still_works(peer)


func test_a_packet_that_is_too_large() -> void:
	var peer := await start_pair()
	var huge := PackedByteArray()
	huge.resize(33 << 20)
	expect_error("32 MiB")
	check(ENetClient.send_packet(huge) != OK, "the client")
	expect_error("32 MiB")
	check(ENetServer.send_packet(1, huge) != OK, "the server")
	await _pair_still_works(peer)


func test_empty_raw_packets() -> void:
	var peer := await start_pair()
	expect_error("at least one byte")
	check_eq(ENetClient.send_raw_packet(PackedByteArray()), ERR_INVALID_PARAMETER, "the client")
	expect_error("at least one byte")
	check_eq(peer.send_raw_packet(PackedByteArray(), 0, true), ERR_INVALID_PARAMETER, "the server")
	await _pair_still_works(peer)


func test_double_start() -> void:
	var peer := await start_pair()
	expect_error("runs already")
	check_eq(ENetServer.create_server(0), ERR_ALREADY_IN_USE, "create_server")
	expect_error("connected or connecting already")
	check_eq(ENetClient.connect_to_server("127.0.0.1", 1), ERR_ALREADY_IN_USE, "connect_to_server")
	await _pair_still_works(peer)


func test_stop_when_stopped() -> void:
	var stopped := record(ENetServer.server_stopped)
	var disconnected := record(ENetClient.disconnected_from_server)
	ENetServer.stop_server()
	ENetClient.disconnect_from_server("nobody there")
	await frames(3)
	check_eq(stopped.size() + disconnected.size(), 0, "no signal")
	start_server()


func test_sending_while_disconnected() -> void:
	var calls: Array[Callable] = [ENetClient.send_packet.bind("x"), ENetClient.send_raw_packet.bind(PackedByteArray([0])),
			ENetClient.trigger_event.bind("e", {}), ENetClient.send_node_state.bind(self, 0)]
	for call_it in calls:
		expect_error("client is not connected")
		check_eq(call_it.call(), ERR_UNCONFIGURED, call_it.get_method())
	calls = [ENetServer.send_packet.bind(1, "x"), ENetServer.trigger_event.bind(1, "e", {}),
			ENetServer.send_node_state.bind(1, self, 0)]
	for call_it in calls:
		expect_error("server does not run")
		check_eq(call_it.call(), ERR_UNCONFIGURED, "the server's %s" % call_it.get_method())
	calls = [ENetServer.broadcast_packet.bind("x"), ENetServer.send_node_to_all.bind(self, 0),
			ENetServer.trigger_event_to_all.bind("e", {}), ENetServer.kick_peer.bind(1)]
	for call_it in calls:
		expect_error("server does not run")
		call_it.call()
	check_eq(ENetClient.get_ping(), 0, "ping")
	check_eq(ENetClient.get_statistic(ENetPacketPeer.PEER_ROUND_TRIP_TIME), 0.0, "statistic")
	check_eq(ENetClient.get_server_address(), "", "address")
	check_eq(ENetClient.get_server_port(), 0, "port")
	check_eq(ENetServer.get_peers().size() + ENetServer.get_peer_count(), 0, "no peers")
	start_server()


func test_a_peer_that_left() -> void:
	var peer := await start_pair()
	var left := record(ENetServer.peer_disconnected)
	ENetClient.disconnect_from_server()
	await until(func() -> bool: return left.size() == 1, SOON, "peer_disconnected")
	check_eq(peer.send_packet("x", 0, true), ERR_CONNECTION_ERROR, "send_packet")
	check_eq(peer.send_raw_packet(PackedByteArray([0]), 0, true), ERR_CONNECTION_ERROR, "send_raw_packet")
	check_eq(ENetServer.send_packet(1, "x"), ERR_DOES_NOT_EXIST, "the server's send_packet")
	ENetServer.kick_peer(1)
	peer.authenticate()
	peer.reject("too late")
	peer.disconnect_peer("too late")
	await frames(3)
	check_eq(left.size(), 1, "no second peer_disconnected")
	check_eq(peer.get_peer_id(), 1, "it still knows its id")
	check(peer.get_ping() >= 0, "and a ping")


func test_a_peer_cannot_be_made_by_a_script() -> void:
	check(not ClassDB.can_instantiate("ENetServerPeer"), "ENetServerPeer has no constructor")


func test_invalid_statistics() -> void:
	var peer := await start_pair()
	for statistic: int in [-1, 14, 1 << 40]:
		expect_error("There is no statistic")
		check_eq(peer.get_statistic(statistic), 0.0, "the server's statistic %d" % statistic)
		expect_error("There is no statistic")
		check_eq(ENetClient.get_statistic(statistic), 0.0, "the client's statistic %d" % statistic)


func test_invalid_settings() -> void:
	for rate: int in [0, -5]:
		expect_error("poll rate must be")
		ENetServer.set_poll_rate(rate)
		expect_error("poll rate must be")
		ENetClient.set_poll_rate(rate)
	check_eq(ENetServer.get_poll_rate(), 10, "poll rate")
	check_eq(ENetClient.get_poll_rate(), 10, "the client's poll rate")
	for timeout: float in [-1.0, NAN]:
		expect_error("authentication timeout must be")
		ENetServer.set_authentication_timeout(timeout)
	check_eq(ENetServer.get_authentication_timeout(), 10.0, "authentication timeout")
	for mode: int in [-1, 77]:
		expect_error("compression mode must be")
		ENetServer.set_compression_mode(mode)
		expect_error("compression mode must be")
		ENetClient.set_compression_mode(mode)
	expect_error("authentication mode must be")
	ENetServer.callv("set_authentication_mode", [9])
	check_eq(ENetServer.get_authentication_mode(), ENetServer.AUTH_NONE, "authentication mode")


func test_invalid_callables() -> void:
	expect_error("must be a callable")
	ENetServer.register_event("e", Callable())
	check(not ENetServer.has_event("e"), "not registered at the server")
	expect_error("must be a callable")
	ENetClient.register_event("e", Callable())
	check(not ENetClient.has_event("e"), "not registered at the client")
	expect_error("authenticator must be")
	ENetServer.set_custom_authenticator(Callable())
	expect_error("must not be empty")
	ENetServer.register_event("", func() -> void: pass)


func test_handlers_that_cannot_be_called() -> void:
	var peer := await start_pair()
	var holder := Node.new()
	ENetServer.register_event("freed", holder.queue_free)
	register_client_event("freed", holder.queue_free)
	holder.free()
	ENetServer.register_event("wrong", func(_only_one: Variant) -> void: check(false, "called"))
	register_client_event("wrong", func() -> void: check(false, "called"))
	var unknown_at_server := record(ENetServer.unknown_event_received)
	var unknown_at_client := record(ENetClient.unknown_event_received)
	for event: String in ["freed", "wrong"]:
		expect_error('"%s" was forgotten' % event) # at the server
		expect_error('"%s" was forgotten' % event) # at the client
		for _twice in 2:
			ENetClient.trigger_event(event, {})
			peer.send_packet({"_event": event}, 0, true)
	await until(func() -> bool: return unknown_at_server.size() == 4, SOON, "unknown events at the server")
	await until(func() -> bool: return unknown_at_client.size() == 4, SOON, "unknown events at the client")
	await _pair_still_works(peer)


func test_addresses_that_are_none() -> void:
	for address: String in ["", " ", "a".repeat(5000), "::1::", "1.2.3.4.5.6", "with\nline", "nul\u0001"]:
		var failed := record(ENetClient.connection_failed)
		if address.strip_edges().is_empty():
			expect_error("address of the server is empty")
		if ENetClient.connect_to_server(address, 4242) == OK:
			await until(func() -> bool: return failed.size() == 1, SOON, "connection_failed for '%s'" % address.left(10))
	start_server()


func test_long_reasons_and_names() -> void:
	var peer := await start_pair()
	var disconnected := record(ENetClient.disconnected_from_server)
	var unknown := record(ENetServer.unknown_event_received)
	var long_name := "n".repeat(256) # the longest that is taken unless the limit is set otherwise
	ENetClient.trigger_event(long_name, {})
	await until(func() -> bool: return unknown.size() == 1, SOON, "a long event name")
	check_eq(unknown[0][1], long_name, "the name")
	peer.disconnect_peer("r".repeat(100_000))
	await until(func() -> bool: return disconnected.size() == 1, SOON, "a long reason")


func _pair_still_works(peer: ENetServerPeer) -> void:
	var packets := record(ENetServer.packet_received)
	ENetClient.send_packet("works")
	await until(func() -> bool: return packets.size() == 1, SOON, "the connection still works")
	check_eq(packets, [[peer, "works", 0]], "the next packet")


func _nested(depth: int) -> Array:
	var nested := []
	for _i in depth:
		nested = [nested]
	return nested
