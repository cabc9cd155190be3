extends SceneTree
## The game ends while a login waits for a signal, and peers keep custom data.
##
## A coroutine that never goes on would be reported as a leak by the engine, whatever it waits for.

signal verdict(accepted: bool)


func _initialize() -> void:
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	ENetServer.set_custom_authenticator(_authenticate)
	ENetServer.create_server(0)
	ENetClient.connected_to_server.connect(func() -> void: ENetClient.send_packet({"name": "ann"}))
	ENetClient.connect_to_server("127.0.0.1", ENetServer.get_local_port())


func _authenticate(peer: ENetServerPeer, login: Dictionary) -> Signal:
	peer.set_custom_data({"login": login, "peer": peer.get_peer_id()})
	_quit_soon()
	return verdict


func _quit_soon() -> void:
	await process_frame
	print("LIFECYCLE OK")
	quit()
