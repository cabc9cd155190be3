class_name RawRoster
extends VBoxContainer
## The list of peers, one row each; rows are updated in place.

signal kick_requested(peer_id: int)

const ROW := preload("res://raw_packets/raw_row.tscn")

## Only the server can kick.
var can_kick := false

var _rows: Dictionary[int, RawRow] = {}


func show_peers(peers: Array[Dictionary]) -> void:
	var gone := _rows.keys()
	for peer in peers:
		gone.erase(peer.id)
		_get_or_add_row(peer.id).show_peer(peer, can_kick)
	for peer_id: int in gone:
		_rows[peer_id].queue_free()
		_rows.erase(peer_id)


func _get_or_add_row(peer_id: int) -> RawRow:
	if peer_id not in _rows:
		var row: RawRow = ROW.instantiate()
		row.kick_requested.connect(kick_requested.emit)
		_rows[peer_id] = row
		add_child(row)
	return _rows[peer_id]
