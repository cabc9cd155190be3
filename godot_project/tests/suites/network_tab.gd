extends "res://tests/suite.gd"
## What the editor's Network tab makes of a game's reports. How it looks is not in here: it needs an editor.

const NetworkState := preload("res://addons/enet_server/editor/network_state.gd")
const Presets := preload("res://addons/enet_server/editor/presets.gd")
const Subject := preload("res://addons/enet_server/editor/subject.gd")
const DebugListener := preload("res://tests/support/debug_listener.gd")

var _debugger: DebugListener
var _state: NetworkState
var _log: Array[Array] = []


func after_each() -> void:
	if _debugger != null:
		_debugger.close()


func test_a_running_game_is_shown() -> void:
	_state = NetworkState.new()
	_state.happened.connect(func(_msec: int, kind: String, text: String) -> void: _log.append([kind, text]))
	_debugger = DebugListener.new()
	var arguments: PackedStringArray = ["--headless", "--path", ProjectSettings.globalize_path("res://"), "--remote-debug",
			_debugger.get_uri(), "-s", "res://tests/support/observed_game.gd", "--", "1"]
	var game := OS.create_process(OS.get_executable_path(), arguments)
	_processes.append(game)
	await _until_shown(func() -> bool: return _server() != null and _has_traffic(), "traffic")
	var server := _server()
	check_eq([server.state, server.peers.size(), server.other_count, server.has_ended], ["server", 2, 0, false], "the server")
	var peer: Subject = server.peers.values()[0]
	check(peer.title.begins_with("peer ") and peer.address.begins_with("127.0.0.1:"), "a peer: %s, %s" % [peer.title, peer.address])
	check_eq([peer.state, peer.host_id], ["connected", server.id], "its state and its host")
	check(peer.history.rtt.size() >= 2 and server.history.rtt.size() <= Subject.History.LENGTH, "its last minute")
	check(server.rates.bytes_in > 100.0 and server.get_rtt() < 500.0, "what is measured")
	check(_log.any(func(line: Array) -> bool: return line[0] == "connected" and "ENetServer" in line[1]), "somebody came")
	peer.is_watched = true
	_debugger.send("enet_server:watch", [server.id, peer.id])
	await _until_shown(func() -> bool: return peer.details.get("mtu", 0) == 1392, "the details of a peer")
	_debugger.send("enet_server:kick", [server.id, peer.id])
	await until(func() -> bool:
		_take()
		return not OS.is_process_running(game), 30.0, "the game ends")
	_state.end()
	check(_state.hosts.values().all(func(host: Subject) -> bool: return host.has_ended and host.state == "ended"), "all of it has ended")
	check_eq(_server().history, server.history, "and stays to be looked at")


func test_what_is_no_report_changes_nothing() -> void:
	_state = NetworkState.new()
	_state.take_names([])
	check_eq(_state.has_names(), false, "no names")
	_state.take_report([])
	_state.take_report([1, 2, [[]], 0, [[]], 0])
	check_eq(_state.hosts.size(), 0, "no hosts")


func test_drops_are_told_by_their_cause() -> void:
	_state = NetworkState.new()
	_state.happened.connect(func(_msec: int, kind: String, text: String) -> void: _log.append([kind, text]))
	_state.take_names([PackedStringArray(["dropped_unknown", "half_open"]), PackedStringArray(["key"]), PackedStringArray(),
			PackedStringArray(["opened"]), PackedStringArray()])
	for dropped: int in [0, 3, 3, 4]:
		_state.take_report([1000 + 500 * dropped, 9, [_host_with([dropped, dropped])], 0, [], 0])
	check_eq(_log, [["dropped", "Some :7 dropped_unknown +3"], ["dropped", "Some :7 dropped_unknown +1"]] as Array[Array], "lines")


func test_hosts_that_ended_are_kept_for_a_while() -> void:
	_state = NetworkState.new()
	_state.take_names([PackedStringArray(), PackedStringArray(["key"]), PackedStringArray(), PackedStringArray(), PackedStringArray()])
	for id in 30:
		var host := _host_with([])
		host[0] = id + 1
		_state.take_report([1000 * (id + 1), 9, [host], 0, [], 0])
	check_eq(_state.hosts.size(), NetworkState.MOST_ENDED + 1, "hosts")


func test_presets_are_those_of_the_addon() -> void:
	for preset: String in Presets.VALUES:
		check_eq(ENetServer.set_network_conditions(Presets.describe(preset, Presets.VALUES[preset])), OK, preset)
		var conditions := ENetServer.get_network_conditions()
		for key: String in ["latency", "jitter", "loss", "duplicate", "reorder", "bandwidth"]:
			var want: float = Presets.VALUES[preset].get(key, 0.0)
			var got: float = conditions.get("out_" + key, 0.0) * (100.0 if Presets.is_share(key) else 1.0)
			check(is_equal_approx(got, want), "%s of %s is %s, not %s" % [key, preset, got, want])
	ENetServer.set_network_conditions("off")
	check_eq(Presets.describe("mobile", {latency = 50.0, loss = 5.0}), "mobile,loss=0.05", "a preset that is changed")
	check_eq(Presets.describe("off", {latency = 80.0, jitter = 0.0}), "latency=80.0", "values alone")


func _host_with(counters: Array) -> Array:
	return [1, "Some", "host", 7, "", "", PackedInt64Array(counters), 0, PackedInt64Array([0]), PackedInt64Array(), PackedStringArray(), 0,
			PackedInt64Array([0]), PackedInt64Array()]


func _has_traffic() -> bool:
	var server := _server()
	return server != null and server.peer_count == 2 and server.rates.packets_in > 10.0 \
			and server.peers.values().all(func(peer: Subject) -> bool: return peer.state == "connected" and peer.history.rtt.size() >= 2)


func _server() -> Subject:
	for host: Subject in _state.hosts.values():
		if host.title.begins_with("ENetServer "):
			return host
	return null


func _take() -> void:
	_debugger.poll()
	for message in _debugger.messages:
		if message[0] == "names":
			_state.take_names(message[1])
		else:
			_state.take_report(message[1])
	_debugger.messages.clear()


func _until_shown(condition: Callable, what: String) -> void:
	await until(func() -> bool:
		_take()
		return condition.call(), 30.0, what)
