extends Node
## A bad network for one client: passes datagrams on between it and a server, once a frame, and loses some.

## The share of the datagrams that is lost, each way.
const LOSS := 0.2
## So many in a row at most, or a handshake might outlast its limit.
const MOST_IN_A_ROW := 2

## How many datagrams were lost, and how many of those passed on were compressed, to the server and to the client.
var lost := PackedInt32Array([0, 0])
var compressed := PackedInt32Array([0, 0])

var _to_client := PacketPeerUDP.new()
var _to_server := PacketPeerUDP.new()
var _lost_in_a_row := PackedInt32Array([0, 0])
var _random := RandomNumberGenerator.new()


## Returns the port that the client connects to.
func start(server_port: int, seed_value: int) -> int:
	_random.seed = seed_value
	_to_client.bind(0, "127.0.0.1")
	_to_server.connect_to_host("127.0.0.1", server_port)
	return _to_client.get_local_port()


func _process(_delta: float) -> void:
	while _to_client.get_available_packet_count() > 0:
		var datagram := _to_client.get_packet()
		_to_client.set_dest_address(_to_client.get_packet_ip(), _to_client.get_packet_port())
		_pass_on(datagram, _to_server, 0)
	while _to_server.get_available_packet_count() > 0:
		_pass_on(_to_server.get_packet(), _to_client, 1)


func _pass_on(datagram: PackedByteArray, to: PacketPeerUDP, direction: int) -> void:
	if _lost_in_a_row[direction] < MOST_IN_A_ROW and _random.randf() < LOSS:
		_lost_in_a_row[direction] += 1
		lost[direction] += 1
		return
	_lost_in_a_row[direction] = 0
	compressed[direction] += datagram[0] >> 6 & 1
	to.put_packet(datagram)


func _exit_tree() -> void:
	_to_client.close()
	_to_server.close()
