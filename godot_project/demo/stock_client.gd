extends SceneTree
## A chat client that uses nothing but the engine's own ENetConnection.
##
## It shows what goes over the wire: a type byte, then the content. Run it beside the demo's server:
## godot --headless --path godot_project -s demo/stock_client.gd -- --name Stock --message "Hi"

## The type byte of a packet whose body is Godot's binary encoding of a value.
const VARIANT := 1
const CHANNEL := 0

var _connection := ENetConnection.new()
var _server: ENetPacketPeer
var _arguments := DemoArguments.parse(OS.get_cmdline_user_args())


func _initialize() -> void:
	_connection.create_host(1)
	_server = _connection.connect_to_host(_arguments.address, _arguments.port, 2)
	if _arguments.quit_after > 0.0:
		create_timer(_arguments.quit_after).timeout.connect(_leave)


func _process(_delta: float) -> bool:
	var event: Array = _connection.service()
	while event[0] != ENetConnection.EVENT_NONE:
		if event[0] == ENetConnection.EVENT_CONNECT:
			_send({"name": _arguments.player_name})
		elif event[0] == ENetConnection.EVENT_RECEIVE:
			_take_packet(_server.get_packet())
		else:
			print("stock client: disconnected")
			return true
		event = _connection.service()
	return false


func _take_packet(packet: PackedByteArray) -> void:
	var content: Variant = packet.slice(1)
	if packet[0] == VARIANT:
		content = bytes_to_var(packet.slice(1))
	if content is Dictionary and content.get("_event") == "welcome":
		_show_raw_packets(content.get("id", 0))
	print("stock client: received %s" % content)


## Once let in: an event like that of any other client, and bytes that mean nothing to the addon.
func _show_raw_packets(own_id: int) -> void:
	_send({"_event": "chat", "text": _arguments.message.format({"id": own_id})})
	_server.send(CHANNEL, "no type byte".to_utf8_buffer(), ENetPacketPeer.FLAG_RELIABLE)


func _send(content: Dictionary) -> void:
	var packet := PackedByteArray([VARIANT])
	packet.append_array(var_to_bytes(content))
	_server.send(CHANNEL, packet, ENetPacketPeer.FLAG_RELIABLE)


func _leave() -> void:
	_server.peer_disconnect()
