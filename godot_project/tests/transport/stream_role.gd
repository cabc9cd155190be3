extends "res://tests/transport/bare_role.gd"
## Sends numbered reliable packets at a steady rate and counts those of the other side.

var _target := 0
var _rate := 0
var _started := 0
var _sent := 0
var _received := 0
var _in_order := true


func start_stream(target: int, rate: int) -> void:
	_target = target
	_rate = rate
	_started = Time.get_ticks_msec()


## How many were sent in all.
func stop_stream() -> int:
	_rate = 0
	return _sent


func count_received() -> int:
	return _received


func is_stream_in_order() -> bool:
	return _in_order


func _process(delta: float) -> void:
	super(delta)
	if _rate == 0:
		return
	peer.set_target_peer(_target)
	peer.transfer_mode = MultiplayerPeer.TRANSFER_MODE_RELIABLE
	@warning_ignore("integer_division")
	while _sent < (Time.get_ticks_msec() - _started) * _rate / 1000:
		var packet := PackedByteArray()
		packet.resize(64)
		packet.encode_u32(0, _sent)
		peer.put_packet(packet)
		_sent += 1


func take_packet(_stream: String, packet: PackedByteArray) -> void:
	_in_order = _in_order and packet.decode_u32(0) == _received
	_received += 1
