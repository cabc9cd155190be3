extends RefCounted
## A page of the documentation: its blocks of code, with what a comment above each says about it, and its links.

## One fenced block.
class Block:
	var language := ""
	var text := ""
	## The line of the page on which it begins.
	var line := 0
	## What the comment [code]<!-- example: … -->[/code] above it says, or nothing.
	var note := ""

	## The value after a word of the note, such as the fixture in "in pair"; "" when the word is not there.
	func noted(word: String) -> String:
		for part in note.split(";"):
			var stripped := part.strip_edges()
			if stripped == word:
				return word
			if stripped.begins_with(word + " ") or stripped.begins_with(word + ": "):
				return stripped.trim_prefix(word).trim_prefix(":").strip_edges()
		return ""

	## What stands behind `# word: ` in the lines of the block.
	func remarks(word: String) -> PackedStringArray:
		var found: PackedStringArray = []
		for code_line in text.split("\n"):
			var parts := code_line.split("# %s: " % word, true, 1)
			if parts.size() == 2:
				found.append(parts[1].strip_edges())
		return found

var path := ""
var blocks: Array[Block] = []
var links: PackedStringArray = []
var headings: PackedStringArray = []
## The same as links name them.
var anchors: PackedStringArray = []

static var _link := RegEx.create_from_string("\\]\\(([^)#\\s]*)(#[^)\\s]*)?\\)")
static var _note := RegEx.create_from_string("^\\s*<!-- example: (.*) -->\\s*$")


func _init(of: String) -> void:
	path = of
	var block: Block = null
	var indent := ""
	var note := ""
	var number := 0
	for line in FileAccess.get_file_as_string(of).split("\n"):
		number += 1
		if block != null:
			if line.strip_edges() == "```":
				blocks.append(block)
				block = null
			else:
				block.text += line.trim_prefix(indent) + "\n"
		elif line.strip_edges().begins_with("```"):
			block = Block.new()
			block.language = line.strip_edges().trim_prefix("```")
			block.line = number
			block.note = note
			indent = line.left(line.find("```"))
			note = ""
		else:
			note = _note_of(line, note)
			_read_text(line)


## The comment holds for the block that follows, with nothing but empty lines between.
func _note_of(line: String, before: String) -> String:
	var found := _note.search(line)
	if found != null:
		return found.get_string(1)
	return before if line.strip_edges() == "" else ""


func _read_text(line: String) -> void:
	for found in _link.search_all(line):
		if "://" not in found.get_string(1):
			links.append(found.get_string(1) + found.get_string(2))
	if line.begins_with("#"):
		headings.append(line.lstrip("#").strip_edges())
		anchors.append(anchor_of(headings[-1]))


static func anchor_of(heading: String) -> String:
	var anchor := ""
	for character in heading.to_lower():
		if character == " ":
			anchor += "-"
		elif character in "-_" or character.is_valid_ascii_identifier() or character.is_valid_int():
			anchor += character
	return anchor
