extends SceneTree
## A process that is told on its command line to simulate a network: succeeds when it does, and when a call overrules it.
##
##     godot --headless --path . -s res://tests/support/simulated_client.gd -- --enet-sim=mobile,loss=0.25


func _initialize() -> void:
	var told: Dictionary = ENetClient.get_network_conditions()
	var is_right: bool = told.get("in_latency") == 50.0 and told.get("out_loss") == 0.25 and told.get("in_jitter") == 60.0
	is_right = is_right and ENetServer.get_network_conditions() == told
	is_right = is_right and ENetServer.create_server(0) == OK
	ENetClient.set_network_conditions("off")
	is_right = is_right and ENetClient.get_network_conditions().is_empty()
	print("the command line was %s" % ("heard" if is_right else "not heard: %s" % told))
	quit(0 if is_right else 1)
