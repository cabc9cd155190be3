extends RefCounted
## The editor's end of the engine's debugger protocol, as far as the tests need it: every message is a length of 32 bits and
## an Array of name, thread and values.
##
## An engine that is started with --remote-debug and [method get_uri] connects to it.

## Messages of the addon that have arrived, oldest first, each as name without prefix and values.
var messages: Array[Array] = []

var _server := TCPServer.new()
var _game: StreamPeerTCP
var _bytes := PackedByteArray()


func _init() -> void:
	_server.listen(0, "127.0.0.1")


func get_uri() -> String:
	return "tcp://127.0.0.1:%d" % _server.get_local_port()


func poll() -> void:
	if _game == null and _server.is_connection_available():
		_game = _server.take_connection()
	if _game == null:
		return
	_game.poll()
	if _game.get_status() == StreamPeerTCP.STATUS_CONNECTED and _game.get_available_bytes() > 0:
		_bytes.append_array(_game.get_data(_game.get_available_bytes())[1])
		_take_messages()


## The last message of this name, or an empty Array.
func last(name: String) -> Array:
	for index in range(messages.size() - 1, -1, -1):
		if messages[index][0] == name:
			return messages[index][1]
	return []


func send(name: String, values: Array) -> void:
	var message := var_to_bytes([name, OS.get_main_thread_id(), values])
	# in one piece: the engine takes a length without its message for the end of the connection
	var bytes := PackedByteArray([0, 0, 0, 0])
	bytes.encode_u32(0, message.size())
	bytes.append_array(message)
	_game.put_data(bytes)


func close() -> void:
	if _game != null:
		_game.disconnect_from_host()
	_server.stop()


func _take_messages() -> void:
	var at := 0
	while _bytes.size() - at >= 4 and _bytes.size() - at - 4 >= _bytes.decode_u32(at):
		var size := _bytes.decode_u32(at)
		var message: Variant = bytes_to_var(_bytes.slice(at + 4, at + 4 + size))
		at += 4 + size
		if message is Array and message.size() == 3 and str(message[0]).begins_with("enet_server:"):
			messages.append([str(message[0]).trim_prefix("enet_server:"), message[2]])
	_bytes = _bytes.slice(at)
