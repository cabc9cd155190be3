extends CanvasLayer
## What the game's network does, in a corner of the game: connections, round-trip time, loss and bandwidth, over all hosts of
## the process. One line adds it:
##
##     add_child(preload("res://addons/enet_server/overlay.tscn").instantiate())
##
## It reads the ENet monitors, so the project setting enet/monitors/enabled must be on. Hidden, it does nothing but wait
## for its key.

enum Place { TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT }

const Plot := preload("plot.gd")
const SIZE := Vector2(250, 60)
const MARGIN := 10.0
const TEXT := Color(0.92, 0.94, 0.96)

## The key that shows and hides it.
@export var key := KEY_F3
@export var corner := Place.TOP_RIGHT: set = set_corner
## Times the usual size.
@export_range(0.5, 4.0, 0.1) var scale_factor := 1.0: set = set_scale_factor
## Seconds between two looks.
@export_range(0.1, 5.0, 0.1) var interval := 0.5
@export var shown_at_start := true

var _panel := PanelContainer.new()
var _heading := Label.new()
var _rtt: Plot
var _loss: Plot
var _bandwidth: Plot
var _samples: Array[PackedFloat32Array] = [[], [], [], []]
var _timer := Timer.new()


func _init() -> void:
	_panel.mouse_filter = Control.MOUSE_FILTER_IGNORE
	_panel.add_theme_stylebox_override("panel", _background())
	add_child(_panel)
	var list := VBoxContainer.new()
	list.mouse_filter = Control.MOUSE_FILTER_IGNORE
	_panel.add_child(list)
	_heading.add_theme_color_override("font_color", TEXT)
	list.add_child(_heading)
	_rtt = _add_plot(list, "RTT", Plot.Unit.MILLISECONDS, 10.0, [Color(0.4, 0.7, 1.0)])
	_loss = _add_plot(list, "Loss", Plot.Unit.SHARE, 0.01, [Color(1.0, 0.45, 0.4)])
	_bandwidth = _add_plot(list, "", Plot.Unit.BYTES, 1000.0, [Color(0.45, 0.85, 0.5), Color(0.95, 0.8, 0.4)])
	_bandwidth.names = ["In", "Out"]
	_timer.timeout.connect(_look)
	_timer.ignore_time_scale = true
	add_child(_timer)
	# the numbers go on while the game is paused
	process_mode = PROCESS_MODE_ALWAYS


func _ready() -> void:
	_dress()
	_place()
	visibility_changed.connect(_on_visibility_changed)
	visible = shown_at_start
	_on_visibility_changed()


func _unhandled_key_input(event: InputEvent) -> void:
	if event is InputEventKey and event.keycode == key and event.pressed and not event.echo:
		visible = not visible
		get_viewport().set_input_as_handled()


func set_corner(value: Place) -> void:
	corner = value
	if is_node_ready():
		_place()


func set_scale_factor(value: float) -> void:
	scale_factor = value
	if is_node_ready():
		_dress()
		_place()


func _on_visibility_changed() -> void:
	if visible:
		_look()
		_timer.start(interval)
	else:
		_timer.stop()


func _look() -> void:
	if not Performance.has_custom_monitor("ENet/peers"):
		_heading.text = "The ENet monitors are off."
		return
	var peers := roundi(_read("peers"))
	_heading.text = "%d connection%s, %d µs a frame" % [peers, "" if peers == 1 else "s", roundi(_read("frame_usec"))]
	var values := [_read("rtt_ms"), _read("loss"), _read("bytes_in"), _read("bytes_out")]
	for index in values.size():
		_samples[index].append(values[index])
		if _samples[index].size() > Plot.SPAN + 1:
			_samples[index] = _samples[index].slice(1)
	_rtt.show_series([_samples[0]])
	_loss.show_series([_samples[1]])
	_bandwidth.show_series([_samples[2], _samples[3]])


func _read(monitor: String) -> float:
	return Performance.get_custom_monitor("ENet/" + monitor)


func _add_plot(list: Container, title: String, unit: Plot.Unit, least_top: float, colors: PackedColorArray) -> Plot:
	var plot := Plot.new()
	plot.title = title
	plot.unit = unit
	plot.least_top = least_top
	plot.colors = colors
	plot.text_color = TEXT
	plot.mouse_filter = Control.MOUSE_FILTER_IGNORE
	list.add_child(plot)
	return plot


func _dress() -> void:
	_heading.add_theme_font_size_override("font_size", roundi(14 * scale_factor))
	for plot: Plot in [_rtt, _loss, _bandwidth]:
		plot.pixel = scale_factor
		plot.font_size = roundi(13 * scale_factor)
		plot.custom_minimum_size = SIZE * scale_factor
		plot.queue_redraw()
	_panel.reset_size()


func _place() -> void:
	var presets := {
		Place.TOP_LEFT: Control.PRESET_TOP_LEFT, Place.TOP_RIGHT: Control.PRESET_TOP_RIGHT,
		Place.BOTTOM_LEFT: Control.PRESET_BOTTOM_LEFT, Place.BOTTOM_RIGHT: Control.PRESET_BOTTOM_RIGHT,
	}
	_panel.set_anchors_and_offsets_preset(presets[corner], Control.PRESET_MODE_MINSIZE, roundi(MARGIN * scale_factor))
	var at_right := corner in [Place.TOP_RIGHT, Place.BOTTOM_RIGHT]
	var at_bottom := corner in [Place.BOTTOM_LEFT, Place.BOTTOM_RIGHT]
	_panel.grow_horizontal = Control.GROW_DIRECTION_BEGIN if at_right else Control.GROW_DIRECTION_END
	_panel.grow_vertical = Control.GROW_DIRECTION_BEGIN if at_bottom else Control.GROW_DIRECTION_END


func _background() -> StyleBoxFlat:
	var box := StyleBoxFlat.new()
	box.bg_color = Color(0.08, 0.09, 0.11, 0.8)
	box.set_corner_radius_all(4)
	box.set_content_margin_all(8)
	return box
