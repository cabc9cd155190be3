class_name Roster
extends VBoxContainer
## The list of peers, one row each.
##
## Rows are updated in place, so that a focused button keeps its focus.

signal kick_requested(peer_id: int, player_name: String)

const ROW := preload("res://demo/roster_row.tscn")

## Only the server can kick.
var can_kick := false
## Marks the row of this instance; 0 marks none.
var own_id := 0

var _rows: Dictionary[int, RosterRow] = {}


func show_peers(peers: Array[Dictionary]) -> void:
	var gone := _rows.keys()
	for peer in peers:
		var peer_id: int = peer.get("id", 0)
		gone.erase(peer_id)
		var row := _get_or_add_row(peer_id)
		row.show_peer(peer, peer_id == own_id, can_kick)
	for peer_id: int in gone:
		_rows[peer_id].queue_free()
		_rows.erase(peer_id)


func clear() -> void:
	show_peers([])


func _get_or_add_row(peer_id: int) -> RosterRow:
	if peer_id not in _rows:
		var row: RosterRow = ROW.instantiate()
		row.kick_requested.connect(kick_requested.emit)
		_rows[peer_id] = row
		add_child(row)
	return _rows[peer_id]
