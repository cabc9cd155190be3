extends SceneTree
## The whole tree is freed while a connection attempt is under way.

var _silent := PacketPeerUDP.new()


func _initialize() -> void:
	_silent.bind(0, "127.0.0.1")
	var listener := Node.new()
	root.add_child.call_deferred(listener)
	ENetClient.connection_failed.connect(func(reason: String) -> void: print(listener, reason))
	ENetClient.connection_failed.connect(listener.queue_free.unbind(1))
	ENetClient.connect_to_server("127.0.0.1", _silent.get_local_port())
	await process_frame
	await process_frame
	for child in root.get_children():
		child.free()
	print("LIFECYCLE OK")
	quit()
