extends "res://tests/suite.gd"
## The raw-packet demo: a server and two clients, one of which uses the engine's own class.

const SCENE := "res://raw_packets/raw_packets.tscn"


func test_the_two_transports_hear_each_other() -> void:
	var server := _start(["--server", "--port", "0", "--quit-after", "20"])
	await _until_printed(server, "listening on port")
	var port := server.text.get_slice("listening on port ", 1).get_slice(" ", 0)
	var ours := _start(["--client", "--name", "Ada", "--message", "Hi from {name}", "--port", port, "--quit-after", "20"])
	var engines := _start(["--client", "--name", "Grace", "--message", "Hi from {name}", "--port", port, "--quit-after", "20",
			"--engine-class"])
	await _until_printed(server, "Ada is here with ENetThreadedMultiplayerPeer")
	await _until_printed(server, "Grace is here with ENetMultiplayerPeer")
	for instance: Instance in [server, ours]:
		await _until_printed(instance, "received msg of 14 bytes from Grace: 'Hi from Grace'")
	for instance: Instance in [server, engines]:
		await _until_printed(instance, "received msg of 12 bytes from Ada: 'Hi from Ada'")


func _start(arguments: Array) -> Instance:
	var instance := Instance.new()
	instance.start(["--headless", "--no-header", "--path", ProjectSettings.globalize_path("res://"), SCENE, "--"] + arguments)
	add_child(instance)
	return instance


func _until_printed(instance: Instance, text: String) -> void:
	await until(func() -> bool: return text in instance.text, SOON, "'%s'" % text)


## One engine and what it prints.
class Instance extends Node:
	var text := ""
	var _pid := 0
	var _output: FileAccess

	func start(arguments: PackedStringArray) -> void:
		var process := OS.execute_with_pipe(OS.get_executable_path(), arguments, false)
		_pid = process.pid
		_output = process.stdio

	func _process(_delta: float) -> void:
		text += _output.get_buffer(4096).get_string_from_utf8()

	func _exit_tree() -> void:
		OS.kill(_pid)
