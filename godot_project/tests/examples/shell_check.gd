extends RefCounted
## Looks whether what a shell block calls is there: the commands and options of `./build.sh`, which must be in its help, and
## the crates, tests, scenes and scripts that `cargo` and `godot` are given.

static var _helps: Dictionary[String, String] = {}
static var _root := ProjectSettings.globalize_path("res://").path_join("..").simplify_path()


## What is wrong with a block, one sentence each.
static func problems_in(text: String) -> PackedStringArray:
	var problems: PackedStringArray = []
	for line in text.split("\n"):
		var words := line.get_slice("#", 0).split(" ", false)
		while not words.is_empty() and RegEx.create_from_string("^[A-Z0-9_]+=").search(words[0]) != null:
			words = words.slice(1)
		if not words.is_empty():
			problems.append_array(_problems_of(words[0], words.slice(1)))
	return problems


static func _problems_of(command: String, words: PackedStringArray) -> PackedStringArray:
	match command:
		"./build.sh":
			return _problems_of_build(words)
		"cargo":
			return _problems_of_cargo(words)
		"godot":
			return _problems_of_godot(words)
		_:
			return ["nobody knows how to check '%s'; write <!-- example: not run: why --> above the block" % command]


static func _problems_of_build(words: PackedStringArray) -> PackedStringArray:
	if words.is_empty() or words[0] == "help":
		return []
	if not _lists(_help([]), words[0]):
		return ["./build.sh knows no command %s" % words[0]]
	var problems: PackedStringArray = []
	for index in range(1, words.size()):
		# a word behind an option may be its value
		var is_certain := words[index].begins_with("--") or index == 1
		if is_certain and words[index] != "--help" and not _lists(_help([words[0]]), words[index]):
			problems.append("./build.sh %s knows no %s" % [words[0], words[index]])
	return problems


static func _lists(help: String, word: String) -> bool:
	return RegEx.create_from_string("(?m)(^|[ /\\[|])%s([ \\],|]|$)" % word).search(help) != null


static func _help(command: PackedStringArray) -> String:
	var key := " ".join(command)
	if not _helps.has(key):
		var output := []
		var arguments: PackedStringArray = [_root.path_join("build.sh")]
		arguments.append_array(command)
		arguments.append("help" if command.is_empty() else "--help")
		OS.execute("bash", arguments, output, true)
		_helps[key] = output[0]
	return _helps[key]


static func _problems_of_cargo(words: PackedStringArray) -> PackedStringArray:
	var crate := _root.path_join("rust").path_join(_after("-p", words))
	if not FileAccess.file_exists(crate.path_join("Cargo.toml")):
		return ["there is no crate '%s'" % _after("-p", words)]
	var problems: PackedStringArray = []
	for kind: Array in [["--test", "tests"], ["--example", "examples"]]:
		var path: String = crate.path_join(kind[1]).path_join(_after(kind[0], words))
		if words.has(kind[0]) and not FileAccess.file_exists(path + ".rs") and not FileAccess.file_exists(path.path_join("main.rs")):
			problems.append("there is no %s" % path)
	return problems


static func _after(option: String, words: PackedStringArray) -> String:
	var index := words.find(option) + 1
	return words[index] if index > 0 and index < words.size() else ""


static func _problems_of_godot(words: PackedStringArray) -> PackedStringArray:
	var problems: PackedStringArray = []
	for word in words:
		if word == "--":
			break # what follows is for the game
		if word.get_extension() in ["gd", "tscn"] and not ResourceLoader.exists(word if "://" in word else "res://" + word):
			problems.append("there is no %s" % word)
	return problems
