extends Node
## Puts the engine's DTLS around an ENet that has none: datagrams that come from its encrypted side leave on its open
## side, and the other way round. Each of the engine's DTLS classes is used: as a client, or as a server.

const SERVER := "127.0.0.1"

var _server: DTLSServer
var _listener: UDPServer
var _options: TLSOptions
var _inside_port := 0
## Each one a session with the socket that speaks for it on the open side.
var _lanes: Array[Lane] = []
## Where the open side of a client is.
var _open: PacketPeerUDP


class Lane:
	var session: PacketPeerDTLS
	var inside: PacketPeerUDP


## Connects to a DTLS server, for an ENet client that is told to connect to the port returned.
func connect_to(port: int, hostname: String, options: TLSOptions) -> int:
	var outside := PacketPeerUDP.new()
	outside.connect_to_host(SERVER, port)
	var lane := Lane.new()
	lane.session = PacketPeerDTLS.new()
	lane.session.connect_to_peer(outside, hostname, options)
	lane.inside = PacketPeerUDP.new()
	lane.inside.bind(0, SERVER)
	_open = lane.inside
	_lanes.append(lane)
	return lane.inside.get_local_port()


## Accepts DTLS clients on the port returned, for an ENet server that listens on `inside_port`.
func listen(inside_port: int, options: TLSOptions) -> int:
	_inside_port = inside_port
	_server = DTLSServer.new()
	_server.setup(options)
	_listener = UDPServer.new()
	_listener.listen(0, SERVER)
	return _listener.get_local_port()


## The states of its sessions, oldest first.
func get_states() -> Array[int]:
	var states: Array[int] = []
	for lane in _lanes:
		states.append(lane.session.get_status())
	return states


func close() -> void:
	for lane in _lanes:
		lane.session.disconnect_from_peer()


func _process(_delta: float) -> void:
	if _listener != null:
		_accept()
	for lane in _lanes:
		lane.session.poll()
		if lane.session.get_status() == PacketPeerDTLS.STATUS_CONNECTED:
			_carry(lane)


## A session whose hello has no cookie ends at once; the next hello of the same client makes the one that stays.
func _accept() -> void:
	_listener.poll()
	while _listener.is_connection_available():
		var session := _server.take_connection(_listener.take_connection())
		if session.get_status() != PacketPeerDTLS.STATUS_HANDSHAKING:
			continue
		var lane := Lane.new()
		lane.session = session
		lane.inside = PacketPeerUDP.new()
		lane.inside.connect_to_host(SERVER, _inside_port)
		_lanes.append(lane)


func _carry(lane: Lane) -> void:
	while lane.session.get_available_packet_count() > 0:
		lane.inside.put_packet(lane.session.get_packet())
	while lane.inside.get_available_packet_count() > 0:
		var datagram := lane.inside.get_packet()
		if lane.inside == _open:
			lane.inside.set_dest_address(lane.inside.get_packet_ip(), lane.inside.get_packet_port())
		lane.session.put_packet(datagram)
