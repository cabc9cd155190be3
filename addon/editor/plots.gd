@tool
extends GridContainer
## The last minute of the chosen host or peer.

const Plot := preload("../plot.gd")
const Subject := preload("subject.gd")
const LEAST_SIZE := Vector2(150, 64)

var _rtt := Plot.new()
var _loss := Plot.new()
var _incoming := Plot.new()
var _outgoing := Plot.new()


func _init() -> void:
	columns = 2
	size_flags_horizontal = SIZE_EXPAND_FILL
	size_flags_vertical = SIZE_EXPAND_FILL
	_set_up(_rtt, "RTT", Plot.Unit.MILLISECONDS, 10.0)
	_set_up(_loss, "Loss", Plot.Unit.SHARE, 0.01)
	_set_up(_incoming, "In", Plot.Unit.BYTES, 1000.0)
	_set_up(_outgoing, "Out", Plot.Unit.BYTES, 1000.0)


func _notification(what: int) -> void:
	if what == NOTIFICATION_THEME_CHANGED:
		var accents := {_rtt: "accent_color", _loss: "error_color", _incoming: "success_color", _outgoing: "warning_color"}
		for plot: Plot in accents:
			_dress(plot, get_theme_color(accents[plot], "Editor"))


func show_subject(subject: Subject) -> void:
	var history := subject.history if subject != null else Subject.History.new()
	_rtt.show_series([history.rtt])
	_loss.show_series([history.loss])
	_incoming.show_series([history.incoming])
	_outgoing.show_series([history.outgoing])


func _set_up(plot: Plot, title: String, unit: Plot.Unit, least_top: float) -> void:
	plot.title = title
	plot.unit = unit
	plot.least_top = least_top
	plot.size_flags_horizontal = SIZE_EXPAND_FILL
	plot.size_flags_vertical = SIZE_EXPAND_FILL
	add_child(plot)


func _dress(plot: Plot, color: Color) -> void:
	plot.pixel = EditorInterface.get_editor_scale()
	plot.custom_minimum_size = LEAST_SIZE * plot.pixel
	plot.colors = [color]
	plot.text_color = get_theme_color("font_color", "Editor")
	plot.grid_color = Color(plot.text_color, 0.12)
	plot.back_color = get_theme_color("dark_color_2", "Editor")
	plot.font = get_theme_font("main", "EditorFonts")
	plot.font_size = get_theme_font_size("main_size", "EditorFonts")
	plot.queue_redraw()
