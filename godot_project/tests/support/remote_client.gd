extends SceneTree
## A second process with an ENetClient of its own: connects, says hello, and waits to be kicked or quits at once.
##
##     godot --headless --path godot_project -s res://tests/support/remote_client.gd -- ADDRESS PORT [quit]
##
## Quits with 0 when it was kicked with the reason "thanks", or as soon as it is connected.

const LIMIT := 30.0

var _args := OS.get_cmdline_user_args()


func _initialize() -> void:
	ENetClient.connected_to_server.connect(_on_connected)
	ENetClient.disconnected_from_server.connect(func(reason: String) -> void: quit(0 if reason == "thanks" else 2))
	ENetClient.connection_failed.connect(func(_reason: String) -> void: quit(3))
	create_timer(LIMIT).timeout.connect(quit.bind(4))
	if ENetClient.connect_to_server(_args[0], _args[1].to_int()) != OK:
		quit(5)


func _on_connected() -> void:
	if _args.size() > 2 and _args[2] == "quit":
		quit(0)
	else:
		ENetClient.send_packet({"hello": _args[0]})
