class_name RawChat
extends Node
## A chat of raw packets over the high-level multiplayer: one script for the server and for the clients.
##
## Everyone sends to everyone; what a client sends to another client travels over the server, which the engine sees to.
## A packet is one byte that says what it is, and text. Swap the transport in [method _create_peer]; nothing else cares.

signal logged(line: String)
signal started(port: int)
signal joined(peer_id: int)
## The connection is over or could not be made.
signal ended(reason: String)
signal roster_changed(peers: Array[Dictionary])

enum Kind { INTRODUCTION, MESSAGE }

const SERVER_ID := MultiplayerPeer.TARGET_PEER_SERVER
const TEXT_LENGTH_MAX := 200
const NAME_LENGTH_MAX := 16
const ROSTER_SECONDS := 1.0
const MODE_NAMES: PackedStringArray = ["unreliable", "unreliable, ordered", "reliable"]

var player_name := ""

## Who introduced itself: name and transport by peer id.
var _peers: Dictionary[int, Dictionary] = {}
var _roster_timer := Timer.new()

@onready var _api: SceneMultiplayer = multiplayer


func _ready() -> void:
	_api.peer_connected.connect(_on_peer_connected)
	_api.peer_disconnected.connect(_on_peer_disconnected)
	_api.peer_packet.connect(_on_peer_packet)
	_api.connected_to_server.connect(_on_connected_to_server)
	_api.connection_failed.connect(_on_connection_failed)
	_api.server_disconnected.connect(_on_server_disconnected)
	_roster_timer.timeout.connect(_show_roster)
	add_child(_roster_timer)


func _exit_tree() -> void:
	leave()


## Opens a server. The choice of class is all that [param engine_class] makes different.
func start(port: int, engine_class: bool) -> Error:
	player_name = "server"
	var peer := _create_peer(engine_class)
	var error: Error = peer.create_server(port)
	if error != OK:
		_log("cannot listen on port %d: %s" % [port, error_string(error)])
		return error
	_use(peer)
	var own_port: int = peer.host.get_local_port()
	_log("listening on port %d with %s" % [own_port, get_transport()])
	started.emit(own_port)
	return OK


func join(address: String, port: int, new_name: String, engine_class: bool) -> Error:
	player_name = new_name
	var peer := _create_peer(engine_class)
	var error: Error = peer.create_client(address, port)
	if error != OK:
		_log("cannot connect to %s, port %d: %s" % [address, port, error_string(error)])
		return error
	_use(peer)
	return OK


## Says goodbye. The others see peer_disconnected or server_disconnected.
func leave() -> void:
	_roster_timer.stop()
	_peers.clear()
	if _api.multiplayer_peer != null:
		_api.multiplayer_peer.close()
		_api.multiplayer_peer = null


## Sends a message to everyone, in one of the MultiplayerPeer.TRANSFER_MODE_*.
func say(text: String, mode := MultiplayerPeer.TRANSFER_MODE_RELIABLE) -> void:
	var packet := _encode(Kind.MESSAGE, text)
	_log("sent msg of %d bytes, %s: '%s'" % [packet.size(), MODE_NAMES[mode], text])
	# nobody is there is no error to a chat
	if not _api.get_peers().is_empty():
		_api.send_bytes(packet, MultiplayerPeer.TARGET_PEER_BROADCAST, mode)


func kick(peer_id: int) -> void:
	if _peers.has(peer_id):
		_api.multiplayer_peer.disconnect_peer(peer_id)


func get_transport() -> String:
	return _api.multiplayer_peer.get_class() if _api.multiplayer_peer != null else ""


## The one place that knows a transport.
func _create_peer(engine_class: bool) -> MultiplayerPeer:
	if engine_class:
		return ENetMultiplayerPeer.new()
	return ENetThreadedMultiplayerPeer.new()


func _use(peer: MultiplayerPeer) -> void:
	leave()
	_api.multiplayer_peer = peer
	_roster_timer.start(ROSTER_SECONDS)


func _encode(kind: Kind, text: String) -> PackedByteArray:
	var packet := PackedByteArray([kind])
	packet.append_array(text.to_utf8_buffer())
	return packet


func _introduce_to(peer_id: int) -> void:
	var introduction := "%s\n%s" % [player_name, get_transport()]
	_api.send_bytes(_encode(Kind.INTRODUCTION, introduction), peer_id, MultiplayerPeer.TRANSFER_MODE_RELIABLE)


func _name_of(peer_id: int) -> String:
	return _peers[peer_id].name if _peers.has(peer_id) else "peer %d" % peer_id


func _on_peer_connected(peer_id: int) -> void:
	_introduce_to(peer_id)


func _on_peer_disconnected(peer_id: int) -> void:
	_log("%s left" % _name_of(peer_id))
	_peers.erase(peer_id)
	_show_roster()


func _on_peer_packet(peer_id: int, packet: PackedByteArray) -> void:
	# Anyone can send anything: take only what is expected, and only so much of it.
	var text := packet.slice(1).get_string_from_utf8()
	match packet[0]:
		Kind.INTRODUCTION:
			_take_introduction(peer_id, text)
		Kind.MESSAGE:
			text = text.strip_escapes().left(TEXT_LENGTH_MAX)
			_log("received msg of %d bytes from %s: '%s'" % [packet.size(), _name_of(peer_id), text])
		_:
			_log("received %d bytes from %s" % [packet.size(), _name_of(peer_id)])


func _take_introduction(peer_id: int, text: String) -> void:
	var other_name := text.get_slice("\n", 0).strip_escapes().left(NAME_LENGTH_MAX)
	var transport := text.get_slice("\n", 1).strip_escapes().left(40)
	_peers[peer_id] = {"id": peer_id, "name": other_name, "transport": transport}
	_log("%s is here with %s" % [other_name, transport])
	_show_roster()


func _on_connected_to_server() -> void:
	_log("connected with %s" % get_transport())
	joined.emit(_api.get_unique_id())


func _on_connection_failed() -> void:
	_end("the server does not answer")


func _on_server_disconnected() -> void:
	_end("the server ended the connection")


func _end(reason: String) -> void:
	_log("disconnected: %s" % reason)
	leave()
	ended.emit(reason)


## A transport knows the way to its direct peers only: a client's to the server, the server's to all.
func _show_roster() -> void:
	var peers: Array[Dictionary] = []
	for peer_id in _peers:
		var peer := _peers[peer_id].duplicate()
		if _api.is_server() or peer_id == SERVER_ID:
			peer.ping = int(_api.multiplayer_peer.get_peer(peer_id).get_statistic(ENetPacketPeer.PEER_ROUND_TRIP_TIME))
		peers.append(peer)
	roster_changed.emit(peers)


func _log(line: String) -> void:
	logged.emit("%s: %s" % [player_name, line])
