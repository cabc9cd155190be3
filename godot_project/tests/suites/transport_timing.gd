extends "res://tests/transport/pairing_suite.gd"
## What the thread is for: a game loop that stands still, and what one frame sends.

const STREAM := "res://tests/transport/stream_role.gd"
const HITCH_MSEC := 2000
const CALLS := 1000


func test_a_server_that_stands_still() -> void:
	for clients: String in ["engine", "ours"]:
		await play_one(STREAM, ["ours", clients], func(_makes: Array) -> void: await _hitch("server", "ada"))


func test_a_client_that_stands_still() -> void:
	for servers: String in ["engine", "ours"]:
		await play_one(STREAM, [servers, "ours"], func(_makes: Array) -> void: await _hitch("ada", "server"))


func test_calls_of_one_frame_leave_together() -> void:
	for others: String in ["engine", "ours"]:
		await play_one(SCENE, ["ours", others], func(_makes: Array) -> void: await _count_datagrams("server", "ada"))
		await play_one(SCENE, [others, "ours"], func(_makes: Array) -> void: await _count_datagrams("ada", "server"))


## What is sent does not wait for the end of the frame, nor for a poll.
func test_calls_leave_during_the_frame() -> void:
	for others: String in ["engine", "ours"]:
		await play_one(SCENE, ["ours", others], func(_makes: Array) -> void: await _send_in_a_long_frame("server", "ada"))
		await play_one(SCENE, [others, "ours"], func(_makes: Array) -> void: await _send_in_a_long_frame("ada", "server"))


func _send_in_a_long_frame(caller: String, called: String) -> void:
	await open_server()
	var ids := {"ada": await join("ada"), "server": 1}
	await _warm_up(caller, called, ids[called])
	var sent: float = await ask(_cast[caller], "call_within_a_long_frame", ["reliable_0", CALLS, ids[called], 200])
	check(sent >= CALLS * 4.0, "%d bytes have left" % sent)


## The first call of a method is longer: it tells the other side the path of the node.
func _warm_up(caller: String, called: String, target: int) -> void:
	await ask(_cast[caller], "call_often", ["reliable_0", 1, target])
	await _until_heard(called, "0")


func _until_heard(called: String, text: String) -> void:
	await until(func() -> bool: return _cast[called].lines.any(func(line: Array) -> bool: return line[1] == text),
			SOON, "%s hears call %s" % [called, text])


## Both stream to each other, one stands still; the other must not notice.
func _hitch(hitching: String, watching: String) -> void:
	await open_server()
	var ids := {"ada": await join("ada"), "server": 1}
	for process_name: String in ids:
		var target: int = ids["ada" if process_name == "server" else "server"]
		await ask(_cast[process_name], "start_stream", [target, 100])
	await _until_streamed(hitching, 50)
	await _until_streamed(watching, 50)
	var before: float = await _get_rtt(watching, ids[hitching])
	var most := await _watch_hitch(hitching, watching, ids[hitching])
	check(most <= 2.0 * before + 30.0, "RTT rises from %d ms to %d ms" % [before, most])
	await _check_streams(hitching, watching)
	for process_name: String in ids:
		check_eq(await ask(_cast[process_name], "get_status"), MultiplayerPeer.CONNECTION_CONNECTED, "status" + pairing)
		check(not count_seen(process_name, "peer_disconnected #%s" % ("ada" if process_name == "server" else "server"), 1),
				"%s stays connected" % process_name)


## The highest round-trip time that [param watching] measures while the other stands still and just after, when what was
## acknowledged late would show.
func _watch_hitch(hitching: String, watching: String, id: int) -> float:
	var number := _cast[hitching].request("hitch", [HITCH_MSEC])
	var most := 0.0
	var deadline := Time.get_ticks_msec() + int(1000 * SOON)
	while not _cast[hitching].has_answer(number) and Time.get_ticks_msec() < deadline:
		most = maxf(most, await _get_rtt(watching, id))
	_cast[hitching].take_answer(number)
	for _i in 30:
		most = maxf(most, await _get_rtt(watching, id))
	return most


func _check_streams(one: String, other: String) -> void:
	var counts := {}
	for process_name: String in [one, other]:
		counts[process_name] = await ask(_cast[process_name], "stop_stream")
	check(counts[one] > 100 and counts[other] > 200, "both have sent: %s" % counts)
	await _until_streamed(one, counts[other])
	await _until_streamed(other, counts[one])
	for process_name: String in [one, other]:
		check(await ask(_cast[process_name], "is_stream_in_order"), "%s receives each once and in order" % process_name)


func _until_streamed(process_name: String, count: int) -> void:
	var deadline := Time.get_ticks_msec() + int(1000 * SOON)
	var got: int = await ask(_cast[process_name], "count_received")
	while got < count and Time.get_ticks_msec() < deadline:
		got = await ask(_cast[process_name], "count_received")
	await until(func() -> bool: return got >= count, 0.0, "%s has %d of %d packets" % [process_name, got, count])


func _get_rtt(process_name: String, id: int) -> float:
	return await ask(_cast[process_name], "get_statistic_of", [id, ENetPacketPeer.PEER_ROUND_TRIP_TIME])


func _count_datagrams(caller: String, called: String) -> void:
	await open_server()
	var ids := {"ada": await join("ada"), "server": 1}
	await settle()
	await ask(_cast[caller], "pop_host_statistic", [ENetConnection.HOST_TOTAL_SENT_PACKETS])
	await ask(_cast[caller], "call_often", ["reliable_0", CALLS, ids[called]])
	await _until_heard(called, str(CALLS - 1))
	var sent: float = await ask(_cast[caller], "pop_host_statistic", [ENetConnection.HOST_TOTAL_SENT_PACKETS])
	check(sent >= 1.0 and sent <= CALLS / 10.0, "%d calls leave in %d datagrams" % [CALLS, sent])
