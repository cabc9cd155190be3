class_name RawAutopilot
extends Node
## Presses the buttons that the command line asks for, so that scripts can drive the demo.

## Instances that are started together may find the server a moment too early.
const RETRY_SECONDS := 1.0
const ATTEMPTS_MAX := 10

var _arguments: DemoArguments
var _demo: RawPackets
var _attempts := 0
var _retry_timer := Timer.new()


func _ready() -> void:
	_retry_timer.one_shot = true
	_retry_timer.wait_time = RETRY_SECONDS
	_retry_timer.timeout.connect(_join)
	add_child(_retry_timer)


func follow(arguments: DemoArguments, demo: RawPackets) -> void:
	_arguments = arguments
	_demo = demo
	if arguments.quit_after > 0.0:
		get_tree().create_timer(arguments.quit_after).timeout.connect(get_tree().quit)
	if arguments.server:
		if demo.start_server(arguments.port) != OK and DisplayServer.get_name() == "headless":
			# Nobody is there to press a button; whatever started this wants to know.
			get_tree().quit(1)
	elif arguments.client:
		demo.chat.joined.connect(_on_joined)
		demo.chat.ended.connect(_on_ended)
		_join()


func _join() -> void:
	# The player may have pressed a button in the meantime.
	if _demo.is_idle():
		_attempts += 1
		_demo.join(_arguments.address, _arguments.port)


func _on_joined(peer_id: int) -> void:
	# From here on the player is in charge.
	_attempts = ATTEMPTS_MAX
	# The others introduce themselves first, so that everyone knows who speaks.
	if not _arguments.message.is_empty():
		get_tree().create_timer(RETRY_SECONDS).timeout.connect(_speak.bind(peer_id))


func _speak(peer_id: int) -> void:
	_demo.say(_arguments.message.format({"id": peer_id, "name": _demo.chat.player_name}))


func _on_ended(_reason: String) -> void:
	if _attempts < ATTEMPTS_MAX:
		_retry_timer.start()
