class_name RawRow
extends VBoxContainer
## One peer: name, ping where it is known, the engine's id and the transport it says it uses.

signal kick_requested(peer_id: int)

var _peer_id := 0

@onready var _name_label: Label = %NameLabel
@onready var _ping_label: Label = %PingLabel
@onready var _kick_button: Button = %KickButton
@onready var _id_label: Label = %IdLabel
@onready var _transport_label: Label = %TransportLabel


func show_peer(peer: Dictionary, can_kick: bool) -> void:
	_peer_id = peer.id
	_name_label.text = peer.name
	_ping_label.text = "%d ms" % peer.ping if peer.has("ping") else "relayed"
	_kick_button.visible = can_kick
	_id_label.text = str(_peer_id)
	_transport_label.text = peer.transport


func _on_kick_button_pressed() -> void:
	kick_requested.emit(_peer_id)
