extends "res://tests/transport/pairing_suite.gd"
## The engine's high-level multiplayer over the transport, in every pairing.

const CHANNELS: Array[int] = [0, 1, 2, 17]
const REPEATS := 5
const RELIABLE := MultiplayerPeer.TRANSFER_MODE_RELIABLE


func test_calls_in_every_mode_on_every_channel() -> void:
	await play_all(SCENE, func(_makes: Array) -> void:
		await _gather()
		for caller: String in ["server", "ada"]:
			for channel in CHANNELS:
				for mode: String in ["reliable", "unreliable", "unreliable_ordered"]:
					await _call_everyone(caller, mode, channel))


func test_calls_to_one() -> void:
	await play_all(SCENE, func(_makes: Array) -> void:
		var ids: Array[int] = await _gather()
		await _call("ada", "reliable_0", 1, ids[1])
		await _call("ada", "reliable_0", 2, 1)
		await _call("server", "reliable_0", 3, ids[1])
		await _call("bob", "reliable_17", 4, ids[0])
		await ask(_cast.ada, "call_arena", ["blob", PackedByteArray("x".repeat(1 << 20).to_utf8_buffer()), ids[1]])
		await _until_called("bob", "large calls from #ada", str(1 << 20))
		await _finish(ids))


func test_who_may_call_and_who_is_called() -> void:
	await play_all(SCENE, func(_makes: Array) -> void:
		var ids: Array[int] = await _gather()
		for process: PeerProcess in _cast.values():
			await ask(process, "expect_error", ["is not allowed on node"])
		for caller: String in ["server", "ada"]:
			await _call(caller, "anyone_here_too", 1)
			await _call(caller, "authority_only", 2)
			await _call(caller, "authority_here_too", 3)
		for process: PeerProcess in _cast.values():
			await ask(process, "give_arena_to", [ids[0]])
		for caller: String in ["server", "ada"]:
			await _call(caller, "authority_only", 4)
			await _call(caller, "authority_here_too", 5)
		await _finish(ids))


func test_bytes_from_client_to_client() -> void:
	await play_all(SCENE, func(_makes: Array) -> void:
		var ids: Array[int] = await _gather()
		for channel in CHANNELS:
			check_eq(await ask(_cast.ada, "send_bytes", [ids[1], RELIABLE, channel, [10 + channel]]), 1, "sent" + pairing)
			await _until_called("bob", "bytes of #ada", "%d bytes, intact" % (10 + channel))
		check_eq(await ask(_cast.ada, "send_bytes", [ids[1], RELIABLE, 3, [1 << 20, 5]]), 2, "sent" + pairing)
		await _until_called("bob", "bytes of #ada", "5 bytes, intact")
		check_eq(await ask(_cast.bob, "send_bytes", [0, RELIABLE, 0, [7]]), 1, "sent to all" + pairing)
		check_eq(await ask(_cast.bob, "send_bytes", [-1, RELIABLE, 0, [8]]), 1, "sent to all but the server" + pairing)
		check_eq(await ask(_cast.bob, "send_bytes", [-ids[0], RELIABLE, 0, [9]]), 1, "sent to all but one" + pairing)
		await _finish(ids))


func test_unreliable_bytes_from_client_to_client() -> void:
	await play_all(SCENE, func(_makes: Array) -> void:
		var ids: Array[int] = await _gather()
		for mode: int in [MultiplayerPeer.TRANSFER_MODE_UNRELIABLE, MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED]:
			for size: int in [30 + mode, 3000 + mode]:
				var text := "%d bytes, intact" % size
				await repeat_until(
						func() -> void: await ask(_cast.ada, "send_bytes", [ids[1], mode, 2, [size]]),
						count_seen.bind("bob", text, 1), "bob receives " + text)
				_forget_repeated("bob", text))


func test_a_server_that_does_not_relay() -> void:
	await play_all(SCENE, func(_makes: Array) -> void:
		for process: PeerProcess in _cast.values():
			await ask(process, "set_server_relay", [false])
			await ask(process, "expect_error", ["connected_peers.has(p_to)"])
		await open_server()
		var ada := await join("ada")
		var bob := await join("bob")
		for process_name in _cast:
			var peers: PackedInt32Array = await ask(_cast[process_name], "get_peers")
			check_eq(peers.size(), 2 if process_name == "server" else 1, "peers of %s%s" % [process_name, pairing])
		await ask(_cast.ada, "send_bytes", [bob, RELIABLE, 0, [3]])
		await ask(_cast.ada, "call_arena", ["reliable_0", 1])
		await _until_called("server", "reliable calls on channel 0 from #ada", "1")
		await _finish([ada, bob]))


func test_authentication() -> void:
	await play_all(SCENE, func(_makes: Array) -> void:
		await ask(server, "ask_for_password", ["swordfish", 0.3])
		await ask(_cast.ada, "ask_for_password", ["swordfish", 10.0])
		await ask(_cast.bob, "ask_for_password", ["marlin", 10.0])
		await open_server()
		var ada := await join("ada")
		await start_joining("bob")
		await saw("server", "peer_authentication_failed #bob")
		await saw("bob", "server_disconnected")
		await _call("server", "reliable_0", 1)
		await _until_called("ada", "reliable calls on channel 0 from #server", "1")
		await _finish([ada]))


func test_replication_with_late_joiners() -> void:
	await play_all(SCENE, _replicate)


func _replicate(_makes: Array) -> void:
	await open_server()
	var ada := await join("ada")
	await ask(server, "add_ball", ["Red", "red", 1])
	await ask(server, "spawn_custom", [{"name": "Blue", "colour": "blue", "owner": ada}])
	await ask(server, "add_ball", ["Gold", "gold", 0])
	await _until_balls(["ada"], "Blue blue 0 -, Gold gold 0 -, Red red 1 -")
	await ask(server, "move_ball", ["Red", 11, "high"])
	await ask(_cast.ada, "move_ball", ["Blue", 22, "low"])
	await _until_balls(["ada", "server"], "Blue blue 22 low, Gold gold 0 -, Red red 11 high")
	var bob := await join("bob")
	await _until_balls(["bob"], "Blue blue 22 low, Gold gold 0 -, Red red 11 high")
	await ask(_cast.ada, "move_ball", ["Blue", 23, "lower"])
	await ask(server, "remove_ball", ["Gold"])
	await _until_balls(["ada", "bob", "server"], "Blue blue 23 lower, Red red 11 high")
	await _finish([ada, bob])


## The engine tells neither the server nor the others of a client that was disconnected through the high-level API.
func test_kicked_by_the_high_level_api() -> void:
	await play_all(SCENE, func(_makes: Array) -> void:
		var ids: Array[int] = await _gather()
		await ask(server, "kick", [ids[0]])
		await saw("ada", "server_disconnected")
		await settle())


func test_leaving_and_being_kicked() -> void:
	await play_all(SCENE, func(makes: Array) -> void:
		var ids: Array[int] = await _gather()
		await ask(server, "kick_below", [ids[0]])
		await saw("ada", "server_disconnected")
		await saw("server", "peer_disconnected #ada")
		await saw("bob", "peer_disconnected #ada")
		await ask(_cast.bob, "close")
		await saw("server", "peer_disconnected #bob")
		await enter("ada", SCENE, makes[1])
		await join("ada")
		await ask(server, "close")
		await saw("ada", "server_disconnected")
		await saw("server", "server_disconnected")
		await settle())


## The engine complains when a call is relayed to a client that has just been disconnected.
func test_calls_from_within_handlers() -> void:
	await play_all(SCENE, func(_makes: Array) -> void:
		await ask(server, "expect_error", ["Unable to send packet on channel 0, max channels: 0"])
		await open_server()
		var ada := await join("ada")
		await ask(server, "react", ["peer_connected", "send_bytes", [0, RELIABLE, 0, [21, 2100]]])
		await ask(_cast.bob, "react", ["2100 bytes", "call_arena", ["reliable_0", 5]])
		var bob := await join("bob")
		await _until_called("ada", "reliable calls on channel 0 from #bob", "5")
		await ask(server, "react", ["7", "kick_below", [bob]])
		await _call("ada", "reliable_0", 7)
		await saw("bob", "server_disconnected")
		await saw("ada", "peer_disconnected #bob")
		await ask(_cast.ada, "react", ["8", "close"])
		await _call("server", "reliable_1", 8, ada)
		await saw("server", "peer_disconnected #ada")
		await settle(), [{"when": "server", "stream": "server: errors", "sees": []}])


## Packets and the goodbye behind them arrive while the client stands still, and are there at once when it goes on.
func test_last_words_are_heard() -> void:
	await play_all(SCENE, func(_makes: Array) -> void:
		await open_server()
		var ada := await join("ada")
		await ask(_cast.ada, "react", ["31 bytes", "stand_still", [300]])
		await ask(server, "send_bytes", [ada, RELIABLE, 0, [31]])
		await ask(server, "send_bytes", [ada, RELIABLE, 0, [32, 3300, 34]])
		await ask(server, "part_from", [ada])
		await saw("ada", "34 bytes, intact")
		await saw("ada", "server_disconnected")
		await saw("server", "peer_disconnected #ada")
		await settle())


func test_nobody_answers() -> void:
	await play_all(SCENE, func(_makes: Array) -> void:
		port = closed_port()
		await start_joining("ada", CONNECT_PATIENCE)
		await saw("ada", "connection_failed")
		await settle())


## A server and two clients that know each other; the ids of the two.
func _gather() -> Array[int]:
	await open_server()
	var ada := await join("ada")
	var bob := await join("bob")
	await saw("ada", "peer_connected #bob")
	await saw("bob", "peer_connected #ada")
	return [ada, bob]


func _call(caller: String, method: String, argument: int, target := 0) -> void:
	check_eq(await ask(_cast[caller], "call_arena", [method, argument, target]), OK, "%s calls %s%s" % [caller, method, pairing])


func _call_everyone(caller: String, mode: String, channel: int) -> void:
	var method := "%s_%d" % [mode, channel]
	var stream := "%s calls on channel %d from #%s" % [mode, channel, caller]
	var others: Array = _cast.keys().filter(func(other: String) -> bool: return other != caller)
	var all_called := func(text: String) -> bool:
		return others.all(func(other: String) -> bool: return _is_called(other, stream, text))
	if mode == "reliable":
		for number in REPEATS:
			await _call(caller, method, number)
		await until(all_called.bind(str(REPEATS - 1)), SOON, "everyone hears %s of %s" % [method, caller])
	else:
		await repeat_until(_call.bind(caller, method, 0), all_called.bind("0"), "everyone hears %s of %s" % [method, caller])


func _is_called(process_name: String, stream: String, text: String) -> bool:
	return _cast[process_name].lines.any(func(line: Array) -> bool:
		return _with_names(line[0]) == stream and _with_names(line[1]) == text)


func _until_called(process_name: String, stream: String, text: String) -> void:
	await until(_is_called.bind(process_name, stream, text), SOON, "%s sees %s '%s'" % [process_name, stream, text])


func _until_balls(process_names: Array, want: String) -> void:
	for process_name: String in process_names:
		var deadline := Time.get_ticks_msec() + int(1000 * SOON)
		var got: String = await ask(_cast[process_name], "describe_balls")
		while got != want and Time.get_ticks_msec() < deadline:
			got = await ask(_cast[process_name], "describe_balls")
		await until(func() -> bool: return got == want, 0.0, "%s has %s, not %s" % [process_name, got, want])


## A last reliable call from everyone to everyone: what was sent before it has arrived.
func _finish(ids: Array) -> void:
	for id: int in ids:
		await ask(server, "call_arena", ["reliable_0", 99, id])
	for client in _cast.keys().slice(1, 1 + ids.size()):
		await _until_called(client, "reliable calls on channel 0 from #server", "99")
		await ask(_cast[client], "call_arena", ["reliable_0", 99, 1])
		await _until_called("server", "reliable calls on channel 0 from #%s" % client, "99")
	await settle()


## Of what had to be sent repeatedly one is kept.
func _forget_repeated(process_name: String, text: String) -> void:
	var found := false
	var lines: Array[Array] = _cast[process_name].lines
	for index in range(lines.size() - 1, -1, -1):
		if lines[index][1] == text:
			if found:
				lines.remove_at(index)
			found = true
