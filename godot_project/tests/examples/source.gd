extends RefCounted
## Makes a script of a block of code.
##
## A block that begins with [code]extends[/code] or [code]class_name[/code] is a script as it stands. In any other, functions
## and what is declared beside them become members, and the rest the body of [method run_example]; without a function all of
## it is body.

## What stands in the place of a name or a path that the pages use.
const REPLACED: Dictionary[String, String] = {"play.example.com": "localhost", "res://server.": "user://server."}
const PORT := "7777"
const MEMBERS: PackedStringArray = ["func ", "static ", "var ", "const ", "signal ", "enum ", "class ", "@"]


static func is_script(text: String) -> bool:
	for line in text.split("\n"):
		if line != "" and not line.begins_with("#"):
			return line.begins_with("extends ") or line.begins_with("class_name ") or line.begins_with("@tool")
	return false


## The source of a script that extends [param base] unless the block says what it extends, with its port in place of 7777.
static func script(text: String, base: String, port: int) -> String:
	var source := text if is_script(text) else _wrapped(text, base)
	for name in REPLACED:
		source = source.replace(name, REPLACED[name])
	return source.replace(PORT, str(port))


static func _wrapped(text: String, base: String) -> String:
	var has_functions := "\nfunc " in "\n" + text or "\nstatic func " in "\n" + text
	var members := ""
	var body := ""
	var into_members := false
	for line in text.split("\n"):
		if line != "" and not line.begins_with("\t") and not line.begins_with(" ") and not line.begins_with(")") and not line.begins_with("}"):
			into_members = has_functions and _is_member(line)
		if into_members:
			members += line + "\n"
		elif line != "":
			body += "\t" + line + "\n"
	return "extends \"%s\"\n\n%s\n\nfunc run_example() -> void:\n%s\tpass\n" % [base, members, body]


static func _is_member(line: String) -> bool:
	for start in MEMBERS:
		if line.begins_with(start):
			return true
	return false
