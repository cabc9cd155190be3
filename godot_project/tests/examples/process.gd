extends Node
## One of several examples that run together, each in a process of its own: `-- FILE`. The process that started it ends it.

const LIMIT := 60.0


func _ready() -> void:
	get_tree().create_timer(LIMIT).timeout.connect(get_tree().quit)
	var script := GDScript.new()
	script.source_code = FileAccess.get_file_as_string(OS.get_cmdline_user_args()[0])
	if script.reload() == OK:
		var example: Node = script.new()
		example.name = "Example" # @rpc wants the same path in every process
		add_child(example)
		print("example: started")
