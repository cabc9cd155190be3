@tool
extends ScrollContainer
## Presets and sliders for the network that a host simulates. A slider changes what the preset says.

signal wanted(conditions: String)

const Presets := preload("presets.gd")
const Subject := preload("subject.gd")

## Name, title, the highest value, the step and the unit of each slider.
const SLIDERS: Array[Array] = [
	["latency", "Latency", 1000.0, 1.0, "ms"],
	["jitter", "Jitter", 500.0, 1.0, "ms"],
	["loss", "Loss", 50.0, 0.1, "%"],
	["duplicate", "Duplication", 20.0, 0.1, "%"],
	["reorder", "Reordering", 20.0, 0.1, "%"],
	["bandwidth", "Bandwidth", 12_500_000.0, 1000.0, "B/s"],
]
## From the last touch of a slider until the game is told.
const PATIENCE_SEC := 0.2

var _presets := OptionButton.new()
var _sliders: Dictionary[String, EditorSpinSlider] = {}
var _state := Label.new()
var _timer := Timer.new()
var _is_loading := false


func _init() -> void:
	_timer.one_shot = true
	_timer.wait_time = PATIENCE_SEC
	_timer.timeout.connect(func() -> void: wanted.emit(get_conditions()))
	add_child(_timer)
	for preset: String in Presets.VALUES:
		_presets.add_item(Presets.TITLES[preset])
	_presets.item_selected.connect(func(_index: int) -> void: _on_preset_selected())
	_presets.tooltip_text = "Each way: the round trip takes twice the latency."
	horizontal_scroll_mode = ScrollContainer.SCROLL_MODE_DISABLED
	var list := VBoxContainer.new()
	list.size_flags_horizontal = SIZE_EXPAND_FILL
	add_child(list)
	list.add_child(_presets)
	for slider in SLIDERS:
		list.add_child(_make_slider(slider))
	_state.autowrap_mode = TextServer.AUTOWRAP_WORD_SMART
	list.add_child(_state)
	show_subject(null)


func begin() -> void:
	_presets.select(0)
	_load_preset()
	show_subject(null)


## Shows what the host of the chosen row simulates, and lets it be changed while there is one.
func show_subject(host: Subject) -> void:
	var is_there := host != null and not host.has_ended
	_presets.disabled = not is_there
	for slider in _sliders:
		_sliders[slider].read_only = not is_there
	if not is_there:
		_state.text = "Choose a host that runs."
	elif host.conditions == "":
		_state.text = "%s: no bad network is simulated." % host.title
	else:
		_state.text = "%s: %s" % [host.title, host.conditions]


func get_conditions() -> String:
	var values := {}
	for slider in _sliders:
		values[slider] = _sliders[slider].value
	return Presets.describe(_preset(), values)


func set_preset(preset: String) -> void:
	_presets.select(Presets.VALUES.keys().find(preset))
	_on_preset_selected()


func set_value(slider: String, value: float) -> void:
	_sliders[slider].value = value


func _preset() -> String:
	return Presets.VALUES.keys()[maxi(0, _presets.selected)]


func _make_slider(description: Array) -> EditorSpinSlider:
	var slider := EditorSpinSlider.new()
	slider.label = description[1]
	slider.max_value = description[2]
	slider.step = description[3]
	slider.suffix = description[4]
	slider.size_flags_horizontal = SIZE_EXPAND_FILL
	if description[0] == "bandwidth":
		slider.tooltip_text = "0 for no limit"
	slider.value_changed.connect(func(_value: float) -> void: _on_slider_moved())
	_sliders[description[0]] = slider
	return slider


func _on_preset_selected() -> void:
	_load_preset()
	_timer.stop()
	wanted.emit(get_conditions())


func _load_preset() -> void:
	_is_loading = true
	for slider in _sliders:
		_sliders[slider].value = Presets.VALUES[_preset()].get(slider, 0.0)
	_is_loading = false


func _on_slider_moved() -> void:
	if not _is_loading and _timer.is_inside_tree():
		_timer.start()
