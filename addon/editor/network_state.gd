@tool
extends RefCounted
## What a running game has told of its network. Reads the messages; whatever does not look like one of them is left alone.

signal happened(msec: int, kind: String, text: String)

const Subject := preload("subject.gd")

## Hosts that have ended and are still shown.
const MOST_ENDED := 8
## Counters whose growth is worth a line in the log.
const TOLD: PackedStringArray = ["dropped_", "refused_", "rejected_", "limited_", "evicted_", "failed_", "receive_errors", "reopened_"]

var hosts: Dictionary[int, Subject] = {}
## What the last report took in the game, in microseconds.
var cost_usec := 0
## Hosts that there was no room for.
var hidden_hosts := 0

var _counter_names: PackedStringArray = []
var _columns: PackedStringArray = []
var _states: PackedStringArray = []
var _kinds: PackedStringArray = []
var _statistics: PackedStringArray = []


func has_names() -> bool:
	return not _columns.is_empty()


func take_names(data: Array) -> void:
	if data.size() < 5:
		return
	_counter_names = data[0]
	_columns = data[1]
	_states = data[2]
	_kinds = data[3]
	_statistics = data[4]


func take_report(data: Array) -> void:
	if data.size() < 6:
		return
	var msec: int = data[0]
	cost_usec = data[1]
	hidden_hosts = data[3]
	var seen: Dictionary[int, bool] = {}
	for entry: Array in data[2]:
		if entry.size() >= 14:
			seen[entry[0]] = true
			_take_host(msec, entry)
	for id: int in hosts.keys():
		if not seen.has(id) and not hosts[id].has_ended:
			hosts[id].end()
	_forget_ended()
	for line: Array in data[4]:
		if line.size() >= 5:
			_take_happening(line)
	if data[5] > 0:
		happened.emit(msec, "", "and %d more" % data[5])


## The game is over: everything stays as it was.
func end() -> void:
	for id in hosts:
		hosts[id].end()


func _take_host(msec: int, entry: Array) -> void:
	var host: Subject = hosts.get_or_add(entry[0], Subject.new())
	host.id = entry[0]
	host.title = "%s :%d" % [entry[1], entry[3]]
	host.state = entry[2]
	host.address = entry[4]
	host.conditions = entry[5]
	var counters := _named(_counter_names, entry[6])
	_tell_growth(msec, host, counters)
	host.details = counters
	host.peer_count = entry[7]
	host.other_count = entry[11]
	var values := _named(_columns, entry[8])
	# of a host count what went over the socket, strangers' datagrams included
	values.received_bytes = counters.get("socket_received_bytes", 0)
	values.sent_bytes = counters.get("socket_sent_bytes", 0)
	values.received_packets = _packets(counters, "received")
	values.sent_packets = _packets(counters, "sent")
	host.update(msec, values)
	_take_peers(msec, host, entry[9], entry[10])
	for key in host.peers:
		var peer: Subject = host.peers[key]
		if not entry[13].is_empty() and peer.is_watched:
			peer.details = _named(_statistics, entry[13])


func _take_peers(msec: int, host: Subject, numbers: PackedInt64Array, addresses: PackedStringArray) -> void:
	var present: Dictionary[int, RefCounted] = {}
	for index in addresses.size():
		var at := index * _columns.size()
		var values := _named(_columns, numbers.slice(at, at + _columns.size()))
		var key: int = values.get("key", 0)
		var peer: Subject = host.peers.get_or_add(key, Subject.new())
		peer.id = key
		peer.host_id = host.id
		var id: int = values.get("id", 0)
		peer.title = "peer %d" % id if id != 0 else "connection %d" % key
		peer.address = addresses[index]
		var state: int = values.get("state", 0)
		peer.state = _states[state] if state < _states.size() else ""
		peer.update(msec, values)
		present[key] = peer
	host.peers = present


func _tell_growth(msec: int, host: Subject, counters: Dictionary) -> void:
	for counter: String in counters:
		var growth: int = counters[counter] - host.details.get(counter, 0)
		if growth > 0 and _is_told(counter):
			happened.emit(msec, "dropped", "%s %s +%d" % [host.title, counter, growth])


func _take_happening(line: Array) -> void:
	var kind: int = line[2]
	var kind_name := _kinds[kind] if kind < _kinds.size() else ""
	var host: Subject = hosts.get(line[1])
	var where := host.title if host != null else "host %d" % line[1]
	match kind_name:
		"opened", "closed":
			happened.emit(line[0], kind_name, "%s %s" % [where if host != null else line[4], kind_name])
		_:
			happened.emit(line[0], kind_name, "%s peer %d %s: %s" % [where, line[3], kind_name, line[4]])


func _forget_ended() -> void:
	var ended := hosts.keys().filter(func(id: int) -> bool: return hosts[id].has_ended)
	for index in ended.size() - MOST_ENDED:
		hosts.erase(ended[index])


static func _is_told(counter: String) -> bool:
	for prefix in TOLD:
		if counter.begins_with(prefix):
			return true
	return false


static func _packets(counters: Dictionary, direction: String) -> int:
	var count := 0
	for kind: String in ["reliable", "unreliable", "unsequenced"]:
		count += counters.get("%s_%s_packets" % [direction, kind], 0)
	return count


static func _named(names: PackedStringArray, values: PackedInt64Array) -> Dictionary:
	var named := {}
	for index in mini(names.size(), values.size()):
		named[names[index]] = values[index]
	return named
