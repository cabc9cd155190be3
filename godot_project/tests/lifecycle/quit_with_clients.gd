extends SceneTree
## The game ends while clients are connected and packets are under way.

const StockHost := preload("res://tests/support/stock_host.gd")


func _initialize() -> void:
	ENetServer.create_server(0)
	ENetClient.connect_to_server("127.0.0.1", ENetServer.get_local_port())
	for _i in 3:
		var client := StockHost.new()
		client.connect_to("127.0.0.1", ENetServer.get_local_port())
		root.add_child.call_deferred(client)
	ENetServer.peer_authenticated.connect(_on_peer_authenticated)


func _on_peer_authenticated(_peer: ENetServerPeer) -> void:
	if ENetServer.get_authenticated_peer_count() < 4 or not ENetClient.is_connected_to_server():
		return
	for number in 100:
		ENetServer.broadcast_packet(number)
		ENetClient.send_packet(number)
	print("LIFECYCLE OK")
	quit()
