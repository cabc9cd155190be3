@tool
extends EditorPlugin
## Runs the crowd under the debugger, takes pictures of the debugger's pages, and quits. The folder for the pictures comes in the
## environment as SCREENSHOTS.

const SCENE := "res://screenshots/crowd.tscn"
## As high as somebody makes the panel who looks at it.
const PANEL_HEIGHT := 440
const LIMIT_SEC := 150.0

var _is_done := false
var _folder := OS.get_environment("SCREENSHOTS")


func _ready() -> void:
	if _folder == "":
		return
	get_tree().create_timer(LIMIT_SEC).timeout.connect(func() -> void: _give_up("it takes too long"))
	await _settle(3.0)
	EditorInterface.get_editor_settings().set_setting("run/bottom_panel/action_on_play", 2)
	EditorInterface.set_main_screen_editor("2D")
	EditorInterface.distraction_free_mode = true
	EditorInterface.play_custom_scene(SCENE)
	var tab := await _network_tab()
	if tab == null:
		return _give_up("there is no Network tab")
	_show(tab)
	tab.custom_minimum_size.y = PANEL_HEIGHT
	await _settle(20.0)
	_choose_peer(tab, 3)
	tab.conditions.set_preset("wifi_bad")
	await _settle(22.0)
	await _shoot("network_tab")
	tab.show_page(1)
	await _settle(1.0)
	await _shoot("bad_network")
	await _shoot_monitors(tab)
	EditorInterface.stop_playing_scene()
	_show(tab)
	tab.show_page(0)
	await _settle(2.0)
	await _shoot("network_tab_ended")
	_is_done = true
	print("SCREENSHOTS OK")
	get_tree().quit()


## Waits until the game has reported.
func _network_tab() -> Control:
	for _i in 60:
		await _settle(0.5)
		for tab in EditorInterface.get_base_control().find_children("Network", "VBoxContainer", true, false):
			if "state" in tab and not tab.state.hosts.is_empty():
				return tab
	return null


func _show(tab: Control) -> void:
	var pages: TabContainer = tab.get_parent()
	pages.current_tab = pages.get_tab_idx_from_control(tab)


func _choose_peer(tab: Control, index: int) -> void:
	var host: TreeItem = tab.tree.get_root().get_first_child()
	host.get_child(mini(index, host.get_child_count() - 1)).select(0)


func _shoot_monitors(tab: Control) -> void:
	var pages: TabContainer = tab.get_parent()
	for index in pages.get_tab_count():
		if pages.get_tab_control(index).get_class() == "EditorPerformanceProfiler":
			pages.current_tab = index
			_tick_monitors(pages.get_tab_control(index).find_children("*", "Tree", true, false)[0])
	await _settle(6.0)
	await _shoot("monitors")


func _tick_monitors(tree: Tree) -> void:
	var item := tree.get_root().get_first_child()
	while item != null:
		var is_ours := item.get_text(0).replace(" ", "") == "ENet"
		item.collapsed = not is_ours
		for child in item.get_children():
			child.set_checked(0, is_ours)
		if is_ours:
			tree.scroll_to_item(item, true)
		item = item.get_next()
	tree.item_edited.emit()


func _shoot(picture: String) -> void:
	# an editor in which nothing changes draws nothing
	EditorInterface.get_base_control().queue_redraw()
	await RenderingServer.frame_post_draw
	get_viewport().get_texture().get_image().save_png(_folder.path_join(picture + ".png"))


func _settle(seconds: float) -> void:
	await get_tree().create_timer(seconds).timeout


func _give_up(why: String) -> void:
	if _is_done:
		return
	printerr("ERROR: no pictures: ", why)
	get_tree().quit(1)
