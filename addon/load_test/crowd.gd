extends Node
## The clients of a load test: lets them join, lets them send at their rate, and sums up.

signal settled
signal finished(report: Dictionary)

const Arguments := preload("arguments.gd")
const Bot := preload("bot.gd")
const Report := preload("report.gd")

## How long the last client may take to join before the others begin.
const JOIN_SECONDS_MAX := 30.0
## Packets that one client makes up for in one frame after a pause.
const BURST_MAX := 30
const SAMPLE_SECONDS := 0.5

enum Phase { IDLE, JOINING, SENDING, DONE }

var phase := Phase.IDLE
var bots: Array[Bot] = []

var _arguments: Arguments
var _payload := PackedByteArray()
var _flags := 0
var _phase_usec := 0
var _next_sample := 0.0
var _frame_costs: PackedFloat64Array = []
var _round_trips: PackedFloat64Array = []
var _sockets_before := {}


func begin(arguments: Arguments) -> void:
	_arguments = arguments
	var bytes := PackedByteArray()
	bytes.resize(arguments.size)
	_payload = bytes if arguments.raw else ENetPacketUtils.encode_auto(bytes)
	_flags = ENetPacketPeer.FLAG_RELIABLE if arguments.reliable else ENetPacketPeer.FLAG_UNSEQUENCED
	for _number in arguments.clients:
		bots.append(Bot.new())
	_enter(Phase.JOINING)


## Seconds since the phase began.
func elapsed() -> float:
	return (Time.get_ticks_usec() - _phase_usec) / 1e6


func count(state: Bot.State) -> int:
	return bots.reduce(func(sum: int, bot: Bot) -> int: return sum + int(bot.state == state), 0)


func total(counter: String) -> int:
	return bots.reduce(func(sum: int, bot: Bot) -> int: return sum + bot.get(counter), 0)


func _process(_delta: float) -> void:
	if phase == Phase.JOINING or phase == Phase.SENDING:
		var begin_usec := Time.get_ticks_usec()
		_service()
		if phase == Phase.JOINING:
			_join()
		else:
			_send()
			_frame_costs.append(Time.get_ticks_usec() - begin_usec)
			_sample()
		_go_on()


func _exit_tree() -> void:
	for bot in bots:
		bot.leave()


func _service() -> void:
	for number in bots.size():
		if bots[number].service() and not _arguments.login.is_empty():
			bots[number].log_in(_login_of(number))


func _login_of(number: int) -> PackedByteArray:
	return ENetPacketUtils.encode_auto(JSON.parse_string(_arguments.login.replace("{id}", str(number))))


## Begins as many attempts as are due by now.
func _join() -> void:
	var due := mini(ceili(elapsed() * _arguments.joins), bots.size())
	for number in due:
		if bots[number].state == Bot.State.WAITING:
			bots[number].join(_arguments.address, _arguments.port, _arguments.compression_mode())


func _send() -> void:
	var now := elapsed()
	for number in bots.size():
		var bot := bots[number]
		if bot.state == Bot.State.JOINED:
			# Spread evenly over an interval, as players are.
			var due := floori(now * _arguments.rate + float(number) / bots.size())
			for _packet in clampi(due - bot.sent - bot.refused, 0, BURST_MAX):
				bot.send(_payload, _flags)


func _sample() -> void:
	if elapsed() < _next_sample:
		return
	_next_sample += SAMPLE_SECONDS
	for bot in bots:
		if bot.state == Bot.State.JOINED:
			_round_trips.append(bot.round_trip_ms())


func _go_on() -> void:
	if phase == Phase.SENDING and elapsed() >= _arguments.seconds:
		_finish()
	elif phase == Phase.JOINING:
		var is_late := elapsed() > JOIN_SECONDS_MAX + bots.size() / _arguments.joins
		if is_late or count(Bot.State.WAITING) + count(Bot.State.JOINING) == 0:
			_sockets_before = _sum_of_sockets()
			_enter(Phase.SENDING)
			settled.emit()


func _finish() -> void:
	var seconds := elapsed()
	var sockets := _sum_of_sockets()
	for key: String in sockets:
		sockets[key] -= _sockets_before.get(key, 0)
	var report := Report.make(_arguments, bots, seconds, sockets, _round_trips, _frame_costs)
	_enter(Phase.DONE)
	for bot in bots:
		bot.leave()
	finished.emit(report)


func _sum_of_sockets() -> Dictionary:
	var sum := {}
	for bot in bots:
		var counters := bot.socket_statistics()
		for key in Report.SOCKET_COUNTERS:
			sum[key] = sum.get(key, 0) + counters.get(key, 0)
	return sum


func _enter(next: Phase) -> void:
	phase = next
	_phase_usec = Time.get_ticks_usec()
