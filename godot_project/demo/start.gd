extends Control
## Opens the demo, or says what is missing when the addon has not been built.


func _ready() -> void:
	# Scripts that name ENetServer do not even compile without the addon, so this one asks first.
	if ClassDB.class_exists("ENetServer"):
		get_tree().change_scene_to_file.call_deferred("res://demo/main.tscn")
		return
	var label: Label = $Missing
	printerr(label.text)
	if DisplayServer.get_name() == "headless":
		get_tree().quit(1)
