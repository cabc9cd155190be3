extends "res://tests/suite.gd"
## Base of the suites that play the same scene in several processes, once for every pairing of the addon's transport
## with the engine's, and compare what each process saw with what it sees when all of them use the engine's.
##
## After `--`, `--all-engine` puts the engine's classes in the addon's place, which proves the tests themselves.

const Pool := preload("res://tests/transport/process_pool.gd")
const PeerProcess := Pool.PeerProcess
const ENGINE := {"peer": "ENetMultiplayerPeer", "connection": "ENetConnection"}
const OURS := {"peer": "ENetThreadedMultiplayerPeer", "connection": "ENetThreadedConnection"}
const BARE := "res://tests/transport/bare_role.gd"
const SCENE := "res://tests/transport/scene_role.gd"
const DEFAULT_FRAME_USEC := 6900
## [server, clients]; the first is what the others are compared with.
const PAIRINGS: Array[Array] = [["engine", "engine"], ["ours", "engine"], ["engine", "ours"], ["ours", "ours"]]
## How long a remote that falls silent is waited for, in milliseconds.
const PATIENCE := 600
## The same for one that has never answered: short of the first repetition of the attempt.
const CONNECT_PATIENCE := 450

## The pairing that plays, for the texts of failures.
var pairing := ""
var server: PeerProcess
var port := 0

var _pool: Pool
var _cast: Dictionary[String, PeerProcess] = {}
var _names: Dictionary[int, String] = {}
var _server_id := RegEx.create_from_string("#1\\b")


func before_each() -> void:
	OS.low_processor_usage_mode_sleep_usec = preload("res://tests/transport/peer_process.gd").FRAME_USEC
	_pool = get_tree().root.get_node_or_null("ProcessPool")
	if _pool == null:
		_pool = Pool.new()
		_pool.name = "ProcessPool"
		get_tree().root.add_child(_pool)


func after_each() -> void:
	OS.low_processor_usage_mode_sleep_usec = DEFAULT_FRAME_USEC
	if not is_done():
		_pool.kill_all()


func get_deadline(_test: String) -> float:
	return 60.0


## Failures name the pairing in which they happen.
func until(condition: Callable, seconds: float, what: String) -> void:
	await super(condition, seconds, what + pairing)


func check(condition: bool, what: String) -> void:
	super(condition, what + pairing)


static func classes_of(make: String) -> Dictionary:
	return OURS if make == "ours" and not OS.get_cmdline_user_args().has("--all-engine") else ENGINE


#region Playing

## Calls [param play] with the makes of server and clients, for every pairing, and compares the stories. In
## [param on_purpose] stands what is to be seen in a stream instead when the server or the client ("when") is ours.
func play_all(script: String, play: Callable, on_purpose: Array[Dictionary] = []) -> void:
	var wanted := {}
	for makes in PAIRINGS:
		await play_one(script, makes, play)
		if wanted.is_empty():
			wanted = get_story()
		else:
			compare(get_story(), _with_exceptions(wanted, on_purpose, makes))
	pairing = ""


## One pairing: a server and two clients.
func play_one(script: String, makes: Array, play: Callable) -> void:
	begin(" (server %s, clients %s)" % makes)
	server = await enter("server", script, makes[0])
	for client_name: String in ["ada", "bob"]:
		await enter(client_name, script, makes[1])
	await play.call(makes)


## Begins a scene in which nobody plays yet.
func begin(title: String) -> void:
	pairing = title
	_cast.clear()
	_names.clear()


## Gives the process of that name a role to play.
func enter(process_name: String, script: String, make: String) -> PeerProcess:
	var process := _pool.get_process(process_name)
	await until(process.is_here, SOON, "%s starts" % process_name)
	_cast[process_name] = process
	await ask(process, "take_role", [script, classes_of(make)])
	process.lines.clear()
	return process


## Has a process do something and returns its answer.
func ask(process: PeerProcess, method: String, arguments: Array = []) -> Variant:
	var number := process.request(method, arguments)
	await until(process.has_answer.bind(number), SOON, "%s answers to %s" % [process.name, method])
	return process.take_answer(number)


func open_server(max_clients := 32, channels := 0) -> void:
	var opened: Array = await ask(server, "listen", [max_clients, channels])
	check_eq(opened[0], OK, "listen" + pairing)
	port = opened[1]


## Lets a client join; it is connected on return. Its id is what is returned.
func join(client_name: String, patience := 0) -> int:
	var id := await start_joining(client_name, patience)
	await saw(client_name, "peer_connected #server")
	await saw("server", "peer_connected #" + client_name)
	return id


func start_joining(client_name: String, patience := 0) -> int:
	var joined: Array = await ask(_cast[client_name], "join", [port, 0, patience])
	check_eq(joined[0], OK, "join" + pairing)
	_names[joined[1]] = client_name
	return joined[1]


## Kills a process. Another of that name can enter later.
func kill(process_name: String) -> void:
	_pool.kill(process_name)
	_cast.erase(process_name)


## Waits until a process saw this.
func saw(process_name: String, text: String, seconds := SOON) -> void:
	await until(count_seen.bind(process_name, text, 1), seconds, "%s sees '%s'" % [process_name, text])


## Whether a process saw this so often, in any stream.
func count_seen(process_name: String, text: String, count: int) -> bool:
	var found := 0
	for line in _cast[process_name].lines:
		found += int(_with_names(line[1]) == text)
	return found >= count


## Does something again and again until a condition holds: what is sent unreliably may get lost.
func repeat_until(act: Callable, condition: Callable, what: String) -> void:
	var deadline := Time.get_ticks_msec() + int(1000 * SOON)
	while not condition.call() and Time.get_ticks_msec() < deadline:
		await act.call()
		var next := Time.get_ticks_msec() + 200
		while not condition.call() and Time.get_ticks_msec() < next:
			await get_tree().process_frame
	await until(condition, 0.0, what)

## Gives every process some frames of its own: what has been sent arrives, and what is wrong has time to show.
func settle() -> void:
	for _i in 4:
		for process_name in _cast:
			await ask(_cast[process_name], "answer")

#endregion
#region Stories

## What each process saw, by process and stream. Order counts within a stream only; of what may get lost and is
## therefore repeated, only what came at all.
func get_story() -> Dictionary:
	var story := {}
	for process_name in _cast:
		for line in _cast[process_name].lines:
			var stream := "%s: %s" % [process_name, _with_names(line[0])]
			var texts: Array = story.get_or_add(stream, [])
			var text := _with_names(line[1])
			if not ("unreliable" in stream and texts.has(text)):
				texts.append(text)
	for stream: String in story:
		if "unreliable" in stream:
			story[stream].sort()
	return story


func _with_names(text: String) -> String:
	for id in _names:
		if id != 1:
			text = text.replace(str(id), _names[id])
	return _server_id.sub(text, "#server", true)


func _with_exceptions(wanted: Dictionary, on_purpose: Array[Dictionary], makes: Array) -> Dictionary:
	var result := wanted.duplicate()
	for exception in on_purpose:
		if makes[0 if exception.when == "server" else 1] == "ours" and classes_of("ours") == OURS:
			result[exception.stream] = exception.sees
	return result


func compare(story: Dictionary, wanted: Dictionary) -> void:
	for stream: String in wanted:
		check_eq(story.get(stream, []), wanted[stream], stream + pairing)
	for stream: String in story:
		check(wanted.has(stream), "%s: %s was not expected" % [stream, story[stream]])

#endregion
