extends Node2D
## A server with clients on networks of every kind in one process: something to be looked at. With SCREENSHOTS in the
## environment and a window it takes a picture of itself with the overlay, and quits.

const NETWORKS: PackedStringArray = ["lan", "wifi_good", "wifi_bad", "mobile", "satellite", "lan", "wifi_good", "mobile"]
const COLORS: PackedColorArray = [Color("#6cb2f7"), Color("#f7766c"), Color("#8ee08b"), Color("#f2d06b")]
const PICTURE_AFTER_SEC := 25.0

var _clients: Array[ENetThreadedConnection] = []
var _peers: Array[ENetThreadedPacketPeer] = []
var _positions: Dictionary[int, Vector2] = {}


func _ready() -> void:
	Engine.max_fps = 60
	ENetServer.create_server(0, 64)
	ENetServer.raw_packet_received.connect(_on_raw_packet_received)
	for network in NETWORKS:
		var client := ENetThreadedConnection.new()
		client.set_network_conditions(network)
		client.create_host(1)
		_peers.append(client.connect_to_host("127.0.0.1", ENetServer.get_local_port(), 2))
		_clients.append(client)
	ENetClient.connect_to_server("127.0.0.1", ENetServer.get_local_port())
	var folder := OS.get_environment("SCREENSHOTS")
	if folder != "" and DisplayServer.get_name() != "headless":
		add_child(preload("res://addons/enet_server/overlay.tscn").instantiate())
		await get_tree().create_timer(PICTURE_AFTER_SEC).timeout
		await RenderingServer.frame_post_draw
		get_viewport().get_texture().get_image().save_png(folder.path_join("overlay.png"))
		print("SCREENSHOTS OK")
		get_tree().quit()


func _process(_delta: float) -> void:
	var seconds := Time.get_ticks_msec() / 1000.0
	for index in _clients.size():
		while _clients[index].service()[0] != ENetConnection.EVENT_NONE:
			pass
		if _peers[index].get_state() == ENetPacketPeer.STATE_CONNECTED:
			var busy := 1.0 + sin(seconds / 3.0 + index)
			var data := ENetPacketUtils.encode_auto(_place(index, seconds))
			data.resize(data.size() + int(300 * busy))
			_peers[index].send(0, data, ENetPacketPeer.FLAG_RELIABLE)
	if ENetServer.get_authenticated_peer_count() > 0:
		ENetServer.broadcast_packet(PackedVector2Array(_positions.values()), 0, false)
	queue_redraw()


func _place(index: int, seconds: float) -> Vector2:
	var turn := seconds * (0.3 + 0.07 * index) + index
	return Vector2(480, 300) + Vector2(cos(turn), sin(turn * 1.3)) * (100 + 22 * index)


func _on_raw_packet_received(peer: ENetServerPeer, data: PackedByteArray, _channel: int) -> void:
	var place: Variant = bytes_to_var(data.slice(1))
	if place is Vector2:
		_positions[peer.peer_id] = place


func _draw() -> void:
	for id in _positions:
		draw_circle(_positions[id], 14, COLORS[id % COLORS.size()], true, -1, true)
