extends SceneTree
## Many stock ENet clients in one process, each sending numbered reliable packets.
##
##     godot --headless --path godot_project -s res://tests/support/crowd.gd -- PORT CLIENTS SECONDS
##
## Every client sends ten packets a second, each the number of its packet as u32, and last one of 0xffffffff and the
## count. Quits with 0 when the server has answered that last packet of every client, with 1 when a client was lost.

const INTERVAL_MSEC := 100
const LIMIT_MSEC := 60_000
const StockHost := preload("res://tests/support/stock_host.gd")

var _clients: Array[StockHost] = []
var _sent: PackedInt32Array = []
var _finished: Array[bool] = []
var _started := 0
var _seconds := 0


func _initialize() -> void:
	var args := OS.get_cmdline_user_args()
	_seconds = args[2].to_int()
	for _i in args[1].to_int():
		var client := StockHost.new()
		client.connect_to("127.0.0.1", args[0].to_int())
		_clients.append(client)
		_sent.append(0)
		_finished.append(false)
		root.add_child.call_deferred(client)
	Engine.max_fps = 60


func _process(_delta: float) -> bool:
	var now := Time.get_ticks_msec()
	if _started == 0 and _clients.all(func(client: StockHost) -> bool: return client.is_connected_to_host()):
		_started = now
	if now > LIMIT_MSEC or _clients.any(func(client: StockHost) -> bool: return not client.disconnect_data.is_empty()):
		quit(1)
		return false
	if _started > 0:
		for index in _clients.size():
			_send_what_is_due(index, mini(now - _started, _seconds * 1000))
		if _clients.all(func(client: StockHost) -> bool: return not client.packets.is_empty()):
			quit(0)
	return false


@warning_ignore("integer_division")
func _send_what_is_due(index: int, elapsed: int) -> void:
	while _sent[index] < elapsed / INTERVAL_MSEC:
		_send(index, [_sent[index]])
		_sent[index] += 1
	if elapsed == _seconds * 1000 and not _finished[index]:
		_finished[index] = true
		_send(index, [0xffffffff, _sent[index]])


func _send(index: int, numbers: Array[int]) -> void:
	var data := PackedByteArray()
	data.resize(4 * numbers.size())
	for position in numbers.size():
		data.encode_u32(4 * position, numbers[position])
	_clients[index].send(data)
