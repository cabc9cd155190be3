extends Node
## One end of a connection that compresses: an ENetConnection of the engine or an ENetThreadedConnection, which have the
## same methods. Serviced once a frame.

## What arrived, oldest first.
var packets: Array[PackedByteArray] = []
## The other end, once it is connected.
var peer: Object

var _connection: Object


## Listens, and returns the port.
func listen(connection_class: String, mode: int) -> int:
	_connection = ClassDB.instantiate(connection_class)
	_connection.create_host_bound("127.0.0.1", 0, 1, 1)
	_connection.compress(mode)
	return _connection.get_local_port()


func connect_to(connection_class: String, mode: int, port: int) -> void:
	_connection = ClassDB.instantiate(connection_class)
	_connection.create_host(1, 1)
	_connection.compress(mode)
	_connection.connect_to_host("127.0.0.1", port, 1)


func is_connected_to_host() -> bool:
	return peer != null


func send(packet: PackedByteArray) -> void:
	peer.send(0, packet, ENetPacketPeer.FLAG_RELIABLE)


func _process(_delta: float) -> void:
	while true:
		var event: Array = _connection.service()
		match event[0]:
			ENetConnection.EVENT_CONNECT:
				peer = event[1]
			ENetConnection.EVENT_RECEIVE:
				packets.append(event[1].get_packet())
			ENetConnection.EVENT_DISCONNECT:
				peer = null
			_:
				return


func _exit_tree() -> void:
	_connection.destroy()
