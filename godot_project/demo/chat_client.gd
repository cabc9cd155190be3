class_name ChatClient
extends Node
## The client's half of the chat: logs in, sends messages, shows what the server sends.

signal logged(line: String)
## The server did not answer. Every attempt ends in this or in [signal joined].
signal failed(reason: String)
signal joined(peer_id: int)
## The connection is over: left, kicked, refused at login, or lost.
signal left(reason: String)
signal roster_changed(peers: Array[Dictionary])

## The id the server gave; 0 until it let this client in.
var peer_id := 0
var player_name := ""


func _ready() -> void:
	ENetClient.connected_to_server.connect(_on_connected_to_server)
	ENetClient.connection_failed.connect(_on_connection_failed)
	ENetClient.disconnected_from_server.connect(_on_disconnected_from_server)
	ENetClient.packet_received.connect(_on_packet_received)
	ENetClient.raw_packet_received.connect(_on_raw_packet_received)

	ENetClient.register_event("welcome", _on_welcome)
	ENetClient.register_event("chat", _on_chat)
	ENetClient.register_event("notice", _on_notice)
	ENetClient.register_event("roster", _on_roster)


func _exit_tree() -> void:
	# The singleton outlives this node, so whoever connected also says goodbye.
	leave()


func join(address: String, port: int, new_name: String) -> Error:
	peer_id = 0
	player_name = new_name
	var error := ENetClient.connect_to_server(address, port)
	if error != OK:
		_log("cannot connect to %s, port %d: %s" % [address, port, error_string(error)])
	return error


func leave() -> void:
	if ENetClient.get_connection_status() != ENetClient.STATUS_DISCONNECTED:
		ENetClient.disconnect_from_server("Bye")


func say(text: String) -> void:
	_log("sent msg: '%s'" % text)
	ENetClient.trigger_event("chat", {"text": text})


func get_ping() -> int:
	return ENetClient.get_ping()


func _on_connected_to_server() -> void:
	# The first packet is the login. The server answers with "welcome" or with a reason.
	_log("connected, logging in as '%s'" % player_name)
	ENetClient.send_packet({"name": player_name})


func _on_connection_failed(reason: String) -> void:
	_log("cannot connect: %s" % reason)
	failed.emit(reason)


func _on_disconnected_from_server(reason: String) -> void:
	_log("disconnected: %s" % reason)
	peer_id = 0
	left.emit(reason)


func _on_welcome(payload: Dictionary, _channel: int) -> void:
	peer_id = payload.get("id", 0)
	_log("joined as '%s'" % player_name)
	joined.emit(peer_id)


func _on_chat(payload: Dictionary, _channel: int) -> void:
	var from: int = payload.get("from", ChatServer.SERVER_ID)
	var sender := "the server" if from == ChatServer.SERVER_ID else "peer %d" % from
	_log("received msg from %s: '%s'" % [sender, payload.get("text", "")])


func _on_notice(payload: Dictionary, _channel: int) -> void:
	_log(payload.get("text", ""))


func _on_roster(payload: Dictionary, _channel: int) -> void:
	var peers: Array[Dictionary] = []
	peers.assign(payload.get("peers", []))
	roster_changed.emit(peers)


## Whatever is no registered event ends here.
func _on_packet_received(packet: Variant, _channel: int) -> void:
	_log("received packet from the server: %s" % str(packet))


## Emitted for every packet; only those without a known type byte are not shown elsewhere.
func _on_raw_packet_received(data: PackedByteArray, _channel: int) -> void:
	if data.is_empty() or data[0] > ENetPacketUtils.PACKET_TYPE_NODE:
		_log("received %d raw bytes from the server" % data.size())


func _log(line: String) -> void:
	logged.emit(("peer %d: " % peer_id if peer_id > 0 else "client: ") + line)
