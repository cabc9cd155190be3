class_name ChatServer
extends Node
## The server's half of the chat: checks names, relays messages, tells everyone who is here.
##
## Events to clients: "welcome" {id}, "chat" {from, text}, "notice" {text} and "roster" {peers}.
## Events from clients: "chat" {text}.

signal logged(line: String)
signal started(port: int)
signal stopped
signal roster_changed(peers: Array[Dictionary])

## Stands for the server wherever a peer id is shown; real peers count from 1.
const SERVER_ID := 0
const NAME_LENGTH_MAX := 16
const TEXT_LENGTH_MAX := 200
const ROSTER_SECONDS := 1.0

var _roster_timer := Timer.new()


func _ready() -> void:
	ENetServer.server_started.connect(_on_server_started)
	ENetServer.server_stopped.connect(_on_server_stopped)
	ENetServer.peer_connecting.connect(_on_peer_connecting)
	ENetServer.peer_authenticated.connect(_on_peer_authenticated)
	ENetServer.peer_disconnected.connect(_on_peer_disconnected)
	ENetServer.packet_received.connect(_on_packet_received)
	ENetServer.raw_packet_received.connect(_on_raw_packet_received)

	_roster_timer.timeout.connect(_send_roster)
	add_child(_roster_timer)


func _exit_tree() -> void:
	# The singleton outlives this node, so whoever opened the port also closes it.
	stop()


func start(port: int) -> Error:
	var error := ENetServer.create_server(port)
	if error != OK:
		_log("cannot listen on port %d: %s" % [port, error_string(error)])
		return error
	# Stopping the server clears these, so they belong to every start.
	ENetServer.set_custom_authenticator(_check_login)
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	ENetServer.register_event("chat", _on_chat)
	ENetServer.set_discoverable(true, "Chat on %s" % _get_machine_name(), {"game": ServerFinder.GAME})
	_roster_timer.start(ROSTER_SECONDS)
	return OK


func stop() -> void:
	_roster_timer.stop()
	if ENetServer.is_server_active():
		ENetServer.stop_server()


## Sends a message in the server's own name.
func say(text: String) -> void:
	_log("sent msg: '%s'" % text)
	ENetServer.trigger_event_to_all("chat", {"from": SERVER_ID, "text": text})


## The peer reads the reason on its screen before it is disconnected.
func kick(peer_id: int, reason: String) -> void:
	# It may have left while the reason was being typed.
	if ENetServer.get_peer(peer_id) != null:
		ENetServer.kick_peer(peer_id, reason)


## Called with the first packet of every new peer. Its answer decides whether the peer may stay.
func _check_login(peer: ENetServerPeer, login: Dictionary) -> Dictionary:
	var player_name := str(login.get("name", "")).strip_escapes().strip_edges()
	var problem := _find_name_problem(player_name)
	if not problem.is_empty():
		return {"authenticated": false, "reason": problem}
	# Custom data stays with the peer until it is gone, so no table of players is needed here.
	peer.custom_data = {"name": player_name}
	return {"authenticated": true}


func _find_name_problem(player_name: String) -> String:
	if player_name.is_empty():
		return "Please choose a name."
	if player_name.length() > NAME_LENGTH_MAX:
		return "That name is too long: at most %d characters." % NAME_LENGTH_MAX
	for other in _get_players():
		if _get_player_name(other).nocasecmp_to(player_name) == 0:
			return "The name '%s' is already taken." % player_name
	return ""


func _get_players() -> Array[ENetServerPeer]:
	# Peers that have not logged in yet, or are on their way out, are no players.
	var players: Array[ENetServerPeer] = []
	for peer: ENetServerPeer in ENetServer.get_peers():
		if peer.connection_state == ENetServerPeer.STATE_AUTHENTICATED:
			players.append(peer)
	return players


func _get_player_name(peer: ENetServerPeer) -> String:
	return peer.custom_data.get("name", "")


func _get_machine_name() -> String:
	var machine := OS.get_environment("HOSTNAME")
	if machine.is_empty():
		machine = OS.get_environment("COMPUTERNAME")
	return "this network" if machine.is_empty() else machine.left(40)


func _on_server_started(port: int) -> void:
	_log("listening on port %d" % port)
	started.emit(port)
	_send_roster()


func _on_server_stopped() -> void:
	_log("stopped")
	stopped.emit()


func _on_peer_connecting(peer: ENetServerPeer, _data: int) -> void:
	_log("peer %d connects from %s" % [peer.peer_id, peer.remote_address])


func _on_peer_authenticated(peer: ENetServerPeer) -> void:
	ENetServer.trigger_event(peer.peer_id, "welcome", {"id": peer.peer_id})
	_announce("peer %d (%s) joined" % [peer.peer_id, _get_player_name(peer)], [peer.peer_id])


func _on_peer_disconnected(peer: ENetServerPeer, reason: String) -> void:
	if peer.auth_state == ENetServerPeer.AUTH_APPROVED:
		_announce("peer %d (%s) left: %s" % [peer.peer_id, _get_player_name(peer), reason])
	else:
		_log("peer %d was turned away: %s" % [peer.peer_id, reason])


func _on_chat(peer: ENetServerPeer, payload: Dictionary, _channel: int) -> void:
	# A client can send anything: take only what is expected, and only so much of it.
	var text := str(payload.get("text", "")).strip_escapes().left(TEXT_LENGTH_MAX)
	if text.is_empty():
		return
	_log("received msg from peer %d: '%s'" % [peer.peer_id, text])
	var message := {"from": peer.peer_id, "text": text}
	ENetServer.trigger_event_to_all("chat", message, 0, true, [peer.peer_id])


## Whatever is no registered event ends here, for example what a client without this addon sends.
func _on_packet_received(peer: ENetServerPeer, packet: Variant, _channel: int) -> void:
	_log("received packet from peer %d: %s" % [peer.peer_id, str(packet).left(TEXT_LENGTH_MAX)])


## Emitted for every packet; only those without a known type byte are not shown elsewhere.
func _on_raw_packet_received(peer: ENetServerPeer, data: PackedByteArray, _channel: int) -> void:
	if data.is_empty() or data[0] > ENetPacketUtils.PACKET_TYPE_NODE:
		_log("received %d raw bytes from peer %d" % [data.size(), peer.peer_id])


func _announce(text: String, exclude: Array[int] = []) -> void:
	_log(text)
	if ENetServer.is_server_active():
		ENetServer.trigger_event_to_all("notice", {"text": text}, 0, true, exclude)
		_send_roster()


func _send_roster() -> void:
	var peers: Array[Dictionary] = []
	for peer in _get_players():
		peers.append({"id": peer.peer_id, "name": _get_player_name(peer), "ping": peer.get_ping()})
	roster_changed.emit(peers)
	ENetServer.trigger_event_to_all("roster", {"peers": peers})


func _log(line: String) -> void:
	logged.emit("server: " + line)
