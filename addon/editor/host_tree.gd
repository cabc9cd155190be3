@tool
extends Tree
## Hosts and peers of the running game, a row each.

signal chosen(subject: Subject)

const Subject := preload("subject.gd")
const NetworkState := preload("network_state.gd")
const Plot := preload("../plot.gd")

## Title, least width, and what it means.
const COLUMNS: Array[Array] = [
	["Host / peer", 175, "A host with its port, below it its peers by the id that the game knows them by."],
	["State", 84, "The role of a host; where a peer stands."],
	["RTT", 74, "Round-trip time, smoothed. Of a host the mean of its peers."],
	["Jitter", 70, "How much the round-trip time varies."],
	["Loss", 66, "Share of reliable parts that had to be sent again."],
	["In", 94, "Bytes of datagrams received a second."],
	["Out", 94, "Bytes of datagrams sent a second."],
	["Throttle", 76, "Share of unreliable packets that is sent; falls when the round-trip time rises."],
	["Queued", 80, "Bytes that wait to be sent, and that are sent but not acknowledged."],
	["Address", 135, "Where the peer is; of a client, where it connects to."],
]
const NUMBERS: PackedInt32Array = [2, 3, 4, 5, 6, 7, 8]
const LOSS := 4
const THROTTLE := 7

var _items: Dictionary[String, TreeItem] = {}


func _init() -> void:
	columns = COLUMNS.size()
	column_titles_visible = true
	hide_root = true
	select_mode = Tree.SELECT_ROW
	size_flags_horizontal = SIZE_EXPAND_FILL
	size_flags_vertical = SIZE_EXPAND_FILL
	item_selected.connect(_on_item_selected)


func _ready() -> void:
	for column in COLUMNS.size():
		set_column_title(column, COLUMNS[column][0])
		set_column_title_tooltip_text(column, COLUMNS[column][2])
		set_column_title_alignment(column, _alignment(column))
		set_column_custom_minimum_width(column, roundi(COLUMNS[column][1] * EditorInterface.get_editor_scale()))
		set_column_expand(column, not NUMBERS.has(column))
		set_column_clip_content(column, true)
	begin()


func begin() -> void:
	clear()
	_items.clear()
	create_item()


## Brings the rows up to date. What is selected stays selected.
func show_state(state: NetworkState) -> void:
	var shown: Dictionary[String, bool] = {}
	for id in state.hosts:
		var host: Subject = state.hosts[id]
		var item := _item(_key(host), get_root(), shown)
		_show(item, host)
		for key in host.peers:
			_show(_item(_key(host.peers[key]), item, shown), host.peers[key])
		if host.other_count > 0 and not host.has_ended:
			_show_others(_item("%d/others" % id, item, shown), host)
	for key: String in _items.keys():
		if not shown.has(key):
			_items[key].free()
			_items.erase(key)


func select_subject(subject: Subject) -> void:
	var item: TreeItem = _items.get(_key(subject))
	if item != null:
		item.select(0)


func get_selected_subject() -> Subject:
	var item := get_selected()
	return item.get_metadata(0) if item != null else null


static func _alignment(column: int) -> HorizontalAlignment:
	return HORIZONTAL_ALIGNMENT_RIGHT if NUMBERS.has(column) else HORIZONTAL_ALIGNMENT_LEFT


static func _key(subject: Subject) -> String:
	return "%d/%d" % [subject.host_id, subject.id]


func _item(key: String, parent: TreeItem, shown: Dictionary[String, bool]) -> TreeItem:
	shown[key] = true
	if not _items.has(key):
		var item := create_item(parent)
		for column in COLUMNS.size():
			item.set_text_alignment(column, _alignment(column))
		_items[key] = item
	return _items[key]


func _show(item: TreeItem, subject: Subject) -> void:
	item.set_metadata(0, subject)
	var values := subject.values
	var is_idle := subject.is_host() and subject.peer_count == 0
	var texts := [
		subject.title, subject.state,
		"" if is_idle else "%d ms" % subject.get_rtt(),
		"" if is_idle else "%d ms" % values.get("jitter_ms", 0),
		"" if is_idle else "%.1f %%" % (subject.get_loss() * 100.0),
		Plot.write(subject.rates.bytes_in, Plot.Unit.BYTES),
		Plot.write(subject.rates.bytes_out, Plot.Unit.BYTES),
		"" if is_idle else "%d %%" % roundi(values.get("throttle", 0) / 1e4),
		String.humanize_size(values.get("queued_bytes", 0) + values.get("in_flight_bytes", 0)),
		subject.address,
	]
	for column in texts.size():
		item.set_text(column, texts[column])
		_color(item, column, _color_of(subject, column))
	item.set_icon(0, get_theme_icon("MultiplayerSpawner" if subject.is_host() else "MultiplayerSynchronizer", "EditorIcons"))
	if subject.is_host() and subject.conditions != "":
		item.set_tooltip_text(0, "Simulates a bad network: " + subject.conditions)
		item.set_suffix(0, "(bad network)")
	else:
		item.set_tooltip_text(0, subject.title)
		item.set_suffix(0, "")


func _show_others(item: TreeItem, host: Subject) -> void:
	item.set_text(0, "and %d more" % host.other_count)
	item.set_tooltip_text(0, "They are in the sums of the host.")
	item.set_selectable(0, false)
	_color(item, 0, get_theme_color("font_disabled_color", "Editor"))


## Nothing, or a color that says that something is wrong.
func _color_of(subject: Subject, column: int) -> Color:
	if subject.has_ended or subject.state in ["leaving", "ended"]:
		return get_theme_color("font_disabled_color", "Editor")
	if column == LOSS and subject.get_loss() >= 0.05:
		return get_theme_color("error_color", "Editor")
	var is_throttled: bool = subject.peer_count > 0 or not subject.is_host()
	is_throttled = is_throttled and subject.values.get("throttle", 1e6) < 1e6
	if (column == LOSS and subject.get_loss() >= 0.01) or (column == THROTTLE and is_throttled):
		return get_theme_color("warning_color", "Editor")
	return Color.TRANSPARENT


func _color(item: TreeItem, column: int, color: Color) -> void:
	if color == Color.TRANSPARENT:
		item.clear_custom_color(column)
	else:
		item.set_custom_color(column, color)


func _on_item_selected() -> void:
	chosen.emit(get_selected_subject())
