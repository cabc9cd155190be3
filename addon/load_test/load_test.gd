extends Control
## Many clients in one process, to see what a server can bear. Reads its settings from the command line; "--help" lists them.

const Arguments := preload("arguments.gd")
const Bot := preload("bot.gd")
const Crowd := preload("crowd.gd")
const Report := preload("report.gd")

const BAR_WIDTH := 24
## What a wrong command line ends with.
const STATUS_USAGE := 2

var _arguments := Arguments.new()
## In seconds of the phase.
var _next_line := 0.0

@onready var _crowd: Crowd = $Crowd
@onready var _status: Label = %Status
@onready var _bar: ProgressBar = %Bar
@onready var _report: Label = %Report


func _ready() -> void:
	_arguments.read(OS.get_cmdline_user_args())
	if _arguments.help or not _arguments.problem.is_empty():
		_print_usage()
		return
	if Engine.max_fps == 0:
		Engine.max_fps = 60
	_crowd.settled.connect(func() -> void: _next_line = 0.0)
	_crowd.finished.connect(_on_finished)
	_crowd.begin(_arguments)


func _process(_delta: float) -> void:
	if _crowd.phase == Crowd.Phase.JOINING or _crowd.phase == Crowd.Phase.SENDING:
		var share := _share_done()
		_status.text = _describe()
		_bar.value = share
		if _crowd.elapsed() >= _next_line:
			_next_line = floorf(_crowd.elapsed()) + 1.0
			print("[%s] %s" % ["#".repeat(roundi(share * BAR_WIDTH)).rpad(BAR_WIDTH, "-"), _status.text])


func _share_done() -> float:
	if _crowd.phase == Crowd.Phase.JOINING:
		return float(_crowd.count(Bot.State.JOINED)) / _arguments.clients
	return minf(_crowd.elapsed() / _arguments.seconds, 1.0)


func _describe() -> String:
	var joined := _crowd.count(Bot.State.JOINED)
	if _crowd.phase == Crowd.Phase.JOINING:
		return "joining: %d of %d, %d failed" % [joined, _arguments.clients, _crowd.count(Bot.State.FAILED)]
	return "%.0f of %.0f s: %d clients, %d packets sent, %d received, %d lost" % [
		_crowd.elapsed(), _arguments.seconds, joined, _crowd.total("sent"), _crowd.total("received"), _crowd.count(Bot.State.LOST)]


func _on_finished(report: Dictionary) -> void:
	var text := Report.to_text(report)
	_status.text = "done"
	_bar.value = 1.0
	_report.text = text
	print(text)
	var is_good := Report.is_success(report) and _write(report)
	# In a window the report is there to be read.
	if DisplayServer.get_name() == "headless":
		get_tree().quit(0 if is_good else 1)


func _write(report: Dictionary) -> bool:
	if _arguments.report.is_empty():
		return true
	var file := FileAccess.open(_arguments.report, FileAccess.WRITE)
	if file == null:
		printerr("Cannot write %s: %s" % [_arguments.report, error_string(FileAccess.get_open_error())])
		return false
	return file.store_string(JSON.stringify(report, "\t") + "\n")


func _print_usage() -> void:
	if _arguments.problem.is_empty():
		print(Arguments.USAGE)
		get_tree().quit()
	else:
		printerr(_arguments.problem, "\n", Arguments.USAGE)
		get_tree().quit(STATUS_USAGE)
