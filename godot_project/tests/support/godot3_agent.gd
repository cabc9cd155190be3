extends RefCounted
## A process of Godot 3 that runs godot3_project/agent.gd, and what it has written down.

## The engine of Godot 3, as the test run names it.
static var engine := OS.get_environment("GODOT3")

static var _count := 0

var process := -1

var _log: String
var _pipes: Dictionary


## Starts a server on [param port], or a client when [param address] is given.
func start(port: int, compression: int, address := "") -> void:
	_count += 1
	_log = OS.get_cache_dir().path_join("enet_server_agent_%d_%d.log" % [OS.get_process_id(), _count])
	DirAccess.remove_absolute(_log)
	OS.set_environment("AGENT_LOG", _log)
	OS.set_environment("AGENT_PORT", str(port))
	OS.set_environment("AGENT_COMPRESSION", str(compression))
	OS.set_environment("AGENT_CONNECT", address)
	# its output is its own affair: the log of the tests has to stay clean
	_pipes = OS.execute_with_pipe(engine, ["--path", ProjectSettings.globalize_path("res://").path_join("../godot3_project"), "-s", "agent.gd"], false)
	process = _pipes.get("pid", -1)


func get_lines() -> PackedStringArray:
	return FileAccess.get_file_as_string(_log).split("\n", false) if FileAccess.file_exists(_log) else PackedStringArray()


func saw(line: String) -> bool:
	return line in get_lines()


## The peer id that it has; 0 as long as it has none.
func get_id() -> int:
	for line in get_lines():
		if line.begins_with("started 0 as "):
			return int(line.get_slice(" ", 3))
	return 0


func stop() -> void:
	if OS.is_process_running(process):
		OS.kill(process)
	DirAccess.remove_absolute(_log)
