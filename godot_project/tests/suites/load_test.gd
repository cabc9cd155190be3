extends "res://tests/suite.gd"
## The load test that the addon brings along: in this process against our server, and as it is started from a command line.

const Arguments := preload("res://addons/enet_server/load_test/arguments.gd")
const Crowd := preload("res://addons/enet_server/load_test/crowd.gd")
const Report := preload("res://addons/enet_server/load_test/report.gd")
const SCENE := "res://addons/enet_server/load_test/load_test.tscn"

var _received := 0


func get_deadline(_test: String) -> float:
	return 60.0


func test_fifty_clients_on_our_server() -> void:
	_received = 0
	ENetServer.packet_received.connect(func(_peer: ENetServerPeer, packet: Variant, _channel: int) -> void:
		_received += int(packet is PackedByteArray and packet.size() == 64))
	var report := await _run(["--port=%d" % start_server(50), "--clients=50", "--rate=30", "--seconds=2"])
	check(Report.is_success(report), "all joined and stayed: %s" % report)
	check_eq([report.connected, report.failed, report.lost], [50, {}, {}], "who came and who went")
	var packets: Dictionary = report.packets
	check(packets.sent >= 2900 and packets.sent <= 3300, "50 × 30 × 2 packets: %d" % packets.sent)
	check_eq([packets.refused, packets.bytes_each], [0, 64], "refused packets, and their size")
	await until(func() -> bool: return _received >= packets.sent * 0.98, SOON, "they arrive")
	check(_received <= packets.sent, "and no more than that")
	check(report.sockets.socket_sent_bytes > packets.sent * 64, "bytes on the wire")
	check(report.round_trip_ms.p50 > 0.0 and report.round_trip_ms.p99 >= report.round_trip_ms.p50, "round trips")
	check(report.frame_cost_usec.p50 > 0.0 and report.frames_a_second > 0.0, "what it cost")
	check("50 of 50 clients connected" in Report.to_text(report), Report.to_text(report))
	await until(func() -> bool: return ENetServer.get_peer_count() == 0, SOON, "they leave")


func test_logins_reliable_packets_and_compression() -> void:
	var names: Array[String] = []
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	ENetServer.set_custom_authenticator(func(_peer: ENetServerPeer, login: Dictionary) -> bool:
		names.append(login.name)
		return true)
	ENetServer.set_compression_mode(ENetServer.COMPRESS_ZSTD)
	var received := record(ENetServer.packet_received)
	var report := await _run(["--port=%d" % start_server(), "--clients=3", "--seconds=0.5", "--reliable", "--compression=zstd",
			'--login={"name": "bot {id}"}'])
	check_eq(report.connected, 3, "connected")
	names.sort()
	check_eq(names, ["bot 0", "bot 1", "bot 2"] as Array[String], "logins")
	await until(func() -> bool: return received.size() == report.packets.sent, SOON, "every packet arrives")


func test_reasons_of_those_who_fail_and_of_those_who_are_lost() -> void:
	ENetServer.peer_authenticated.connect(func(peer: ENetServerPeer) -> void:
		if peer.get_peer_id() == 1:
			ENetServer.kick_peer(1, "too slow"))
	var report := await _run(["--port=%d" % start_server(2), "--clients=3", "--seconds=0.5", "--joins=10"])
	check(not Report.is_success(report), "it is no success")
	check_eq(report.lost, {"too slow": 1}, "lost")
	check_eq(report.connected + report.failed.values().reduce(func(sum: int, number: int) -> int: return sum + number, 0), 2,
			"those who stayed and those who found no place: %s" % report)


func test_the_scene_against_the_engine_s_own_server() -> void:
	var server := stock_host()
	var port: int = server.listen()
	var path := OS.get_user_data_dir().path_join("load_test_%d.json" % OS.get_process_id())
	var process := _start(["--port=%d" % port, "--clients=20", "--rate=20", "--seconds=1", "--raw", "--report=%s" % path])
	await process_succeeds(process)
	var report: Variant = JSON.parse_string(FileAccess.get_file_as_string(path))
	DirAccess.remove_absolute(path)
	check(report is Dictionary and report.connected == 20.0, "the report: %s" % report)
	check_eq(server.connect_data.size(), 20, "clients that the engine's server saw")
	check(server.packets.size() >= report.packets.sent * 0.95, "packets: %d of %s" % [server.packets.size(), report.packets.sent])
	check_eq(server.packets[0].size(), 64, "bytes of a packet")


func test_the_command_line() -> void:
	for wrong: String in ["--clients=0", "--port=x", "--sise=3", "--login=[]", "--compression=rar", "words"]:
		var arguments := Arguments.new()
		arguments.read([wrong])
		check(not arguments.problem.is_empty(), wrong)
	var good := Arguments.new()
	good.read(["--address=::1", "--clients=7", "--raw", "--enet-sim=mobile"])
	check_eq([good.problem, good.address, good.clients, good.raw], ["", "::1", 7, true], "what is read")
	var process := _start(["--sise=3"])
	await until(func() -> bool: return not OS.is_process_running(process), 30.0, "the process ends")
	check_eq(OS.get_process_exit_code(process), 2, "status of a wrong command line")


func _run(words: PackedStringArray) -> Dictionary:
	var arguments := Arguments.new()
	arguments.read(words)
	check_eq(arguments.problem, "", "the arguments")
	var crowd := Crowd.new()
	add_child(crowd)
	crowd.begin(arguments)
	return (await signal_or_deadline(crowd.finished, 50.0))[0]


## The scene in an engine of its own.
func _start(words: PackedStringArray) -> int:
	var engine: PackedStringArray = ["--headless", "--path", ProjectSettings.globalize_path("res://"), SCENE, "--"]
	_processes.append(OS.create_process(OS.get_executable_path(), engine + words))
	return _processes[-1]
