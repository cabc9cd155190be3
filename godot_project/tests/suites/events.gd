extends "res://tests/suite.gd"
## Named events on both sides: registered, unknown, unregistered and reserved.


func test_a_registered_event_at_the_server() -> void:
	var calls: Array[Array] = []
	ENetServer.register_event("jump", func(...args: Array) -> void: calls.append(args))
	check(ENetServer.has_event("jump"), "has_event")
	var peer := await start_pair()
	var custom := record(ENetServer.custom_event_received)
	var unknown := record(ENetServer.unknown_event_received)
	var packets := record(ENetServer.packet_received)
	check_eq(ENetClient.trigger_event("jump", {"height": 2}, 1), OK, "trigger_event")
	await until(func() -> bool: return custom.size() == 1, SOON, "custom_event_received")
	await frames(3)
	check_eq(calls, [[peer, {"height": 2}, 1]], "the handler's arguments")
	check_eq(custom, [[peer, "jump", {"height": 2}, 1]], "the signal's arguments")
	check_eq(unknown.size() + packets.size(), 0, "no other signal")


func test_a_registered_event_at_the_client() -> void:
	var calls: Array[Array] = []
	register_client_event("score", func(...args: Array) -> void: calls.append(args))
	check(ENetClient.has_event("score"), "has_event")
	var peer := await start_pair()
	var custom := record(ENetClient.custom_event_received)
	var packets := record(ENetClient.packet_received)
	check_eq(ENetServer.trigger_event(peer.get_peer_id(), "score", {"points": 10}, 1), OK, "trigger_event")
	ENetServer.trigger_event_to_all("score", {"points": 11})
	await until(func() -> bool: return custom.size() == 2, SOON, "custom_event_received")
	await frames(3)
	calls.sort_custom(func(a: Array, b: Array) -> bool: return a[0].points < b[0].points)
	check_eq(calls, [[{"points": 10}, 1], [{"points": 11}, 0]], "the handler's arguments")
	check_eq(packets.size(), 0, "no packet_received")


func test_an_unknown_event() -> void:
	var peer := await start_pair()
	var server_order := _watch(ENetServer)
	var client_order := _watch(ENetClient)
	ENetClient.trigger_event("what", {"a": 1})
	peer.send_packet({"_event": "that", "b": 2}, 1, true)
	await until(func() -> bool: return server_order.size() == 2 and client_order.size() == 2, SOON, "two signals each")
	await frames(3)
	check_eq(server_order, [["unknown", [peer, "what", {"a": 1}, 0]],
			["packet", [peer, {"_event": "what", "a": 1}, 0]]], "at the server")
	check_eq(client_order, [["unknown", ["that", {"b": 2}, 1]],
			["packet", [{"_event": "that", "b": 2}, 1]]], "at the client")


func test_an_unregistered_event_is_unknown_again() -> void:
	await start_pair()
	var calls: Array[Array] = []
	ENetServer.register_event("once", func(...args: Array) -> void: calls.append(args))
	ENetServer.unregister_event("once")
	check(not ENetServer.has_event("once"), "has_event after unregister_event")
	var unknown := record(ENetServer.unknown_event_received)
	ENetClient.trigger_event("once", {})
	await until(func() -> bool: return unknown.size() == 1, SOON, "unknown_event_received")
	check_eq(calls.size(), 0, "the old handler is not called")


func test_a_later_handler_replaces_the_earlier() -> void:
	await start_pair()
	var calls: Array[String] = []
	ENetServer.register_event("e", func(..._args: Array) -> void: calls.append("old"))
	ENetServer.register_event("e", func(..._args: Array) -> void: calls.append("new"))
	ENetClient.trigger_event("e", {})
	await until(func() -> bool: return not calls.is_empty(), SOON, "the handler is called")
	check_eq(calls, ["new"], "the later one alone")


func test_a_handler_that_unregisters_itself() -> void:
	await start_pair()
	var calls: Array[Array] = []
	ENetServer.register_event("once", func(...args: Array) -> void:
		ENetServer.unregister_event("once")
		calls.append(args))
	var unknown := record(ENetServer.unknown_event_received)
	ENetClient.trigger_event("once", {})
	ENetClient.trigger_event("once", {})
	await until(func() -> bool: return unknown.size() == 1, SOON, "the second is unknown")
	check_eq(calls.size(), 1, "the handler ran once")


func test_stop_server_forgets_events() -> void:
	start_server()
	ENetServer.register_event("gone", func(...args: Array) -> void: check(false, "called with %s" % [args]))
	ENetServer.stop_server()
	check(not ENetServer.has_event("gone"), "has_event after stop_server")


func test_an_event_name_that_is_not_a_string_is_a_plain_dictionary() -> void:
	var peer := await start_pair()
	var packets := record(ENetServer.packet_received)
	var unknown := record(ENetServer.unknown_event_received)
	ENetClient.send_packet({"_event": 5})
	await until(func() -> bool: return packets.size() == 1, SOON, "packet_received")
	check_eq(packets[0], [peer, {"_event": 5}, 0], "the whole dictionary")
	check_eq(unknown.size(), 0, "no event")


func test_reserved_names_cannot_be_registered() -> void:
	for event: String in ["_disconnect", "_anything"]:
		expect_error("reserved")
		ENetServer.register_event(event, func() -> void: pass)
		check(not ENetServer.has_event(event), "%s is not registered at the server" % event)
		expect_error("reserved")
		ENetClient.register_event(event, func() -> void: pass)
		check(not ENetClient.has_event(event), "%s is not registered at the client" % event)


func test_reserved_events_of_a_remote_are_never_shown() -> void:
	var client := await stock_client(start_server())
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "authenticated")
	var order := _watch(ENetServer)
	var custom := record(ENetServer.custom_event_received)
	client.send_value({"_event": "_disconnect", "reason": "so long"})
	client.send_value({"_event": "_future", "x": 1})
	client.send_value("after")
	await until(func() -> bool: return not order.is_empty(), SOON, "the packet after them")
	check_eq(order.size(), 1, "one signal")
	check_eq(order[0][1][1], "after", "the packet that follows")
	check_eq(custom.size(), 0, "no event")


## The order of unknown_event_received and packet_received.
func _watch(singleton: Object) -> Array[Array]:
	var order: Array[Array] = []
	singleton.connect("unknown_event_received", func(...args: Array) -> void: order.append(["unknown", args]))
	singleton.connect("packet_received", func(...args: Array) -> void: order.append(["packet", args]))
	return order
