extends "res://tests/suite.gd"
## NetworkedMultiplayerENet with a real Godot 3 on the other side, as server and as client.

const Agent := preload("res://tests/support/godot3_agent.gd")
const LegacyPeer := preload("res://tests/support/legacy_peer.gd")
const RELIABLE := MultiplayerPeer.TRANSFER_MODE_RELIABLE
const UNRELIABLE := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE
const ORDERED := MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED
## The channel that a mode has when the game chooses none.
const CHANNELS: Dictionary[int, int] = {RELIABLE: 1, UNRELIABLE: 2, ORDERED: 2}
const SIZES: Array[int] = [150, 3000, 50_000]
const MODES := 5

var _agents: Array[Agent] = []


func before_each() -> void:
	check(Agent.engine != "", "GODOT3 names an engine of Godot 3")


func after_each() -> void:
	for agent in _agents:
		agent.stop()
	_agents.clear()


func get_deadline(_test: String) -> float:
	return 60.0


func test_our_clients_and_a_server_of_godot_3() -> void:
	var server := await _start_server(0)
	var ada := await _join(server, 0)
	var bob := await _join(server, 0)
	var ids := _ids([ada, bob])
	await _sees(ada, "peer_connected %d" % ids[1])
	await _sees(bob, "peer_connected %d" % ids[0])
	for mode in CHANNELS:
		for size in [5, 150, 3000]:
			var text := "a".repeat(size)
			await _passes(ada, 1, mode, text, [server], ids[0])
			await _passes(ada, ids[1], mode, text, [bob], ids[0])
			await _passes(ada, 0, mode, text, [server, bob], ids[0])
			await _passes(bob, -1, mode, text, [ada], ids[1])
			await _passes(bob, -ids[0], mode, text, [server], ids[1])
	for mode in CHANNELS:
		await _has_sent(server, ada, 0, mode, "to all %d" % mode, [ada, bob])
		await _has_sent(server, ada, ids[1], mode, "to bob %d" % mode, [bob])
		await _has_sent(server, ada, -ids[1], mode, "to all but bob %d" % mode, [ada])
	_order(ada, 1, {"do": "kick", "id": ids[1], "now": false})
	await _sees(bob, "server_disconnected")
	await _sees(ada, "peer_disconnected %d" % ids[1])
	await _sees(server, "peer_disconnected %d" % ids[1])
	_order(ada, 1, {"do": "close"})
	await _sees(ada, "server_disconnected")
	check_eq(ada.peer.get_connection_status(), MultiplayerPeer.CONNECTION_DISCONNECTED, "the status of ada")


func test_our_client_closes() -> void:
	var server := await _start_server(0)
	var ada := await _join(server, 0)
	var id: int = ada.peer.get_unique_id()
	check_eq(ada.peer.get_peer_address(1), "127.0.0.1", "the address of the server")
	ada.peer.close_connection()
	await _sees(server, "peer_disconnected %d" % id)


func test_our_server_and_clients_of_godot_3() -> void:
	var server := _host(0)
	var ada := await _start_client(server, 0)
	var bob := await _start_client(server, 0)
	var ids := PackedInt32Array([ada.get_id(), bob.get_id()])
	for line in ["connection_succeeded", "peer_connected 1", "peer_connected %d" % ids[1]]:
		await _sees(ada, line)
	await _sees(bob, "peer_connected %d" % ids[0])
	check_eq(server.peer.get_peer_address(ids[0]), "127.0.0.1", "the address of a client")
	for mode in CHANNELS:
		for size in [5, 150, 3000]:
			var text := "s".repeat(size)
			await _passes(server, 0, mode, text, [ada, bob], 1)
			await _passes(server, ids[0], mode, text, [ada], 1)
			await _passes(server, -ids[0], mode, text, [bob], 1)
	for mode in CHANNELS:
		await _has_said(server, ada, ids[0], 1, mode, "to the server %d" % mode, [server])
		await _has_said(server, ada, ids[0], 0, mode, "to all %d" % mode, [server, bob])
		await _has_said(server, ada, ids[0], ids[1], mode, "to bob %d" % mode, [bob])
		await _has_said(server, bob, ids[1], -ids[0], mode, "to all but ada %d" % mode, [server])
		await _has_said(server, bob, ids[1], -1, mode, "to all but the server %d" % mode, [ada])
	server.peer.disconnect_peer(ids[0])
	await _sees(ada, "server_disconnected")
	await _sees(bob, "peer_disconnected %d" % ids[0])
	await _sees(server, "peer_disconnected %d" % ids[0])
	_order(server, ids[1], {"do": "close"})
	await _sees(server, "peer_disconnected %d" % ids[1])
	check_eq(server.peer.get_dropped_packet_count(), 0, "dropped packets")


func test_our_server_kicks_at_once_and_closes() -> void:
	var server := _host(0)
	var ada := await _start_client(server, 0)
	var bob := await _start_client(server, 0)
	await _sees(ada, "peer_connected %d" % bob.get_id())
	server.peer.disconnect_peer(ada.get_id(), true)
	check(server.saw("peer_disconnected %d" % ada.get_id()), "the signal comes before the call returns")
	await _sees(ada, "server_disconnected")
	await _sees(bob, "peer_disconnected %d" % ada.get_id())
	server.peer.close_connection()
	await _sees(bob, "server_disconnected")


func test_every_compression_mode_with_a_server_of_godot_3() -> void:
	for compression in MODES:
		var server := await _start_server(compression)
		var ada := await _join(server, compression)
		for size in SIZES:
			await _passes(ada, 1, RELIABLE, "z".repeat(size), [server], ada.peer.get_unique_id())
		await _has_sent(server, ada, 0, RELIABLE, "back and back ".repeat(5), [ada])


func test_every_compression_mode_with_a_client_of_godot_3() -> void:
	for compression in MODES:
		var server := _host(compression)
		var ada := await _start_client(server, compression)
		for size in SIZES:
			await _passes(server, ada.get_id(), RELIABLE, "z".repeat(size), [ada], 1)
		await _has_said(server, ada, ada.get_id(), 1, RELIABLE, "back and back ".repeat(5), [server])
		server.peer.close_connection()


#region Both kinds of peer

func _ids(peers: Array) -> PackedInt32Array:
	return PackedInt32Array(peers.map(func(one: LegacyPeer) -> int: return one.peer.get_unique_id()))


## [param one] is a LegacyPeer or an Agent.
func _sees(one: Object, line: String) -> void:
	await until(one.saw.bind(line), SOON, "\"%s\" is seen" % line.left(60))


## Sends from one of ours until those that are meant have it; unreliable ones may need more than one.
func _passes(from: LegacyPeer, target: int, mode: int, text: String, to: Array, id: int) -> void:
	var mark := "%d%d" % [target, mode] + text
	var line := "packet %d %d %s" % [id, CHANNELS[mode], mark if mark.length() < 100 else "%d bytes" % mark.length()]
	var before := to.map(func(one: Object) -> int: return _count(one, line))
	await _until_repeated(mode, func() -> void: check_eq(from.send(mark, target, mode), OK, "put_packet"),
			func() -> bool: return range(to.size()).all(func(at: int) -> bool: return _count(to[at], line) > before[at]),
			"the packet to %d in mode %d" % [target, mode])


## Does something once, or, where packets may get lost, again and again until it has had its effect.
func _until_repeated(mode: int, action: Callable, condition: Callable, what: String) -> void:
	action.call()
	var last := [Time.get_ticks_msec()]
	await until(func() -> bool:
		if mode != RELIABLE and Time.get_ticks_msec() - last[0] > 200:
			last[0] = Time.get_ticks_msec()
			action.call()
		return condition.call(), SOON, what)


static func _all_saw(all: Array, line: String) -> bool:
	return all.all(func(one: Object) -> bool: return one.saw(line))


static func _count(one: Object, line: String) -> int:
	var lines: PackedStringArray = one.seen if one is LegacyPeer else one.get_lines()
	return lines.count(line)


## Has a server of Godot 3 send something.
func _has_sent(server: Agent, commander: LegacyPeer, target: int, mode: int, text: String, to: Array) -> void:
	var order := {"do": "send", "target": target, "mode": mode, "channel": -1, "text": text}
	await _until_repeated(mode, _order.bind(commander, 1, order), _all_saw.bind(to, "packet 1 %d %s" % [CHANNELS[mode], text]), text)
	check(not server.saw("sent 1"), "Godot 3 can send")


## Has a client of Godot 3 send something.
func _has_said(server: LegacyPeer, _client: Agent, id: int, target: int, mode: int, text: String, to: Array) -> void:
	var order := {"do": "send", "target": target, "mode": mode, "channel": -1, "text": text}
	await _until_repeated(mode, _order.bind(server, id, order), _all_saw.bind(to, "packet %d %d %s" % [id, CHANNELS[mode], text]), text)


func _order(commander: LegacyPeer, id: int, order: Dictionary) -> void:
	check_eq(commander.send("!" + JSON.stringify(order), id), OK, "an order is sent")

#endregion
#region Starting

func _peer(compression: int) -> LegacyPeer:
	var one := LegacyPeer.new()
	add_child(one)
	one.peer.compression_mode = compression
	return one


func _host(compression: int) -> LegacyPeer:
	var server := _peer(compression)
	check_eq(server.peer.create_server(0), OK, "create_server")
	return server


func _join(server: Agent, compression: int) -> LegacyPeer:
	var client := _peer(compression)
	check_eq(client.peer.create_client("127.0.0.1", server.get_meta("port")), OK, "create_client")
	await _sees(client, "connection_succeeded")
	await _sees(server, "peer_connected %d" % client.peer.get_unique_id())
	return client


func _start_server(compression: int) -> Agent:
	var agent := Agent.new()
	_agents.append(agent)
	var port := closed_port()
	agent.set_meta("port", port)
	agent.start(port, compression)
	await _sees(agent, "started 0 as 1")
	return agent


func _start_client(server: LegacyPeer, compression: int) -> Agent:
	var agent := Agent.new()
	_agents.append(agent)
	agent.start(server.peer.get_local_port(), compression, "127.0.0.1")
	await _sees(agent, "connection_succeeded")
	await _sees(server, "peer_connected %d" % agent.get_id())
	return agent

#endregion
