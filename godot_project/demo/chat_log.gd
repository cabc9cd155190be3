class_name ChatLog
extends RichTextLabel
## The log on the screen. Every line goes to the terminal too, which is all there is when headless.

const LINES_MAX := 500
const ACCENT := Color("5cc8ae")
const DIM := Color("8b96a5")
const BRIGHT := Color("eef2f6")

@onready var _hint: Label = $Hint


func add_line(line: String) -> void:
	print(line)
	if _hint.visible:
		_hint.hide()
	else:
		newline()
	# Added as text, never as BBCode: part of it was written by somebody else.
	var prefix := line.left(line.find(": ") + 2) if ": " in line else ""
	_add_coloured(prefix, ACCENT)
	_add_body(line.trim_prefix(prefix))
	if get_paragraph_count() > LINES_MAX:
		remove_paragraph(0)


## What somebody said stands out from what merely happened.
func _add_body(body: String) -> void:
	var quote := body.find("'") if " msg" in body else body.length()
	_add_coloured(body.left(quote), DIM)
	_add_coloured(body.substr(quote), BRIGHT)


func _add_coloured(part: String, colour: Color) -> void:
	push_color(colour)
	add_text(part)
	pop()
