extends "res://tests/suite.gd"
## A simulated bad network: how it is asked for, that it is there in every class, and that the game gets through it.

const SETTING := "enet/conditioner/conditions"


func after_each() -> void:
	ENetServer.set_network_conditions(null)
	ENetClient.set_network_conditions(null)
	ProjectSettings.set_setting(SETTING, "")


func test_it_is_off_by_default() -> void:
	await start_pair()
	check_eq(ENetServer.get_network_conditions(), {}, "the server's conditions")
	check_eq(ENetClient.get_network_conditions(), {}, "the client's conditions")
	check_eq(ENetServer.get_statistics().simulated_losses, 0, "losses")


func test_every_way_to_ask_for_it() -> void:
	for wanted: Variant in ["mobile", &"mobile", {"preset": "mobile"}, {&"preset": &"mobile"}]:
		check_eq(ENetServer.set_network_conditions(wanted), OK, str(wanted))
		var conditions := ENetServer.get_network_conditions()
		check_eq([conditions.in_latency, conditions.out_jitter, conditions.seed], [50.0, 60.0, 1.0], str(wanted))
	check_eq(ENetServer.set_network_conditions({"preset": "lan", "loss": 1, "out_latency": 7.0, "seed": 9}), OK, "mixed")
	var conditions := ENetServer.get_network_conditions()
	check_eq([conditions.in_loss, conditions.out_loss, conditions.in_latency, conditions.out_latency, conditions.seed],
			[1.0, 1.0, 1.0, 7.0, 9.0], "the values")
	check_eq(ENetServer.set_network_conditions(conditions), OK, "what was read can be set")
	check_eq(ENetServer.get_network_conditions(), conditions, "and is the same")
	for off: Variant in [null, "", "off", {}]:
		ENetServer.set_network_conditions("lan")
		check_eq(ENetServer.set_network_conditions(off), OK, "off by %s" % off)
		check_eq(ENetServer.get_network_conditions(), {}, "off by %s" % off)


func test_what_is_no_network_changes_nothing() -> void:
	ENetClient.set_network_conditions("satellite")
	var before := ENetClient.get_network_conditions()
	var bad := {
		"moble": "there is no network \"moble\"", "los=1": "there is no value \"los\"", "loss=2": "loss must be a number",
		"loss=x": "is no number",
	}
	for wanted: String in bad:
		expect_error(bad[wanted])
		check_eq(ENetClient.set_network_conditions(wanted), ERR_INVALID_PARAMETER, wanted)
	for wanted: Variant in [{"loss": "x"}, {"loss": -1.0}, {3: 4}, 7, [1], true]:
		expect_error("cannot be simulated")
		check_eq(ENetClient.set_network_conditions(wanted), ERR_INVALID_PARAMETER, str(wanted))
	check_eq(ENetClient.get_network_conditions(), before, "the conditions")


func test_the_latency_is_there_and_can_be_switched_while_connected() -> void:
	await start_pair()
	check(await _trip() < 100, "a short trip at first")
	ENetClient.set_network_conditions("out_latency=150")
	check(await _trip() >= 149, "the client's link delays")
	ENetClient.set_network_conditions("off")
	ENetServer.set_network_conditions({"in_latency": 150})
	await _trip() # what was under way may have to arrive first
	check(await _trip() >= 149, "the server's link delays")
	ENetServer.set_network_conditions("off")
	await _trip()
	check(await _trip() < 100, "short trips again")


func test_it_stays_for_the_next_session() -> void:
	ENetServer.set_network_conditions("in_latency=150")
	await start_pair()
	check(await _trip() >= 149, "the first session")
	ENetClient.disconnect_from_server()
	ENetServer.stop_server()
	await start_pair()
	check(await _trip() >= 149, "the second session")


func test_reliable_packets_get_through_in_order() -> void:
	await start_pair()
	ENetClient.set_network_conditions("latency=5,jitter=10,loss=0.1,burst_loss=0.05,duplicate=0.1,reorder=0.1,seed=3")
	var at_server := record(ENetServer.packet_received)
	var at_client := record(ENetClient.packet_received)
	for number in 200:
		ENetClient.send_packet(number)
		ENetServer.broadcast_packet(number)
		if number % 10 == 0:
			await frames(1)
	await until(func() -> bool: return at_server.size() >= 200 and at_client.size() >= 200, 20.0, "all packets")
	check_eq(at_server.map(func(args: Array) -> int: return args[1]), range(200), "at the server")
	check_eq(at_client.map(func(args: Array) -> int: return args[0]), range(200), "at the client")
	check(ENetClient.get_statistics().simulated_losses > 0, "some datagrams were lost")
	check(ENetClient.get_statistics().simulated_duplicates > 0, "some came twice")


func test_unreliable_packets_are_lost() -> void:
	await start_pair()
	ENetServer.set_network_conditions("out_loss=0.5,seed=5")
	var at_client := record(ENetClient.packet_received)
	for number in 60:
		ENetServer.broadcast_packet(number, 0, false)
		await frames(1)
	ENetServer.set_network_conditions("off")
	ENetServer.broadcast_packet("end")
	await until(func() -> bool: return not at_client.is_empty() and at_client[-1][0] is String, SOON, "the end")
	check(at_client.size() > 6 and at_client.size() < 55, "%d of 60 arrived" % (at_client.size() - 1))


func test_the_project_setting() -> void:
	check_eq(ProjectSettings.get_setting(SETTING), "", "the setting exists")
	ProjectSettings.set_setting(SETTING, "in_latency=150")
	var conditions: Dictionary = ENetThreadedConnection.new().get_network_conditions()
	check_eq(conditions.get("in_latency"), 150.0, "a host that was not told otherwise")
	check_eq(ENetServer.get_network_conditions(), {}, "a server that was told otherwise")
	ProjectSettings.set_setting(SETTING, "nonsense")
	expect_error("enet/conditioner/conditions is ignored")
	check_eq(ENetThreadedConnection.new().get_network_conditions(), {}, "nonsense is none")


func test_the_command_line() -> void:
	await process_succeeds(start_process("simulated_client.gd", ["--enet-sim=mobile,loss=0.25"]))


func test_the_transport_classes() -> void:
	var server := ENetThreadedConnection.new()
	check_eq(server.set_network_conditions("in_latency=100"), OK, "before there is a host")
	check_eq(server.create_host_bound("127.0.0.1", 0), OK, "create_host_bound")
	var client := ENetThreadedConnection.new()
	check_eq(client.create_host(), OK, "create_host")
	check_eq(client.set_network_conditions("in_latency=50"), OK, "with a host")
	var started := Time.get_ticks_msec()
	client.connect_to_host("127.0.0.1", server.get_local_port())
	await until(func() -> bool:
		server.service()
		return client.service()[0] == ENetConnection.EVENT_CONNECT, SOON, "the connection")
	check(Time.get_ticks_msec() - started >= 149, "the handshake takes its time")
	expect_error("cannot be simulated")
	check_eq(client.set_network_conditions("nonsense"), ERR_INVALID_PARAMETER, "nonsense")
	client.destroy()
	server.destroy()


func test_a_multiplayer_peer() -> void:
	var server := ENetThreadedMultiplayerPeer.new()
	var client := ENetThreadedMultiplayerPeer.new()
	check_eq(server.set_network_conditions("in_latency=100"), OK, "before it is in use")
	check_eq(server.create_server(0), OK, "create_server")
	check_eq(server.host.get_network_conditions().in_latency, 100.0, "the host of the server")
	check_eq(client.create_client("127.0.0.1", server.host.get_local_port()), OK, "create_client")
	check_eq(client.set_network_conditions({"in_latency": 50}), OK, "in use")
	check_eq(client.host.get_network_conditions().in_latency, 50.0, "the host of the client")
	var started := Time.get_ticks_msec()
	await until(func() -> bool:
		server.poll()
		client.poll()
		return client.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED, SOON, "the connection")
	check(Time.get_ticks_msec() - started >= 99, "the handshake takes its time")
	client.close()
	server.close()


## Milliseconds that a packet takes to the server.
func _trip() -> int:
	var seen := record(ENetServer.packet_received)
	var started := Time.get_ticks_msec()
	ENetClient.send_packet("trip")
	while seen.is_empty() and Time.get_ticks_msec() < started + 5000:
		await get_tree().process_frame
	return Time.get_ticks_msec() - started
