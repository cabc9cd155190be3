extends Node
## Runs every example of the documentation: each block of code in the README, in docs/ and in the addon's pages.
##
##     godot --headless --path godot_project res://tests/examples/examples.tscn -- --filter TEXT
##
## TEXT picks the blocks whose "page:line" contains it. CONTRIBUTING.md says what a page writes above a block.

const Page := preload("res://tests/examples/page.gd")
const Source := preload("res://tests/examples/source.gd")
const Messages := preload("res://tests/examples/messages.gd")
const ShellCheck := preload("res://tests/examples/shell_check.gd")
const ExampleLog := preload("res://tests/examples/example_log.gd")
const Fixture := preload("res://tests/examples/fixtures/alone.gd")
const FIXTURES := "res://tests/examples/fixtures"
const PLACES: PackedStringArray = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "tools", "docs", "addon"]
## Seconds that an example may take, in which it prints what it says that it prints.
const SOON := 15.0
const SHADOWED := "debug/gdscript/warnings/shadowed_variable_base_class"
## What an example in a process of its own prints when it runs.
const STARTED := "example: started"
const INDEX := "docs/README.md"
## Languages of blocks that are no program.
const PLAIN: PackedStringArray = ["text"]

var _log := ExampleLog.new()
var _filter := ""
var _passed := 0
var _failed := 0
var _not_run: PackedStringArray = []
var _root := ProjectSettings.globalize_path("res://").path_join("..").simplify_path()


func _ready() -> void:
	var args := OS.get_cmdline_user_args()
	if args.has("--filter"):
		_filter = args[args.find("--filter") + 1]
	_make_warnings_errors()
	OS.add_logger(_log)
	await get_tree().process_frame
	var pages := _all_pages()
	for page in pages:
		_check_text(page, pages)
	for page in pages:
		await _run_page(page)
	OS.remove_logger(_log)
	for line in _not_run:
		print("not run: ", line)
	print("%d passed, %d failed" % [_passed, _failed])
	get_tree().quit(1 if _failed > 0 else 0)


## Whatever the engine would warn of in the editor is a failure here.
func _make_warnings_errors() -> void:
	for property in ProjectSettings.get_property_list():
		var setting: String = property.name
		if setting.begins_with("debug/gdscript/warnings/") and property.type == TYPE_INT and ProjectSettings.get_setting(setting) == 1:
			ProjectSettings.set_setting(setting, 2)

#region Pages

func _all_pages() -> Array[Page]:
	var pages: Array[Page] = []
	for place in PLACES:
		_add_pages(_root.path_join(place), pages)
	return pages


func _add_pages(path: String, pages: Array[Page]) -> void:
	if path.ends_with(".md"):
		pages.append(Page.new(path))
		return
	if not DirAccess.dir_exists_absolute(path):
		return
	for file in DirAccess.get_files_at(path):
		if file.ends_with(".md"):
			pages.append(Page.new(path.path_join(file)))
	for folder in DirAccess.get_directories_at(path):
		_add_pages(path.path_join(folder), pages)


func _name_of(page: Page) -> String:
	return page.path.trim_prefix(_root + "/")


## Every message that it quotes exists, every link within the repository leads somewhere, and docs/README.md to every page beside and below it.
func _check_text(page: Page, pages: Array[Page]) -> void:
	if _filter not in _name_of(page):
		return
	var problems: PackedStringArray = []
	for link in page.links:
		var target := page.path.get_base_dir().path_join(link.get_slice("#", 0)).simplify_path()
		if link.begins_with("#"):
			target = page.path
		if not FileAccess.file_exists(target) and not DirAccess.dir_exists_absolute(target):
			problems.append("there is no %s" % link)
		elif "#" in link and not _has_anchor(target, link.get_slice("#", 1), pages):
			problems.append("no heading answers to %s" % link)
	if _name_of(page) == INDEX:
		problems.append_array(_unlisted(page, pages))
	problems.append_array(Messages.unknown(page.headings))
	_report("%s links and messages" % _name_of(page), problems)


func _unlisted(index: Page, pages: Array[Page]) -> PackedStringArray:
	var problems: PackedStringArray = []
	for page in pages:
		var link := page.path.trim_prefix(index.path.get_base_dir() + "/")
		if page != index and link != page.path and not index.links.has(link):
			problems.append("it does not list %s" % link)
	return problems


func _has_anchor(path: String, anchor: String, pages: Array[Page]) -> bool:
	return pages.any(func(page: Page) -> bool: return page.path == path and page.anchors.has(anchor))


func _run_page(page: Page) -> void:
	var index := 0
	while index < page.blocks.size():
		var blocks: Array[Page.Block] = [page.blocks[index]]
		index += 1
		while index < page.blocks.size() and _belongs_to_the_one_before(page.blocks[index]):
			blocks.append(page.blocks[index])
			index += 1
		var block_name := "%s:%d" % [_name_of(page), blocks[0].line]
		if _filter == "" or _filter in block_name:
			await _run_blocks(block_name, blocks)


func _belongs_to_the_one_before(block: Page.Block) -> bool:
	return block.noted("continues") != "" or block.noted("together") != ""

#endregion
#region Blocks

func _run_blocks(block_name: String, blocks: Array[Page.Block]) -> void:
	var block := blocks[0]
	var reason := block.noted("not run")
	if reason != "":
		_not_run.append("%s: %s" % [block_name, reason])
	elif block.language == "gdscript":
		if block.noted("compiles") != "":
			_not_run.append("%s, only compiled: %s" % [block_name, block.noted("compiles")])
		_report(block_name, await _problems_of(blocks))
	elif block.language in ["sh", "bash"]:
		_report(block_name, ShellCheck.problems_in(block.text))
	elif block.language not in PLAIN:
		_report(block_name, ["nobody knows how to run '%s'; write <!-- example: not run: why --> above it" % block.language])


func _problems_of(blocks: Array[Page.Block]) -> PackedStringArray:
	if blocks[-1].noted("together") != "":
		return await _problems_of_processes(blocks, [])
	if blocks[0].noted("processes") != "":
		return await _problems_of_processes(blocks, blocks[0].noted("processes").split(" ", false))
	var joined := Page.Block.new()
	joined.note = blocks[0].note
	joined.text = "\n".join(blocks.map(func(block: Page.Block) -> String: return block.text))
	return await _problems_of_script(joined)


func _problems_of_script(block: Page.Block) -> PackedStringArray:
	var fixture_path := FIXTURES.path_join((block.noted("in") if block.noted("in") != "" else "alone") + ".gd")
	if not ResourceLoader.exists(fixture_path):
		return ["there is no %s" % fixture_path]
	var probe := Fixture.new()
	var port := probe.closed_port()
	probe.free()
	var script := GDScript.new()
	var problems_of_compiling := await _compile(script, block.text, fixture_path, port)
	if not problems_of_compiling.is_empty():
		return problems_of_compiling
	if block.noted("compiles") != "":
		return []
	var example: Object = script.new()
	var fixture: Fixture = example if example is Fixture else (load(fixture_path) as GDScript).new()
	fixture.port = port
	add_child(fixture)
	await fixture.prepare()
	var announced := _announced(block)
	var done := [false]
	if example is Fixture:
		_run(fixture, done)
	elif example is Node:
		fixture.add_child(example)
		done[0] = true
	else:
		fixture.failures.append("it is no node; nobody knows how to run it")
	var problems := await _wait_for(block, announced, done)
	problems.append_array(fixture.failures)
	await fixture.tidy()
	fixture.queue_free()
	await get_tree().process_frame
	return problems


## What is wrong with the script, warnings included. That a fixture has a variable of the same name is nothing to warn of.
func _compile(script: GDScript, text: String, fixture_path: String, port: int) -> PackedStringArray:
	ProjectSettings.set_setting(SHADOWED, 2 if Source.is_script(text) else 0)
	await get_tree().process_frame # scripts are told of settings at the end of a frame
	await get_tree().process_frame
	_log.clear()
	script.source_code = Source.script(text, fixture_path, port)
	if script.reload() == OK:
		return []
	return PackedStringArray(["it does not compile"]) + _log.get_problems()


func _run(fixture: Fixture, done: Array) -> void:
	@warning_ignore("redundant_await")
	await fixture.run_example()
	done[0] = true


## Waits until the example has ended and has printed what it says, and a few frames more, for what it must not do.
func _wait_for(block: Page.Block, announced: PackedStringArray, done: Array) -> PackedStringArray:
	var deadline := Time.get_ticks_msec() + int(1000 * SOON)
	var wanted := block.remarks("prints")
	while (not done[0] or not _missing(wanted, _log.get_printed()).is_empty()) and Time.get_ticks_msec() < deadline:
		if not _unannounced(announced).is_empty():
			break # a script error ends the function it happens in: nothing more will come
		await get_tree().process_frame
	for _frame in 5:
		await get_tree().process_frame
	var problems := _unannounced(announced)
	if not done[0]:
		problems.append("it has not ended within %s s" % SOON)
	for line in _missing(wanted, _log.get_printed()):
		problems.append("it does not print '%s'" % line)
	for text in announced:
		if text not in "\n".join(_log.get_problems()):
			problems.append("nothing says '%s'" % text)
	return problems


## What the note says that the example reports. Errors are announced to whoever reads the log of this run as well.
func _announced(block: Page.Block) -> PackedStringArray:
	var announced: PackedStringArray = []
	if block.noted("warns") != "":
		announced.append(block.noted("warns"))
	if block.noted("errs") != "":
		announced.append(block.noted("errs"))
		print("EXPECT-ERROR: ", block.noted("errs"))
	return announced


func _unannounced(announced: PackedStringArray) -> PackedStringArray:
	var problems: PackedStringArray = []
	for problem in _log.get_problems():
		if not Array(announced).any(func(text: String) -> bool: return text in problem):
			problems.append(problem)
	return problems


static func _missing(wanted: PackedStringArray, printed: String) -> PackedStringArray:
	var lines := printed.split("\n")
	var missing: PackedStringArray = []
	for line in wanted:
		if not lines.has(line):
			missing.append(line)
	return missing

#endregion
#region Processes

## Runs each block in an engine of its own, in the order of the page, or one block once with each of [param arguments], until
## all has been printed.
func _problems_of_processes(blocks: Array[Page.Block], arguments: PackedStringArray) -> PackedStringArray:
	var probe := Fixture.new()
	var port := probe.closed_port()
	probe.free()
	var processes: Array[int] = []
	var logs: PackedStringArray = []
	var wanted: PackedStringArray = []
	for block in blocks:
		var problems_of_compiling := await _compile(GDScript.new(), block.text, FIXTURES.path_join("alone.gd"), port)
		if not problems_of_compiling.is_empty():
			return problems_of_compiling
	for index in maxi(blocks.size(), arguments.size()):
		var block := blocks[mini(index, blocks.size() - 1)]
		var argument := arguments[index] if index < arguments.size() else ""
		logs.append(_start(block, index, argument.replace(Source.PORT, str(port)), port, processes))
		wanted.append_array(block.remarks("prints"))
		# a client that starts before its server listens would fail at once
		await _until_printed([STARTED], [logs[index]])
	await _until_printed(wanted, logs)
	for process in processes:
		OS.kill(process)
	var problems: PackedStringArray = []
	for line in _missing(wanted, _read_all(logs)):
		problems.append("nobody prints '%s'" % line)
	for line in _read_all(logs).split("\n"):
		if line.contains("ERROR:") or line.contains("WARNING:"):
			problems.append(line)
	for path in logs:
		DirAccess.remove_absolute(path)
		DirAccess.remove_absolute(path.get_basename() + ".gd")
	return problems


func _until_printed(wanted: PackedStringArray, logs: PackedStringArray) -> void:
	var deadline := Time.get_ticks_msec() + int(1000 * SOON)
	while not _missing(wanted, _read_all(logs)).is_empty() and Time.get_ticks_msec() < deadline:
		await get_tree().create_timer(0.05).timeout


func _start(block: Page.Block, index: int, argument: String, port: int, processes: Array[int]) -> String:
	var path := OS.get_user_data_dir().path_join("example_%d_%d" % [OS.get_process_id(), index])
	var file := FileAccess.open(path + ".gd", FileAccess.WRITE)
	file.store_string(Source.script(block.text, FIXTURES.path_join("alone.gd"), port))
	file.close()
	processes.append(OS.create_process(OS.get_executable_path(), ["--headless", "--path", ProjectSettings.globalize_path("res://"),
			"--log-file", path + ".log", "res://tests/examples/process.tscn", "--", path + ".gd", argument]))
	return path + ".log"


static func _read_all(logs: PackedStringArray) -> String:
	var all := ""
	for path in logs:
		all += FileAccess.get_file_as_string(path) if FileAccess.file_exists(path) else ""
	return all

#endregion

func _report(block_name: String, problems: PackedStringArray) -> void:
	if problems.is_empty():
		_passed += 1
		print("ok %s" % block_name)
	else:
		_failed += 1
		print("FAILED %s: %s" % [block_name, "; ".join(problems)])
