extends SceneTree
## A lambda stays connected to a signal of each singleton when the game ends.


func _initialize() -> void:
	ENetServer.packet_received.connect(func(_peer: ENetServerPeer, packet: Variant, _channel: int) -> void: print(packet))
	ENetServer.server_started.connect(func(port: int) -> void: print("listening on ", port))
	ENetClient.packet_received.connect(func(packet: Variant, _channel: int) -> void: print(packet))
	print("LIFECYCLE OK")
	quit()
