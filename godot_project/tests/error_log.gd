extends Logger
## Keeps what the engine reports while a test runs, so that an error nobody announced fails the test.

var _mutex := Mutex.new()
var _errors: PackedStringArray = []
var _message_count := 0


## Errors since the last call, oldest first. Warnings do not count.
func take_errors() -> PackedStringArray:
	_mutex.lock()
	var taken := _errors.duplicate()
	_errors.clear()
	_mutex.unlock()
	return taken


func has_errors() -> bool:
	_mutex.lock()
	var found := not _errors.is_empty()
	_mutex.unlock()
	return found


## Lines printed so far, warnings and errors included.
func get_message_count() -> int:
	_mutex.lock()
	var count := _message_count
	_mutex.unlock()
	return count


func _log_error(_function: String, file: String, line: int, code: String, rationale: String,
		_editor_notify: bool, error_type: int, _backtraces: Array[ScriptBacktrace]) -> void:
	_mutex.lock()
	_message_count += 1
	if error_type != ERROR_TYPE_WARNING:
		var text := rationale if rationale != "" else code
		_errors.append("%s (%s:%d)" % [text, file.get_file(), line])
	_mutex.unlock()


func _log_message(_message: String, _error: bool) -> void:
	_mutex.lock()
	_message_count += 1
	_mutex.unlock()
