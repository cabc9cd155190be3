extends SceneTree
## The game ends while an authenticator's coroutine is waiting, and peers keep custom data.

signal verdict


func _initialize() -> void:
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	ENetServer.set_custom_authenticator(_authenticate)
	ENetServer.create_server(0)
	ENetClient.connected_to_server.connect(func() -> void: ENetClient.send_packet({"name": "ann"}))
	ENetClient.connect_to_server("127.0.0.1", ENetServer.get_local_port())


func _authenticate(peer: ENetServerPeer, login: Dictionary) -> bool:
	peer.set_custom_data({"login": login, "self": peer.get_peer_id()})
	print("LIFECYCLE OK")
	quit()
	await verdict
	return true
