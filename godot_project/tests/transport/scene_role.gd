extends "res://tests/transport/role.gd"
## Plays with a SceneMultiplayer of its own, as a game does: RPCs, raw bytes, authentication and replication.

const Arena := preload("res://tests/transport/arena.gd")
const Ball := preload("res://tests/transport/ball.gd")
const BALL := preload("res://tests/transport/ball.tscn")

var api := SceneMultiplayer.new()
var arena := Arena.new()
var balls := Node.new()
var spawner := MultiplayerSpawner.new()


func _ready() -> void:
	get_tree().set_multiplayer(api, get_path())
	api.peer_connected.connect(func(id: int) -> void: saw.emit("signals", "peer_connected #%d" % id))
	api.peer_disconnected.connect(func(id: int) -> void: saw.emit("signals", "peer_disconnected #%d" % id))
	api.connected_to_server.connect(func() -> void: saw.emit("signals", "connected_to_server"))
	api.connection_failed.connect(func() -> void: saw.emit("signals", "connection_failed"))
	api.server_disconnected.connect(func() -> void: saw.emit("signals", "server_disconnected"))
	api.peer_authenticating.connect(_on_peer_authenticating)
	api.peer_authentication_failed.connect(func(id: int) -> void: saw.emit("auth", "peer_authentication_failed #%d" % id))
	api.peer_packet.connect(_on_peer_packet)
	arena.name = "Arena"
	arena.saw.connect(saw.emit)
	add_child(arena)
	_add_spawner()


func _exit_tree() -> void:
	api.multiplayer_peer = null
	get_tree().set_multiplayer(null, get_path())
	super()


func take_peer() -> void:
	api.multiplayer_peer = peer


func set_server_relay(enable: bool) -> void:
	api.server_relay = enable


func get_peers() -> PackedInt32Array:
	var peers := api.get_peers()
	peers.sort()
	return peers


func kick(id: int) -> void:
	api.disconnect_peer(id)


func kick_below(id: int) -> void:
	peer.disconnect_peer(id)

#region RPCs and bytes

## Calls a method of the arena: on everyone when [param target] is 0.
func call_arena(method: String, argument: Variant, target := 0) -> int:
	return arena.rpc(method, argument) if target == 0 else arena.rpc_id(target, method, argument)


func call_often(method: String, count: int, target: int) -> void:
	for number in count:
		arena.rpc_id(target, method, number)


## Calls and then keeps the frame going; how many bytes have left by the end of it.
func call_within_a_long_frame(method: String, count: int, target: int, msec: int) -> float:
	pop_host_statistic(ENetConnection.HOST_TOTAL_SENT_DATA)
	call_often(method, count, target)
	stand_still(msec)
	return pop_host_statistic(ENetConnection.HOST_TOTAL_SENT_DATA)


func give_arena_to(id: int) -> void:
	arena.set_multiplayer_authority(id)


func send_bytes(target: int, mode: int, channel: int, sizes: Array) -> int:
	var sent := 0
	for size: int in sizes:
		sent += int(api.send_bytes(content(size), target, mode, channel) == OK)
	return sent


func _on_peer_packet(id: int, packet: PackedByteArray) -> void:
	saw.emit("bytes of #%d" % id, describe(packet))

#endregion
#region Authentication

## Joins and lets others in by password only.
func ask_for_password(word: String, timeout: float) -> void:
	api.auth_timeout = timeout
	api.auth_callback = _on_auth.bind(word)
	api.set_meta("password", word)


func _on_peer_authenticating(id: int) -> void:
	saw.emit("auth", "peer_authenticating #%d" % id)
	api.send_auth(id, str(api.get_meta("password")).to_utf8_buffer())


func _on_auth(id: int, data: PackedByteArray, word: String) -> void:
	saw.emit("auth", "password of #%d is %s" % [id, data.get_string_from_utf8()])
	# a client lets every server in
	if not api.is_server() or data.get_string_from_utf8() == word:
		api.complete_auth(id)

#endregion
#region Replication

func add_ball(ball_name: String, colour: String, height: int) -> void:
	var ball: Ball = BALL.instantiate()
	ball.name = ball_name
	ball.colour = colour
	ball.height = height
	balls.add_child(ball, true)


## Spawns a ball that somebody else than the server moves.
func spawn_custom(data: Dictionary) -> void:
	spawner.spawn(data)


func move_ball(ball_name: String, height: int, label: String) -> void:
	var ball: Ball = balls.get_node(ball_name)
	ball.height = height
	ball.label = label


func remove_ball(ball_name: String) -> void:
	balls.get_node(ball_name).queue_free()


## What is here, as one line.
func describe_balls() -> String:
	var lines: PackedStringArray = []
	for ball: Ball in balls.get_children():
		lines.append("%s %s %d %s" % [ball.name, ball.colour, ball.height, ball.label])
	lines.sort()
	return ", ".join(lines)


func _add_spawner() -> void:
	balls.name = "Balls"
	add_child(balls)
	balls.child_entered_tree.connect(func(ball: Node) -> void: saw.emit("balls", "%s enters" % ball.name))
	balls.child_exiting_tree.connect(func(ball: Node) -> void: saw.emit("balls", "%s leaves" % ball.name))
	spawner.name = "Spawner"
	spawner.spawn_function = _make_custom
	spawner.add_spawnable_scene(BALL.resource_path)
	add_child(spawner)
	spawner.spawn_path = spawner.get_path_to(balls)
	spawner.spawned.connect(func(ball: Node) -> void: saw.emit("balls", "%s is spawned" % ball.name))
	spawner.despawned.connect(func(ball: Node) -> void: saw.emit("balls", "%s is despawned" % ball.name))


func _make_custom(data: Dictionary) -> Node:
	var ball: Ball = BALL.instantiate()
	ball.name = data.name
	ball.colour = data.colour
	ball.owner_id = data.owner
	return ball

#endregion
