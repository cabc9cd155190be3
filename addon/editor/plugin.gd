@tool
extends EditorPlugin
## The editor's side of the addon: a Network tab in the debugger.

const Debugger := preload("debugger.gd")

var _debugger: Debugger


func _enter_tree() -> void:
	_debugger = Debugger.new()
	add_debugger_plugin(_debugger)


func _exit_tree() -> void:
	_debugger.remove_tabs()
	remove_debugger_plugin(_debugger)
	_debugger = null
