extends SceneTree
## The game ends, with the server stopped, from inside packet_received.


func _initialize() -> void:
	ENetServer.packet_received.connect(func(_peer: ENetServerPeer, _packet: Variant, _channel: int) -> void:
		ENetServer.stop_server()
		print("LIFECYCLE OK")
		quit())
	ENetClient.connected_to_server.connect(func() -> void: ENetClient.send_packet("the end"))
	ENetServer.create_server(0)
	ENetClient.connect_to_server("127.0.0.1", ENetServer.get_local_port())
