extends RefCounted
## One client of a load test, with a socket of its own.

enum State { WAITING, JOINING, JOINED, FAILED, LOST, LEFT }

## Longest packet that is kept to find the reason of a goodbye in.
const GOODBYE_BYTES_MAX := 4096

var state := State.WAITING
## Why it failed or was lost.
var reason := ""
var sent := 0
var refused := 0
var received := 0
var received_bytes := 0

var _host := ENetThreadedConnection.new()
var _server: ENetThreadedPacketPeer
var _last := PackedByteArray()


func join(address: String, port: int, compression: int) -> void:
	state = State.JOINING
	if _host.create_host(1, 2) != OK:
		_host = null
		_end(State.FAILED, "the system gives no socket")
		return
	_host.compress(compression)
	_server = _host.connect_to_host(address, port, 2)
	if _server == null:
		_end(State.FAILED, "the address cannot be used")


## Not one of the packets that are measured.
func log_in(bytes: PackedByteArray) -> void:
	_server.send(0, bytes, ENetPacketPeer.FLAG_RELIABLE)


func send(bytes: PackedByteArray, flags: int) -> void:
	if _server.send(0, bytes, flags) == OK:
		sent += 1
	else:
		refused += 1


## Takes what has happened. True when it has just joined.
func service() -> bool:
	var has_joined := false
	while state == State.JOINING or state == State.JOINED:
		var event := _host.service()
		match event[0]:
			ENetConnection.EVENT_CONNECT:
				state = State.JOINED
				has_joined = true
			ENetConnection.EVENT_RECEIVE:
				_receive(_server.get_packet())
			ENetConnection.EVENT_DISCONNECT:
				_on_disconnected(event[2])
			ENetConnection.EVENT_ERROR:
				_end(State.LOST, "the network failed")
			_:
				break
	return has_joined


func round_trip_ms() -> float:
	return _server.get_statistic(ENetPacketPeer.PEER_ROUND_TRIP_TIME)


## What the connection has counted; empty without one.
func statistics() -> Dictionary:
	return _server.get_statistics() if state == State.JOINED else {}


## What the socket has counted.
func socket_statistics() -> Dictionary:
	return _host.get_statistics() if _host != null else {}


## Tells the server and gives the socket back.
func leave() -> void:
	if state == State.JOINED:
		_server.peer_disconnect_now()
	if _host != null and state != State.WAITING:
		_host.destroy()
	_host = null
	state = State.LEFT


func _receive(packet: PackedByteArray) -> void:
	received += 1
	received_bytes += packet.size()
	if packet.size() <= GOODBYE_BYTES_MAX:
		_last = packet


func _on_disconnected(code: int) -> void:
	if state == State.JOINING:
		_end(State.FAILED, "no answer, or refused")
	elif _farewell() != "":
		_end(State.LOST, _farewell())
	else:
		_end(State.LOST, "disconnected (code %d)" % code if code != 0 else "connection lost, or disconnected")


## What an ENetServer says before it ends a connection.
func _farewell() -> String:
	if _last.is_empty() or _last[0] != ENetPacketUtils.PACKET_TYPE_VARIANT:
		return ""
	var value: Variant = ENetPacketUtils.decode_auto(_last)
	if value is Dictionary and value.get("_event") == "_disconnect":
		return str(value.get("reason", "")).left(200)
	return ""


func _end(as_state: State, why: String) -> void:
	state = as_state
	reason = why
