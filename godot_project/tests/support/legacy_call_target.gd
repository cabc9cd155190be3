extends Node
## Notes who calls it.

var heard: PackedStringArray = []


@rpc("any_peer", "reliable")
func note(text: String) -> void:
	heard.append("%d: %s" % [multiplayer.get_remote_sender_id(), text])


@rpc("any_peer", "unreliable")
func note_unreliably(text: String) -> void:
	note(text)
