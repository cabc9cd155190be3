extends SceneTree
## A second process with an ENetServer of its own, which quits as soon as somebody has connected.
##
##     godot --headless --path godot_project -s res://tests/support/remote_server.gd -- PORT

const LIMIT := 30.0


func _initialize() -> void:
	ENetServer.peer_authenticated.connect(func(_peer: ENetServerPeer) -> void: quit(0))
	create_timer(LIMIT).timeout.connect(quit.bind(4))
	if ENetServer.create_server(OS.get_cmdline_user_args()[0].to_int()) != OK:
		quit(5)
