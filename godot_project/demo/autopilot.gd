class_name Autopilot
extends Node
## Presses the buttons that the command line asks for, so that scripts can drive the demo.

## Instances that are started together may find the server a moment too early.
const RETRY_SECONDS := 1.0
const ATTEMPTS_MAX := 10

var _arguments: DemoArguments
var _demo: Demo
var _attempts := 0
var _retry_timer := Timer.new()


func _ready() -> void:
	_retry_timer.one_shot = true
	_retry_timer.wait_time = RETRY_SECONDS
	_retry_timer.timeout.connect(_join)
	add_child(_retry_timer)


func follow(arguments: DemoArguments, demo: Demo) -> void:
	_arguments = arguments
	_demo = demo
	if arguments.quit_after > 0.0:
		get_tree().create_timer(arguments.quit_after).timeout.connect(_quit)
	if arguments.server:
		_start_server()
	elif arguments.client:
		demo.client.failed.connect(_on_client_failed)
		demo.client.joined.connect(_on_client_joined)
		_join()


func _start_server() -> void:
	var error := _demo.start_server(_arguments.port)
	if error != OK and DisplayServer.get_name() == "headless":
		# Nobody is there to press a button; whatever started this wants to know.
		get_tree().quit(1)


func _join() -> void:
	# The player may have pressed a button in the meantime.
	if not _demo.is_idle():
		return
	_attempts += 1
	_demo.join(_arguments.address, _arguments.port, _demo.get_player_name())


func _quit() -> void:
	get_tree().quit()


func _on_client_failed(_reason: String) -> void:
	if _attempts < ATTEMPTS_MAX:
		_retry_timer.start()


func _on_client_joined(peer_id: int) -> void:
	# From here on the player is in charge.
	_attempts = ATTEMPTS_MAX
	if not _arguments.message.is_empty():
		_demo.say(_arguments.message.format({"id": peer_id, "name": _demo.client.player_name}))
