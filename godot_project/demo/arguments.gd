class_name DemoArguments
extends RefCounted
## What the command line asks of the demo: everything after a lone "--".

const USAGE := """Usage: godot --path godot_project -- [OPTION]...
  --server          start a server
  --client          join a server, and keep trying for ten seconds while nobody answers
  --address A       the server to join: an address or a name (default 127.0.0.1)
  --port P          the port to open or to join (default 7777; 0 lets a server pick a free one)
  --encrypted       encrypt the chat; the server and its clients alike
  --name N          the name to log in with
  --message "Hi"    say this after joining; {id} and {name} stand for the sender's own
  --quit-after S    quit after so many seconds
  --tile 0..3       take one quarter of the screen
  --help            print this and quit"""

var server := false
var client := false
var encrypted := false
var address := "127.0.0.1"
var port := 7777
var player_name := ""
var message := ""
## In seconds; 0 stays open.
var quit_after := 0.0
## -1 leaves the window where it is.
var tile := -1
var help := false
## Why the command line cannot be followed; empty when it can.
var problem := ""


static func parse(words: PackedStringArray) -> DemoArguments:
	var result := DemoArguments.new()
	var index := 0
	while index < words.size() and result.problem.is_empty():
		var option := words[index]
		if result._take_switch(option):
			index += 1
		else:
			var value := words[index + 1] if index + 1 < words.size() else ""
			result._take_value(option, value)
			index += 2
	if result.server and result.client:
		result.problem = "--server and --client are two instances, not one"
	return result


func _take_switch(option: String) -> bool:
	match option:
		"--server":
			server = true
		"--client":
			client = true
		"--encrypted":
			encrypted = true
		"--help":
			help = true
		_:
			return false
	return true


func _take_value(option: String, value: String) -> void:
	match option:
		"--address":
			address = value
		"--port":
			port = int(_number(option, value, 0, 65535))
		"--name":
			player_name = value
		"--message":
			message = value
		"--quit-after":
			quit_after = _number(option, value, 0, 86400)
		"--tile":
			tile = int(_number(option, value, 0, 3))
		_:
			problem = "unknown option %s" % option


func _number(option: String, value: String, least: int, most: int) -> float:
	if value.is_valid_float() and value.to_float() >= least and value.to_float() <= most:
		return value.to_float()
	problem = "%s takes a number from %d to %d" % [option, least, most]
	return 0.0
