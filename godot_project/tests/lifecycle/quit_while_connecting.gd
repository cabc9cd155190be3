extends SceneTree
## The scene tree is freed while a connection attempt is under way.

var _silent := PacketPeerUDP.new()


func _initialize() -> void:
	_silent.bind(0, "127.0.0.1")
	ENetClient.connection_failed.connect(func(reason: String) -> void: print(reason))
	ENetClient.connect_to_server("127.0.0.1", _silent.get_local_port())
	await process_frame
	await process_frame
	for child in root.get_children():
		child.free()
	print("LIFECYCLE OK")
	quit()
