extends SceneTree
## A second process with an ENetServer of its own, which quits as soon as somebody has connected. With a name it can be discovered.
##
##     godot --headless --path godot_project -s res://tests/support/remote_server.gd -- PORT [NAME]

const LIMIT := 30.0


func _initialize() -> void:
	ENetServer.peer_authenticated.connect(func(_peer: ENetServerPeer) -> void: quit(0))
	create_timer(LIMIT).timeout.connect(quit.bind(4))
	var args := OS.get_cmdline_user_args()
	if args.size() > 1:
		ENetServer.set_discoverable(true, args[1], {"process": "other"})
	if ENetServer.create_server(args[0].to_int()) != OK:
		quit(5)
