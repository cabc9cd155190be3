extends "res://tests/suite.gd"
## A signal handler may call anything: send, kick, stop, start again.


func test_stop_inside_packet_received() -> void:
	await start_pair()
	var packets: Array = []
	var left := record(ENetServer.peer_disconnected)
	var stopped := record(ENetServer.server_stopped)
	ENetServer.packet_received.connect(func(_peer: ENetServerPeer, packet: Variant, _channel: int) -> void:
		packets.append(packet)
		ENetServer.stop_server())
	for number in 10:
		ENetClient.send_packet(number)
	await until(func() -> bool: return stopped.size() == 1, SOON, "server_stopped")
	await frames(5)
	check_eq(packets, [0], "no packet after the stop")
	check_eq(left.size(), 1, "peer_disconnected once")
	check(not ENetServer.is_server_active(), "stopped")


func test_restart_on_the_same_port_inside_server_stopped() -> void:
	var port := start_server()
	var errors: Array[int] = []
	ENetServer.server_stopped.connect(func() -> void: errors.append(ENetServer.create_server(port)), CONNECT_ONE_SHOT)
	ENetServer.stop_server()
	await until(func() -> bool: return errors.size() == 1, SOON, "server_stopped")
	check_eq(errors, [OK] as Array[int], "create_server")
	check_eq(ENetServer.get_local_port(), port, "the same port")
	await connect_client(port)


func test_restart_inside_packet_received() -> void:
	await start_pair()
	var port := ENetServer.get_local_port()
	var errors: Array[int] = []
	ENetServer.packet_received.connect(func(_peer: ENetServerPeer, _packet: Variant, _channel: int) -> void:
		ENetServer.stop_server()
		errors.append(ENetServer.create_server(port)), CONNECT_ONE_SHOT)
	ENetClient.send_packet("restart")
	ENetClient.send_packet("of the old session")
	await until(func() -> bool: return errors.size() == 1, SOON, "packet_received")
	check_eq(errors, [OK] as Array[int], "create_server")
	var packets := record(ENetServer.packet_received)
	await until(func() -> bool: return ENetClient.get_connection_status() == ENetClient.STATUS_DISCONNECTED, SOON, "told")
	await connect_client(port)
	ENetClient.send_packet("of the new session")
	await until(func() -> bool: return not packets.is_empty(), SOON, "a packet of the new session")
	check_eq(packets[0][1], "of the new session", "nothing of the old session")
	check_eq(packets[0][0].get_peer_id(), 1, "ids begin again")


func test_kick_inside_each_of_its_own_signals() -> void:
	for signal_name: String in ["peer_connecting", "peer_authenticated", "packet_received", "raw_packet_received",
			"custom_event_received", "unknown_event_received"]:
		ENetServer.register_event("known", func(..._args: Array) -> void: pass)
		var kick := func(peer: ENetServerPeer, ..._args: Array) -> void:
			ENetServer.kick_peer(peer.get_peer_id(), signal_name)
		ENetServer.connect(signal_name, kick)
		var left := record(ENetServer.peer_disconnected)
		var disconnected := record(ENetClient.disconnected_from_server)
		ENetClient.connect_to_server("127.0.0.1", start_server())
		var is_settled := func() -> bool: return ENetClient.is_connected_to_server() or not disconnected.is_empty()
		await until(is_settled, SOON, "connected, if only for a moment")
		if disconnected.is_empty():
			ENetClient.trigger_event("known", {})
			ENetClient.trigger_event("unknown", {})
			ENetClient.send_packet("plain")
		await until(func() -> bool: return left.size() == 1 and disconnected.size() == 1, SOON, "kicked in %s" % signal_name)
		await frames(3)
		check_eq(left.size(), 1, "peer_disconnected once for %s" % signal_name)
		check_eq(left[0][1], signal_name, "the reason at the server")
		check_eq(disconnected, [[signal_name]], "the reason at the client")
		ENetServer.disconnect(signal_name, kick)
		ENetServer.stop_server()


func test_kick_inside_an_event_handler_and_a_prelogin() -> void:
	ENetServer.set_authentication_mode(ENetServer.AUTH_PRELOGIN_ONLY)
	ENetServer.peer_prelogin.connect(func(peer: ENetServerPeer, login: Dictionary) -> void:
		if login.has("kick"):
			ENetServer.kick_peer(peer.get_peer_id(), "in prelogin")
		else:
			peer.authenticate())
	ENetServer.register_event("kick me", func(peer: ENetServerPeer, _payload: Dictionary, _channel: int) -> void:
		peer.disconnect_peer("in a handler"))
	var disconnected := record(ENetClient.disconnected_from_server)
	var port := start_server()
	await connect_client(port)
	ENetClient.send_packet({"kick": true})
	await until(func() -> bool: return disconnected == [["in prelogin"]], SOON, "kicked in prelogin")
	ENetServer.register_event("kick me", func(peer: ENetServerPeer, _payload: Dictionary, _channel: int) -> void:
		peer.disconnect_peer("in a handler"))
	await connect_client(port)
	ENetClient.send_packet({})
	ENetClient.trigger_event("kick me", {})
	await until(func() -> bool: return disconnected.size() == 2, SOON, "kicked in a handler")
	check_eq(disconnected[1], ["in a handler"], "the reason")


func test_kick_someone_else_inside_peer_disconnected() -> void:
	var port := start_server()
	var stock := await stock_client(port)
	await connect_client(port)
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 2, SOON, "two peers")
	var left := record(ENetServer.peer_disconnected)
	ENetServer.peer_disconnected.connect(func(_peer: ENetServerPeer, _reason: String) -> void:
		for peer in ENetServer.get_peers():
			peer.disconnect_peer("you too"))
	ENetClient.disconnect_from_server("bye")
	await until(func() -> bool: return left.size() == 2 and stock.disconnect_data.size() == 1, SOON, "both are gone")
	check_eq(left.map(func(args: Array) -> String: return args[1]), ["bye", "you too"], "reasons")


func test_send_from_every_signal_of_the_server() -> void:
	var errors: Array[int] = []
	var send := func(...args: Array) -> void:
		ENetServer.broadcast_packet("from a signal")
		var peer: ENetServerPeer = args[0] if not args.is_empty() and args[0] is ENetServerPeer else null
		if peer != null and peer.get_connection_state() == ENetServerPeer.STATE_AUTHENTICATED:
			errors.append(peer.send_packet("to you", 0, true))
	for declared in ENetServer.get_signal_list():
		if declared.name in ClassDB.class_get_signal_list("ENetServer", true).map(_name_of):
			ENetServer.connect(declared.name, send)
	ENetServer.set_authentication_mode(ENetServer.AUTH_PRELOGIN_ONLY)
	ENetServer.peer_prelogin.connect(func(peer: ENetServerPeer, _login: Dictionary) -> void: peer.authenticate())
	ENetServer.register_event("known", func(peer: ENetServerPeer, _payload: Dictionary, _channel: int) -> void:
		errors.append(peer.send_packet("handled", 0, true)))
	var at_client := record(ENetClient.packet_received)
	await connect_client(start_server())
	ENetClient.send_packet({})
	ENetClient.send_packet("plain")
	ENetClient.trigger_event("known", {})
	ENetClient.trigger_event("unknown", {})
	await until(func() -> bool: return at_client.has(["handled", 0]) and errors.size() >= 8, SOON, "answers arrive")
	check(errors.all(func(error: int) -> bool: return error == OK), "every send is taken: %s" % [errors])
	ENetClient.disconnect_from_server()
	await until(func() -> bool: return ENetServer.get_peer_count() == 0, SOON, "the client left")
	expect_error("server does not run") # in server_stopped
	ENetServer.stop_server()
	await signal_or_deadline(ENetServer.server_stopped, SOON)


func test_send_from_every_signal_of_the_client() -> void:
	var send := func(..._args: Array) -> void:
		ENetClient.send_packet("from a signal")
		ENetClient.trigger_event("from a signal", {})
	var at_server := record(ENetServer.packet_received)
	ENetClient.connected_to_server.connect(send)
	ENetClient.raw_packet_received.connect(send, CONNECT_ONE_SHOT)
	ENetClient.packet_received.connect(send, CONNECT_ONE_SHOT)
	ENetClient.custom_event_received.connect(send, CONNECT_ONE_SHOT)
	ENetClient.unknown_event_received.connect(send, CONNECT_ONE_SHOT)
	register_client_event("known", send)
	var peer := await start_pair()
	peer.send_packet("plain", 0, true)
	peer.send_packet({"_event": "known"}, 0, true)
	peer.send_packet({"_event": "unknown"}, 0, true)
	# connected, raw, decoded, handler, custom event and unknown event, each with a packet and an unknown event
	await until(func() -> bool: return at_server.size() == 12, SOON, "all of them arrive")


func test_disconnect_inside_the_clients_signals() -> void:
	for signal_name: String in ["connected_to_server", "packet_received", "raw_packet_received"]:
		var disconnected := record(ENetClient.disconnected_from_server)
		var leave := func(..._args: Array) -> void: ENetClient.disconnect_from_server(signal_name)
		ENetClient.connect(signal_name, leave)
		var left := record(ENetServer.peer_disconnected)
		var greet := func(peer: ENetServerPeer) -> void:
			for number in 5:
				peer.send_packet(number, 0, true)
		ENetServer.peer_authenticated.connect(greet)
		ENetClient.connect_to_server("127.0.0.1", start_server())
		await until(func() -> bool: return left.size() == 1 and disconnected.size() == 1, SOON, "left in %s" % signal_name)
		check_eq(left[0][1], signal_name, "the reason")
		ENetClient.disconnect(signal_name, leave)
		ENetServer.peer_authenticated.disconnect(greet)
		ENetServer.stop_server()


func test_reconnect_inside_disconnected_from_server() -> void:
	var peer := await start_pair()
	var port := ENetServer.get_local_port()
	var errors: Array[int] = []
	ENetClient.disconnected_from_server.connect(func(_reason: String) -> void:
		errors.append(ENetClient.connect_to_server("127.0.0.1", port)), CONNECT_ONE_SHOT)
	peer.disconnect_peer("again please")
	await until(func() -> bool: return errors.size() == 1, SOON, "disconnected_from_server")
	check_eq(errors, [OK] as Array[int], "connect_to_server")
	await until(ENetClient.is_connected_to_server, SOON, "connected again")
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "one peer again")


func test_reconnect_inside_connection_failed() -> void:
	var port := start_server()
	var errors: Array[int] = []
	ENetClient.connection_failed.connect(func(_reason: String) -> void:
		errors.append(ENetClient.connect_to_server("127.0.0.1", port)), CONNECT_ONE_SHOT)
	ENetClient.connect_to_server("127.0.0.1", closed_port())
	await until(ENetClient.is_connected_to_server, SOON, "connected to the other port")
	check_eq(errors, [OK] as Array[int], "connect_to_server")


func test_start_a_server_inside_a_clients_signal() -> void:
	var ports: Array[int] = []
	ENetClient.connection_failed.connect(func(_reason: String) -> void: ports.append(start_server()), CONNECT_ONE_SHOT)
	ENetClient.connect_to_server("127.0.0.1", closed_port())
	await until(func() -> bool: return ports.size() == 1, SOON, "connection_failed")
	await connect_client(ports[0])


func test_disconnecting_a_handler_while_it_runs() -> void:
	await start_pair()
	var calls: Array[String] = []
	var holder := {}
	holder.first = func(..._args: Array) -> void:
		calls.append("first")
		disconnect_all(ENetServer)
	ENetServer.packet_received.connect(holder.first)
	ENetClient.send_packet(1)
	await until(func() -> bool: return calls.size() == 1, SOON, "the handler")
	ENetClient.send_packet(2)
	await frames(10)
	check_eq(calls.size(), 1, "not called again")
	holder.clear()


func test_a_signal_whose_receiver_is_freed() -> void:
	await start_pair()
	var receiver := Node.new()
	add_child(receiver)
	ENetServer.packet_received.connect(receiver.queue_free.unbind(3))
	ENetClient.send_packet(1)
	var id := receiver.get_instance_id()
	await until(func() -> bool: return not is_instance_id_valid(id), SOON, "the receiver is freed")
	var packets := record(ENetServer.packet_received)
	ENetClient.send_packet(2)
	await until(func() -> bool: return packets.size() == 1, SOON, "the next packet")


func _name_of(declared: Dictionary) -> String:
	return declared.name
