extends Node
## What is called from afar: a method for every mode on every channel under test, and each other kind of RPC.

signal saw(stream: String, text: String)


@rpc("any_peer", "call_remote", "reliable", 0)
func reliable_0(number: int) -> void:
	_tell("reliable calls on channel 0", number)


@rpc("any_peer", "call_remote", "reliable", 1)
func reliable_1(number: int) -> void:
	_tell("reliable calls on channel 1", number)


@rpc("any_peer", "call_remote", "reliable", 2)
func reliable_2(number: int) -> void:
	_tell("reliable calls on channel 2", number)


@rpc("any_peer", "call_remote", "reliable", 17)
func reliable_17(number: int) -> void:
	_tell("reliable calls on channel 17", number)


@rpc("any_peer", "call_remote", "unreliable", 0)
func unreliable_0(number: int) -> void:
	_tell("unreliable calls on channel 0", number)


@rpc("any_peer", "call_remote", "unreliable", 1)
func unreliable_1(number: int) -> void:
	_tell("unreliable calls on channel 1", number)


@rpc("any_peer", "call_remote", "unreliable", 2)
func unreliable_2(number: int) -> void:
	_tell("unreliable calls on channel 2", number)


@rpc("any_peer", "call_remote", "unreliable", 17)
func unreliable_17(number: int) -> void:
	_tell("unreliable calls on channel 17", number)


@rpc("any_peer", "call_remote", "unreliable_ordered", 0)
func unreliable_ordered_0(number: int) -> void:
	_tell("unreliable_ordered calls on channel 0", number)


@rpc("any_peer", "call_remote", "unreliable_ordered", 1)
func unreliable_ordered_1(number: int) -> void:
	_tell("unreliable_ordered calls on channel 1", number)


@rpc("any_peer", "call_remote", "unreliable_ordered", 2)
func unreliable_ordered_2(number: int) -> void:
	_tell("unreliable_ordered calls on channel 2", number)


@rpc("any_peer", "call_remote", "unreliable_ordered", 17)
func unreliable_ordered_17(number: int) -> void:
	_tell("unreliable_ordered calls on channel 17", number)


@rpc("any_peer", "call_local", "reliable")
func anyone_here_too(number: int) -> void:
	_tell("call_local calls", number)


@rpc("authority", "call_remote", "reliable")
func authority_only(number: int) -> void:
	_tell("calls of the authority", number)


@rpc("authority", "call_local", "reliable")
func authority_here_too(number: int) -> void:
	_tell("call_local calls of the authority", number)


@rpc("any_peer", "call_remote", "reliable")
func blob(bytes: PackedByteArray) -> void:
	_tell("large calls", bytes.size())


func _tell(what: String, number: int) -> void:
	saw.emit("%s from #%d" % [what, multiplayer.get_remote_sender_id()], str(number))
