extends "res://tests/transport/pairing_suite.gd"
## ENetMultiplayerPeer used directly: packets, signals and endings, in every pairing.

## Around the largest packets that fit into a datagram.
const SIZES: Array[int] = [1, 100, 1362, 1363, 1364, 1365, 1366, 1391, 1392, 1393, 5000]
const LARGE := 65_536
const LARGEST := 1 << 20
const CHANNELS: Array[int] = [0, 1, 2, 17, 253]
## Ends a series: what has not come before it does not come.
const LAST := 4242
const RELIABLE := MultiplayerPeer.TRANSFER_MODE_RELIABLE
const UNRELIABLE_MODES: Array[int] = [
	MultiplayerPeer.TRANSFER_MODE_UNRELIABLE, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED,
]


func test_packets_of_every_size_mode_and_channel() -> void:
	await play_all(BARE, func(_makes: Array) -> void:
		await open_server()
		var ada := await join("ada")
		for way: Array in [["server", "ada", ada], ["ada", "server", 1]]:
			await _send_every_size(way)
		_forget_lucky_ones())


func test_empty_packets() -> void:
	await play_all(BARE, func(_makes: Array) -> void:
		await open_server()
		var ada := await join("ada")
		for way: Array in [["server", "ada", ada], ["ada", "server", 1]]:
			for flags: int in [ENetPacketPeer.FLAG_RELIABLE, ENetPacketPeer.FLAG_UNSEQUENCED, 0,
					ENetPacketPeer.FLAG_UNRELIABLE_FRAGMENT]:
				var channel := 3 + flags
				await _repeat(way, "send_below", [way[2], channel, 0, flags], 1, flags == ENetPacketPeer.FLAG_RELIABLE))


func test_targets() -> void:
	await play_all(BARE, func(_makes: Array) -> void:
		await open_server()
		var ada := await join("ada")
		var bob := await join("bob")
		for target: Array in [[0, 10], [ada, 20], [bob, 30], [-ada, 40], [-bob, 50], [0, LAST]]:
			check_eq(await ask(server, "send", [target[0], RELIABLE, 0, [target[1]]]), 1, "sent" + pairing)
		for target: Array in [[0, 60], [1, 70], [-1, 80], [1, LAST]]:
			check_eq(await ask(_cast.ada, "send", [target[0], RELIABLE, 0, [target[1]]]), 1, "sent" + pairing)
		for process_name: String in _cast:
			await saw(process_name, "%d bytes, intact" % LAST))


func test_kick() -> void:
	await play_all(BARE, func(_makes: Array) -> void:
		await open_server()
		var ada := await join("ada")
		await join("bob")
		await ask(server, "kick", [ada, false])
		await saw("ada", "status 0")
		await saw("server", "peer_disconnected #ada")
		await ask(_cast.bob, "kick", [1, false])
		await saw("bob", "status 0")
		await saw("server", "peer_disconnected #bob"))


## The engine never says that a peer is gone which was disconnected by force.
func test_kick_by_force() -> void:
	await play_all(BARE, func(_makes: Array) -> void:
		await open_server()
		var ada := await join("ada")
		await ask(server, "kick", [ada, true])
		await saw("ada", "status 0")
		await settle(), [{
			"when": "server", "stream": "server: signals",
			"sees": ["status 2", "peer_connected #ada", "peer_disconnected #ada"],
		}])


func test_close() -> void:
	await play_all(BARE, func(_makes: Array) -> void:
		await open_server()
		await join("ada")
		await join("bob")
		await ask(_cast.ada, "close")
		await saw("server", "peer_disconnected #ada")
		await ask(server, "close")
		await saw("bob", "status 0")
		await settle())


func test_a_client_that_vanishes() -> void:
	await play_all(BARE, func(_makes: Array) -> void:
		await open_server()
		var ada := await join("ada")
		await ask(server, "set_patience", [ada, PATIENCE])
		await join("bob")
		kill("ada")
		await saw("server", "peer_disconnected #ada")
		await ask(server, "send", [0, RELIABLE, 0, [LAST]])
		await saw("bob", "%d bytes, intact" % LAST))


func test_a_server_that_vanishes() -> void:
	await play_all(BARE, func(_makes: Array) -> void:
		await open_server()
		await join("ada")
		await ask(_cast.ada, "set_patience", [1, PATIENCE])
		kill("server")
		await saw("ada", "status 0"))


func test_refuse_new_connections() -> void:
	await play_all(BARE, func(_makes: Array) -> void:
		await open_server()
		await join("ada")
		await ask(server, "refuse", [true])
		await start_joining("bob", PATIENCE)
		await saw("bob", "status 0")
		await ask(server, "refuse", [false])
		await enter("bob", BARE, _makes[1])
		await join("bob"))


func test_a_full_server() -> void:
	await play_all(BARE, func(_makes: Array) -> void:
		await open_server(1)
		await join("ada")
		await start_joining("bob", CONNECT_PATIENCE)
		await saw("bob", "status 0")
		await ask(_cast.ada, "close")
		await saw("server", "peer_disconnected #ada")
		await enter("bob", BARE, _makes[1])
		await join("bob"))


func test_calls_from_within_signals() -> void:
	await play_all(BARE, func(_makes: Array) -> void:
		await open_server()
		await ask(server, "react", ["peer_connected", "send", [0, RELIABLE, 0, [11, LARGE]]])
		await ask(_cast.ada, "react", ["peer_connected", "send", [1, RELIABLE, 0, [12]]])
		var ada := await join("ada")
		await saw("ada", "%d bytes, intact" % LARGE)
		await saw("server", "12 bytes, intact")
		await ask(server, "react", ["peer_connected", "kick_all", [[ada]]])
		await join("bob")
		await saw("ada", "status 0")
		await saw("server", "peer_disconnected #ada")
		await ask(server, "react", ["13 bytes", "close"])
		await ask(_cast.bob, "react", ["peer_disconnected", "close"])
		await ask(_cast.bob, "send", [1, RELIABLE, 0, [13, 14]])
		await saw("bob", "peer_disconnected #server")
		await settle())


func test_a_server_opened_anew_from_within_a_signal() -> void:
	await play_all(BARE, func(makes: Array) -> void:
		await open_server()
		await ask(server, "react", ["peer_disconnected", "reopen"])
		await join("ada")
		await ask(_cast.ada, "close")
		await saw("server", "peer_disconnected #ada")
		port = await ask(server, "get_port")
		await enter("bob", BARE, makes[1])
		await join("bob"))


func _send_every_size(way: Array) -> void:
	for channel in CHANNELS:
		await _repeat(way, "send", [way[2], RELIABLE, channel, SIZES], SIZES.size(), true)
	await _repeat(way, "send", [way[2], RELIABLE, 17, [LARGE, LARGEST, 1]], 3, true)
	for mode in UNRELIABLE_MODES:
		for channel: int in [0, 17]:
			await _repeat(way, "send", [way[2], mode, channel, SIZES], SIZES.size(), false)
		await _repeat(way, "send", [way[2], mode, 2, [LARGE]], 1, false)
		# as many datagrams at once as no receive buffer holds: it must be accepted and do no harm
		check_eq(await ask(_cast[way[0]], "send", [way[2], mode, 1, [LARGEST]]), 1, "a large packet is accepted" + pairing)
	check_eq(await ask(_cast[way[0]], "send", [way[2], RELIABLE, 0, [LAST]]), 1, "sent" + pairing)
	await saw(way[1], "%d bytes, intact" % LAST)


## The largest unreliable packets arrive where somebody reads fast enough.
func _forget_lucky_ones() -> void:
	for process: PeerProcess in _cast.values():
		process.lines = process.lines.filter(func(line: Array) -> bool:
			return not ("unreliable" in line[0] and line[1].begins_with("%d bytes" % LARGEST)))


## Sends, reliably once, until the receiver has seen so many different things more in one of its streams.
func _repeat(way: Array, method: String, arguments: Array, count: int, reliable: bool) -> void:
	var receiver := _cast[way[1]]
	var had := receiver.lines.size()
	var is_complete := func() -> bool:
		var seen := {}
		for line in receiver.lines.slice(had):
			seen[line] = true
		return seen.size() >= count
	var act := func() -> void: await ask(_cast[way[0]], method, arguments)
	var what := "%s from %s to %s, %s" % [method, way[0], way[1], str(arguments.slice(1)).left(100)]
	if reliable:
		await act.call()
		await until(is_complete, SOON, what)
	else:
		await repeat_until(act, is_complete, what)
