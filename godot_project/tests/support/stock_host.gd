extends Node
## The engine's own ENet as a client or as a server, serviced once a frame.

var connection := ENetConnection.new()
## The server, when this is a client.
var server: ENetPacketPeer
## Everyone that is connected.
var peers: Array[ENetPacketPeer] = []
## What arrived, oldest first; the three arrays run in parallel.
var packets: Array[PackedByteArray] = []
var channels: PackedInt32Array = []
var flags: PackedInt32Array = []
## The data of every connect and disconnect.
var connect_data: PackedInt32Array = []
var disconnect_data: PackedInt32Array = []


func connect_to(address: String, port: int, channel_count := 2, data := 0) -> Error:
	var error := connection.create_host(1, channel_count)
	if error != OK:
		return error
	server = connection.connect_to_host(address, port, channel_count, data)
	return OK if server != null else ERR_CANT_CREATE


## Returns the port.
func listen(channel_count := 2) -> int:
	if connection.create_host_bound("127.0.0.1", 0, 32, channel_count) != OK:
		return 0
	return connection.get_local_port()


func is_connected_to_host() -> bool:
	return not peers.is_empty()


## A client sends to its server, a server to everyone.
func send(data: PackedByteArray, channel := 0, packet_flags := ENetPacketPeer.FLAG_RELIABLE) -> void:
	for peer in peers:
		peer.send(channel, data, packet_flags)


## Sends a value the way ENetClient and ENetServer do.
func send_value(value: Variant, channel := 0) -> void:
	send(ENetPacketUtils.encode_auto(value), channel)


## What arrived, as values; ENetServer's own goodbyes included.
func get_values() -> Array:
	var values := []
	for packet in packets:
		values.append(ENetPacketUtils.decode_auto(packet))
	return values


func service() -> void:
	while true:
		var event: Array = connection.service()
		var peer: ENetPacketPeer = event[1]
		match event[0]:
			ENetConnection.EVENT_CONNECT:
				peers.append(peer)
				connect_data.append(event[2])
			ENetConnection.EVENT_DISCONNECT:
				peers.erase(peer)
				disconnect_data.append(event[2])
			ENetConnection.EVENT_RECEIVE:
				flags.append(peer.get_packet_flags())
				packets.append(peer.get_packet())
				channels.append(event[3])
			_:
				return


## Falls silent without a word to anyone, as a crashed process does.
func vanish() -> void:
	if is_processing():
		set_process(false)
		connection.destroy()


func _process(_delta: float) -> void:
	service()


func _exit_tree() -> void:
	vanish()
