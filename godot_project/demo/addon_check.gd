extends PanelContainer
## Covers the demo with what to do when the addon has not been built.
##
## Scripts that name ENetServer do not even compile then. This one does not name it.


func _ready() -> void:
	visible = not ClassDB.class_exists("ENetServer")
	if visible:
		var advice: Label = $Advice
		printerr(advice.text)
		if DisplayServer.get_name() == "headless":
			get_tree().quit(1)
