extends "res://tests/suite.gd"
## The network does not wait for the game: round trips do not grow with the frame, and a stalled main thread loses
## nobody.

const CROWD_SIZE := 100
const STALL_SECONDS := 30


func test_ping_does_not_grow_with_the_frame_time() -> void:
	var peer := await start_pair()
	for fps: int in [60, 10]:
		Engine.max_fps = fps
		var lowest := {"server": 1000, "client": 1000}
		await until(func() -> bool:
			peer.send_packet("measure", 0, true)
			ENetClient.send_packet("measure")
			lowest.server = mini(lowest.server, peer.get_ping())
			lowest.client = mini(lowest.client, ENetClient.get_ping())
			return lowest.server < 5 and lowest.client < 5, SOON, "both pings under 5 ms at %d frames a second" % fps)
		check(lowest.server >= 0 and lowest.client >= 0, "pings are not negative")
	# a figure tied to the frame would have crept towards 100 ms meanwhile
	var later := {"lowest": 1000, "frames": 0}
	await until(func() -> bool:
		later.frames += 1
		later.lowest = mini(later.lowest, maxi(peer.get_ping(), ENetClient.get_ping()))
		return later.frames >= 30, SOON, "30 slow frames")
	check(later.lowest < 5, "still under 5 ms after 30 slow frames, not %d" % later.lowest)


func test_a_stalled_main_thread_loses_nothing() -> void:
	var connecting := record(ENetServer.peer_connecting)
	var left := record(ENetServer.peer_disconnected)
	var next_number := {} # by peer id
	var finished := {}
	ENetServer.raw_packet_received.connect(func(peer: ENetServerPeer, data: PackedByteArray, _channel: int) -> void:
		var id := peer.get_peer_id()
		var expected: int = next_number.get(id, 0)
		if data.size() == 4:
			check_eq(data.decode_u32(0), expected, "the next packet of peer %d" % id)
			next_number[id] = expected + 1
		else:
			check_eq(data.decode_u32(4), expected, "all packets of peer %d" % id)
			finished[id] = expected)
	var port := start_server(CROWD_SIZE + 10)
	var crowd := start_process("crowd.gd", [str(port), str(CROWD_SIZE), str(STALL_SECONDS)])
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == CROWD_SIZE, 30.0, "the crowd connects")
	var stalled_until := Time.get_ticks_msec() + 1000 * STALL_SECONDS
	while Time.get_ticks_msec() < stalled_until:
		OS.delay_msec(250)
		await get_tree().process_frame
	await until(func() -> bool: return finished.size() == CROWD_SIZE, 20.0, "every client's last packet")
	check_eq(connecting.size(), CROWD_SIZE, "nobody connected twice")
	check_eq(left.size(), 0, "nobody was lost")
	var total: int = finished.values().reduce(func(sum: int, count: int) -> int: return sum + count, 0)
	check_eq(total, CROWD_SIZE * STALL_SECONDS * 10, "every packet of the crowd")
	ENetServer.broadcast_packet("finished")
	await process_succeeds(crowd)


func get_deadline(_test: String) -> float:
	return 120.0
