@tool
extends Control
## The last minute of one or two series, the present at the right.

## How values are written.
enum Unit { MILLISECONDS, SHARE, BYTES }

const SPAN := 120

var title := ""
var unit := Unit.MILLISECONDS
## What there is room for at least, so that a quiet line stays flat.
var least_top := 1.0
## Pixels of a line, a gap and so on for one pixel at scale 1.
var pixel := 1.0
var names: PackedStringArray = []
var colors: PackedColorArray = []
var text_color := Color.WHITE
var grid_color := Color(1, 1, 1, 0.1)
var back_color := Color(0, 0, 0, 0.2)
var font: Font
var font_size := 14

var _series: Array[PackedFloat32Array] = []


func show_series(series: Array[PackedFloat32Array]) -> void:
	_series = series
	queue_redraw()


func _draw() -> void:
	draw_rect(Rect2(Vector2.ZERO, size), back_color)
	var used_font := font if font != null else get_theme_default_font()
	var line := used_font.get_height(font_size)
	var area := Rect2(4 * pixel, line + 4 * pixel, size.x - 8 * pixel, size.y - line - 8 * pixel)
	if area.size.x <= 0 or area.size.y <= 0:
		return
	var top := _top()
	_draw_grid(area, top, used_font)
	for index in _series.size():
		_draw_series(area, top, _series[index], colors[index])
	_draw_heading(used_font)


func _top() -> float:
	var highest := least_top
	for samples in _series:
		for sample in samples:
			highest = maxf(highest, sample)
	# 1, 2 or 5 times a power of ten
	var power := pow(10.0, floorf(log(highest) / log(10.0)))
	for step: float in [1.0, 2.0, 5.0, 10.0]:
		if step * power >= highest * 0.999:
			return step * power
	return highest


func _draw_grid(area: Rect2, top: float, used_font: Font) -> void:
	for index in 3:
		var y := area.position.y + area.size.y * index / 2.0
		draw_line(Vector2(area.position.x, y), Vector2(area.end.x, y), grid_color, -1)
	for index in range(1, 4):
		var x := area.position.x + area.size.x * index / 4.0
		draw_line(Vector2(x, area.position.y), Vector2(x, area.end.y), grid_color, -1)
	var faint := Color(text_color, 0.5)
	var small := maxi(1, roundi(font_size * 0.8))
	var below := Vector2(area.position.x + 2 * pixel, area.position.y + used_font.get_ascent(small))
	draw_string(used_font, below, write(top, unit), HORIZONTAL_ALIGNMENT_LEFT, -1, small, faint)


func _draw_series(area: Rect2, top: float, samples: PackedFloat32Array, color: Color) -> void:
	if samples.size() < 2:
		return
	var points := PackedVector2Array()
	var first := maxi(0, samples.size() - 1 - SPAN)
	for index in range(first, samples.size()):
		var x := area.end.x - area.size.x * (samples.size() - 1 - index) / float(SPAN)
		var y := area.end.y - area.size.y * clampf(samples[index] / top, 0.0, 1.0)
		points.append(Vector2(x, y))
	draw_polyline(points, color, 1.5 * pixel, true)
	var filled := points.duplicate()
	filled.append(Vector2(points[-1].x, area.end.y))
	filled.append(Vector2(points[0].x, area.end.y))
	# a flat line on the ground encloses nothing
	if not Geometry2D.triangulate_polygon(filled).is_empty():
		draw_colored_polygon(filled, Color(color, 0.12))


func _draw_heading(used_font: Font) -> void:
	var baseline := used_font.get_ascent(font_size) + 2 * pixel
	draw_string(used_font, Vector2(6 * pixel, baseline), title, HORIZONTAL_ALIGNMENT_LEFT, -1, font_size, text_color)
	var end := size.x - 6 * pixel
	for index in range(_series.size() - 1, -1, -1):
		var text := write(_series[index][-1], unit) if not _series[index].is_empty() else "–"
		if not names.is_empty():
			text = "%s %s" % [names[index], text]
		var width := used_font.get_string_size(text, HORIZONTAL_ALIGNMENT_LEFT, -1, font_size).x
		draw_string(used_font, Vector2(end - width, baseline), text, HORIZONTAL_ALIGNMENT_LEFT, -1, font_size, colors[index])
		end -= width + 10 * pixel


## A value with its unit.
static func write(value: float, in_unit: Unit) -> String:
	match in_unit:
		Unit.MILLISECONDS:
			return "%d ms" % roundi(value)
		Unit.SHARE:
			return "%.1f %%" % (value * 100.0)
	if value < 1000.0:
		return "%d B/s" % roundi(value)
	if value < 1e6:
		return "%.1f kB/s" % (value / 1e3)
	return "%.2f MB/s" % (value / 1e6)
