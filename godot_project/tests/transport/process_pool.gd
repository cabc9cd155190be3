extends Node
## The processes that transport tests play with. They stay from test to test and end with the run.

const SCENE := "res://tests/transport/peer_process.tscn"


class PeerProcess extends RefCounted:
	var name := ""
	var pid := 0
	var control: PacketPeerStream
	## What it saw: [stream, text], oldest first.
	var lines: Array[Array] = []
	var _answers: Dictionary[int, Variant] = {}
	var _asked := 0

	func is_here() -> bool:
		return control != null

	## Sends a request; its answer comes under the number returned.
	func request(method: String, arguments: Array) -> int:
		_asked += 1
		control.put_var([_asked, method, arguments])
		return _asked

	func has_answer(number: int) -> bool:
		return _answers.has(number)

	func take_answer(number: int) -> Variant:
		var answer: Variant = _answers[number]
		_answers.erase(number)
		return answer

	func read() -> void:
		if control == null:
			return
		(control.stream_peer as StreamPeerTCP).poll()
		while control.get_available_packet_count() > 0:
			var message: Array = control.get_var()
			if message[0] == "saw":
				lines.append(message.slice(1))
			else:
				_answers[message[1]] = message[2]


var _listener := TCPServer.new()
var _newcomers: Array[PacketPeerStream] = []
var _processes: Dictionary[String, PeerProcess] = {}


func _ready() -> void:
	_listener.listen(0, "127.0.0.1")


## The process of that name, started if it does not run. It may take a moment until it is there.
func get_process(process_name: String) -> PeerProcess:
	if not _processes.has(process_name):
		var process := PeerProcess.new()
		process.name = process_name
		process.pid = OS.create_process(OS.get_executable_path(), ["--headless", "--no-header", "--path",
				ProjectSettings.globalize_path("res://"), SCENE, "--", str(_listener.get_local_port()), process_name])
		_processes[process_name] = process
	return _processes[process_name]


## Ends a process in the middle of whatever it does.
func kill(process_name: String) -> void:
	OS.kill(_processes[process_name].pid)
	_processes.erase(process_name)


func kill_all() -> void:
	for process_name: String in _processes.keys():
		kill(process_name)


func _process(_delta: float) -> void:
	if _listener.is_connection_available():
		var control := PacketPeerStream.new()
		control.input_buffer_max_size = 1 << 20
		control.output_buffer_max_size = 1 << 20
		control.stream_peer = _listener.take_connection()
		_newcomers.append(control)
	for control: PacketPeerStream in _newcomers.duplicate():
		if control.get_available_packet_count() > 0:
			_newcomers.erase(control)
			var process_name: String = control.get_var()[1]
			if _processes.has(process_name):
				_processes[process_name].control = control
	for process: PeerProcess in _processes.values():
		process.read()


## Lets the processes end by themselves, so that their last words are part of this run's output.
func _exit_tree() -> void:
	var deadline := Time.get_ticks_msec() + 3000
	var pids := _processes.values().map(func(process: PeerProcess) -> int: return process.pid)
	_processes.clear()
	_newcomers.clear()
	while Time.get_ticks_msec() < deadline and pids.any(OS.is_process_running):
		OS.delay_msec(10)
