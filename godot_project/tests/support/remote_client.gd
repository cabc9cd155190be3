extends SceneTree
## A second process with an ENetClient of its own: connects, says hello, waits to be kicked.
##
##     godot --headless --path godot_project -s res://tests/support/remote_client.gd -- ADDRESS PORT
##
## Quits with 0 when it was kicked with the reason "thanks".

const LIMIT := 30.0


func _initialize() -> void:
	var args := OS.get_cmdline_user_args()
	ENetClient.connected_to_server.connect(func() -> void: ENetClient.send_packet({"hello": args[0]}))
	ENetClient.disconnected_from_server.connect(func(reason: String) -> void: quit(0 if reason == "thanks" else 2))
	ENetClient.connection_failed.connect(func(_reason: String) -> void: quit(3))
	create_timer(LIMIT).timeout.connect(quit.bind(4))
	if ENetClient.connect_to_server(args[0], args[1].to_int()) != OK:
		quit(5)
