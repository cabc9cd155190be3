extends "res://tests/suite.gd"
## Wrong arguments, wrong order and closed peers: the engine's transport and ours answer alike.
##
## Every test does the same to both and compares the answers, which it also knows. What the two print about it has other
## words and is not shown; test_complaints_are_printed looks at ours.

const Pairing := preload("res://tests/transport/pairing_suite.gd")
const RELIABLE := MultiplayerPeer.TRANSFER_MODE_RELIABLE
## One byte more than ENet can cut into fragments.
const TOO_LARGE := (1 << 25) + 1

var _server: Object
var _client: Object
var _peers: Array[MultiplayerPeer] = []
## Whose classes are used: "engine" or "ours".
var _make := ""


func after_each() -> void:
	Engine.print_error_messages = true
	_server = null
	_client = null
	for peer in _peers:
		peer.close()
	_peers.clear()


func _process(_delta: float) -> void:
	for peer in _peers:
		if peer.get_connection_status() != MultiplayerPeer.CONNECTION_DISCONNECTED:
			peer.poll()


func test_create_server() -> void:
	await _both(func(classes: Dictionary) -> void:
		for wrong: Array in [[-1], [65_536], [0, 0], [0, 4096], [0, -1], [0, 32, 0, 0, -1]]:
			_answers("create_server%s" % [wrong], _new_peer(classes).callv("create_server", wrong), ERR_INVALID_PARAMETER)
		var peer := _new_peer(classes)
		_answers("free port", peer.create_server(0), OK)
		_answers("again", peer.create_server(0), ERR_ALREADY_IN_USE)
		_answers("as client", peer.create_client("127.0.0.1", 1), ERR_ALREADY_IN_USE)
		_answers("as mesh", peer.create_mesh(2), ERR_ALREADY_IN_USE)
		_answers("taken port", _new_peer(classes).create_server(peer.host.get_local_port()), ERR_CANT_CREATE)
		var bound := _new_peer(classes)
		bound.set_bind_ip("no address")
		_answers("a bad bind address is ignored", bound.create_server(0), OK))


func test_create_client() -> void:
	await _both(func(classes: Dictionary) -> void:
		for port: int in [-1, 0, 65_536]:
			_answers("port %d" % port, _new_peer(classes).create_client("127.0.0.1", port), ERR_CANT_CREATE)
		for wrong: Array in [[0, -1], [0, 0, -1], [0, 0, 0, -1], [0, 0, 0, 65_536]]:
			_answers("create_client%s" % [wrong],
					_new_peer(classes).callv("create_client", ["127.0.0.1", 7] + wrong), ERR_INVALID_PARAMETER)
		var peer := _new_peer(classes)
		_answers("a client", peer.create_client("127.0.0.1", closed_port()), OK)
		_answers("again", peer.create_client("127.0.0.1", 7), ERR_ALREADY_IN_USE)
		_answers("connecting", peer.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTING)
		_answers("packet while connecting", peer.put_packet(PackedByteArray([1])), ERR_UNCONFIGURED)
		_answers("peer 1", peer.get_peer(1) != null, true)
		_answers("peer 2", peer.get_peer(2), null)
		_answers("state", peer.get_peer(1).get_state(), ENetPacketPeer.STATE_CONNECTING)
		_answers("send while connecting", peer.get_peer(1).send(0, PackedByteArray([1]), 1), FAILED))


func test_mesh() -> void:
	await _both(func(classes: Dictionary) -> void:
		for id: int in [0, -1]:
			_answers("id %d" % id, _new_peer(classes).create_mesh(id), ERR_INVALID_PARAMETER)
		var peer := _new_peer(classes)
		_answers("not a mesh", peer.add_mesh_peer(3, _new_connection(classes)), ERR_UNCONFIGURED)
		_answers("a mesh", peer.create_mesh(2), OK)
		_answers("own id", peer.get_unique_id(), 2)
		_answers("status", peer.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTED)
		_answers("host of a mesh", peer.get_host(), null)
		_answers("relay in a mesh", peer.is_server_relay_supported(), false)
		_answers("no host", peer.add_mesh_peer(3, null), ERR_INVALID_PARAMETER)
		var connection := _new_connection(classes)
		_answers("host without a peer", peer.add_mesh_peer(3, connection), ERR_INVALID_PARAMETER)
		connection.create_host(1)
		connection.connect_to_host("127.0.0.1", closed_port())
		_answers("host that is connecting", peer.add_mesh_peer(3, connection), ERR_INVALID_PARAMETER))


func test_an_inactive_peer() -> void:
	await _both(func(classes: Dictionary) -> void:
		_answers_inactive(_new_peer(classes)))


func test_a_closed_peer() -> void:
	await _both(func(classes: Dictionary) -> void:
		await _connect(classes)
		var packet_peer: Object = _client.get_peer(1)
		_client.close()
		_client.close()
		_answers_inactive(_client)
		_answers("the packet peer", packet_peer.is_active(), false)
		_answers_detached(packet_peer))


func test_targets() -> void:
	await _both(func(classes: Dictionary) -> void:
		await _connect(classes)
		var packet := PackedByteArray([1])
		for target: int in [12_345, -12_345, 1, -1]:
			_server.set_target_peer(target)
			_answers("server to %d" % target, _server.put_packet(packet), ERR_INVALID_PARAMETER)
		for target: int in [2, -2]:
			_client.set_target_peer(target)
			_answers("client to %d" % target, _client.put_packet(packet), ERR_INVALID_PARAMETER)
		for target: int in [0, 1, -1]:
			_client.set_target_peer(target)
			_answers("client to %d" % target, _client.put_packet(packet), OK)
		_answers("unknown peer", _server.get_peer(12_345), null)
		_server.disconnect_peer(12_345)
		_answers("still connected", _client.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTED))


func test_packets_that_cannot_be_sent() -> void:
	await _both(func(classes: Dictionary) -> void:
		await _connect(classes, 3)
		var below: Object = _client.get_peer(1)
		_answers("channels", below.get_channels(), 5)
		var packet := PackedByteArray([1])
		for channel: int in [-1, 6]:
			_answers("channel %d" % channel, below.send(channel, packet, 1), ERR_INVALID_PARAMETER)
		_answers("one channel too many", below.send(5, packet, 1), FAILED)
		for flags: int in [4, 16, -1]:
			_answers("flags %d" % flags, below.send(0, packet, flags), ERR_INVALID_PARAMETER)
		var large := PackedByteArray()
		large.resize(TOO_LARGE)
		_answers("too large", below.send(0, large, 1), FAILED)
		_client.transfer_mode = RELIABLE
		_answers("still connected", _client.put_packet(packet), OK))


func test_a_connection_without_a_host() -> void:
	await _both(func(classes: Dictionary) -> void:
		var connection := _new_connection(classes)
		_answers("service", connection.service(), [ENetConnection.EVENT_ERROR, null, 0, 0])
		_answers("connect", connection.connect_to_host("127.0.0.1", 7), null)
		_answers("statistic", connection.pop_statistic(ENetConnection.HOST_TOTAL_SENT_DATA), 0.0)
		_answers("channels", connection.get_max_channels(), 0)
		_answers("port", connection.get_local_port(), 0)
		_answers("peers", Array(connection.get_peers()), [])
		connection.flush()
		connection.bandwidth_limit()
		connection.channel_limit(1)
		connection.broadcast(0, PackedByteArray([1]), 1)
		connection.compress(ENetConnection.COMPRESS_NONE)
		connection.refuse_new_connections(true)
		connection.socket_send("127.0.0.1", 7, PackedByteArray([1]))
		connection.destroy())


func test_a_connection_with_bad_arguments() -> void:
	await _both(func(classes: Dictionary) -> void:
		for wrong: Array in [["nowhere", 0], ["127.0.0.1", -1], ["127.0.0.1", 65_536], ["127.0.0.1", 0, 0],
				["127.0.0.1", 0, 4096], ["127.0.0.1", 0, 1, -1], ["127.0.0.1", 0, 1, 256], ["127.0.0.1", 0, 1, 0, -1],
				["127.0.0.1", 0, 1, 0, 0, -1]]:
			_answers("create_host_bound%s" % [wrong], _new_connection(classes).callv("create_host_bound", wrong),
					ERR_INVALID_PARAMETER)
		for wrong: Array in [[0], [4096], [1, -1], [1, 256], [1, 0, -1], [1, 0, 0, -1]]:
			_answers("create_host%s" % [wrong], _new_connection(classes).callv("create_host", wrong), ERR_INVALID_PARAMETER)
		var connection := _new_connection(classes)
		_answers("a host", connection.create_host_bound("127.0.0.1", 0, 2, 7), OK)
		_answers("again", connection.create_host(1), ERR_ALREADY_IN_USE)
		_answers("channels", connection.get_max_channels(), 7)
		_answers("nothing to service", connection.service(), [ENetConnection.EVENT_NONE, null, 0, 0])
		_answers("taken port", _new_connection(classes).create_host_bound("127.0.0.1", connection.get_local_port()), ERR_CANT_CREATE)
		for port: int in [0, -1, 65_536]:
			_answers("connect to port %d" % port, connection.connect_to_host("127.0.0.1", port), null)
		_answers("connect", connection.connect_to_host("127.0.0.1", closed_port()) != null, true)
		_answers("connect twice", connection.connect_to_host("127.0.0.1", 7), null)
		connection.channel_limit(0)
		_answers("no limit", connection.get_max_channels(), 255)
		connection.destroy()
		_answers("destroyed", connection.get_local_port(), 0)
		_answers("anew", connection.create_host(1), OK))


func test_a_detached_packet_peer() -> void:
	await _both(func(classes: Dictionary) -> void:
		for ending: String in ["reset", "peer_disconnect_now"]:
			await _connect(classes)
			var below: Object = _client.get_peer(1)
			_answers("active", below.is_active(), true)
			below.call(ending)
			_answers_detached(below))


func test_timeouts() -> void:
	await _both(func(classes: Dictionary) -> void:
		await _connect(classes)
		var below: Object = _client.get_peer(1)
		below.set_timeout(32, 16, 8)
		below.set_timeout(0, 0, 0)
		below.set_timeout(32, 5000, 30_000)
		below.ping_interval(0)
		below.ping()
		below.throttle_configure(5000, 2, 2)
		_answers("statistic 14", below.get_statistic(14), 0.0)
		_answers("throttle", below.get_statistic(ENetPacketPeer.PEER_PACKET_THROTTLE_INTERVAL), 5000.0)
		_answers("address", below.get_remote_address(), "127.0.0.1")
		_answers("port", below.get_remote_port(), _server.host.get_local_port())
		_answers("state", below.get_state(), ENetPacketPeer.STATE_CONNECTED))


## The bytes of a packet are the script's own, whatever happens to the peer afterwards.
func test_a_packet_outlives_its_peer() -> void:
	await _both(func(classes: Dictionary) -> void:
		await _connect(classes)
		_server.set_target_peer(0)
		for number: int in [1, 2]:
			_server.put_packet(random_bytes(2000, number))
		await until(func() -> bool: return _client.get_available_packet_count() == 2, SOON, "two packets")
		_answers("from", _client.get_packet_peer(), 1)
		var first: PackedByteArray = _client.get_packet()
		_answers("next", _client.get_packet() == random_bytes(2000, 2), true)
		_client.poll()
		_client.close()
		_answers("first", first == random_bytes(2000, 1), true))


## The engine looks names up before it answers, and refuses; ours answers at once and fails later.
func test_a_name_that_does_not_resolve() -> void:
	_make = "ours"
	var peer := _new_peer(Pairing.classes_of("ours"))
	_answers("at once", peer.create_client("nobody.invalid", 7), OK)
	_answers("connecting", peer.get_connection_status(), MultiplayerPeer.CONNECTION_CONNECTING)
	var lost := record(peer.peer_disconnected)
	await until(func() -> bool: return peer.get_connection_status() == MultiplayerPeer.CONNECTION_DISCONNECTED, 25.0,
			"it fails")
	_answers("nobody was there to leave", lost, [] as Array[Array])


func test_a_name_that_resolves() -> void:
	await _both(func(classes: Dictionary) -> void:
		_server = _new_peer(classes)
		_server.create_server(0)
		_client = _new_peer(classes)
		_answers("a client", _client.create_client("localhost", _server.host.get_local_port()), OK)
		await until(func() -> bool: return _client.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED, SOON,
				"connected by name (%s)" % _make))


## Each complaint is printed once.
func test_complaints_are_printed() -> void:
	var peer := _new_peer(Pairing.classes_of("ours"))
	var connection := _new_connection(Pairing.classes_of("ours"))
	for complaint: Array in [
		[peer.create_server.bind(-1), "not a UDP port"], [peer.create_mesh.bind(0), "cannot be the id of a peer"],
		[peer.get_host, "not in use"], [peer.get_peer.bind(2), "not in use"], [peer.poll, "not in use"],
		[peer.put_packet.bind(PackedByteArray([1])), "not in use"], [peer.disconnect_peer.bind(2), "not in use"],
		[peer.add_mesh_peer.bind(2, null), "The host is null"], [peer.set_bind_ip.bind("nowhere"), "not an IP address"],
		[connection.service, "There is no host"], [connection.create_host.bind(0), "1 to 4095 peers"],
	]:
		expect_error(complaint[1])
		(complaint[0] as Callable).call()


#region Doing the same to both

## Calls [param abuse] with the engine's classes and with ours; errors are not printed meanwhile.
func _both(abuse: Callable) -> void:
	for make: String in ["engine", "ours"]:
		_make = make
		Engine.print_error_messages = false
		await abuse.call(Pairing.classes_of(make))
		Engine.print_error_messages = true
		after_each()
		await frames(2)


func _answers(what: String, got: Variant, want: Variant) -> void:
	check_eq(_plain(got), want, "%s (%s)" % [what, _make])


## A null object of the engine's is not the same to a comparison as null.
func _plain(value: Variant) -> Variant:
	if value is Array:
		return Array(value).map(_plain)
	return null if typeof(value) == TYPE_OBJECT and value == null else value


func _new_peer(classes: Dictionary) -> MultiplayerPeer:
	var peer: MultiplayerPeer = ClassDB.instantiate(classes.peer)
	_peers.append(peer)
	return peer


func _new_connection(classes: Dictionary) -> RefCounted:
	return ClassDB.instantiate(classes.connection)


## A server and a client that know each other.
func _connect(classes: Dictionary, channels := 0) -> void:
	_server = _new_peer(classes)
	_client = _new_peer(classes)
	_server.create_server(0)
	_client.create_client("127.0.0.1", _server.host.get_local_port(), channels)
	var connected := record(_server.peer_connected)
	await until(func() -> bool:
		return _client.get_connection_status() == MultiplayerPeer.CONNECTION_CONNECTED and not connected.is_empty(),
		SOON, "connected (%s)" % _make)


func _answers_inactive(peer: Object) -> void:
	_answers("status", peer.get_connection_status(), MultiplayerPeer.CONNECTION_DISCONNECTED)
	_answers("id", peer.get_unique_id(), 0)
	_answers("host", peer.get_host(), null)
	_answers("peer", peer.get_peer(1), null)
	_answers("packet peer", peer.get_packet_peer(), 1)
	_answers("packet channel", peer.get_packet_channel(), 1)
	_answers("packet mode", peer.get_packet_mode(), RELIABLE)
	_answers("packets", peer.get_available_packet_count(), 0)
	_answers("packet", peer.get_packet(), PackedByteArray())
	_answers("packet error", peer.get_packet_error(), ERR_UNAVAILABLE)
	_answers("put_packet", peer.put_packet(PackedByteArray([1])), ERR_UNCONFIGURED)
	_answers("relay", peer.is_server_relay_supported(), false)
	_answers("refusing", peer.is_refusing_new_connections(), false)
	peer.poll()
	peer.disconnect_peer(1)
	peer.close()


func _answers_detached(peer: Object) -> void:
	_answers("active", peer.is_active(), false)
	_answers("state", peer.get_state(), ENetPacketPeer.STATE_DISCONNECTED)
	_answers("send", peer.send(0, PackedByteArray([1]), 1), ERR_UNCONFIGURED)
	_answers("put_packet", peer.put_packet(PackedByteArray([1])), ERR_UNCONFIGURED)
	_answers("get_packet", peer.get_packet(), PackedByteArray())
	_answers("get_packet error", peer.get_packet_error(), ERR_UNCONFIGURED)
	_answers("statistic", peer.get_statistic(0), 0.0)
	_answers("channels", peer.get_channels(), 0)
	_answers("address", peer.get_remote_address(), "")
	_answers("port", peer.get_remote_port(), 0)
	for method: String in ["peer_disconnect", "peer_disconnect_later", "peer_disconnect_now", "reset", "ping"]:
		peer.call(method)

#endregion
