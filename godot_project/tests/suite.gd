extends Node
## Base of a test suite: checks, waiting with a deadline, and the usual server and client.
##
## A suite is a script in res://tests/suites that extends this one. Every test_* method is a test and may be a
## coroutine. The first failed [method until] ends a test; a failed check does not.

## Time for anything that happens on this machine's loopback, generous enough for a loaded one.
const SOON := 10.0
const StockHost := preload("res://tests/support/stock_host.gd")

signal _never

var error_log: Logger
var failures: PackedStringArray = []
var expected_errors: PackedStringArray = []
var skip_reason := ""

var _done := false
var _abandoned := false
var _client_events: PackedStringArray = []
var _processes: Array[int] = []


#region What a suite may override

func before_each() -> void:
	pass


func after_each() -> void:
	pass


## Seconds after which [param _test] is given up.
func get_deadline(_test: String) -> float:
	return 30.0

#endregion
#region Called by the runner

func run(test: String) -> void:
	@warning_ignore("redundant_await")
	await before_each()
	await call(test)
	_done = true


func is_done() -> bool:
	return _done


func is_abandoned() -> bool:
	return _abandoned


## Leaves both singletons stopped, with their defaults and with nobody connected to their signals.
func clean_up() -> void:
	_abandoned = true
	after_each()
	for process in _processes:
		if OS.is_process_running(process):
			OS.kill(process)
	for singleton: Object in [ENetServer, ENetClient]:
		disconnect_all(singleton)
	for event in _client_events:
		ENetClient.unregister_event(event)
	if ENetClient.get_connection_status() != ENetClient.STATUS_DISCONNECTED:
		ENetClient.disconnect_from_server()
	if ENetServer.is_server_active():
		ENetServer.stop_server()
	ENetServer.set_authentication_mode(ENetServer.AUTH_NONE)
	ENetServer.set_authentication_timeout(10.0)
	ENetServer.set_poll_rate(10)
	ENetServer.set_compression_mode(ENetConnection.COMPRESS_NONE)
	ENetClient.set_compression_mode(ENetConnection.COMPRESS_NONE)
	Engine.max_fps = 0
	get_tree().paused = false
	for child in get_children():
		child.queue_free()
	var deadline := Time.get_ticks_msec() + 6000
	await get_tree().process_frame
	while ENetClient.get_connection_status() != ENetClient.STATUS_DISCONNECTED:
		if Time.get_ticks_msec() > deadline:
			failures.append("the client is still connected after the test")
			return
		await get_tree().process_frame
	await get_tree().process_frame # what was emitted deferred finds no listener


static func disconnect_all(object: Object) -> void:
	for declared in object.get_signal_list():
		for connection in object.get_signal_connection_list(declared.name):
			object.disconnect(declared.name, connection.callable)

#endregion
#region Checks

func check(condition: bool, what: String) -> void:
	if not condition:
		failures.append(what)


func check_eq(got: Variant, want: Variant, what: String) -> void:
	if typeof(got) != typeof(want) or got != want:
		failures.append("%s: got %s, want %s" % [what, _shown(got), _shown(want)])


## Announces that what follows reports exactly one error whose text contains [param text].
func expect_error(text: String) -> void:
	print("EXPECT-ERROR: ", text)
	expected_errors.append(text)


## Marks the running test as one that this machine or system cannot show.
func skip(why: String) -> void:
	skip_reason = why


static func _shown(value: Variant) -> String:
	var text := var_to_str(value) if value is String else str(value)
	return "%s (%s)" % [text if text.length() <= 200 else text.left(200) + "…", type_string(typeof(value))]

#endregion
#region Waiting

## Returns when [param condition] is true; looks once a frame. When it is still false after [param seconds] the test
## fails and goes no further.
func until(condition: Callable, seconds: float, what: String) -> void:
	var deadline := Time.get_ticks_msec() + int(1000 * seconds)
	while not condition.call():
		if Time.get_ticks_msec() > deadline:
			failures.append("%s: not within %s s" % [what, seconds])
			_abandoned = true
		if _abandoned:
			await _never
		await get_tree().process_frame


## The arguments of the next emission of [param sig].
func signal_or_deadline(sig: Signal, seconds: float) -> Array:
	var seen := record(sig)
	await until(func() -> bool: return not seen.is_empty(), seconds, "signal %s" % sig.get_name())
	return seen[0]


func frames(count: int) -> void:
	for _i in count:
		await get_tree().process_frame


## An Array that grows by one Array of arguments with every emission of [param sig].
func record(sig: Signal) -> Array[Array]:
	var seen: Array[Array] = []
	sig.connect(func(...args: Array) -> void: seen.append(args))
	return seen

#endregion
#region The usual server and clients

## Starts the server on a free port and returns that port.
func start_server(max_peers := 32, max_channels := 2) -> int:
	check_eq(ENetServer.create_server(0, max_peers, max_channels), OK, "create_server")
	var port := ENetServer.get_local_port()
	check(port > 0, "the server has a port")
	return port


## Connects the client singleton to [param port] on this machine and waits for the connection.
func connect_client(port: int, channels := 2, address := "127.0.0.1") -> void:
	check_eq(ENetClient.connect_to_server(address, port, channels), OK, "connect_to_server")
	await until(ENetClient.is_connected_to_server, SOON, "the client connects to %s" % address)


## Starts both and returns the server's side of the connection, authenticated.
func start_pair(max_channels := 2) -> ENetServerPeer:
	var authenticated := record(ENetServer.peer_authenticated)
	await connect_client(start_server(32, max_channels), max_channels)
	await until(func() -> bool: return authenticated.size() == 1, SOON, "the peer is authenticated")
	return authenticated[0][0]


## A stock ENet client that is connected to [param port].
func stock_client(port: int, channels := 2, data := 0) -> StockHost:
	var client := stock_host()
	check_eq(client.connect_to("127.0.0.1", port, channels, data), OK, "the stock client starts")
	await until(client.is_connected_to_host, SOON, "the stock client connects")
	return client


func stock_host() -> StockHost:
	var host := StockHost.new()
	add_child(host)
	return host


## Runs a script of res://tests/support in an engine of its own and returns the id of the process, which does not
## outlive the test.
func start_process(script: String, args: PackedStringArray) -> int:
	var arguments: PackedStringArray = ["--headless", "--path", ProjectSettings.globalize_path("res://"),
			"-s", "res://tests/support".path_join(script), "--"]
	_processes.append(OS.create_process(OS.get_executable_path(), arguments + args))
	return _processes[-1]


## Waits until the process ends, with 0.
func process_succeeds(process: int) -> void:
	await until(func() -> bool: return not OS.is_process_running(process), 30.0, "the other process ends")
	check_eq(OS.get_process_exit_code(process), 0, "exit code of the other process")


## A port of this machine that nothing listens on.
func closed_port() -> int:
	var socket := PacketPeerUDP.new()
	socket.bind(0, "127.0.0.1")
	var port := socket.get_local_port()
	socket.close()
	return port


func register_client_event(event: String, handler: Callable) -> void:
	_client_events.append(event)
	ENetClient.register_event(event, handler)


static func random_bytes(size: int, seed_value := 1) -> PackedByteArray:
	var random := RandomNumberGenerator.new()
	random.seed = seed_value
	var bytes := PackedByteArray()
	@warning_ignore("integer_division")
	bytes.resize((size + 3) / 4 * 4)
	for offset in range(0, bytes.size(), 4):
		bytes.encode_u32(offset, random.randi())
	bytes.resize(size)
	return bytes

#endregion
