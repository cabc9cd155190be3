extends Logger
## Keeps what is printed and reported while an example runs.

var _mutex := Mutex.new()
var _printed := ""
var _problems: PackedStringArray = []


func clear() -> void:
	_mutex.lock()
	_printed = ""
	_problems.clear()
	_mutex.unlock()


func get_printed() -> String:
	_mutex.lock()
	var printed := _printed
	_mutex.unlock()
	return printed


## Errors and warnings, oldest first.
func get_problems() -> PackedStringArray:
	_mutex.lock()
	var problems := _problems.duplicate()
	_mutex.unlock()
	return problems


func _log_error(_function: String, _file: String, line: int, code: String, rationale: String,
		_editor_notify: bool, _error_type: int, _backtraces: Array[ScriptBacktrace]) -> void:
	_mutex.lock()
	_problems.append("%s (line %d)" % [rationale if rationale != "" else code, line])
	_mutex.unlock()


func _log_message(message: String, _error: bool) -> void:
	_mutex.lock()
	_printed += message
	_mutex.unlock()
