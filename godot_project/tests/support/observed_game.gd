extends SceneTree
## A game with hosts of several classes, to be looked at by a debugger.
##
##     godot --headless --path godot_project --remote-debug tcp://… -s res://tests/support/observed_game.gd -- CLIENTS
##
## A server with an ENetClient and CLIENTS stock clients, each sending 30 packets a second, and a pair of transport peers.
## Quits with 0 when the first client that leaves was kicked, with 1 when that does not happen.

const StockHost := preload("res://tests/support/stock_host.gd")
const LIMIT_MSEC := 40_000
const INTERVAL_MSEC := 33

var _stock: Array[StockHost] = []
var _host := ENetThreadedMultiplayerPeer.new()
var _guest := ENetThreadedMultiplayerPeer.new()
var _next_send := 0


func _initialize() -> void:
	Engine.max_fps = 60
	ENetServer.create_server(0, 1000)
	ENetServer.peer_disconnected.connect(_on_peer_disconnected)
	ENetClient.connect_to_server("127.0.0.1", ENetServer.get_local_port())
	for _i in OS.get_cmdline_user_args()[0].to_int():
		var client := StockHost.new()
		client.connect_to("127.0.0.1", ENetServer.get_local_port())
		_stock.append(client)
		root.add_child.call_deferred(client)
	_host.create_server(0)
	_guest.create_client("127.0.0.1", _host.host.get_local_port())


func _process(_delta: float) -> bool:
	_host.poll()
	_guest.poll()
	var now := Time.get_ticks_msec()
	if now > LIMIT_MSEC:
		quit(1)
	if now >= _next_send:
		_next_send = now + INTERVAL_MSEC
		for client in _stock:
			if client.is_connected_to_host():
				client.send(PackedByteArray([0, 1, 2, 3]))
	return false


func _on_peer_disconnected(_peer: ENetServerPeer, reason: String) -> void:
	_host.close()
	_guest.close()
	quit(0 if reason == "Kicked" else 1)
