@tool
extends EditorDebuggerPlugin
## Gives every debug session a Network tab, and brings it what its game tells.

const NetworkTab := preload("network_tab.gd")
const PREFIX := "enet_server"

var _tabs: Dictionary[int, NetworkTab] = {}


func _setup_session(session_id: int) -> void:
	var session := get_session(session_id)
	var tab := NetworkTab.new()
	tab.name = "Network"
	tab.asked.connect(func(what: String, values: Array) -> void: _ask(session_id, what, values))
	session.started.connect(tab.begin)
	session.stopped.connect(tab.end)
	session.add_session_tab(tab)
	_tabs[session_id] = tab


func _has_capture(prefix: String) -> bool:
	return prefix == PREFIX


func _capture(message: String, data: Array, session_id: int) -> bool:
	var tab: NetworkTab = _tabs.get(session_id)
	return tab != null and tab.take(message.trim_prefix(PREFIX + ":"), data)


## Takes the tabs away again, before the plugin is disabled.
func remove_tabs() -> void:
	for session_id in _tabs:
		var session := get_session(session_id)
		if session != null:
			session.remove_session_tab(_tabs[session_id])
		_tabs[session_id].queue_free()
	_tabs.clear()


func _ask(session_id: int, what: String, values: Array) -> void:
	var session := get_session(session_id)
	if session != null and session.is_active():
		session.send_message("%s:%s" % [PREFIX, what], values)
