extends "res://tests/suite.gd"
## What a game tells a debugger of its hosts, and what it lets the debugger do.

const DebugListener := preload("res://tests/support/debug_listener.gd")
const WAIT := 30.0

var _debugger: DebugListener
var _game := 0


func get_deadline(_test: String) -> float:
	return 60.0


func after_each() -> void:
	if _debugger != null:
		_debugger.close()


func test_hosts_of_every_class_are_reported() -> void:
	await _start_game(1)
	var server := _host("ENetServer")
	check_eq([server.role, server.peers, server.rows.size()], ["server", 2, 2], "the server")
	check(server.port > 0 and server.counters.connections >= 2, "its port and its counters")
	for row: Dictionary in server.rows:
		check_eq([row.state, row.address.begins_with("127.0.0.1:")], ["connected", true], "a peer of the server")
	check(server.rows.any(func(row: Dictionary) -> bool: return row.received_packets > 0), "what a peer sent")
	var client := _host("ENetClient")
	check_eq([client.role, client.peers, client.remote], ["client", 1, "127.0.0.1 port %d" % server.port], "the client")
	var roles: Array = _hosts().filter(_is_transport).map(func(host: Dictionary) -> String: return host.role)
	roles.sort()
	check_eq(roles, ["client", "server"], "the transport peers")
	var kinds := _happenings().map(func(happening: Dictionary) -> String: return happening.kind)
	for kind: String in ["opened", "connected"]:
		check(kind in kinds, "something %s" % kind)
	await _kick()


func test_the_debugger_simulates_a_network() -> void:
	await _start_game(0)
	var server := _host("ENetServer")
	check_eq(server.conditions, "", "no simulation")
	_debugger.send("enet_server:simulate", [server.id, "latency=60"])
	await _report(func() -> bool: return "latency 60 ms" in _host("ENetServer").conditions, "the network is another")
	await _report(func() -> bool: return _host("ENetServer").all.rtt_ms >= 60, "and it shows")
	_debugger.send("enet_server:simulate", [server.id, "off"])
	await _report(func() -> bool: return _host("ENetServer").conditions == "", "as it was")
	var transport: Dictionary = _hosts().filter(_is_transport)[0]
	_debugger.send("enet_server:simulate", [transport.id, "mobile"])
	await _report(func() -> bool: return "latency 50 ms" in _hosts().filter(_is_transport)[0].conditions, "that of a transport")
	await _kick()


func test_one_peer_is_watched() -> void:
	await _start_game(1)
	var server := _host("ENetServer")
	check(server.detail.is_empty(), "nobody is watched")
	_debugger.send("enet_server:watch", [server.id, server.rows[0].key])
	await _report(func() -> bool: return not _host("ENetServer").detail.is_empty(), "every statistic of a peer")
	check_eq(_host("ENetServer").detail.mtu, 1392, "one of them")
	_debugger.send("enet_server:watch", [])
	await _report(func() -> bool: return _host("ENetServer").detail.is_empty(), "nobody any more")
	var names := _count("names")
	_debugger.send("enet_server:names", [])
	await _report(func() -> bool: return _count("names") == names + 1, "the names again")
	await _kick()


func test_nonsense_is_ignored() -> void:
	await _start_game(0)
	var server: int = _host("ENetServer").id
	for message: Array in [
		["nonsense", []], ["kick", []], ["kick", ["x", {}]], ["kick", [server, null]], ["kick", [-1, 1]], ["kick", [server, 1 << 62]],
		["simulate", [server, "loss=9"]], ["simulate", [server, 5]], ["simulate", [99, "lan"]], ["watch", [server]], ["watch", [NAN, []]],
	]:
		_debugger.send("enet_server:" + message[0], message[1])
	for _i in 20:
		_debugger.send("enet_server:kick", [server, 77])
	var seen := _count("report")
	await _report(func() -> bool: return _count("report") > seen + 1, "it goes on")
	check_eq([_host("ENetServer").conditions, _host("ENetServer").peers], ["", 1], "nothing has happened")
	await _kick()


func test_a_crowd_is_a_bounded_report() -> void:
	await _start_game(140)
	var server := _host("ENetServer")
	check_eq([server.peers, server.rows.size(), server.others], [141, 128, 13], "all, those in detail, the others")
	var last: int = server.rows[-1].key + 5
	_debugger.send("enet_server:watch", [server.id, last])
	await _report(func() -> bool: return not _host("ENetServer").detail.is_empty(), "one of the others is watched")
	server = _host("ENetServer")
	check_eq([server.rows.size(), server.rows[-1].key, server.others], [129, last, 12], "and comes in detail")
	var began: int = _debugger.last("report")[0]
	var seen := _count("report")
	await _report(func() -> bool: return _count("report") >= seen + 6, "more reports")
	var passed: int = _debugger.last("report")[0] - began
	var reports := _count("report") - seen
	check(passed >= 480 * reports, "%d reports in %d ms" % [reports, passed])
	var costs := _debugger.messages.filter(func(message: Array) -> bool: return message[0] == "report") \
			.map(func(message: Array) -> int: return message[1][1])
	costs.sort()
	@warning_ignore("integer_division")
	print("a report of 141 peers takes %d µs, at most %d" % [costs[costs.size() / 2], costs.max()])
	await _kick()


#region The game under the debugger

## Starts a game and waits until all its connections are made.
func _start_game(stock_clients: int) -> void:
	_debugger = DebugListener.new()
	var arguments: PackedStringArray = ["--headless", "--path", ProjectSettings.globalize_path("res://"), "--remote-debug",
			_debugger.get_uri(), "-s", "res://tests/support/observed_game.gd", "--", str(stock_clients)]
	_game = OS.create_process(OS.get_executable_path(), arguments)
	_processes.append(_game)
	var is_complete := func() -> bool:
		var hosts := _hosts()
		return hosts.size() == 4 and _host("ENetServer").peers == stock_clients + 1 \
				and hosts.all(func(host: Dictionary) -> bool: return host.peers > 0) \
				and _host("ENetServer").rows.all(_has_sent)
	await _report(is_complete, "the game and its connections")


func _has_sent(row: Dictionary) -> bool:
	return row.state == "connected" and (row.received_packets > 0 or row.key == _client_key())


## Which of the server's peers is the ENetClient: the one that sends nothing.
func _client_key() -> int:
	for row: Dictionary in _host("ENetServer").rows:
		if row.received_packets == 0:
			return row.key
	return 0


func _kick() -> void:
	var server := _host("ENetServer")
	_debugger.send("enet_server:kick", [server.id, server.rows[0].key])
	await until(func() -> bool:
		_debugger.poll()
		return not OS.is_process_running(_game), WAIT, "the game ends")
	check_eq(OS.get_process_exit_code(_game), 0, "because somebody was kicked")


func _report(condition: Callable, what: String) -> void:
	await until(func() -> bool:
		_debugger.poll()
		return condition.call(), WAIT, what)


func _count(name: String) -> int:
	return _debugger.messages.filter(func(message: Array) -> bool: return message[0] == name).size()

#endregion
#region What a report says, by name

func _hosts() -> Array:
	var report := _debugger.last("report")
	return [] if report.is_empty() else report[2].map(_named_host)


func _host(host_class: String) -> Dictionary:
	for host: Dictionary in _hosts():
		if host.host_class == host_class:
			return host
	return {peers = 0, rows = [], conditions = "", detail = {}}


func _is_transport(host: Dictionary) -> bool:
	return host.host_class == "ENetThreadedMultiplayerPeer"


func _named_host(host: Array) -> Dictionary:
	var names := _debugger.last("names")
	var rows: Array[Dictionary] = []
	var columns: int = names[1].size()
	for at in range(0, host[9].size(), columns):
		var row := _named(names[1], host[9].slice(at, at + columns))
		row.state = names[2][row.state]
		@warning_ignore("integer_division")
		row.address = host[10][at / columns]
		rows.append(row)
	return {id = host[0], host_class = host[1], role = host[2], port = host[3], remote = host[4], conditions = host[5],
			counters = _named(names[0], host[6]), peers = host[7], all = _named(names[1], host[8]), rows = rows,
			others = host[11], detail = _named(names[4], host[13])}


func _happenings() -> Array:
	var names := _debugger.last("names")
	var all := []
	for message in _debugger.messages:
		if message[0] == "report":
			all.append_array(message[1][4].map(func(happening: Array) -> Dictionary: return {kind = names[3][happening[2]], text = happening[4]}))
	return all


func _named(names: PackedStringArray, values: PackedInt64Array) -> Dictionary:
	var named := {}
	for index in values.size():
		named[names[index]] = values[index]
	return named

#endregion
