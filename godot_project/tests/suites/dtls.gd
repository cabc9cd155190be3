extends "res://tests/suite.gd"
## Encrypted connections: among our classes, and with the engine's DTLS (mbedTLS) on the other end. The engine's own ENet
## need not have DTLS for it: its datagrams go through the engine's DTLS classes, by a bridge.

const Bridge := preload("res://tests/support/dtls_bridge.gd")
const NAME := "game.test"
const SIZES: Array[int] = [3, 1300, 1364, 5000, 100_000]

var _key: CryptoKey
var _certificate: X509Certificate
var _connections: Array[ENetThreadedConnection] = []


func before_each() -> void:
	if _key == null:
		var crypto := Crypto.new()
		_key = crypto.generate_rsa(2048)
		_certificate = crypto.generate_self_signed_certificate(_key, "CN=%s,O=Test,C=IT" % NAME, "20240101000000", "20450101000000")


func after_each() -> void:
	ENetServer.stop_server()
	ENetClient.disconnect_from_server()
	for connection in _connections:
		connection.destroy()
	_connections.clear()
	# Takes effect when nothing runs any more.
	ENetServer.set_dtls(null)
	ENetClient.set_dtls(null)


func test_ours_with_ours() -> void:
	check_eq(ENetServer.set_dtls(_as_server()), OK, "set_dtls of the server")
	check_eq(ENetClient.set_dtls(_trusting(), NAME), OK, "set_dtls of the client")
	var packets := record(ENetServer.packet_received)
	await connect_client(start_server())
	for value: PackedByteArray in _values():
		ENetClient.send_packet(value)
	await until(func() -> bool: return packets.size() == SIZES.size(), SOON, "all packets")
	check_eq(packets.map(func(args: Array) -> Variant: return args[1]), _values(), "the values")


func test_the_engine_connects_to_our_server() -> void:
	ENetServer.set_dtls(_as_server())
	var packets := record(ENetServer.packet_received)
	var bridge := _bridge()
	var client := stock_host()
	client.connect_to("127.0.0.1", bridge.connect_to(start_server(), NAME, TLSOptions.client(_certificate)))
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "authenticated")
	await _exchange(client, packets, func(value: Variant) -> void: ENetServer.broadcast_packet(value))
	bridge.close()


func test_our_client_connects_to_the_engine() -> void:
	ENetClient.set_dtls(_trusting(), NAME)
	var packets := record(ENetClient.packet_received)
	var server := stock_host()
	var bridge := _bridge()
	await connect_client(bridge.listen(server.listen(), _as_server()))
	await until(server.is_connected_to_host, SOON, "the stock server sees the client")
	await _exchange(server, packets, func(value: Variant) -> void: ENetClient.send_packet(value))


func test_the_engine_connects_to_our_connection() -> void:
	var connection := _connection()
	check_eq(connection.create_host_bound("127.0.0.1", 0), OK, "create_host_bound")
	check_eq(connection.dtls_server_setup(_as_server()), OK, "dtls_server_setup")
	var client := stock_host()
	client.connect_to("127.0.0.1", _bridge().connect_to(connection.get_local_port(), NAME, TLSOptions.client(_certificate)))
	await _speak(connection, client)


func test_our_connection_connects_to_the_engine() -> void:
	var server := stock_host()
	var port := _bridge().listen(server.listen(), _as_server())
	var connection := _connection()
	connection.create_host(1)
	check(connection.connect_to_host("127.0.0.1", port) != null, "connect_to_host")
	check_eq(connection.dtls_client_setup(NAME, _trusting()), OK, "dtls_client_setup after connect_to_host")
	await _speak(connection, server)


func test_a_multiplayer_peer_is_encrypted_through_its_host() -> void:
	var server := ENetThreadedMultiplayerPeer.new()
	var client := ENetThreadedMultiplayerPeer.new()
	server.create_server(0, 4)
	check_eq(server.host.dtls_server_setup(_as_server()), OK, "dtls_server_setup")
	client.create_client("127.0.0.1", server.host.get_local_port())
	check_eq(client.host.dtls_client_setup(NAME, _trusting()), OK, "dtls_client_setup")
	await until(func() -> bool:
		server.poll()
		client.poll()
		return client.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED, SOON, "connected")
	client.set_target_peer(1)
	client.put_packet("by hand".to_utf8_buffer())
	await until(func() -> bool:
		server.poll()
		return server.get_available_packet_count() == 1, SOON, "the packet")
	check_eq(server.get_packet().get_string_from_utf8(), "by hand", "the packet")
	server.set_refuse_new_connections(true)
	var late := ENetThreadedMultiplayerPeer.new()
	late.create_client("127.0.0.1", server.host.get_local_port())
	late.host.dtls_client_setup(NAME, _trusting())
	var deadline := Time.get_ticks_msec() + 1000
	await until(func() -> bool:
		server.poll()
		late.poll()
		return Time.get_ticks_msec() > deadline, SOON, "a second")
	check_eq(late.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTING, "while the server refuses")
	server.set_refuse_new_connections(false)
	await until(func() -> bool:
		server.poll()
		late.poll()
		return late.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED, SOON, "connected in the end")
	for peer: ENetThreadedMultiplayerPeer in [late, client, server]:
		peer.close()


func test_the_class_of_godot_3() -> void:
	var own := Crypto.new().generate_self_signed_certificate(_key, "CN=127.0.0.1", "20240101000000", "20450101000000")
	var server := NetworkedMultiplayerENet.new()
	server.use_dtls = true
	expect_error("needs set_dtls_key() and set_dtls_certificate()")
	check_eq(server.create_server(0, 4), ERR_INVALID_PARAMETER, "without a key")
	server.set_dtls_key(_key)
	server.set_dtls_certificate(own)
	var port := closed_port()
	check_eq(server.create_server(port, 4), OK, "create_server")
	for verify: bool in [true, false]:
		var client := NetworkedMultiplayerENet.new()
		client.use_dtls = true
		client.dtls_verify = verify
		if verify:
			client.set_dtls_certificate(own)
		check_eq(client.create_client("127.0.0.1", port), OK, "create_client")
		await until(func() -> bool:
			server.poll()
			client.poll()
			return client.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED, SOON, "connected, verify %s" % verify)
		client.close_connection()
	var stranger := NetworkedMultiplayerENet.new()
	stranger.use_dtls = true
	stranger.set_dtls_certificate(_certificate)
	stranger.create_client("127.0.0.1", port)
	expect_error("The server's certificate could not be verified")
	await until(func() -> bool:
		server.poll()
		stranger.poll()
		return stranger.get_connection_status() == MultiplayerPeer.CONNECTION_DISCONNECTED, SOON, "refused")
	server.close_connection()


func test_what_is_wrong_with_a_server_is_said() -> void:
	var other := Crypto.new().generate_self_signed_certificate(_key, "CN=%s" % NAME, "20240101000000", "20450101000000")
	var old := Crypto.new().generate_self_signed_certificate(_key, "CN=%s" % NAME, "20140101000000", "20150101000000")
	for case: Array in [
		[_certificate, _trusting(), "other.test", "The server's certificate is not for \"other.test\""],
		[_certificate, _trusting(), "", "The server's certificate is not for \"127.0.0.1\""],
		[_certificate, TLSOptions.client(other), NAME, "The server's certificate could not be verified"],
		[old, TLSOptions.client(old), NAME, "The server's certificate has expired"],
		[_certificate, TLSOptions.client_unsafe(), "", ""],
		[_certificate, TLSOptions.client_unsafe(_certificate), "", ""],
		[other, TLSOptions.client(other), NAME, ""],
		[_certificate, TLSOptions.client(_certificate, NAME), "other.test", ""],
	]:
		ENetServer.set_dtls(TLSOptions.server(_key, case[0]))
		check_eq(ENetClient.set_dtls(case[1], case[2]), OK, "set_dtls")
		var port := start_server()
		var reason := await _outcome(port)
		check_eq(reason, "" if case[3] == "" else "%s (127.0.0.1:%d)" % [case[3], port], "the reason")


## Without a chain of its own a client believes the system's authorities, or those of the project if it names some.
func test_the_roots_of_the_system_and_of_the_project() -> void:
	const BUNDLE := "network/tls/certificate_bundle_override"
	const OWN := "user://roots_of_the_project.pem"
	var before: Variant = ProjectSettings.get_setting(BUNDLE)
	check(OS.get_system_ca_certificates().contains("BEGIN CERTIFICATE"), "the system has authorities")
	_certificate.save(OWN)
	for case: Array in [["", "The server's certificate could not be verified"], [OWN, ""]]:
		ProjectSettings.set_setting(BUNDLE, case[0])
		ENetServer.set_dtls(_as_server())
		check_eq(ENetClient.set_dtls(TLSOptions.client(), NAME), OK, "set_dtls")
		var port := start_server()
		var reason := await _outcome(port)
		check_eq(reason, "" if case[1] == "" else "%s (127.0.0.1:%d)" % [case[1], port], "the reason")
	ProjectSettings.set_setting(BUNDLE, before)
	DirAccess.remove_absolute(OWN)


func test_a_connection_that_is_not_secure_is_an_error_and_an_event() -> void:
	var server := _connection()
	server.create_host_bound("127.0.0.1", 0)
	server.dtls_server_setup(_as_server())
	var client := _connection()
	client.create_host(1)
	client.connect_to_host("127.0.0.1", server.get_local_port())
	client.dtls_client_setup("other.test", _trusting())
	expect_error("The server's certificate is not for \"other.test\"")
	var events: Array[int] = []
	await until(func() -> bool:
		server.service()
		events.append(client.service()[0])
		return events[-1] != ENetThreadedConnection.EVENT_NONE, SOON, "an event")
	check_eq(events[-1], int(ENetThreadedConnection.EVENT_DISCONNECT), "the event")


func test_misuse() -> void:
	var connection := _connection()
	expect_error("There is no host")
	check_eq(connection.dtls_server_setup(_as_server()), ERR_UNCONFIGURED, "without a host")
	connection.create_host_bound("127.0.0.1", 0)
	for options: TLSOptions in [null, _trusting()]:
		expect_error("must be made by TLSOptions.server()")
		check_eq(connection.dtls_server_setup(options), ERR_INVALID_PARAMETER, "a server's options")
	expect_error("must be made by TLSOptions.client()")
	check_eq(connection.dtls_client_setup(NAME, _as_server()), ERR_INVALID_PARAMETER, "a client's options")
	expect_error("the name of the server is missing")
	check_eq(connection.dtls_client_setup("", _trusting()), ERR_INVALID_PARAMETER, "no name")
	expect_error("does not belong to the certificate")
	var stranger := Crypto.new().generate_rsa(2048)
	check_eq(connection.dtls_server_setup(TLSOptions.server(stranger, _certificate)), ERR_INVALID_PARAMETER, "another key")
	check_eq(connection.dtls_server_setup(_as_server()), OK, "after all these")
	expect_error("encrypted already")
	check_eq(connection.dtls_server_setup(_as_server()), FAILED, "a second time")
	start_server()
	expect_error("Call set_dtls() before create_server()")
	check_eq(ENetServer.set_dtls(_as_server()), ERR_ALREADY_IN_USE, "while the server runs")


## Joins and leaves, and stops the server: empty if that went well, else why it did not.
func _outcome(port: int) -> String:
	var failed := record(ENetClient.connection_failed)
	var connected := record(ENetClient.connected_to_server)
	ENetClient.connect_to_server("127.0.0.1", port)
	await until(func() -> bool: return failed.size() + connected.size() == 1, SOON, "an outcome")
	disconnect_all(ENetClient)
	ENetClient.disconnect_from_server()
	ENetServer.stop_server()
	return "" if failed.is_empty() else failed[0][0]


func _as_server() -> TLSOptions:
	return TLSOptions.server(_key, _certificate)


func _trusting() -> TLSOptions:
	return TLSOptions.client(_certificate)


func _bridge() -> Bridge:
	var bridge := Bridge.new()
	add_child(bridge)
	return bridge


func _connection() -> ENetThreadedConnection:
	var connection := ENetThreadedConnection.new()
	_connections.append(connection)
	return connection


## Each side says everything to the other, between a connection of ours and the engine's.
func _speak(connection: ENetThreadedConnection, stock: StockHost) -> void:
	var peers: Array[ENetThreadedPacketPeer] = []
	var packets: Array[PackedByteArray] = []
	var service := func() -> void:
		var event: Array = connection.service()
		while event[0] != ENetThreadedConnection.EVENT_NONE:
			match event[0]:
				ENetThreadedConnection.EVENT_CONNECT:
					peers.append(event[1])
				ENetThreadedConnection.EVENT_RECEIVE:
					packets.append(event[1].get_packet())
			event = connection.service()
	await until(func() -> bool:
		service.call()
		return peers.size() == 1 and stock.is_connected_to_host(), SOON, "a connection")
	for value: PackedByteArray in _values():
		stock.send(value)
		peers[0].send(0, value, ENetPacketPeer.FLAG_RELIABLE)
	await until(func() -> bool:
		service.call()
		return packets.size() == SIZES.size() and stock.packets.size() == SIZES.size(), SOON, "all packets")
	check_eq(Array(packets), _values(), "what we received")
	check_eq(Array(stock.packets), _values(), "what the engine received")


## Every value from the stock side to ours and from ours to the stock side.
func _exchange(stock: StockHost, ours: Array[Array], send: Callable) -> void:
	for value: Variant in _values():
		stock.send_value(value)
		send.call(value)
	var count := SIZES.size()
	await until(func() -> bool: return ours.size() == count and stock.packets.size() == count, SOON, "all packets")
	check_eq(ours.map(func(args: Array) -> Variant: return args[-2]), _values(), "the values that we received")
	check_eq(stock.get_values(), _values(), "the values that the stock side received")


func _values() -> Array:
	return SIZES.map(func(size: int) -> PackedByteArray: return random_bytes(size))
