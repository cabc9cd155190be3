extends Node
## One process of a transport test: does what the runner asks for and tells it what it sees.
##
##     godot --headless --path godot_project res://tests/transport/peer_process.tscn -- CONTROL_PORT NAME
##
## Over TCP the runner sends [number, method, arguments] and gets ["answer", number, value]; what a role sees goes to it as
## ["saw", stream, text]. The process ends with the control connection.

## Short frames make short tests.
const FRAME_USEC := 2500
const ErrorLog := preload("res://tests/error_log.gd")

var _tcp := StreamPeerTCP.new()
var _control := PacketPeerStream.new()
var _name := ""
var _role: Node
var _log := ErrorLog.new()


func _ready() -> void:
	var args := OS.get_cmdline_user_args()
	_name = args[1]
	_control.input_buffer_max_size = 1 << 20
	_control.output_buffer_max_size = 1 << 20
	_control.stream_peer = _tcp
	_tcp.connect_to_host("127.0.0.1", args[0].to_int())
	OS.add_logger(_log)
	# nothing is drawn, so this alone sets the pace of the frames
	OS.low_processor_usage_mode_sleep_usec = FRAME_USEC


func _process(_delta: float) -> void:
	_tcp.poll()
	match _tcp.get_status():
		StreamPeerTCP.STATUS_CONNECTED:
			if _name != "":
				_control.put_var(["hello", _name])
				_name = ""
			for error in _log.take_errors():
				tell("errors", error.left(error.rfind(" (")))
			while _control.get_available_packet_count() > 0:
				_follow(_control.get_var())
		StreamPeerTCP.STATUS_CONNECTING:
			pass
		_:
			_end()


func tell(stream: String, text: String) -> void:
	if _tcp.get_status() == StreamPeerTCP.STATUS_CONNECTED:
		_control.put_var(["saw", stream, text])


## Begins anew in the role of [param script], with transport classes of these names.
func take_role(script: String, classes: Dictionary) -> void:
	if _role != null:
		_role.free()
	_role = (load(script) as GDScript).new()
	_role.name = "Role"
	_role.classes = classes
	_role.saw.connect(tell)
	add_child(_role)


## What follows may report errors with [param text] in them.
func expect_error(text: String) -> void:
	print("EXPECT-ERROR: ", text)


func answer() -> bool:
	return true


## The game loop stands still.
func hitch(msec: int) -> void:
	OS.delay_msec(msec)


func _follow(request: Array) -> void:
	var object: Object = self if has_method(request[1]) else _role
	_control.put_var(["answer", request[0], object.callv(request[1], request[2])])


func _end() -> void:
	set_process(false)
	OS.remove_logger(_log)
	if _role != null:
		_role.free()
	get_tree().quit()
