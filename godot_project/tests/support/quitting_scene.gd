extends Node
## Quits as a game does: from a node of the main scene whose lambdas and methods are still connected.


func _ready() -> void:
	ENetServer.peer_authenticated.connect(func(peer: ENetServerPeer) -> void: peer.send_packet("welcome", 0, true))
	ENetServer.peer_disconnected.connect(_on_peer_disconnected)
	ENetClient.packet_received.connect(func(packet: Variant, _channel: int) -> void: _leave(packet))
	ENetServer.create_server(0)
	ENetClient.connect_to_server("127.0.0.1", ENetServer.get_local_port())


## Games say goodbye here, and may even make new connections.
func _exit_tree() -> void:
	ENetServer.server_stopped.connect(func() -> void: print("stopped"))
	ENetClient.disconnect_from_server("bye")
	ENetServer.stop_server()


func _on_peer_disconnected(_peer: ENetServerPeer, _reason: String) -> void:
	pass


func _leave(packet: Variant) -> void:
	if packet == "welcome":
		print("LIFECYCLE OK")
	get_tree().quit()
