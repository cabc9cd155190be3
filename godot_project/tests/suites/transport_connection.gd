extends "res://tests/suite.gd"
## ENetConnection and ENetPacketPeer used by hand: what service() tells, in every pairing of the two makes.

const Pairing := preload("res://tests/transport/pairing_suite.gd")
const PAIRINGS := Pairing.PAIRINGS
const FLAGS: Array[int] = [
	ENetPacketPeer.FLAG_RELIABLE, 0, ENetPacketPeer.FLAG_UNSEQUENCED, ENetPacketPeer.FLAG_UNRELIABLE_FRAGMENT,
]
const CHANNELS := 4
const PATIENCE := 600

var _pairing := ""
## The classes of the two in this pairing.
var _server_classes: Dictionary
var _client_classes: Dictionary
var _server: Party
var _client: Party


func test_what_service_tells() -> void:
	await _play_all(func() -> Array:
		await _connect(77)
		var story := [_client.peer.get_channels(), _server.peer.get_channels(), _server.events[0], _client.events[0]]
		for flags in FLAGS:
			for channel in CHANNELS:
				for way: Array in [[_client, _server], [_server, _client]]:
					story.append(await _send(way[0], way[1], channel, 10 * channel + flags, flags))
		story.append(await _send(_client, _server, 1, 4000, ENetPacketPeer.FLAG_UNSEQUENCED | ENetPacketPeer.FLAG_UNRELIABLE_FRAGMENT))
		_server.connection.broadcast(2, random_bytes(33), ENetPacketPeer.FLAG_RELIABLE)
		await _until_events(_client, 1)
		story.append(_client.take_events())
		_client.peer.put_packet(random_bytes(44))
		await _until_events(_server, 1)
		story.append(_server.take_events())
		return story)


func test_goodbyes() -> void:
	await _play_all(func() -> Array:
		var story := []
		for ending: String in ["peer_disconnect", "peer_disconnect_later", "peer_disconnect_now"]:
			for leaves: int in 2:
				await _connect(0)
				var leaving := [_client, _server][leaves] as Party
				var left := [_server, _client][leaves] as Party
				leaving.take_events()
				left.take_events()
				leaving.peer.call(ending, 5)
				await _until_events(left, 1)
				if ending != "peer_disconnect_now":
					await _until_events(leaving, 1)
				story.append([ending, leaving.take_events(), left.take_events(), leaving.peer.is_active(), left.peer.is_active()])
		return story)


func test_everything_is_delivered_before_a_later_disconnect() -> void:
	await _play_all(func() -> Array:
		await _connect(0)
		_server.take_events()
		for number: int in 50:
			_client.peer.send(number % CHANNELS, random_bytes(3000, number), ENetPacketPeer.FLAG_RELIABLE)
		_client.peer.peer_disconnect_later(9)
		await _until_events(_server, 51)
		var events := _server.take_events()
		return [events.size(), events[-1]])


func test_those_who_fall_silent() -> void:
	await _play_all(func() -> Array:
		var story := []
		for ending: String in ["reset", "destroy"]:
			await _connect(0)
			_server.peer.set_timeout(32, PATIENCE, PATIENCE)
			_server.peer.ping_interval(100)
			_server.take_events()
			if ending == "reset":
				_client.peer.reset()
			else:
				_client.set_process(false)
				_client.connection.destroy()
			story.append([_client.peer.is_active(), _client.peer.get_state()])
			await _until_events(_server, 1)
			story.append(_server.take_events())
		return story)


func test_channel_limit() -> void:
	await _play_all(func() -> Array:
		_open_server(9)
		_server.connection.channel_limit(2)
		await frames(10) # the thread may see a datagram of the next microseconds first
		await _join(0, 7)
		return [_server.connection.get_max_channels(), _client.peer.get_channels(), _server.peer.get_channels()])


func test_statistics() -> void:
	await _play_all(func() -> Array:
		await _connect(0)
		var story := []
		for statistic: int in [ENetPacketPeer.PEER_PACKET_LOSS, ENetPacketPeer.PEER_PACKET_THROTTLE_LIMIT,
				ENetPacketPeer.PEER_PACKET_THROTTLE_ACCELERATION, ENetPacketPeer.PEER_PACKET_THROTTLE_DECELERATION,
				ENetPacketPeer.PEER_PACKET_THROTTLE_INTERVAL]:
			story.append(_client.peer.get_statistic(statistic))
		_client.peer.throttle_configure(1234, 8, 1)
		await until(func() -> bool:
			return _server.peer.get_statistic(ENetPacketPeer.PEER_PACKET_THROTTLE_INTERVAL) == 1234.0, SOON, "throttle" + _pairing)
		story.append(_server.peer.get_statistic(ENetPacketPeer.PEER_PACKET_THROTTLE_ACCELERATION))
		await _send(_client, _server, 0, 10_000, ENetPacketPeer.FLAG_RELIABLE)
		await _send(_server, _client, 0, 10_000, ENetPacketPeer.FLAG_RELIABLE)
		for party: Party in [_server, _client]:
			for least: Array in [[ENetConnection.HOST_TOTAL_SENT_DATA, 10_000.0], [ENetConnection.HOST_TOTAL_SENT_PACKETS, 8.0],
					[ENetConnection.HOST_TOTAL_RECEIVED_DATA, 10_000.0], [ENetConnection.HOST_TOTAL_RECEIVED_PACKETS, 8.0]]:
				story.append(party.connection.pop_statistic(least[0]) >= least[1])
				story.append(party.connection.pop_statistic(least[0]) < least[1])
		var rtt: float = _client.peer.get_statistic(ENetPacketPeer.PEER_ROUND_TRIP_TIME)
		story.append(rtt > 0.0 and rtt < 500.0)
		return story)


func test_peers() -> void:
	await _play_all(func() -> Array:
		await _connect(0)
		return [_server.connection.get_peers() == [_server.peer], _client.connection.get_peers() == [_client.peer],
				_server.peer.get_remote_port() == _client.connection.get_local_port(), _server.peer.get_remote_address(),
				_client.peer.get_state(), _server.peer.get_state()])


func test_raw_datagrams() -> void:
	await _play_all(func() -> Array:
		await _connect(0)
		var socket := PacketPeerUDP.new()
		socket.bind(0, "127.0.0.1")
		_server.connection.socket_send("127.0.0.1", socket.get_local_port(), random_bytes(20))
		await until(func() -> bool: return socket.get_available_packet_count() == 1, SOON, "a datagram" + _pairing)
		return [socket.get_packet() == random_bytes(20), socket.get_packet_port() == _server.connection.get_local_port()])


## The remote gives up after 600 ms of silence; nobody services the host for longer than that.
func test_a_late_service_costs_no_connection() -> void:
	for remote: String in ["engine", "ours"]:
		_begin(["ours", remote])
		await _connect(0)
		_client.peer.set_timeout(32, PATIENCE, PATIENCE)
		_client.peer.ping_interval(50)
		_server.set_process(false)
		var began := Time.get_ticks_msec()
		_client.take_events()
		var sent := 0
		while Time.get_ticks_msec() < began + 3 * PATIENCE:
			_client.peer.send(0, random_bytes(100, sent), ENetPacketPeer.FLAG_RELIABLE)
			sent += 1
			await get_tree().process_frame
		check_eq(_client.take_events(), [], "the client notices nothing" + _pairing)
		check_eq(_client.peer.get_state(), ENetPacketPeer.STATE_CONNECTED, "connected" + _pairing)
		_server.take_events()
		_server.set_process(true)
		await _until_events(_server, sent)
		check_eq(_server.take_events().size(), sent, "packets" + _pairing)
		_end()


## With a timeout, service() returns as soon as there is something to tell.
func test_service_waits_for_an_event() -> void:
	var connection: RefCounted = ClassDB.instantiate(Pairing.classes_of("ours").connection)
	_begin(["ours", "ours"])
	_open_server()
	connection.create_host(1)
	var began := Time.get_ticks_msec()
	check_eq(connection.service(30)[0], ENetConnection.EVENT_NONE, "nothing to tell")
	check(Time.get_ticks_msec() - began >= 25, "it waits that long")
	var peer: Object = connection.connect_to_host("127.0.0.1", _server.connection.get_local_port())
	check_eq(connection.service(60_000).slice(0, 2), [ENetConnection.EVENT_CONNECT, peer], "the connection")
	connection.destroy()
	_end()


func after_each() -> void:
	_server = null
	_client = null


#region Playing

## Gets a story from [param play] for every pairing; all must be like that of the engine with itself.
func _play_all(play: Callable) -> void:
	var wanted := []
	for makes in PAIRINGS:
		_begin(makes)
		var story: Array = await play.call()
		if wanted.is_empty():
			wanted = story
		else:
			check_eq(str(story), str(wanted), "the story" + _pairing)
		_end()


func _begin(makes: Array) -> void:
	_pairing = " (server %s, client %s)" % makes
	_server_classes = Pairing.classes_of(makes[0])
	_client_classes = Pairing.classes_of(makes[1])


func _end() -> void:
	for party: Party in get_children():
		party.queue_free()


func _open_server(channels := CHANNELS) -> void:
	_server = Party.new(_server_classes)
	add_child(_server)
	check_eq(_server.connection.create_host_bound("127.0.0.1", 0, 4, channels), OK, "a server" + _pairing)


## A server and a client that have told of their connection.
func _connect(data: int) -> void:
	_end()
	_open_server()
	await _join(data, CHANNELS)


func _join(data: int, channels: int) -> void:
	_client = Party.new(_client_classes)
	add_child(_client)
	_client.connection.create_host(1)
	_client.peer = _client.connection.connect_to_host("127.0.0.1", _server.connection.get_local_port(), channels, data)
	await until(func() -> bool: return not _client.events.is_empty() and not _server.events.is_empty(), SOON, "connected" + _pairing)


## Sends until it has arrived, and returns what the receiver is told.
func _send(from: Party, to: Party, channel: int, size: int, flags: int) -> Array:
	to.take_events()
	var deadline := Time.get_ticks_msec() + int(1000 * SOON)
	while to.events.is_empty() and Time.get_ticks_msec() < deadline:
		check_eq(from.peer.send(channel, random_bytes(size), flags), OK, "sent" + _pairing)
		var next := Time.get_ticks_msec() + 200
		while to.events.is_empty() and Time.get_ticks_msec() < next:
			await get_tree().process_frame
	await _until_events(to, 1)
	return to.take_events().slice(0, 1)


func _until_events(party: Party, count: int) -> void:
	await until(func() -> bool: return party.events.size() >= count, SOON, "%d events%s" % [count, _pairing])


## One host, serviced every frame.
class Party extends Node:
	var connection: RefCounted
	var peer: Object
	## What service() told, the packets with their flags and sizes.
	var events: Array[Array] = []

	func _init(names: Dictionary) -> void:
		connection = ClassDB.instantiate(names.connection)

	func take_events() -> Array[Array]:
		var taken := events.duplicate()
		events.clear()
		return taken

	func _process(_delta: float) -> void:
		while true:
			var event: Array = connection.service()
			match event[0]:
				ENetConnection.EVENT_CONNECT:
					peer = event[1]
					events.append(["connect", event[2], event[3]])
				ENetConnection.EVENT_DISCONNECT:
					events.append(["disconnect", event[1] == peer, event[2], event[3]])
				ENetConnection.EVENT_RECEIVE:
					var flags: int = peer.get_packet_flags()
					var packet: PackedByteArray = peer.get_packet()
					events.append(["receive", event[1] == peer, event[2], event[3], flags, packet.size()])
				_:
					return

#endregion
