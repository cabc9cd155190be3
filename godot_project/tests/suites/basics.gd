extends "res://tests/suite.gd"
## One server, one client: starting, packets both ways, what each side knows about the other, stopping.


func test_server_starts_and_stops() -> void:
	var started := record(ENetServer.server_started)
	var stopped := record(ENetServer.server_stopped)
	check(not ENetServer.is_server_active(), "nothing runs at first")
	check_eq(ENetServer.get_local_port(), 0, "no port before the start")
	var port := start_server()
	check(ENetServer.is_server_active(), "active after create_server")
	await until(func() -> bool: return not started.is_empty(), SOON, "server_started")
	check_eq(started, [[port]], "server_started tells the port")
	ENetServer.stop_server()
	check(not ENetServer.is_server_active(), "inactive after stop_server")
	await until(func() -> bool: return not stopped.is_empty(), SOON, "server_stopped")
	await frames(3)
	check_eq(stopped.size(), 1, "server_stopped once")


func test_await_after_the_call_works() -> void:
	ENetServer.create_server(0)
	await signal_or_deadline(ENetServer.server_started, SOON)
	ENetServer.stop_server()
	await signal_or_deadline(ENetServer.server_stopped, SOON)
	await start_pair()
	ENetClient.disconnect_from_server("bye")
	check_eq(await signal_or_deadline(ENetClient.disconnected_from_server, SOON), ["bye"], "disconnected_from_server")


func test_same_port_at_once_after_stop() -> void:
	var port := start_server()
	for _i in 20:
		ENetServer.stop_server()
		check_eq(ENetServer.create_server(port), OK, "the same port again")


func test_client_connects_and_leaves() -> void:
	var connecting := record(ENetServer.peer_connecting)
	var authenticated := record(ENetServer.peer_authenticated)
	var left := record(ENetServer.peer_disconnected)
	var connected := record(ENetClient.connected_to_server)
	var disconnected := record(ENetClient.disconnected_from_server)
	var port := start_server()
	check_eq(ENetClient.get_connection_status(), ENetClient.STATUS_DISCONNECTED, "status at first")
	check_eq(ENetClient.connect_to_server("127.0.0.1", port), OK, "connect_to_server")
	check_eq(ENetClient.get_connection_status(), ENetClient.STATUS_CONNECTING, "status while connecting")
	check(not ENetClient.is_connected_to_server(), "not connected yet")
	await until(ENetClient.is_connected_to_server, SOON, "connected")
	check_eq(ENetClient.get_connection_status(), ENetClient.STATUS_CONNECTED, "status when connected")
	check_eq(ENetClient.get_server_address(), "127.0.0.1", "server address")
	check_eq(ENetClient.get_server_port(), port, "server port")
	await until(func() -> bool: return authenticated.size() == 1, SOON, "peer_authenticated")
	check_eq(connecting.size(), 1, "peer_connecting once")
	check_eq(connecting[0][0], authenticated[0][0], "one object for one peer")
	check_eq(ENetServer.get_peer_count(), 1, "peer count")
	check_eq(ENetServer.get_authenticated_peer_count(), 1, "authenticated peer count")
	ENetClient.disconnect_from_server()
	await until(func() -> bool: return left.size() == 1 and disconnected.size() == 1, SOON, "both sides hear of the end")
	await frames(3)
	check_eq(connected.size(), 1, "connected_to_server once")
	check_eq(left.size(), 1, "peer_disconnected once")
	check_eq(disconnected.size(), 1, "disconnected_from_server once")
	check_eq(ENetServer.get_peer_count(), 0, "nobody left")
	check_eq(ENetClient.get_connection_status(), ENetClient.STATUS_DISCONNECTED, "status at the end")


func test_what_the_server_knows_of_a_peer() -> void:
	var peer := await start_pair()
	check_eq(peer.get_peer_id(), 1, "ids begin at 1")
	check_eq(peer.peer_id, 1, "peer_id property")
	check_eq(peer.get_remote_address(), "127.0.0.1", "address")
	check(peer.get_remote_port() > 0, "port")
	check_eq(peer.get_connection_state(), ENetServerPeer.STATE_AUTHENTICATED, "connection state")
	check_eq(peer.get_auth_state(), ENetServerPeer.AUTH_APPROVED, "authentication state")
	check_eq(ENetServer.get_peer(1), peer, "get_peer finds it")
	var earlier := peer.get_connection_time()
	check(earlier >= 0.0, "connection time")
	await until(func() -> bool: return peer.get_connection_time() > earlier, SOON, "connection time grows")
	check_eq(peer.get_custom_data(), {}, "custom data at first")
	peer.set_custom_data({"team": "red"})
	check_eq(ENetServer.get_peer(1).custom_data, {"team": "red"}, "custom data is kept")
	check(peer.get_statistic(ENetPacketPeer.PEER_ROUND_TRIP_TIME) >= 0.0, "round trip statistic")
	check_eq(peer.get_statistic(ENetPacketPeer.PEER_PACKET_THROTTLE_INTERVAL), 5000.0, "throttle interval statistic")
	check_eq(ENetClient.get_statistic(ENetPacketPeer.PEER_PACKET_THROTTLE_INTERVAL), 5000.0, "the client's statistic")
	ENetServer.stop_server()
	check_eq(peer.get_remote_address(), "127.0.0.1", "a peer object outlives its connection")


func test_peer_ids_are_not_reused() -> void:
	var port := start_server()
	for expected_id in range(1, 4):
		var connecting := record(ENetServer.peer_connecting)
		var left := record(ENetServer.peer_disconnected)
		await connect_client(port)
		await until(func() -> bool: return connecting.size() == 1, SOON, "peer %d connects" % expected_id)
		check_eq(connecting[0][0].get_peer_id(), expected_id, "id")
		ENetClient.disconnect_from_server()
		await until(func() -> bool: return left.size() == 1, SOON, "peer %d leaves" % expected_id)
		await until(_client_is_down, SOON, "the client is down")
		check(ENetServer.get_peer(expected_id) == null, "get_peer of someone who left")


func test_packets_both_ways() -> void:
	var peer := await start_pair()
	var at_server := record(ENetServer.packet_received)
	var at_client := record(ENetClient.packet_received)
	check_eq(ENetClient.send_packet({"text": "Hi"}), OK, "client sends")
	check_eq(ENetServer.send_packet(peer.get_peer_id(), "Hello"), OK, "server sends by id")
	check_eq(peer.send_packet("again", 1, true), OK, "server sends by peer")
	await until(func() -> bool: return at_server.size() == 1 and at_client.size() == 2, SOON, "all arrive")
	check_eq(at_server, [[peer, {"text": "Hi"}, 0]], "at the server")
	at_client.sort_custom(func(a: Array, b: Array) -> bool: return a[1] < b[1])
	check_eq(at_client, [["Hello", 0], ["again", 1]], "at the client")


func test_reliable_packets_keep_their_order() -> void:
	var peer := await start_pair()
	var at_server := record(ENetServer.packet_received)
	var at_client := record(ENetClient.packet_received)
	for number in 2000:
		ENetClient.send_packet(number)
		peer.send_packet(number, 0, true)
		if number % 100 == 0:
			await frames(1)
	await until(func() -> bool: return at_server.size() == 2000 and at_client.size() == 2000, SOON, "all arrive")
	check_eq(at_server.map(func(args: Array) -> int: return args[1]), range(2000), "order at the server")
	check_eq(at_client.map(func(args: Array) -> int: return args[0]), range(2000), "order at the client")


func test_unreliable_packets_arrive() -> void:
	var peer := await start_pair()
	var at_server := record(ENetServer.packet_received)
	var at_client := record(ENetClient.packet_received)
	var big := random_bytes(20_000)
	await until(func() -> bool:
		ENetClient.send_packet(big, 1, false)
		peer.send_packet(big, 1, false)
		return not at_server.is_empty() and not at_client.is_empty(), SOON, "some arrive")
	check_eq(at_server[0], [peer, big, 1], "at the server")
	check_eq(at_client[0], [big, 1], "at the client")


func test_raw_packets() -> void:
	var peer := await start_pair()
	var raw_at_server := record(ENetServer.raw_packet_received)
	var raw_at_client := record(ENetClient.raw_packet_received)
	var encoded := ENetPacketUtils.encode_auto(["a", 1])
	check_eq(ENetClient.send_raw_packet(encoded, 1), OK, "client sends raw")
	check_eq(peer.send_raw_packet(encoded, 1, true), OK, "server sends raw")
	await until(func() -> bool: return raw_at_server.size() == 1 and raw_at_client.size() == 1, SOON, "both arrive")
	check_eq(raw_at_server[0], [peer, encoded, 1], "at the server")
	check_eq(raw_at_client[0], [encoded, 1], "at the client")


func test_raw_signal_comes_before_the_decoded_one() -> void:
	var peer := await start_pair()
	var order: PackedStringArray = []
	ENetServer.packet_received.connect(func(_peer: ENetServerPeer, _packet: Variant, _channel: int) -> void:
		order.append("decoded"))
	ENetServer.raw_packet_received.connect(func(from: ENetServerPeer, data: PackedByteArray, _channel: int) -> void:
		check_eq(from, peer, "sender")
		check_eq(ENetPacketUtils.decode_auto(data), 7, "the raw bytes decode")
		order.append("raw"))
	ENetClient.send_packet(7)
	await until(func() -> bool: return order.size() == 2, SOON, "both signals")
	check_eq(order, PackedStringArray(["raw", "decoded"]), "order")


func test_broadcasts_reach_everyone_but_the_excluded() -> void:
	var port := start_server()
	var clients: Array[StockHost] = []
	for number in 4:
		clients.append(await stock_client(port))
		await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == number + 1, SOON, "peer %d" % number)
	var typed: Array[int] = [1]
	ENetServer.broadcast_packet("all")
	ENetServer.send_packet_to_all("typed", 0, true, typed)
	ENetServer.send_packet_to_all("untyped", 0, true, [2, 3])
	var some: Array[int] = [1, 4]
	ENetServer.send_packet_to_multiple(some, "some")
	ENetServer.send_packet_to_multiple([2, 4], "others")
	ENetServer.trigger_event_to_all("event", {"n": 1}, 0, true, typed)
	ENetServer.trigger_event_to_all("last", {}, 0, true, [])
	var last := {"_event": "last"}
	for client in clients:
		await until(func() -> bool: return last in client.get_values(), SOON, "the last packet")
	var event := {"_event": "event", "n": 1}
	check_eq(clients[0].get_values(), ["all", "untyped", "some", last], "client 1")
	check_eq(clients[1].get_values(), ["all", "typed", "others", event, last], "client 2")
	check_eq(clients[2].get_values(), ["all", "typed", event, last], "client 3")
	check_eq(clients[3].get_values(), ["all", "typed", "untyped", "some", "others", event, last], "client 4")


func test_types_are_declared() -> void:
	await start_pair()
	var mode: ENetServer.AuthMode = ENetServer.AUTH_PRELOGIN_ONLY
	ENetServer.set_authentication_mode(mode)
	mode = ENetServer.get_authentication_mode()
	check_eq(mode, ENetServer.AuthMode.AUTH_PRELOGIN_ONLY, "AuthMode")
	var peers: Array[ENetServerPeer] = ENetServer.get_peers()
	check_eq(peers.size(), 1, "one peer")
	for peer: ENetServerPeer in ENetServer.get_peers():
		var state: ENetServerPeer.ConnectionState = peer.connection_state
		var auth_state: ENetServerPeer.AuthState = peer.auth_state
		check_eq(state, ENetServerPeer.STATE_AUTHENTICATED, "ConnectionState")
		check_eq(auth_state, ENetServerPeer.AUTH_APPROVED, "AuthState")
	var status: ENetClient.ConnectionStatus = ENetClient.get_connection_status()
	check_eq(status, ENetClient.ConnectionStatus.STATUS_CONNECTED, "ConnectionStatus")
	var kind: ENetPacketUtils.PacketType = ENetPacketUtils.PACKET_TYPE_JSON
	var sync: ENetPacketUtils.NodeSyncFlags = ENetPacketUtils.SYNC_CUSTOM
	check_eq(int(kind) + int(sync), 3 + 8, "PacketType and NodeSyncFlags")


func test_settings_survive_a_stop() -> void:
	ENetServer.set_poll_rate(3)
	ENetServer.set_authentication_timeout(4.5)
	ENetServer.set_authentication_mode(ENetServer.AUTH_PRELOGIN_ONLY)
	start_server()
	check_eq(ENetServer.get_poll_rate(), 3, "poll rate while running")
	ENetServer.stop_server()
	check_eq(ENetServer.get_poll_rate(), 3, "poll rate")
	check_eq(ENetServer.get_authentication_timeout(), 4.5, "authentication timeout")
	ENetClient.set_poll_rate(5)
	check_eq(ENetClient.get_poll_rate(), 5, "the client's poll rate")
	ENetClient.set_poll_rate(10)


func test_a_paused_tree_still_receives() -> void:
	var peer := await start_pair()
	var at_server := record(ENetServer.packet_received)
	var at_client := record(ENetClient.packet_received)
	get_tree().paused = true
	ENetClient.send_packet("paused")
	peer.send_packet("too", 0, true)
	await until(func() -> bool: return at_server.size() == 1 and at_client.size() == 1, SOON, "packets while paused")


func test_several_clients_at_once() -> void:
	var port := start_server(64)
	var at_server := record(ENetServer.packet_received)
	var clients: Array[StockHost] = []
	for _i in 50:
		var client := stock_host()
		client.connect_to("127.0.0.1", port)
		clients.append(client)
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 50, SOON, "50 peers")
	await until(func() -> bool: return clients.all(func(client: StockHost) -> bool: return client.is_connected_to_host()),
			SOON, "50 clients")
	for number in clients.size():
		clients[number].send_value(number)
	await until(func() -> bool: return at_server.size() == 50, SOON, "50 packets")
	var numbers := at_server.map(func(args: Array) -> int: return args[1])
	numbers.sort()
	check_eq(numbers, range(50), "one packet from each")
	check_eq(ENetServer.get_peers().size(), 50, "get_peers")


func test_a_full_server_takes_no_more() -> void:
	var port := start_server(1)
	await stock_client(port)
	var late := stock_host()
	late.connect_to("127.0.0.1", port)
	var refused := record(ENetClient.connection_failed)
	ENetClient.connect_to_server("127.0.0.1", port)
	await until(func() -> bool: return refused.size() == 1, SOON, "connection_failed")
	check(not late.is_connected_to_host(), "the second stock client stays outside")
	check_eq(ENetServer.get_peer_count(), 1, "one peer")


func _client_is_down() -> bool:
	return ENetClient.get_connection_status() == ENetClient.STATUS_DISCONNECTED
