extends Node
## A NetworkedMultiplayerENet that is polled once a frame, and what it has seen.

var peer := NetworkedMultiplayerENet.new()
## Signals with their peer, and packets as "packet FROM CHANNEL TEXT", oldest first.
var seen: PackedStringArray = []


func _init() -> void:
	peer.peer_connected.connect(func(id: int) -> void: seen.append("peer_connected %d" % id))
	peer.peer_disconnected.connect(func(id: int) -> void: seen.append("peer_disconnected %d" % id))
	peer.connection_succeeded.connect(func() -> void: seen.append("connection_succeeded"))
	peer.connection_failed.connect(func() -> void: seen.append("connection_failed"))
	peer.server_disconnected.connect(func() -> void: seen.append("server_disconnected"))


func saw(line: String) -> bool:
	return line in seen


func send(text: String, target := 0, mode := MultiplayerPeer.TRANSFER_MODE_RELIABLE, channel := -1) -> Error:
	peer.set_target_peer(target)
	peer.transfer_mode = mode
	peer.transfer_channel = channel
	return peer.put_packet(text.to_utf8_buffer())


func poll() -> void:
	peer.poll()
	while peer.get_available_packet_count() > 0:
		var channel: int = peer.get_packet_channel()
		var from := peer.get_packet_peer()
		var text := peer.get_packet().get_string_from_utf8()
		seen.append("packet %d %d %s" % [from, channel, text if text.length() < 100 else "%d bytes" % text.length()])


func _process(_delta: float) -> void:
	poll()
