extends "res://tests/transport/role.gd"
## Polls the peer itself, without SceneMultiplayer in between, and tells of every signal, status and packet.

var _status := MultiplayerPeer.CONNECTION_DISCONNECTED


func take_peer() -> void:
	peer.peer_connected.connect(func(id: int) -> void: saw.emit("signals", "peer_connected #%d" % id))
	peer.peer_disconnected.connect(func(id: int) -> void: saw.emit("signals", "peer_disconnected #%d" % id))
	_note_status()


## Sends a packet of every size and returns how many were accepted.
func send(target: int, mode: int, channel: int, sizes: Array) -> int:
	peer.set_target_peer(target)
	peer.transfer_mode = mode
	peer.transfer_channel = channel
	var accepted := 0
	for size: int in sizes:
		accepted += int(peer.put_packet(content(size)) == OK)
	return accepted


## Sends over the ENet peer, which allows empty packets.
func send_below(id: int, channel: int, size: int, flags: int) -> int:
	return peer.get_peer(id).send(channel, content(size), flags)


func kick(id: int, force: bool) -> void:
	peer.disconnect_peer(id, force)


## Disconnects everyone.
func kick_all(ids: Array) -> void:
	for id: int in ids:
		kick(id, false)


func reopen() -> void:
	peer.close()
	listen()


func _process(_delta: float) -> void:
	if peer == null or peer.get_connection_status() == MultiplayerPeer.CONNECTION_DISCONNECTED:
		return
	peer.poll()
	_note_status()
	while peer.get_available_packet_count() > 0: # a reaction may have closed the peer
		var mode := peer.get_packet_mode()
		var stream := "%s packets of #%d on channel %d" % [MODES[mode], peer.get_packet_peer(), peer.get_packet_channel()]
		take_packet(stream, peer.get_packet())


func take_packet(stream: String, packet: PackedByteArray) -> void:
	saw.emit(stream, describe(packet))


func _note_status() -> void:
	if peer.get_connection_status() != _status:
		_status = peer.get_connection_status()
		saw.emit("signals", "status %d" % _status)
