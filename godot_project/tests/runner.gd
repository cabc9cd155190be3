extends Node
## Runs every test_* method of every script in res://tests/suites and quits with 0 when all of them passed.
##
##     godot --headless --path godot_project res://tests/runner.tscn -- --filter NAME
##
## NAME picks the tests whose "suite.test" contains it.

const SUITES := "res://tests/suites"
const ErrorLog := preload("res://tests/error_log.gd")

var passed := 0
var failed := 0

var _log := ErrorLog.new()
var _filter := ""


func _ready() -> void:
	var args := OS.get_cmdline_user_args()
	if args.has("--filter") and args.find("--filter") + 1 < args.size():
		_filter = args[args.find("--filter") + 1]
	OS.add_logger(_log)
	await get_tree().process_frame
	for file in DirAccess.get_files_at(SUITES):
		if file.ends_with(".gd"):
			await _run_suite(SUITES.path_join(file))
	if passed + failed == 0 and _filter == "":
		_report("runner", 0, ["there are no suites"])
	OS.remove_logger(_log)
	print("%d passed, %d failed" % [passed, failed])
	get_tree().quit(1 if failed > 0 else 0)


func _run_suite(path: String) -> void:
	var suite_name := path.get_file().get_basename()
	var script: GDScript = load(path)
	if script == null or not script.can_instantiate():
		_report(suite_name, 0, ["the script does not load"])
		_log.take_errors()
		return
	var tests := _tests_of(script)
	if tests.is_empty():
		_report(suite_name, 0, ["has no tests"])
	for test in tests:
		if _filter == "" or _filter in "%s.%s" % [suite_name, test]:
			await _run_test(suite_name, script, test)


func _tests_of(script: GDScript) -> PackedStringArray:
	var tests: PackedStringArray = []
	for method in script.get_script_method_list():
		if method.name.begins_with("test_") and not tests.has(method.name):
			tests.append(method.name)
	return tests


## Every test gets a suite object of its own: what an abandoned one left waiting cannot touch the next.
func _run_test(suite_name: String, script: GDScript, test: String) -> void:
	var suite: Node = script.new()
	suite.name = suite_name
	suite.error_log = _log
	add_child(suite)
	_log.take_errors()
	var started := Time.get_ticks_msec()
	await _until_done(suite, test, started + int(1000 * suite.get_deadline(test)))
	if not suite.is_done() and Time.get_ticks_msec() >= started + int(1000 * suite.get_deadline(test)):
		suite.failures.append("no end within %d s" % suite.get_deadline(test))
	await suite.clean_up()
	var failures: PackedStringArray = suite.failures
	failures.append_array(_unannounced(suite.expected_errors, _log.take_errors()))
	_report("%s.%s" % [suite_name, test], Time.get_ticks_msec() - started, failures, suite.skip_reason)
	suite.queue_free()
	await get_tree().process_frame


func _until_done(suite: Node, test: String, deadline: int) -> void:
	suite.run(test)
	while not suite.is_done() and not suite.is_abandoned() and Time.get_ticks_msec() < deadline:
		if suite.expected_errors.is_empty() and _log.has_errors():
			return # a script error ends the function it happens in: nothing more will come
		await get_tree().process_frame


## Announced and reported errors must match one to one.
func _unannounced(expected: PackedStringArray, reported: PackedStringArray) -> PackedStringArray:
	var failures: PackedStringArray = []
	var open := expected.duplicate()
	for error in reported:
		var index := -1
		for candidate in open.size():
			if index < 0 and open[candidate] in error:
				index = candidate
		if index < 0:
			failures.append("unannounced error: %s" % error)
		else:
			open.remove_at(index)
	for missing in open:
		failures.append("no error says '%s'" % missing)
	return failures


func _report(test: String, msec: int, failures: PackedStringArray, skip_reason := "") -> void:
	if failures.is_empty():
		passed += 1
		var note := "" if skip_reason == "" else ", skipped: %s" % skip_reason
		print("ok %s (%d ms%s)" % [test, msec, note])
	else:
		failed += 1
		print("FAILED %s: %s" % [test, "; ".join(failures)])
