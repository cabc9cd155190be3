extends "res://tests/suite.gd"
## get_statistics(): that each number moves when it should.

## What a host and a connection have in common.
const SHARED := [
	"sent_datagrams", "sent_bytes", "received_datagrams", "received_bytes",
	"sent_reliable_packets", "sent_unreliable_packets", "sent_unsequenced_packets", "sent_payload_bytes",
	"received_reliable_packets", "received_unreliable_packets", "received_unsequenced_packets", "received_payload_bytes",
	"retransmissions", "throttled_packets",
]


func after_each() -> void:
	ENetClient.set_network_conditions("off")


func test_nothing_runs_nothing_is_counted() -> void:
	check_eq(ENetServer.get_statistics(), {}, "the server")
	check_eq(ENetClient.get_statistics(), {}, "the client")
	check_eq(ENetThreadedConnection.new().get_statistics(), {}, "a connection without a host")


func test_every_name_is_there() -> void:
	var peer := await start_pair()
	for counters: Dictionary in [ENetServer.get_statistics(), ENetClient.get_statistics(), peer.get_statistics()]:
		for key: String in SHARED:
			check(counters.has(key), "%s is there" % key)
		for key: Variant in counters:
			check(key is String and (counters[key] is int or counters[key] is float), "%s is a name with a number" % key)
	var server := ENetServer.get_statistics()
	for key: String in ["socket_sent_bytes", "dropped_unknown", "refused_connects", "waiting_sends", "peers", "undecodable_packets"]:
		check(server.has(key), "the server has %s" % key)
	var client := ENetClient.get_statistics()
	for key: String in ["round_trip_time_ms", "packet_loss", "packet_throttle", "queued_bytes", "in_flight_bytes"]:
		check(client.has(key) and peer.get_statistics().has(key), "client and peer have %s" % key)
	check_eq([client.packet_loss, client.packet_throttle], [0.0, 1.0], "shares are of one")


func test_packets_by_kind() -> void:
	var peer := await start_pair()
	for _i in 3:
		ENetClient.send_raw_packet(random_bytes(100), 0, true)
	for _i in 5:
		ENetClient.send_raw_packet(random_bytes(10), 0, false)
	await _counts("received_reliable_packets", 3)
	await _counts("received_unsequenced_packets", 5)
	var want := {"received_reliable_packets": 3, "received_unsequenced_packets": 5, "received_unreliable_packets": 0, "received_payload_bytes": 350}
	_check_all(ENetServer.get_statistics(), want, "the server received")
	_check_all(peer.get_statistics(), want, "from the peer")
	want = {"sent_reliable_packets": 3, "sent_unsequenced_packets": 5, "sent_unreliable_packets": 0, "sent_payload_bytes": 350}
	_check_all(ENetClient.get_statistics(), want, "the client sent")
	ENetServer.broadcast_packet(1)
	await until(func() -> bool: return ENetServer.get_statistics().sent_reliable_packets == 1, SOON, "the server sent one")


func test_unreliable_packets_that_keep_their_order() -> void:
	var server := ENetThreadedConnection.new()
	server.create_host_bound("127.0.0.1", 0)
	var client := ENetThreadedConnection.new()
	client.create_host()
	var peer := client.connect_to_host("127.0.0.1", server.get_local_port())
	await until(func() -> bool:
		server.service()
		return client.service()[0] == ENetConnection.EVENT_CONNECT, SOON, "the connection")
	for _i in 4:
		peer.send(0, random_bytes(7), 0)
	await until(func() -> bool: return server.get_statistics().received_unreliable_packets == 4, SOON, "four arrive")
	check_eq(client.get_statistics().peers, 1, "peers")
	await until(func() -> bool: return peer.get_statistics().sent_unreliable_packets == 4, SOON, "four were sent")
	peer.reset()
	check_eq(peer.get_statistics(), {}, "a connection that is over")
	client.destroy()
	server.destroy()


func test_bytes_and_datagrams_at_the_socket() -> void:
	await start_pair()
	var before := ENetServer.get_statistics()
	ENetClient.send_raw_packet(random_bytes(50_000))
	await _counts("received_reliable_packets", 1)
	var after := ENetServer.get_statistics()
	check(after.socket_received_bytes - before.socket_received_bytes > 50_000, "bytes arrived")
	check(after.socket_received_datagrams - before.socket_received_datagrams >= 35, "datagrams arrived")
	check(after.socket_sent_datagrams > before.socket_sent_datagrams, "acknowledgements left")
	for pair: Array in [["socket_received_bytes", "received_bytes"], ["socket_sent_datagrams", "sent_datagrams"]]:
		check_eq(after[pair[0]], after[pair[1]], "nothing lies between protocol and socket: %s" % pair[0])


func test_connections_and_peers() -> void:
	var peer := await start_pair()
	var counters := ENetServer.get_statistics()
	check_eq([counters.connections, counters.peers], [1, 1], "one is there")
	peer.disconnect_peer()
	await until(func() -> bool: return ENetServer.get_statistics().peers == 0, SOON, "it leaves")
	check_eq(ENetServer.get_statistics().connections, 1, "it was there")


func test_losses_are_repeated_and_measured() -> void:
	await start_pair()
	ENetClient.set_network_conditions("out_loss=0.3,seed=4")
	for _i in 60:
		ENetClient.send_raw_packet(random_bytes(1000))
		await frames(1)
	await until(func() -> bool: return ENetServer.get_statistics().received_reliable_packets == 60, 20.0, "all arrive")
	var client := ENetClient.get_statistics()
	check(client.retransmissions > 0, "something was repeated")
	check(client.simulated_losses > 0, "something was lost")
	check(client.socket_sent_datagrams < client.sent_datagrams, "less reached the socket than was sent")


func test_what_waits_shows() -> void:
	await start_pair()
	ENetClient.set_network_conditions("out_loss=1")
	for _i in 20:
		ENetClient.send_raw_packet(random_bytes(100_000))
	await until(func() -> bool: return ENetClient.get_statistics().queued_bytes > 1_000_000, SOON, "bytes are queued")
	var counters := ENetClient.get_statistics()
	check(counters.in_flight_bytes > 0 and counters.in_flight_commands > 0, "bytes are under way")
	ENetClient.set_network_conditions("off")
	await _counts("received_reliable_packets", 20)
	ENetClient.send_packet("last")
	await until(func() -> bool: return ENetClient.get_statistics().queued_bytes == 0, SOON, "nothing is queued")


func test_events_wait_for_a_game_that_does_not_look() -> void:
	await start_pair()
	for _i in 10:
		ENetClient.send_raw_packet(random_bytes(1000))
	var deadline := Time.get_ticks_msec() + 5000
	while ENetServer.get_statistics().waiting_events < 10 and Time.get_ticks_msec() < deadline:
		OS.delay_msec(1)
	var counters := ENetServer.get_statistics()
	check_eq([counters.waiting_events, counters.waiting_event_bytes], [10, 10_000], "they wait")
	await frames(2)
	check_eq(ENetServer.get_statistics().waiting_events, 0, "they were taken")


func test_what_is_dropped_says_why() -> void:
	await start_pair()
	var stranger := PacketPeerUDP.new()
	stranger.connect_to_host("127.0.0.1", ENetServer.get_local_port())
	stranger.put_packet(PackedByteArray([1]))
	await _counts("dropped_malformed", 1)
	stranger.put_packet(PackedByteArray([0, 5, 1, 2, 3, 4]))
	await _counts("dropped_unknown", 1)
	ENetClient.send_raw_packet(PackedByteArray([200, 1, 2]))
	await _counts("undecodable_packets", 1)


func test_the_round_trip_time_follows_the_network() -> void:
	var peer := await start_pair()
	ENetClient.set_network_conditions("latency=50")
	await until(func() -> bool:
		ENetClient.send_packet("measure")
		var rtt: int = ENetClient.get_statistics().round_trip_time_ms
		return rtt >= 90 and rtt < 200, 20.0, "about 100 ms at the client")
	check(ENetClient.get_statistics().round_trip_time_variance_ms >= 0, "a variance")
	check_eq(ENetClient.get_statistics().round_trip_time_ms, ENetClient.get_ping(), "the same as get_ping()")
	check(peer.get_statistics().mtu >= 576, "an MTU")


## Waits until the server counts that many.
func _counts(key: String, want: int) -> void:
	await until(func() -> bool: return ENetServer.get_statistics()[key] == want, SOON, "%s becomes %d" % [key, want])


func _check_all(counters: Dictionary, want: Dictionary, what: String) -> void:
	for key: String in want:
		check_eq(counters[key], want[key], "%s: %s" % [what, key])
