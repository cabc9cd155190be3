extends RefCounted
## What the command line asks of a load test: everything after a lone "--". Also a load test's settings in a script.

const USAGE := """Usage: godot --headless --path GAME res://addons/enet_server/load_test/load_test.tscn -- [OPTION]...
  --address=A      the server: an IP address or a name (default 127.0.0.1)
  --port=P         its port (default 7777)
  --clients=N      how many clients join (default 100)
  --rate=N         packets that each of them sends in a second (default 30)
  --size=N         bytes of each packet, without headers (default 64)
  --seconds=S      how long they send, once all have joined (default 10)
  --joins=N        clients that begin to join in a second (default 200)
  --reliable       send reliable packets (default: unreliable ones)
  --raw            send the bytes as they are: for servers that are no ENetServer
  --login={"a":1}  a Dictionary in JSON that each sends first; {id} in a text stands for its number
  --compression=C  none, fastlz, zlib, zstd, range_coder or lz4, as the server has it
  --report=FILE    write the report as JSON: a full path, res://, user://, or beside the project
  --help           print this and quit
With --enet-sim=mobile, or another network, every client is on a bad one. The status is 0 when all joined and stayed."""

const COMPRESSIONS: Array[String] = ["none", "fastlz", "zlib", "zstd", "range_coder", "lz4"]
## The same in the order of their numbers.
const _MODES := {
	"none": ENetServer.COMPRESS_NONE, "fastlz": ENetServer.COMPRESS_FASTLZ, "zlib": ENetServer.COMPRESS_ZLIB,
	"zstd": ENetServer.COMPRESS_ZSTD, "range_coder": ENetServer.COMPRESS_RANGE_CODER, "lz4": ENetServer.COMPRESS_LZ4,
}

var address := "127.0.0.1"
var port := 7777
var clients := 100
var rate := 30.0
var size := 64
var seconds := 10.0
var joins := 200.0
var reliable := false
var raw := false
## A Dictionary as JSON; empty for none.
var login := ""
var compression := "none"
var report := ""
var help := false
## Why the command line cannot be followed; empty when it can.
var problem := ""


func read(words: PackedStringArray) -> void:
	for word in words:
		var parts := word.split("=", true, 1)
		if parts.size() == 2:
			_take_value(parts[0], parts[1])
		else:
			_take_switch(word)


func compression_mode() -> int:
	return _MODES[compression]


func _take_switch(option: String) -> void:
	match option:
		"--reliable":
			reliable = true
		"--raw":
			raw = true
		"--help":
			help = true
		_:
			problem = "unknown option %s" % option


func _take_value(option: String, value: String) -> void:
	match option:
		"--address":
			address = value
		"--port":
			port = int(_number(option, value, 1, 65535))
		"--clients":
			clients = int(_number(option, value, 1, 4095))
		"--rate":
			rate = _number(option, value, 0, 1000)
		"--size":
			size = int(_number(option, value, 1, 65536))
		"--seconds":
			seconds = _number(option, value, 0.1, 86400)
		"--joins":
			joins = _number(option, value, 1, 10000)
		"--login":
			login = value
			if not JSON.parse_string(value) is Dictionary:
				problem = "--login takes a Dictionary in JSON"
		"--compression":
			compression = value
			if value not in COMPRESSIONS:
				problem = "--compression takes one of %s" % ", ".join(COMPRESSIONS)
		"--report":
			report = value
		"--enet-sim":
			pass # the addon itself obeys it
		_:
			problem = "unknown option %s" % option


func _number(option: String, value: String, least: float, most: float) -> float:
	if value.is_valid_float() and value.to_float() >= least and value.to_float() <= most:
		return value.to_float()
	problem = "%s takes a number from %s to %s" % [option, least, most]
	return least
