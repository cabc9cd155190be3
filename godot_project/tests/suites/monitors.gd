extends "res://tests/suite.gd"
## The monitors of the debugger's Monitors page.

const NAMES := ["peers", "rtt_ms", "loss", "bytes_in", "bytes_out", "packets_in", "packets_out", "frame_usec"]


func test_every_monitor_is_there() -> void:
	for monitor: String in NAMES:
		check(Performance.has_custom_monitor("ENet/" + monitor), monitor)
		check(_read(monitor) is float, "%s is a number" % monitor)
	check_eq(_read("peers"), 0.0, "peers when nothing runs")


func test_peers_of_every_host_are_counted() -> void:
	await start_pair()
	await frames(1)
	check_eq(_read("peers"), 2.0, "the client's and the server's side of a connection")
	check(_read("frame_usec") > 0.0, "a frame takes its time")
	var server := ENetThreadedMultiplayerPeer.new()
	server.create_server(0)
	var client := ENetThreadedMultiplayerPeer.new()
	client.create_client("127.0.0.1", server.host.get_local_port())
	await until(func() -> bool:
		server.poll()
		client.poll()
		return _read("peers") == 4.0, SOON, "those of the transport too")
	client.close()
	server.close()
	await frames(1)
	check_eq(_read("peers"), 2.0, "peers when they are gone")


func test_traffic_is_a_rate() -> void:
	await start_pair()
	var best := {}
	var sent := [0]
	await until(func() -> bool:
		for _i in 5:
			ENetClient.send_raw_packet(random_bytes(100), 0, false)
		sent[0] += 5
		for monitor: String in ["bytes_in", "bytes_out", "packets_in", "packets_out"]:
			best[monitor] = maxf(best.get(monitor, 0.0), _read(monitor))
		return best.packets_in > 0.0 and best.packets_out > 0.0 and best.bytes_in > 100.0 and best.bytes_out > 100.0, SOON, "rates")
	await until(func() -> bool: return _read("packets_in") == 0.0, SOON, "nothing is sent any more")


func test_a_bad_network_shows() -> void:
	ENetClient.set_network_conditions("latency=60")
	await start_pair()
	await until(func() -> bool: return _read("rtt_ms") >= 60.0, SOON, "a round trip takes 120 ms")
	ENetClient.set_network_conditions("off")


func _read(monitor: String) -> Variant:
	return Performance.get_custom_monitor("ENet/" + monitor)
