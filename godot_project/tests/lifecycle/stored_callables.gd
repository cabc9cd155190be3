extends SceneTree
## The singletons still hold lambdas, an authenticator and event handlers, when the game ends.


func _initialize() -> void:
	var captured := RefCounted.new()
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	ENetServer.set_custom_authenticator(func(_peer: ENetServerPeer, _login: Dictionary) -> bool: return captured != null)
	ENetServer.register_event("jump", func(_peer: ENetServerPeer, _payload: Dictionary, _channel: int) -> void:
		print(captured))
	ENetClient.register_event("score", func(_payload: Dictionary, _channel: int) -> void: print(captured))
	ENetServer.create_server(0)
	await process_frame
	print("LIFECYCLE OK")
	quit()
