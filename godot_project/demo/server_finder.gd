class_name ServerFinder
extends VBoxContainer
## A button that looks for servers of this demo in the local network, and the list of what it finds.

signal chosen(address: String, port: int)

## Distinguishes this demo from other games on the same port.
const GAME := "enet demo"
const SECONDS := 2.0

@export var port_box: SpinBox

@onready var _button: Button = $Button
@onready var _list: ItemList = $List


func _ready() -> void:
	ENetClient.server_discovered.connect(_on_server_discovered)
	ENetClient.discovery_finished.connect(_on_discovery_finished)


func _exit_tree() -> void:
	# The singleton outlives this node, so whoever began the search also ends it.
	ENetClient.stop_discovery()


func _on_button_pressed() -> void:
	_list.clear()
	_list.hide()
	if ENetClient.discover(SECONDS, maxi(int(port_box.value), 1)) == OK:
		_button.disabled = true
		_button.text = "Looking around…"


func _on_server_discovered(server: Dictionary) -> void:
	if server.info.get("game") != GAME:
		return
	var line := "%s (%d/%d), %d ms" % [server.name, server.players, server.max_players, server.ping]
	_list.set_item_metadata(_list.add_item(line), server)
	_list.show()


func _on_discovery_finished(_servers: Array) -> void:
	_button.disabled = false
	_button.text = "Find servers" if _list.item_count > 0 else "Nobody answered. Look again"


func _on_list_item_selected(index: int) -> void:
	var server: Dictionary = _list.get_item_metadata(index)
	chosen.emit(server.address, server.port)
