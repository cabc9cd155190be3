extends "res://tests/suite.gd"
## The range coder on the transport classes, with the engine's own class on the other end, in both roles.

const PAYLOAD := "again and again "


func test_ours_serves_the_engines() -> void:
	await _talk(ENetThreadedMultiplayerPeer.new(), ENetMultiplayerPeer.new())


func test_the_engine_serves_ours() -> void:
	await _talk(ENetMultiplayerPeer.new(), ENetThreadedMultiplayerPeer.new())


func test_ours_serves_ours() -> void:
	await _talk(ENetThreadedMultiplayerPeer.new(), ENetThreadedMultiplayerPeer.new())


func _talk(server: MultiplayerPeer, client: MultiplayerPeer) -> void:
	check_eq(server.create_server(0), OK, "the server starts")
	server.host.compress(ENetConnection.COMPRESS_RANGE_CODER)
	var port: int = server.host.get_local_port()
	check_eq(client.create_client("127.0.0.1", port), OK, "the client starts")
	client.host.compress(ENetConnection.COMPRESS_RANGE_CODER)
	var ids: Array[Array] = record(server.peer_connected)
	await until(func() -> bool:
		server.poll()
		client.poll()
		return ids.size() == 1 and client.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED,
		SOON, "both are connected")
	for sender: MultiplayerPeer in [server, client]:
		var receiver := client if sender == server else server
		var data := PAYLOAD.repeat(1000).to_utf8_buffer()
		sender.set_target_peer(0)
		check_eq(sender.put_packet(data), OK, "the packet is taken")
		await until(func() -> bool:
			server.poll()
			client.poll()
			return receiver.get_available_packet_count() == 1, SOON, "the packet arrives")
		check(receiver.get_packet() == data, "unchanged")
	client.close()
	server.close()
