@tool
extends VBoxContainer
## What one running game does on the network: its hosts and peers, their last minute, what happened, and a bad network at will.
## Stays as it was when the game has ended, until the next one begins.

## To be sent to the game.
signal asked(what: String, values: Array)

const Conditions := preload("conditions_panel.gd")
const Details := preload("details.gd")
const EventLog := preload("event_log.gd")
const HostTree := preload("host_tree.gd")
const NetworkState := preload("network_state.gd")
const Plots := preload("plots.gd")
const Subject := preload("subject.gd")

const TABS_WIDTH := 260

var state := NetworkState.new()
var tree := HostTree.new()
var plots := Plots.new()
var event_log := EventLog.new()
var conditions := Conditions.new()
var details := Details.new()

var _status := Label.new()
var _kick := Button.new()
var _tabs := TabContainer.new()
var _watched: Subject


func _init() -> void:
	add_child(_make_bar())
	var split := HSplitContainer.new()
	split.size_flags_vertical = SIZE_EXPAND_FILL
	add_child(split)
	tree.size_flags_stretch_ratio = 1.6
	split.add_child(tree)
	var right := HSplitContainer.new()
	right.size_flags_horizontal = SIZE_EXPAND_FILL
	split.add_child(right)
	right.add_child(plots)
	_tabs.size_flags_horizontal = SIZE_EXPAND_FILL
	_tabs.custom_minimum_size.x = TABS_WIDTH * EditorInterface.get_editor_scale()
	right.add_child(_tabs)
	_add_tab(event_log, "Log")
	_add_tab(conditions, "Bad Network")
	_add_tab(details, "Details")
	tree.chosen.connect(_on_chosen)
	conditions.wanted.connect(_on_conditions_wanted)
	begin()


## A game has been started.
func begin() -> void:
	state = NetworkState.new()
	state.happened.connect(event_log.add)
	_watched = null
	event_log.begin()
	conditions.begin()
	if tree.is_node_ready():
		tree.begin()
	_status.text = "No host has been opened yet."
	_show_chosen()


## The game is over.
func end() -> void:
	state.end()
	tree.show_state(state)
	_status.text = "The game has ended."
	_show_chosen()


## Takes in a message of the game. False if it is none that is known.
func take(message: String, data: Array) -> bool:
	match message:
		"names":
			state.take_names(data)
		"report" when state.has_names():
			state.take_report(data)
			_refresh()
		"report":
			asked.emit("names", [])
		_:
			return false
	return true


func show_page(page: int) -> void:
	_tabs.current_tab = page


func _make_bar() -> Control:
	var bar := HBoxContainer.new()
	_status.size_flags_horizontal = SIZE_EXPAND_FILL
	_status.text_overrun_behavior = TextServer.OVERRUN_TRIM_ELLIPSIS
	bar.add_child(_status)
	_kick.text = "Disconnect Peer"
	_kick.tooltip_text = "Ends the connection of the chosen peer, as if the game had done it."
	_kick.pressed.connect(_on_kick_pressed)
	bar.add_child(_kick)
	return bar


func _add_tab(page: Control, title: String) -> void:
	page.name = title
	_tabs.add_child(page)


func _refresh() -> void:
	tree.show_state(state)
	if tree.get_selected_subject() == null and not state.hosts.is_empty():
		tree.select_subject(state.hosts.values()[0])
	var running := state.hosts.values().filter(func(host: Subject) -> bool: return not host.has_ended)
	var peers: int = running.reduce(func(sum: int, host: Subject) -> int: return sum + host.peer_count, 0)
	_status.text = "%d hosts%s, %d connections" % [running.size(), " (and %d more)" % state.hidden_hosts if state.hidden_hosts > 0 else "", peers]
	_status.tooltip_text = "The last report took the game %d µs." % state.cost_usec
	_show_chosen()


func _show_chosen() -> void:
	var subject := tree.get_selected_subject()
	plots.show_subject(subject)
	details.show_subject(subject)
	conditions.show_subject(_host_of(subject))
	_kick.disabled = subject == null or subject.is_host() or subject.has_ended or _host_of(subject) == null


func _host_of(subject: Subject) -> Subject:
	if subject == null:
		return null
	var host: Subject = subject if subject.is_host() else state.hosts.get(subject.host_id)
	return null if host == null or host.has_ended else host


func _on_chosen(subject: Subject) -> void:
	if subject != _watched:
		if _watched != null:
			_watched.is_watched = false
		_watched = subject
		if subject != null and not subject.is_host():
			subject.is_watched = true
			asked.emit("watch", [subject.host_id, subject.id])
		else:
			asked.emit("watch", [])
	_show_chosen()


func _on_conditions_wanted(wanted: String) -> void:
	var host := _host_of(tree.get_selected_subject())
	if host != null:
		asked.emit("simulate", [host.id, wanted])


func _on_kick_pressed() -> void:
	var subject := tree.get_selected_subject()
	if subject != null and not subject.is_host():
		asked.emit("kick", [subject.host_id, subject.id])
