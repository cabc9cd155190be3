extends SceneTree
## The game keeps peer objects of a stopped server until it ends.

var _peers: Array[ENetServerPeer] = []


func _initialize() -> void:
	ENetServer.peer_authenticated.connect(_on_peer_authenticated)
	ENetServer.create_server(0)
	ENetClient.connect_to_server("127.0.0.1", ENetServer.get_local_port())


func _on_peer_authenticated(peer: ENetServerPeer) -> void:
	_peers.append(peer)
	ENetServer.stop_server()
	print("LIFECYCLE OK")
	quit()
