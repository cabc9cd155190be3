extends "res://tests/suite.gd"
## What a connected client may do: packets and bytes a second, sizes, depths and names, logins; and a game that listens
## to nobody for a while.

const DEFAULTS := {
	peer_packet_rate = 20_000, peer_byte_rate = 16 << 20, peer_rate_patience = 10.0, maximum_packet_size = 32 << 20,
	maximum_login_size = 65_536, refused_login_limit = 60, maximum_waiting_data = 32 << 20,
	maximum_total_waiting_data = 512 << 20, maximum_decoded_depth = 64, maximum_decoded_elements = 1 << 20,
	maximum_event_name_length = 256,
}

var _packets: Array[Array]
var _limits: Array[Array]
var _left: Array[Array]


func before_each() -> void:
	_packets = record(ENetServer.packet_received)
	_limits = record(ENetServer.peer_limit_exceeded)
	_left = record(ENetServer.peer_disconnected)


func after_each() -> void:
	for limit: String in DEFAULTS:
		ENetServer.call("set_" + limit, DEFAULTS[limit])
	ENetServer.set_peer_timeout(0, 0, 0)
	ENetServer.set_timeouts_suspended(false)


func test_every_limit_has_a_default_a_setter_and_a_getter() -> void:
	for limit: String in DEFAULTS:
		check_eq(ENetServer.call("get_" + limit), DEFAULTS[limit], "default of " + limit)
	ENetServer.set_peer_packet_rate(0)
	check_eq(ENetServer.get_peer_packet_rate(), 0, "no packet rate")
	ENetServer.set_peer_byte_rate(100_000)
	check_eq(ENetServer.get_peer_byte_rate(), 100_000, "byte rate")
	ENetServer.set_peer_rate_patience(2.5)
	check_eq(ENetServer.get_peer_rate_patience(), 2.5, "patience")
	for limit: String in ["maximum_packet_size", "maximum_login_size", "refused_login_limit", "maximum_event_name_length"]:
		ENetServer.call("set_" + limit, 7)
		check_eq(ENetServer.call("get_" + limit), 7, limit)
	for limit: String in ["maximum_waiting_data", "maximum_total_waiting_data"]:
		ENetServer.call("set_" + limit, 100_000)
		check_eq(ENetServer.call("get_" + limit), 100_000, limit)
	check_eq(ENetServer.get_peer_timeout(), Vector3i(32, 5000, 30000), "timeouts")
	ENetServer.set_peer_timeout(8, 1000, 2000)
	check_eq(ENetServer.get_peer_timeout(), Vector3i(8, 1000, 2000), "timeouts")
	check_eq(ENetServer.are_timeouts_suspended(), false, "timeouts at first")
	ENetServer.set_timeouts_suspended(true)
	check_eq(ENetServer.are_timeouts_suspended(), true, "timeouts")


func test_what_is_no_limit_changes_nothing() -> void:
	for limit: String in DEFAULTS:
		expect_error("it stays as it was")
		ENetServer.call("set_" + limit, -1)
		check_eq(ENetServer.call("get_" + limit), DEFAULTS[limit], limit)
	expect_error("timeout_min must not be above timeout_max")
	ENetServer.set_peer_timeout(32, 5000, 4000)
	check_eq(ENetServer.get_peer_timeout(), Vector3i(32, 5000, 30000), "timeouts")


func test_a_flood_is_warned_of_throttled_and_ended() -> void:
	ENetServer.set_peer_packet_rate(200)
	ENetServer.set_peer_rate_patience(1.0)
	var gone := record(ENetClient.disconnected_from_server)
	var peer := await start_pair()
	while gone.is_empty():
		for number in 200:
			if ENetClient.is_connected_to_server():
				ENetClient.send_packet(number, 0, false)
		await frames(1)
		check(_packets.size() < 5000, "the rate holds")
		if not failures.is_empty():
			return
	await until(func() -> bool: return not _left.is_empty(), SOON, "the end at the server")
	check_eq(_limits.map(func(told: Array) -> int: return told[2]),
			[ENetServer.LIMIT_WARNED, ENetServer.LIMIT_THROTTLED, ENetServer.LIMIT_KICKED], "stages")
	for told in _limits:
		check(told[0] == peer and told[1] == ENetServer.LIMIT_PACKETS, "who and what")
	check_eq(_left[0][1], "Too much traffic", "reason at the server")


func test_a_reliable_stream_beyond_the_rate_arrives_whole() -> void:
	ENetServer.set_peer_byte_rate(200_000)
	await start_pair()
	for number in 100:
		var bytes := PackedByteArray()
		bytes.resize(10_000)
		bytes.encode_u32(0, number)
		ENetClient.send_packet(bytes)
	await until(func() -> bool: return _packets.size() == 100, 30.0, "everything")
	check_eq(_packets.map(func(packet: Array) -> int: return packet[1].decode_u32(0)), range(100), "in order")
	check_eq(_limits.map(func(told: Array) -> Array: return [told[1], told[2]]),
			[[ENetServer.LIMIT_BYTES, ENetServer.LIMIT_WARNED], [ENetServer.LIMIT_BYTES, ENetServer.LIMIT_THROTTLED]], "told")
	check(_left.is_empty(), "nobody was kicked")


func test_one_client_may_have_a_rate_of_its_own() -> void:
	ENetServer.set_peer_packet_rate(10)
	var peer := await start_pair()
	peer.set_rate_limit(0, 0)
	await frames(2)
	for number in 500:
		ENetClient.send_packet(number)
	await until(func() -> bool: return _packets.size() == 500, SOON, "everything")
	check(_limits.is_empty(), "no limit")


func test_packets_above_the_size_are_dropped() -> void:
	ENetServer.set_maximum_packet_size(1000)
	await start_pair()
	var large := PackedByteArray()
	large.resize(1001)
	ENetClient.send_packet(large)
	ENetClient.send_packet("x".repeat(900))
	await until(func() -> bool: return not _packets.is_empty(), SOON, "the small one")
	check_eq(_packets[0][1], "x".repeat(900), "only the small one")


func test_values_beyond_depth_elements_and_name_are_dropped() -> void:
	ENetServer.set_maximum_decoded_depth(2)
	ENetServer.set_maximum_decoded_elements(10)
	ENetServer.set_maximum_event_name_length(5)
	var unknown := record(ENetServer.unknown_event_received)
	await start_pair()
	ENetClient.send_packet([[[1]]])
	ENetClient.send_packet(range(11))
	ENetClient.trigger_event("sixsix", {})
	ENetClient.trigger_event("five5", {})
	ENetClient.send_packet([[1]])
	await until(func() -> bool: return _packets.size() == 2, SOON, "what is within the limits")
	check_eq(unknown.map(func(event: Array) -> String: return event[1]), ["five5"], "events")
	check_eq(_packets[1][1], [[1]], "values")


func test_a_login_that_is_too_large_is_turned_away() -> void:
	ENetServer.set_authentication_mode(ENetServer.AUTH_PRELOGIN_ONLY)
	ENetServer.set_maximum_login_size(200)
	await connect_client(start_server())
	ENetClient.send_packet({"name": "x".repeat(300)})
	await until(func() -> bool: return not _left.is_empty(), SOON, "the end")
	check_eq(_left[0][1], "Login packet too large", "reason")


func test_an_address_with_too_many_refused_logins_is_turned_away() -> void:
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	var asked := [0]
	ENetServer.set_custom_authenticator(func(_peer: ENetServerPeer, _login: Dictionary) -> bool:
		asked[0] += 1
		return false)
	ENetServer.set_refused_login_limit(3)
	var port := start_server()
	for attempt in 3:
		await connect_client(port)
		ENetClient.send_packet({"attempt": attempt})
		await until(func() -> bool: return _left.size() == attempt + 1, SOON, "the end of attempt %d" % attempt)
		ENetClient.disconnect_from_server()
	check_eq(ENetClient.connect_to_server("127.0.0.1", port), OK, "one more attempt")
	await until(func() -> bool: return _left.size() == 4, SOON, "its end")
	check_eq(asked[0], 3, "logins that were looked at")
	check_eq(_left[2][1], "Authentication failed", "the last one that was")
	check_eq(_left[3][1], "Too many refused logins", "the one after it")


## The whole process stops at once, as in a stall or at a breakpoint; another process sends to it meanwhile.
func test_a_game_that_does_not_drain_loses_nothing_reliable() -> void:
	ENetServer.set_maximum_waiting_data(100_000)
	await start_pair()
	var sent := 0
	for burst in 20:
		# The main thread serves nobody here; the network thread goes on.
		for _i in 200:
			var bytes := PackedByteArray()
			bytes.resize(500)
			bytes.encode_u32(0, sent)
			if ENetClient.send_packet(bytes, 0, true) == OK:
				sent += 1
		OS.delay_msec(100)
	check(_packets.is_empty() and _left.is_empty(), "nothing was drained")
	await until(func() -> bool: return _packets.size() >= sent, 30.0, "everything")
	check_eq(_packets.map(func(packet: Array) -> int: return packet[1].decode_u32(0)), range(sent), "in order")
	check(_left.is_empty(), "nobody was lost")


func test_a_peer_that_nobody_reads_is_slowed_down() -> void:
	var server := ENetThreadedConnection.new()
	check_eq(server.create_host_bound("127.0.0.1", 0, 4), OK, "host")
	var client := ENetThreadedConnection.new()
	check_eq(client.create_host(4), OK, "client")
	var to_server := client.connect_to_host("127.0.0.1", server.get_local_port())
	var from_client: Array[ENetThreadedPacketPeer] = []
	await until(func() -> bool:
		client.service()
		var event := server.service()
		if event[0] == ENetThreadedConnection.EVENT_CONNECT:
			from_client.append(event[1])
		return not from_client.is_empty() and to_server.get_state() == ENetThreadedPacketPeer.STATE_CONNECTED, SOON, "the pair")
	var bytes := PackedByteArray([1, 2, 3, 4])
	var sent := 0
	while sent < 180_000:
		for _i in 10_000:
			if to_server.send(0, bytes, ENetThreadedPacketPeer.FLAG_RELIABLE) == OK:
				sent += 1
		await frames(1)
		while server.service()[0] == ENetThreadedConnection.EVENT_RECEIVE:
			pass
		client.service()
	var end := Time.get_ticks_msec() + 2000
	while Time.get_ticks_msec() < end:
		while server.service()[0] == ENetThreadedConnection.EVENT_RECEIVE:
			pass
		await frames(1)
	# As many as an inbox holds, and those that were on their way when it was full.
	var waiting := from_client[0].get_available_packet_count()
	check(waiting > 60_000 and waiting < 140_000, "%d packets wait to be read" % waiting)
	var read := [0]
	await until(func() -> bool:
		while from_client[0].get_available_packet_count() > 0:
			from_client[0].get_packet()
			read[0] += 1
		while server.service()[0] == ENetThreadedConnection.EVENT_RECEIVE:
			pass
		return read[0] == sent, 60.0, "everything")
	client.destroy()
	server.destroy()


func get_deadline(_test: String) -> float:
	return 90.0


## Project settings of limits with a getter, and a value for each that is not the default.
const IN_PROJECT := {
	half_open_limit = 1000, connect_rate_limit = 500, connect_rate_limit_per_prefix = 5, max_peers_per_address = 3,
	authentication_timeout = 2.5, refused_login_limit = 7, maximum_login_size = 1000, peer_packet_rate = 100,
	peer_byte_rate = 100_000, peer_rate_patience = 1.5, maximum_packet_size = 5000, maximum_decoded_depth = 3,
	maximum_decoded_elements = 50, maximum_event_name_length = 9, maximum_waiting_data = 100_000,
	maximum_total_waiting_data = 200_000,
}


func test_project_settings_are_read_when_a_server_is_created() -> void:
	var usual := {}
	for limit: String in IN_PROJECT:
		usual[limit] = ENetServer.call("get_" + limit)
		check(ProjectSettings.get_setting("enet/limits/" + limit) == usual[limit], "the project's default of " + limit)
		ProjectSettings.set_setting("enet/limits/" + limit, IN_PROJECT[limit])
	for part: Array in [["", 8], ["_min", 1000], ["_max", 2000]]:
		ProjectSettings.set_setting("enet/limits/peer_timeout" + part[0], part[1])
	ENetServer.set_peer_byte_rate(77)
	check_eq(ENetServer.create_server(0), OK, "create")
	for limit: String in IN_PROJECT:
		if limit != "peer_byte_rate":
			check_eq(ENetServer.call("get_" + limit), IN_PROJECT[limit], limit)
	check_eq(ENetServer.get_peer_timeout(), Vector3i(8, 1000, 2000), "timeouts")
	check_eq(ENetServer.get_peer_byte_rate(), 77, "what a script has set stays")
	ENetServer.stop_server()
	for limit: String in usual:
		ProjectSettings.set_setting("enet/limits/" + limit, usual[limit])
	for part: Array in [["", 32], ["_min", 5000], ["_max", 30_000]]:
		ProjectSettings.set_setting("enet/limits/peer_timeout" + part[0], part[1])
	ENetServer.set_peer_byte_rate(usual.peer_byte_rate)
	ENetServer.create_server(0)
	for limit: String in usual:
		check_eq(ENetServer.call("get_" + limit), usual[limit], limit + " again")
	ENetServer.stop_server()


func test_project_settings_outside_their_range_count_as_the_nearest() -> void:
	for told: Array in [["maximum_decoded_depth", 1000, 64], ["max_peers_per_address", -3, 1], ["peer_packet_rate", "many", 20_000]]:
		var path: String = "enet/limits/" + told[0]
		var usual: Variant = ProjectSettings.get_setting(path)
		ProjectSettings.set_setting(path, told[1])
		ENetServer.create_server(0)
		check_eq(ENetServer.call("get_" + told[0]), told[2], told[0])
		ENetServer.stop_server()
		ProjectSettings.set_setting(path, usual)
	ENetServer.create_server(0)
	ENetServer.stop_server()
	check_eq(ENetServer.get_max_peers_per_address(), 4095, "as usual again")


func test_the_editor_knows_every_setting_its_range_and_its_unit() -> void:
	var hints := {}
	for property in ProjectSettings.get_property_list():
		if property.name.begins_with("enet/limits/"):
			hints[property.name.get_file()] = property.hint_string if property.hint == PROPERTY_HINT_RANGE else ""
	check_eq(hints.size(), 21, "settings")
	check_eq(hints.get("maximum_packet_size"), "1,33554432,1,suffix:bytes", "a size")
	check_eq(hints.get("peer_rate_patience"), "0,3600,0.001,suffix:s", "a time")


func test_packets_above_the_size_are_counted() -> void:
	ENetServer.set_maximum_packet_size(1000)
	await start_pair()
	ENetClient.send_packet("x".repeat(2000))
	ENetClient.send_packet("y")
	await until(func() -> bool: return not _packets.is_empty(), SOON, "the small one")
	check_eq(ENetServer.get_statistics().oversized_packets, 1, "oversized")
