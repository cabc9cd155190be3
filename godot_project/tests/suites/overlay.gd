extends "res://tests/suite.gd"
## The overlay that a game can show in a corner.

const OVERLAY := preload("res://addons/enet_server/overlay.tscn")
const Overlay := preload("res://addons/enet_server/overlay.gd")
const Plot := preload("res://addons/enet_server/plot.gd")

var _overlay: Overlay


func before_each() -> void:
	_overlay = OVERLAY.instantiate()
	_overlay.interval = 0.1


func after_each() -> void:
	if not _overlay.is_inside_tree():
		_overlay.free()


func test_it_shows_what_the_monitors_say() -> void:
	await start_pair()
	add_child(_overlay)
	var heading := _heading()
	await until(func() -> bool: return heading.text.begins_with("2 connections"), SOON, "the connections")
	var plots := _plots()
	check_eq(plots.size(), 3, "plots")
	await until(func() -> bool: return plots[0]._series[0].size() >= 3, SOON, "samples")
	check(plots[0]._series[0][-1] < 500.0, "a round-trip time that was measured")


func test_a_key_hides_it_and_then_it_rests() -> void:
	_overlay.key = KEY_F9
	add_child(_overlay)
	check(_overlay.visible, "shown at first")
	_press(KEY_F9)
	await until(func() -> bool: return not _overlay.visible, SOON, "hidden")
	var samples: int = _plots()[0]._series[0].size()
	check(_timers().all(func(timer: Timer) -> bool: return timer.is_stopped()), "nothing runs")
	check_eq(_overlay.is_processing(), false, "nor in a frame")
	_press(KEY_F9)
	await until(func() -> bool: return _overlay.visible and _plots()[0]._series[0].size() > samples, SOON, "shown again")


func test_it_stays_in_its_corner() -> void:
	# a window of no display has no size worth the name
	var window := SubViewport.new()
	window.size = Vector2i(1200, 800)
	add_child(window)
	window.add_child(_overlay)
	var panel: Control = _overlay.find_children("*", "PanelContainer", true, false)[0]
	var whole := Rect2(Vector2.ZERO, window.size)
	for scale: float in [1.0, 2.0]:
		_overlay.scale_factor = scale
		for corner: Overlay.Place in Overlay.Place.values():
			_overlay.corner = corner
			await frames(2)
			var rect := panel.get_global_rect()
			check(whole.encloses(rect), "corner %d at %s is within the window" % [corner, scale])
			var is_left := rect.get_center().x < whole.get_center().x
			var is_top := rect.get_center().y < whole.get_center().y
			check_eq(is_left, corner in [Overlay.Place.TOP_LEFT, Overlay.Place.BOTTOM_LEFT], "corner %d, left" % corner)
			if scale == 1.0:
				check_eq(is_top, corner in [Overlay.Place.TOP_LEFT, Overlay.Place.TOP_RIGHT], "corner %d, top" % corner)


func test_values_are_written_with_their_units() -> void:
	check_eq(Plot.write(12.4, Plot.Unit.MILLISECONDS), "12 ms", "a time")
	check_eq(Plot.write(0.0126, Plot.Unit.SHARE), "1.3 %", "a share")
	var rates := [[0.0, "0 B/s"], [999.0, "999 B/s"], [1500.0, "1.5 kB/s"], [2_500_000.0, "2.50 MB/s"]]
	for rate: Array in rates:
		check_eq(Plot.write(rate[0], Plot.Unit.BYTES), rate[1], "a rate")


func _heading() -> Label:
	return _overlay.find_children("*", "Label", true, false)[0]


func _plots() -> Array[Plot]:
	var plots: Array[Plot] = []
	for control in _overlay.find_children("*", "Control", true, false):
		if control is Plot:
			plots.append(control)
	return plots


func _timers() -> Array:
	return _overlay.find_children("*", "Timer", true, false)


func _press(key: Key) -> void:
	var event := InputEventKey.new()
	event.keycode = key
	event.pressed = true
	Input.parse_input_event(event)
