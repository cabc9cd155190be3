extends "res://tests/transport/scene_role.gd"
## One of a mesh without a server, built as the engine's documentation does it: a connection for every other, serviced by
## hand until it stands, then handed over to the mesh.

## By the other's id.
var _pending: Dictionary[int, RefCounted] = {}


func create_mesh(id: int) -> int:
	peer = create_peer()
	var error: int = peer.create_mesh(id)
	take_peer()
	return error


## Waits for [param other_id]; the port to reach this one at.
func await_other(other_id: int) -> int:
	var connection: RefCounted = ClassDB.instantiate(classes.connection)
	if connection.create_host_bound("127.0.0.1", 0, 1) != OK:
		return 0
	_pending[other_id] = connection
	return connection.get_local_port()


func reach_other(other_id: int, port: int) -> bool:
	var connection: RefCounted = ClassDB.instantiate(classes.connection)
	if connection.create_host(1) != OK or connection.connect_to_host("127.0.0.1", port) == null:
		return false
	_pending[other_id] = connection
	return true


## Sends to everyone at once, past the high-level API, which would send to one after the other.
func broadcast(size: int) -> int:
	var packet := PackedByteArray([3]) # the high-level API's mark of raw bytes
	packet.append_array(content(size))
	peer.set_target_peer(0)
	return peer.put_packet(packet)


func _process(_delta: float) -> void:
	for other_id: int in _pending.keys():
		var event: Array = _pending[other_id].service()
		if event[0] == ENetConnection.EVENT_CONNECT:
			var error: int = peer.add_mesh_peer(other_id, _pending[other_id])
			saw.emit("mesh", "%d is added: %s" % [other_id, error_string(error)])
			_pending.erase(other_id)
		elif event[0] == ENetConnection.EVENT_ERROR:
			saw.emit("mesh", "the connection to %d fails" % other_id)
			_pending.erase(other_id)
