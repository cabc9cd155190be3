extends SceneTree
## The game ends while a name is being looked up.


func _initialize() -> void:
	ENetClient.connection_failed.connect(func(reason: String) -> void: print(reason))
	ENetClient.connect_to_server("no-such-host.invalid", 4242)
	print("LIFECYCLE OK")
	quit()
