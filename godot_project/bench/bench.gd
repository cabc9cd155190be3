extends Node
## What `./build.sh bench` measures in the engine. The first argument behind `--` says what to be: `ours` and `engine` echo
## raw packets through `ENetServer` or through the engine's `ENetConnection`; `sends` times calls that send.

const PEERS := 128
const CALLS := 1000
const ROUNDS := 30

var _connection: ENetConnection


func _ready() -> void:
	Engine.max_fps = 60
	match OS.get_cmdline_user_args()[0]:
		"ours":
			_echo_with_ours()
		"engine":
			_echo_with_the_engine()
		"sends":
			await _time_sends()
			get_tree().quit()


func _echo_with_ours() -> void:
	ENetServer.raw_packet_received.connect(_on_raw_packet)
	ENetServer.create_server(0, PEERS)
	print("LISTENING ", ENetServer.get_local_port())


func _on_raw_packet(peer: ENetServerPeer, data: PackedByteArray, channel: int) -> void:
	peer.send_raw_packet(data, channel, true)


func _echo_with_the_engine() -> void:
	_connection = ENetConnection.new()
	_connection.create_host_bound("127.0.0.1", 0, PEERS, 2)
	print("LISTENING ", _connection.get_local_port())


func _process(_delta: float) -> void:
	if _connection == null:
		return
	var event := _connection.service()
	while event[0] != ENetConnection.EVENT_NONE and event[0] != ENetConnection.EVENT_ERROR:
		if event[0] == ENetConnection.EVENT_RECEIVE:
			var peer: ENetPacketPeer = event[1]
			peer.send(event[3], peer.get_packet(), ENetPacketPeer.FLAG_RELIABLE)
		event = _connection.service()


func _time_sends() -> void:
	var bytes := PackedByteArray()
	bytes.resize(64)
	var state := {"_event": "move", "position": Vector3(1, 2, 3), "rotation": 0.5, "name": "Ada"}
	ENetServer.create_server(0, 1)
	ENetClient.connect_to_server("127.0.0.1", ENetServer.get_local_port())
	var joined: ENetServerPeer = await ENetServer.peer_authenticated
	var id := joined.get_peer_id()
	var engine_server := ENetMultiplayerPeer.new()
	var port := ENetServer.get_local_port() + 1
	while engine_server.create_server(port, 1) != OK:
		port += 1
	var engine_client := ENetMultiplayerPeer.new()
	engine_client.create_client("127.0.0.1", port)
	while engine_client.get_connection_status() != MultiplayerPeer.CONNECTION_CONNECTED:
		engine_server.poll()
		engine_client.poll()
		await get_tree().process_frame
	var drain := func() -> void:
		engine_server.poll()
		engine_client.poll()
		while engine_client.get_available_packet_count() > 0:
			engine_client.get_packet()
	await _report("send_raw_packet", func() -> void: joined.send_raw_packet(bytes, 0, true), drain)
	await _report("put_packet", func() -> void: engine_server.put_packet(bytes), drain)
	await _report("send_packet", func() -> void: ENetServer.send_packet(id, state), drain)
	await _report("put_var", func() -> void: engine_server.put_var(state), drain)


## Prints the median of the time of a call, less that of the loop around it.
func _report(what: String, call: Callable, drain: Callable) -> void:
	var times: Array[float] = []
	var nothing := func() -> void: pass
	for round in ROUNDS:
		times.append((_time(call) - _time(nothing)) / CALLS)
		for frame in 3:
			await get_tree().process_frame
			drain.call()
	times.sort()
	print("RESULT ", what, " ", times[ROUNDS / 2])


func _time(call: Callable) -> float:
	var begin := Time.get_ticks_usec()
	for number in CALLS:
		call.call()
	return Time.get_ticks_usec() - begin
