class_name WindowTiles
extends RefCounted
## Places the windows of several instances side by side: two rows of two fill the screen.

const GAP := 8


static func place(window: Window, tile: int) -> void:
	var screen := DisplayServer.screen_get_usable_rect(window.current_screen)
	var quarter := Vector2i(screen.size * 0.5)
	# The title bar and borders of the desktop belong to the quarter as well.
	var frame := window.get_size_with_decorations() - window.size
	var corner := window.position - window.get_position_with_decorations()
	var cell := Vector2i(tile % 2, tile >> 1)
	window.size = quarter - frame - Vector2i(GAP, GAP)
	window.position = screen.position + cell * quarter + corner
