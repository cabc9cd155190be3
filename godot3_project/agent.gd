extends SceneTree
# A peer in Godot 3. Does what packets that begin with "!" say, and writes down everything that it sees.
# Its orders at the start come from the environment: AGENT_LOG, AGENT_PORT, AGENT_COMPRESSION, and AGENT_CONNECT for a
# client.

var peer := NetworkedMultiplayerENet.new()
var log_file := File.new()
var end_at := OS.get_ticks_msec() + 60000


func _init() -> void:
	log_file.open(OS.get_environment("AGENT_LOG"), File.WRITE)
	log_file.close()
	for name in ["peer_connected", "peer_disconnected"]:
		peer.connect(name, self, "_on_peer", [name])
	for name in ["connection_succeeded", "connection_failed", "server_disconnected"]:
		peer.connect(name, self, "_on_signal", [name])
	peer.compression_mode = int(OS.get_environment("AGENT_COMPRESSION"))
	var port := int(OS.get_environment("AGENT_PORT"))
	var error: int
	if OS.get_environment("AGENT_CONNECT") == "":
		error = peer.create_server(port)
	else:
		error = peer.create_client(OS.get_environment("AGENT_CONNECT"), port)
	note("started %d as %d" % [error, peer.get_unique_id()])


func _idle(_delta: float) -> bool:
	if peer.get_connection_status() != NetworkedMultiplayerPeer.CONNECTION_DISCONNECTED:
		peer.poll()
		while peer.get_available_packet_count() > 0:
			var channel := peer.get_packet_channel()
			var from := peer.get_packet_peer()
			var text := peer.get_packet().get_string_from_utf8()
			if text.begins_with("!"):
				obey(JSON.parse(text.substr(1)).result)
			else:
				note("packet %d %d %s" % [from, channel, text if text.length() < 100 else "%d bytes" % text.length()])
	return OS.get_ticks_msec() > end_at


func obey(order: Dictionary) -> void:
	match order["do"]:
		"send":
			peer.set_target_peer(int(order["target"]))
			peer.transfer_mode = int(order["mode"])
			peer.transfer_channel = int(order["channel"])
			note("sent %d" % peer.put_packet(String(order["text"]).to_utf8()))
		"kick":
			peer.disconnect_peer(int(order["id"]), bool(order["now"]))
		"close":
			peer.close_connection()
			note("closed")
		"quit":
			quit()


func note(line: String) -> void:
	# closing is the only way to have it written at once
	log_file.open(OS.get_environment("AGENT_LOG"), File.READ_WRITE)
	log_file.seek_end()
	log_file.store_line(line)
	log_file.close()


func _on_peer(id: int, name: String) -> void:
	note("%s %d" % [name, id])


func _on_signal(name: String) -> void:
	note(name)
