class_name KickDialog
extends ConfirmationDialog
## Asks for the reason of a kick.

signal kick_confirmed(peer_id: int, reason: String)

var _peer_id := 0

@onready var _question: Label = %Question
@onready var _reason_edit: LineEdit = %ReasonEdit


func _ready() -> void:
	register_text_enter(_reason_edit)
	confirmed.connect(_on_confirmed)


func ask(peer_id: int, player_name: String) -> void:
	_peer_id = peer_id
	_question.text = "%s will be disconnected and reads this reason:" % player_name
	popup_centered()
	_reason_edit.grab_focus()
	_reason_edit.select_all()


func _on_confirmed() -> void:
	kick_confirmed.emit(_peer_id, _reason_edit.text.strip_edges())
