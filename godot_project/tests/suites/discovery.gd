extends "res://tests/suite.gd"
## Servers that announce themselves, and a client that looks for them: on loopback addresses alone.

const HERE := "127.0.0.1"


func after_each() -> void:
	ENetServer.set_discoverable(false)
	ENetClient.stop_discovery()


func test_a_server_is_found_with_all_that_it_says() -> void:
	var info := {"map": "desert", "version": 3, "at": Vector2(1, 2), "list": [1, "two"]}
	check_eq(ENetServer.set_discoverable(true, "Anna's game", info), OK, "set_discoverable")
	check(ENetServer.is_discoverable(), "it is discoverable")
	var port := start_server(7)
	var discovered := record(ENetClient.server_discovered)
	check_eq(ENetClient.discover(0.3, port, HERE), OK, "discover")
	check(ENetClient.is_discovering(), "a search is under way")
	var finished := await signal_or_deadline(ENetClient.discovery_finished, SOON)
	check(not ENetClient.is_discovering(), "it is over")
	check_eq(discovered.size(), 1, "servers found")
	var server: Dictionary = discovered[0][0]
	check_eq(finished, [[server]], "the sum")
	check(server.ping is int and server.ping >= 0 and server.ping < 300, "the ping")
	server.erase("ping")
	var want := {"address": HERE, "port": port, "name": "Anna's game", "players": 0, "max_players": 7, "info": info}
	check_eq(server, want, "what is known of it")


func test_off_at_first_and_nobody_is_found() -> void:
	check(not ENetServer.is_discoverable(), "off at first")
	check_eq(await _found_at(start_server()), [], "servers found")
	check_eq(await _found_at(closed_port()), [], "servers found where nothing listens")


func test_switched_on_renamed_and_off_while_clients_play() -> void:
	var peer := await start_pair()
	var port := ENetServer.get_local_port()
	ENetServer.set_discoverable(true)
	check_eq(await _found_at(port), [["", 1, {}]], "nothing said but the clients")
	ENetServer.set_discoverable(true, "Zoë ☕", {"a": 1})
	check_eq(await _found_at(port), [["Zoë ☕", 1, {"a": 1}]], "renamed")
	check(ENetServer.get_statistics().answered_discovery >= 2, "it was counted")
	ENetServer.set_discoverable(false)
	check_eq(await _found_at(port), [], "off")
	check(ENetClient.is_connected_to_server() and peer.get_ping() >= 0, "the connection stands")


func test_it_stays_for_the_next_server() -> void:
	ENetServer.set_discoverable(true, "again")
	start_server()
	ENetServer.stop_server()
	check_eq(await _found_at(start_server()), [["again", 0, {}]], "the second server")


func test_a_server_of_another_process() -> void:
	var port := closed_port()
	start_process("remote_server.gd", [str(port), "somewhere"])
	var discovered := record(ENetClient.server_discovered)
	ENetClient.discover(30.0, port, HERE)
	await until(func() -> bool: return discovered.size() == 1, 20.0, "the other process is found")
	var server: Dictionary = discovered[0][0]
	check_eq([server.name, server.info], ["somewhere", {"process": "other"}], "what it says")
	await connect_client(server.port, 2, server.address)
	check(ENetClient.is_discovering(), "connecting does not end a search")


func test_one_search_at_a_time_and_it_can_be_stopped() -> void:
	ENetServer.set_discoverable(true, "one")
	var port := start_server()
	var discovered := record(ENetClient.server_discovered)
	var finished := record(ENetClient.discovery_finished)
	check_eq(ENetClient.discover(60.0, port, HERE), OK, "the first search")
	expect_error("A search is under way")
	check_eq(ENetClient.discover(1.0, port, HERE), ERR_BUSY, "a second one")
	await until(func() -> bool: return discovered.size() == 1, SOON, "the server is found")
	ENetClient.stop_discovery()
	ENetClient.stop_discovery()
	check(not ENetClient.is_discovering() and finished.is_empty(), "it is over, and told later")
	await until(func() -> bool: return finished.size() == 1, SOON, "discovery_finished")
	check_eq(finished, [[[discovered[0][0]]]], "what was found so far")
	await frames(3)
	check_eq(finished.size(), 1, "told once")


func test_handlers_may_search_again() -> void:
	ENetServer.set_discoverable(true, "again and again")
	var port := start_server()
	var finished := record(ENetClient.discovery_finished)
	ENetClient.discovery_finished.connect(func(_servers: Array) -> void:
		if finished.size() < 3:
			check_eq(ENetClient.discover(0.15, port, HERE), OK, "from a handler"))
	ENetClient.discover(0.15, port, HERE)
	await until(func() -> bool: return finished.size() == 3, SOON, "three searches")
	for servers: Array in finished:
		check_eq(servers[0].size(), 1, "servers of one search")


func test_stopping_in_the_handler_of_a_find() -> void:
	ENetServer.set_discoverable(true, "found")
	var port := start_server()
	ENetClient.server_discovered.connect(func(_server: Dictionary) -> void: ENetClient.stop_discovery())
	ENetClient.discover(60.0, port, HERE)
	check_eq((await signal_or_deadline(ENetClient.discovery_finished, SOON))[0].size(), 1, "servers found")


func test_an_encrypted_and_compressed_server() -> void:
	var key := Crypto.new().generate_rsa(2048)
	var certificate := Crypto.new().generate_self_signed_certificate(key, "CN=game.test")
	check_eq(ENetServer.set_dtls(TLSOptions.server(key, certificate)), OK, "set_dtls")
	ENetServer.set_compression_mode(ENetServer.COMPRESS_ZSTD)
	ENetServer.set_discoverable(true, "sealed")
	check_eq(await _found_at(start_server()), [["sealed", 0, {}]], "servers found")
	ENetServer.stop_server()
	ENetServer.set_dtls(null)


func test_the_engine_s_own_server_goes_on() -> void:
	var host := stock_host()
	var port: int = host.listen()
	check_eq(await _found_at(port), [], "it is no server that answers")
	await connect_client(port)
	await until(host.is_connected_to_host, SOON, "it has seen the client")
	check_eq(host.connect_data.size(), 1, "clients that it has seen")


func test_misuse() -> void:
	for seconds: float in [0.0, -1.0, 0.05, 60.1, INF, NAN]:
		expect_error("A search must take")
		check_eq(ENetClient.discover(seconds, 7777, HERE), ERR_INVALID_PARAMETER, "for %s s" % seconds)
	for port: int in [0, -1, 65_536]:
		expect_error("is not a UDP port")
		check_eq(ENetClient.discover(1.0, port, HERE), ERR_INVALID_PARAMETER, "at port %d" % port)
	expect_error("must be an IP address")
	check_eq(ENetClient.discover(1.0, 7777, "localhost"), ERR_INVALID_PARAMETER, "a name")
	check(not ENetClient.is_discovering(), "nothing is under way")
	ENetServer.set_discoverable(true, "kept")
	expect_error("the name has 129 bytes")
	check_eq(ENetServer.set_discoverable(true, "x".repeat(129)), ERR_INVALID_PARAMETER, "a long name")
	expect_error("the info takes")
	check_eq(ENetServer.set_discoverable(true, "", {"x": random_bytes(1000)}), ERR_INVALID_PARAMETER, "a large info")
	expect_error("cannot be encoded")
	check_eq(ENetServer.set_discoverable(true, "", {"x": self}), ERR_INVALID_DATA, "an object")
	check_eq(await _found_at(start_server()), [["kept", 0, {}]], "it is as it was")


func test_answers_that_are_no_dictionary_are_no_servers() -> void:
	var fake := PacketPeerUDP.new()
	check_eq(fake.bind(0, HERE), OK, "a socket")
	var discovered := record(ENetClient.server_discovered)
	var finished := record(ENetClient.discovery_finished)
	ENetClient.discover(0.6, fake.get_local_port(), HERE)
	await until(func() -> bool: return fake.get_available_packet_count() > 0, SOON, "a query")
	var query := fake.get_packet()
	check_eq(query.size(), 1200, "bytes of a query")
	fake.set_dest_address(fake.get_packet_ip(), fake.get_packet_port())
	var infos: Array[PackedByteArray] = [
		[], [1], [9, 9, 9], ENetPacketUtils.encode_string("text"), ENetPacketUtils.encode_auto([1, 2]),
		ENetPacketUtils.encode_auto({"good": true}),
	]
	for number in infos.size():
		fake.put_packet(_answer(query, number, infos[number]))
	await until(func() -> bool: return finished.size() == 1, SOON, "the end")
	check_eq(discovered.size(), 1, "servers found")
	check_eq(discovered[0][0].info, {"good": true}, "the one that is sound")


func _answer(query: PackedByteArray, server: int, info: PackedByteArray) -> PackedByteArray:
	var answer := query.slice(0, 11)
	answer[10] = "!".unicode_at(0)
	answer.append_array(query.slice(11, 21))
	var numbers := PackedByteArray()
	numbers.resize(15)
	numbers.encode_u64(0, server)
	numbers.encode_u16(13, info.size())
	return answer + numbers + info


## The name, players and info of every server at this port.
func _found_at(port: int) -> Array:
	check_eq(ENetClient.discover(0.3, port, HERE), OK, "discover")
	var servers: Array = (await signal_or_deadline(ENetClient.discovery_finished, SOON))[0]
	return servers.map(func(server: Dictionary) -> Array: return [server.name, server.players, server.info])
