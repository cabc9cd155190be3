extends Node
## What all roles share: an ENetMultiplayerPeer of either make.

signal saw(stream: String, text: String)

enum { UNRELIABLE, UNRELIABLE_ORDERED, RELIABLE }

const MODES: PackedStringArray = ["unreliable", "unreliable_ordered", "reliable"]
## No two places of a large packet look the same to fragments: its length is prime.
const PERIOD := 4099

## The names of the transport classes: "peer" and "connection".
var classes: Dictionary
var peer: MultiplayerPeer

static var _pattern: PackedByteArray

## What to do at once when something is seen, in the middle of the handler: [method, arguments] by the begin of the text.
var _reactions: Dictionary[String, Array] = {}


func _init() -> void:
	saw.connect(_react)


func create_peer() -> MultiplayerPeer:
	return ClassDB.instantiate(classes.peer)


## Opens a server on a free port; [error, port].
func listen(max_clients := 32, channels := 0) -> Array:
	peer = create_peer()
	var error: Error = peer.create_server(0, max_clients, channels)
	if error != OK:
		return [error, 0]
	take_peer()
	return [error, peer.host.get_local_port()]


## Joins a server; [error, own id]. With [param patience], a server that falls silent is given up after so many milliseconds.
func join(port: int, channels := 0, patience := 0) -> Array:
	peer = create_peer()
	var error: Error = peer.create_client("127.0.0.1", port, channels)
	if error != OK:
		return [error, 0]
	if patience > 0:
		peer.get_peer(1).set_timeout(32, patience, patience)
	take_peer()
	return [error, peer.get_unique_id()]


## From within the handler that sees [param text], calls a method, once.
func react(text: String, method: String, arguments: Array = []) -> void:
	_reactions[text] = [method, arguments]


func _react(_stream: String, text: String) -> void:
	for begin: String in _reactions.keys():
		if text.begins_with(begin):
			var reaction := _reactions[begin]
			_reactions.erase(begin)
			callv(reaction[0], reaction[1])


## Called when [member peer] has been opened.
func take_peer() -> void:
	pass


func set_patience(id: int, msec: int) -> void:
	peer.get_peer(id).set_timeout(32, msec, msec)
	peer.get_peer(id).ping_interval(100)


## Lets a peer go when everything that was sent to it has been delivered.
func part_from(id: int) -> void:
	peer.get_peer(id).peer_disconnect_later()


## The game loop stands still, in the middle of a handler when this is a reaction.
func stand_still(msec: int) -> void:
	OS.delay_msec(msec)


func refuse(enable: bool) -> void:
	peer.refuse_new_connections = enable


func close() -> void:
	peer.close()


func get_status() -> int:
	return peer.get_connection_status()


func get_port() -> int:
	return peer.host.get_local_port()


func get_state_of(id: int) -> int:
	return peer.get_peer(id).get_state()


func get_statistic_of(id: int, statistic: int) -> float:
	return peer.get_peer(id).get_statistic(statistic)


func pop_host_statistic(statistic: int) -> float:
	return peer.host.pop_statistic(statistic)


## The same bytes in every process.
static func content(size: int) -> PackedByteArray:
	if _pattern.is_empty():
		var random := RandomNumberGenerator.new()
		random.seed = PERIOD
		for _i in PERIOD:
			_pattern.append(random.randi() & 255)
	var bytes := _pattern.duplicate()
	while bytes.size() < size:
		bytes.append_array(bytes)
	bytes.resize(size)
	return bytes


static func describe(bytes: PackedByteArray) -> String:
	return "%d bytes, %s" % [bytes.size(), "intact" if bytes == content(bytes.size()) else "damaged"]


func _exit_tree() -> void:
	if peer != null:
		peer.close()
