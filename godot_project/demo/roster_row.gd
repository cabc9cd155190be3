class_name RosterRow
extends HBoxContainer
## One peer of the roster: id, name, ping and, on the server, a kick button.

signal kick_requested(peer_id: int, player_name: String)

var _peer_id := 0
var _player_name := ""

@onready var _id_label: Label = %IdLabel
@onready var _name_label: Label = %NameLabel
@onready var _ping_label: Label = %PingLabel
@onready var _kick_button: Button = %KickButton


func show_peer(peer: Dictionary, is_own: bool, can_kick: bool) -> void:
	_peer_id = peer.get("id", 0)
	_player_name = peer.get("name", "")
	_id_label.text = str(_peer_id)
	_name_label.text = _player_name + (" (you)" if is_own else "")
	_name_label.tooltip_text = _player_name
	_ping_label.text = "%d ms" % peer.get("ping", 0)
	_kick_button.visible = can_kick


func _on_kick_button_pressed() -> void:
	kick_requested.emit(_peer_id, _player_name)
