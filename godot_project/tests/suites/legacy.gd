extends "res://tests/suite.gd"
## NetworkedMultiplayerENet among its own kind, under the engine's high-level multiplayer, and with nonsense.

const LegacyPeer := preload("res://tests/support/legacy_peer.gd")
const CallTarget := preload("res://tests/support/legacy_call_target.gd")
const RELIABLE := MultiplayerPeer.TRANSFER_MODE_RELIABLE
const UNRELIABLE := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE


func test_the_defaults_are_those_of_godot_3() -> void:
	var peer := NetworkedMultiplayerENet.new()
	check_eq(peer.always_ordered, false, "always_ordered")
	check_eq(peer.channel_count, 3, "channel_count")
	check_eq(peer.compression_mode, NetworkedMultiplayerENet.COMPRESS_RANGE_CODER, "compression_mode")
	check_eq(peer.server_relay, true, "server_relay")
	check_eq(peer.use_dtls, false, "use_dtls")
	check_eq(peer.dtls_verify, true, "dtls_verify")
	check_eq(peer.transfer_channel, -1, "transfer_channel")
	check_eq(peer.transfer_mode, RELIABLE, "transfer_mode")
	check_eq(peer.refuse_new_connections, false, "refuse_new_connections")
	check_eq(peer.get_last_packet_channel(), -1, "get_last_packet_channel")
	check_eq(peer.get_connection_status(), MultiplayerPeer.CONNECTION_DISCONNECTED, "status")
	peer.close_connection()
	peer.poll()


func test_clients_know_each_other_through_the_server() -> void:
	var server := _host()
	var ada := await _join(server)
	var bob := await _join(server)
	var ids := _ids([ada, bob])
	check_eq(ada.seen.slice(0, 2), PackedStringArray(["peer_connected 1", "connection_succeeded"]), "what ada saw first")
	await _sees(ada, "peer_connected %d" % ids[1])
	await _sees(bob, "peer_connected %d" % ids[0])
	ada.send("to bob", ids[1])
	await _sees(bob, "packet %d 1 to bob" % ids[0])
	ada.send("to all")
	await _sees(bob, "packet %d 1 to all" % ids[0])
	await _sees(server, "packet %d 1 to all" % ids[0])
	ada.send("to all but the server", -1)
	ada.send("to all but bob", -ids[1])
	await _sees(bob, "packet %d 1 to all but the server" % ids[0])
	await _sees(server, "packet %d 1 to all but bob" % ids[0])
	check(not server.saw("packet %d 1 to bob" % ids[0]), "the server does not hear what is for bob")
	check(not server.saw("packet %d 1 to all but the server" % ids[0]), "nor what is for all but it")
	check(not bob.saw("packet %d 1 to all but bob" % ids[0]), "nor does bob")
	bob.peer.close_connection()
	await _sees(ada, "peer_disconnected %d" % ids[1])
	await _sees(server, "peer_disconnected %d" % ids[1])
	expect_error("there is no peer %d" % ids[1])
	check_eq(ada.send("too late", ids[1]), ERR_INVALID_PARAMETER, "put_packet to somebody who is gone")
	server.peer.close_connection()
	await _sees(ada, "server_disconnected")
	check_eq(ada.seen.count("peer_disconnected 1"), 1, "peer_disconnected of the server")


func test_a_server_that_does_not_relay() -> void:
	var server := _host(func(peer: NetworkedMultiplayerENet) -> void: peer.server_relay = false)
	var ada := await _join(server)
	var bob := await _join(server)
	ada.send("to all")
	await _sees(server, "packet %d 1 to all" % _ids([ada])[0])
	ada.send("to all but the server", -1)
	server.send("over", 0)
	await _sees(bob, "packet 1 1 over")
	check_eq(ada.seen.count("peer_connected 1"), 1, "ada sees the server")
	check_eq(bob.seen, PackedStringArray(["peer_connected 1", "connection_succeeded", "packet 1 1 over"]), "what bob saw")
	await until(func() -> bool: return server.peer.get_dropped_packet_count() == 1, SOON, "one packet is dropped")


func test_channels_and_modes() -> void:
	var with_more := func(peer: NetworkedMultiplayerENet) -> void: peer.channel_count = 6
	var server := _host(with_more)
	var ada := await _join(server, with_more)
	for channel: int in [1, 2, 3, 5]:
		for mode: int in [RELIABLE, UNRELIABLE]:
			check_eq(ada.send("c%d m%d" % [channel, mode], 1, mode, channel), OK, "put_packet")
			await _sees(server, "packet %d %d c%d m%d" % [_ids([ada])[0], channel, channel, mode])
			check_eq(server.peer.get_last_packet_channel(), channel, "get_last_packet_channel")
	expect_error("channel 6 does not exist")
	check_eq(ada.send("too high", 1, RELIABLE, 6), ERR_INVALID_PARAMETER, "put_packet on a channel that is not there")
	expect_error("is in use")
	ada.peer.channel_count = 4
	check_eq(ada.peer.channel_count, 6, "channel_count in use")
	ada.peer.always_ordered = true
	ada.send("ordered", 1, UNRELIABLE)
	await _sees(server, "packet %d 2 ordered" % _ids([ada])[0])


func test_lz4_between_two_of_this_class() -> void:
	var with_lz4 := func(peer: NetworkedMultiplayerENet) -> void: peer.compression_mode = 5
	var server := _host(with_lz4)
	var ada := await _join(server, with_lz4)
	ada.send("again ".repeat(500))
	await _sees(server, "packet %d 1 3000 bytes" % _ids([ada])[0])


func test_nobody_is_there() -> void:
	var ada := _peer()
	check_eq(ada.peer.create_client("127.0.0.1", closed_port()), OK, "create_client")
	check_eq(ada.peer.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTING, "status")
	expect_error("not connected yet")
	check_eq(ada.send("too early"), ERR_UNCONFIGURED, "put_packet")
	ada.peer.close_connection()
	check_eq(ada.peer.get_connection_status(), MultiplayerPeer.CONNECTION_DISCONNECTED, "status")
	check_eq(ada.seen, PackedStringArray(), "signals")


func test_a_full_and_a_refusing_server() -> void:
	var server := _peer()
	check_eq(server.peer.create_server(0, 2), OK, "create_server")
	server.peer.refuse_new_connections = true
	var refused := _peer()
	refused.peer.create_client("127.0.0.1", server.peer.get_local_port())
	await _sees(refused, "server_disconnected")
	server.peer.refuse_new_connections = false
	await _join(server)
	await _join(server)
	var surplus := _peer()
	surplus.peer.create_client("127.0.0.1", server.peer.get_local_port())
	await _sees(surplus, "connection_failed")
	check_eq(surplus.peer.get_connection_status(), MultiplayerPeer.CONNECTION_DISCONNECTED, "status")


func test_a_handler_may_do_anything() -> void:
	var server := _host()
	server.peer.peer_connected.connect(func(id: int) -> void: server.peer.disconnect_peer(id, true))
	var ada := _peer()
	ada.peer.create_client("127.0.0.1", server.peer.get_local_port())
	await _sees(ada, "server_disconnected")
	check_eq(server.seen.size(), 2, "signals of the server")
	disconnect_all(server.peer)
	server.peer.peer_connected.connect(func(_id: int) -> void: server.peer.close_connection())
	ada.peer.create_client("127.0.0.1", server.peer.get_local_port())
	await until(func() -> bool: return ada.seen.count("server_disconnected") == 2, SOON, "the server is closed")
	check_eq(server.peer.get_connection_status(), MultiplayerPeer.CONNECTION_DISCONNECTED, "status")


func test_misuse() -> void:
	var peer := NetworkedMultiplayerENet.new()
	for case: Array in [["-1 is not a UDP port", -1], ["65536 is not a UDP port", 65536], ["1 to 4095 peers", 0, 0],
			["1 to 4095 peers", 0, 4096], ["bytes a second", 0, 1, -1]]:
		expect_error(case[0])
		check_eq(peer.create_server.callv(case.slice(1)), ERR_INVALID_PARAMETER, "create_server%s" % [case.slice(1)])
	expect_error("is empty")
	check_eq(peer.create_client("", 1), ERR_CANT_CREATE, "create_client without an address")
	expect_error("0 is not a UDP port. Use a number from 1")
	check_eq(peer.create_client("127.0.0.1", 0), ERR_INVALID_PARAMETER, "create_client to port 0")
	for count: int in [2, 256, -1]:
		expect_error("3 to 255 channels")
		peer.channel_count = count
	expect_error("compression mode")
	peer.compression_mode = 6
	check_eq(peer.compression_mode, 1, "compression_mode")
	expect_error("not an IP address")
	peer.set_bind_ip("nonsense")
	expect_error("not in use")
	check_eq(peer.get_peer_address(1), "", "get_peer_address")
	expect_error("not in use")
	check_eq(peer.put_packet([1]), ERR_UNCONFIGURED, "put_packet")
	peer.set_bind_ip("127.0.0.1")
	check_eq(peer.create_server(0), OK, "create_server")
	expect_error("is in use")
	check_eq(peer.create_server(0), ERR_ALREADY_IN_USE, "create_server twice")
	expect_error("no connection to a peer 77")
	check_eq(peer.get_peer_port(77), 0, "get_peer_port of nobody")
	expect_error("no connection to a peer 77")
	peer.disconnect_peer(77)
	peer.close_connection(0)
	check_eq(peer.create_server(0), OK, "create_server again")


## A stock client that says what no Godot 3 says.
func test_nonsense_from_a_client() -> void:
	var server := _host(func(peer: NetworkedMultiplayerENet) -> void: peer.compression_mode = 0)
	var mallory := await stock_client(server.peer.get_local_port(), 3, 1234)
	await _sees(server, "peer_connected 1234")
	var nonsense: Array[PackedByteArray] = [
		[], [1, 2, 3, 4, 5, 6, 7], # no whole prefix
		_prefix(5, 0), _prefix(1, 0), _prefix(0, 1), # from somebody else
		_prefix(1234, 1234), # to itself
		_prefix(1234, 99), _prefix(1234, -2147483648), # to nobody
	]
	for packet in nonsense:
		mallory.send(packet, 1)
	mallory.send(_prefix(0, 7), 0) # only servers announce
	mallory.send(_prefix(1234, 1) + "sense".to_utf8_buffer(), 1)
	await _sees(server, "packet 1234 1 sense")
	check_eq(server.peer.get_dropped_packet_count(), nonsense.size() + 1, "dropped packets")
	check_eq(server.seen.size(), 2, "what the server saw")
	for id: int in [1234, 1, 0, -5]:
		var other := stock_host()
		other.connect_to("127.0.0.1", server.peer.get_local_port(), 3, id)
		await until(func() -> bool: return not other.disconnect_data.is_empty(), SOON, "id %d is not let in" % id)
	check_eq(server.seen.size(), 2, "what the server saw")


## A stock server that says what no Godot 3 says.
func test_nonsense_from_a_server() -> void:
	var mallory := stock_host()
	var port := mallory.listen(3)
	var ada := _peer()
	ada.peer.compression_mode = 0
	ada.peer.create_client("127.0.0.1", port)
	await _sees(ada, "connection_succeeded")
	await until(mallory.is_connected_to_host, SOON, "the stock server sees ada")
	var own_id: int = ada.peer.get_unique_id()
	for packet: PackedByteArray in [[], [0, 0, 0, 0, 7, 0, 0], _prefix(0, own_id), _prefix(0, 1), _prefix(0, 0),
			_prefix(0, -7), _prefix(1, 7), _prefix(2, 7)]:
		mallory.send(packet, 0)
	for packet: PackedByteArray in [[], [1, 0, 0, 0, 0, 0, 0], _prefix(0, 0), _prefix(-7, 0)]:
		mallory.send(packet, 1)
	mallory.send(_prefix(7, 0) + "early".to_utf8_buffer(), 1)
	await until(func() -> bool: return ada.peer.get_dropped_packet_count() == 12, SOON, "twelve packets are dropped")
	check_eq(ada.seen.size(), 2, "what ada saw")
	mallory.send(_prefix(0, 7), 0)
	mallory.send(_prefix(0, 7), 0)
	await _sees(ada, "packet 7 1 early")
	mallory.send(_prefix(1, 7), 0)
	await _sees(ada, "peer_disconnected 7")
	await until(func() -> bool: return ada.peer.get_dropped_packet_count() == 13, SOON, "an id is announced once")
	for number in 1000:
		mallory.send(_prefix(8, 0) + str(number).to_utf8_buffer(), 1)
	await until(func() -> bool: return ada.peer.get_dropped_packet_count() == 949, SOON, "64 packets wait for their sender")


func test_calls_over_it() -> void:
	var server := _caller("Server")
	var server_peer := NetworkedMultiplayerENet.new()
	check_eq(server_peer.create_server(0), OK, "create_server")
	server.multiplayer.multiplayer_peer = server_peer
	var clients: Array[CallTarget] = []
	for client_name: String in ["Ada", "Bob"]:
		var client := _caller(client_name)
		var peer := NetworkedMultiplayerENet.new()
		check_eq(peer.create_client("127.0.0.1", server_peer.get_local_port()), OK, "create_client")
		client.multiplayer.multiplayer_peer = peer
		clients.append(client)
	for client in clients:
		await until(func() -> bool: return client.multiplayer.get_peers().size() == 2, SOON, "everybody knows everybody")
	var ids := clients.map(func(client: CallTarget) -> int: return client.multiplayer.get_unique_id())
	server.note.rpc("from the server")
	clients[0].note.rpc("from ada to all")
	clients[0].note.rpc_id(ids[1], "from ada to bob")
	clients[1].note_unreliably.rpc_id(1, "from bob to the server")
	await until(func() -> bool: return clients[1].heard.size() == 3, SOON, "bob hears three calls")
	check(clients[1].heard.has("1: from the server"), "bob hears the server")
	check(clients[1].heard.has("%d: from ada to bob" % ids[0]), "bob hears ada")
	await until(func() -> bool: return server.heard.size() == 2, SOON, "the server hears two calls")
	check(server.heard.has("%d: from bob to the server" % ids[1]), "the server hears bob")
	clients[0].multiplayer.multiplayer_peer.close()
	await until(func() -> bool: return clients[1].multiplayer.get_peers() == PackedInt32Array([1]), SOON, "ada is gone")
	server_peer.close()
	await until(func() -> bool:
		return clients[1].multiplayer.multiplayer_peer.get_connection_status() == MultiplayerPeer.CONNECTION_DISCONNECTED,
		SOON, "the server is gone")


#region Helpers

func _peer() -> LegacyPeer:
	var one := LegacyPeer.new()
	add_child(one)
	return one


func _host(prepare := Callable()) -> LegacyPeer:
	var server := _peer()
	if prepare.is_valid():
		prepare.call(server.peer)
	check_eq(server.peer.create_server(0), OK, "create_server")
	return server


func _join(server: LegacyPeer, prepare := Callable()) -> LegacyPeer:
	var client := _peer()
	if prepare.is_valid():
		prepare.call(client.peer)
	check_eq(client.peer.create_client("127.0.0.1", server.peer.get_local_port()), OK, "create_client")
	await _sees(client, "connection_succeeded")
	await _sees(server, "peer_connected %d" % client.peer.get_unique_id())
	return client


func _sees(one: LegacyPeer, line: String) -> void:
	await until(one.saw.bind(line), SOON, "\"%s\" is seen" % line)


func _ids(peers: Array) -> PackedInt32Array:
	return PackedInt32Array(peers.map(func(one: LegacyPeer) -> int: return one.peer.get_unique_id()))


func _prefix(source: int, target: int) -> PackedByteArray:
	var bytes := PackedByteArray()
	bytes.resize(8)
	bytes.encode_s32(0, source)
	bytes.encode_s32(4, target)
	return bytes


## A node of a multiplayer branch of its own.
func _caller(branch_name: String) -> CallTarget:
	var branch := Node.new()
	branch.name = branch_name
	add_child(branch)
	get_tree().set_multiplayer(SceneMultiplayer.new(), branch.get_path())
	var target := CallTarget.new()
	target.name = "Target"
	branch.add_child(target)
	return target

#endregion
