class_name Demo
extends Control
## The window of the demo: forms, buttons and texts.
##
## What happens on the network is in [ChatServer] and [ChatClient], which know nothing of this.

enum Role { NONE, SERVER, JOINING, CLIENT }

## The window height, in pixels, at which type has its natural size.
const DESIGN_HEIGHT := 720.0
const SIZE_MIN := Vector2i(560, 340)

var _role := Role.NONE
var _address := ""
var _port := 0

@onready var server: ChatServer = $ChatServer
@onready var client: ChatClient = $ChatClient
@onready var _autopilot: Autopilot = $Autopilot
@onready var _form: Control = %Form
@onready var _name_edit: LineEdit = %NameEdit
@onready var _address_edit: LineEdit = %AddressEdit
@onready var _port_box: SpinBox = %PortBox
@onready var _summary: Control = %Summary
@onready var _role_label: Label = %RoleLabel
@onready var _detail_label: Label = %DetailLabel
@onready var _leave_button: Button = %LeaveButton
@onready var _roster_title: Label = %RosterTitle
@onready var _roster_hint: Label = %RosterHint
@onready var _roster: Roster = %Roster
@onready var _message_edit: LineEdit = %MessageEdit
@onready var _send_button: Button = %SendButton
@onready var _status_label: Label = %StatusLabel


func _ready() -> void:
	OS.low_processor_usage_mode = true
	get_window().min_size = SIZE_MIN
	get_window().size_changed.connect(_scale_with_window)
	_scale_with_window()
	var arguments := DemoArguments.parse(OS.get_cmdline_user_args())
	if arguments.help or not arguments.problem.is_empty():
		_print_usage(arguments.problem)
		return
	if arguments.encrypted:
		DemoEncryption.of_client()
		if not arguments.client:
			DemoEncryption.of_server()
	_fill_form(arguments)
	_set_role(Role.NONE)
	_show_status("Not connected.")
	if arguments.tile >= 0:
		WindowTiles.place(get_window(), arguments.tile)
	_autopilot.follow(arguments, self)


func start_server(port: int) -> Error:
	var error := server.start(port)
	if error == OK:
		_port = port
		_set_role(Role.SERVER)
	else:
		_show_problem("Cannot start a server on port %d: %s" % [port, error_string(error)])
	return error


func join(address: String, port: int, player_name: String) -> void:
	var error := client.join(address, port, player_name)
	if error == OK:
		_address = address
		_port = port
		_set_role(Role.JOINING)
		_show_status("Connecting to %s, port %d…" % [_address, _port])
	else:
		_show_problem("Cannot join %s, port %d: %s" % [address, port, error_string(error)])


func leave() -> void:
	# The role first: what the network reports from here on was asked for and is no problem.
	var was := _role
	_set_role(Role.NONE)
	if was == Role.SERVER:
		server.stop()
		_show_status("The server is stopped.")
	else:
		client.leave()
		_show_status("You left the chat.")


func say(text: String) -> void:
	if _role == Role.SERVER:
		server.say(text)
	elif _role == Role.CLIENT:
		client.say(text)


func is_idle() -> bool:
	return _role == Role.NONE


func get_player_name() -> String:
	return _name_edit.text.strip_edges()


## Type grows with big windows, in steps that keep it crisp.
func _scale_with_window() -> void:
	var factor := snappedf(get_window().size.y / DESIGN_HEIGHT, 0.25)
	get_window().content_scale_factor = clampf(factor, 1.0, 2.0)


func _fill_form(arguments: DemoArguments) -> void:
	# Different in every instance, so that several of them can join at once.
	var guest := "Guest %d" % (OS.get_process_id() % 1000)
	_name_edit.text = guest if arguments.player_name.is_empty() else arguments.player_name
	_address_edit.text = arguments.address
	_port_box.value = arguments.port


func _print_usage(problem: String) -> void:
	if problem.is_empty():
		print(DemoArguments.USAGE)
		get_tree().quit()
	else:
		printerr(problem, "\n", DemoArguments.USAGE)
		get_tree().quit(2)


func _set_role(role: Role) -> void:
	_role = role
	var is_talking := role == Role.SERVER or role == Role.CLIENT
	_form.visible = role == Role.NONE
	_summary.visible = role != Role.NONE
	_message_edit.editable = is_talking
	_roster.can_kick = role == Role.SERVER
	_roster.own_id = client.peer_id
	if not is_talking:
		_show_roster([])
	_update_send_button()
	_describe_role()
	_move_focus()


func _describe_role() -> void:
	match _role:
		Role.NONE:
			_set_title("")
		Role.SERVER:
			_role_label.text = "Server"
			_detail_label.text = "Port %d" % _port
			_leave_button.text = "Stop"
			_set_title("server :%d" % _port)
		Role.JOINING:
			_role_label.text = "Connecting"
			_detail_label.text = client.player_name
			_leave_button.text = "Cancel"
			_set_title("connecting")
		Role.CLIENT:
			_role_label.text = client.player_name
			_detail_label.text = "Peer %d" % client.peer_id
			_leave_button.text = "Leave"
			_set_title("%s, peer %d" % [client.player_name, client.peer_id])


func _set_title(role: String) -> void:
	get_window().title = "ENet demo" if role.is_empty() else "ENet demo – " + role


func _move_focus() -> void:
	match _role:
		Role.NONE:
			_name_edit.grab_focus()
		Role.JOINING:
			_leave_button.grab_focus()
		_:
			_message_edit.grab_focus()


func _show_roster(peers: Array[Dictionary]) -> void:
	_roster.show_peers(peers)
	_roster_title.text = "Peers" if peers.is_empty() else "Peers (%d)" % peers.size()
	_roster_hint.visible = peers.is_empty()
	_roster_hint.text = "Nobody has joined yet" if _role == Role.SERVER else "Not connected"


func _show_status(text: String) -> void:
	_status_label.text = text
	_status_label.theme_type_variation = "Muted"


func _show_problem(text: String) -> void:
	_status_label.text = text
	_status_label.theme_type_variation = "Problem"


func _update_send_button() -> void:
	var text := _message_edit.text.strip_edges()
	_send_button.disabled = not _message_edit.editable or text.is_empty()


func _send_typed_message() -> void:
	if _send_button.disabled:
		return
	say(_message_edit.text.strip_edges())
	_message_edit.clear()
	_update_send_button()


func _on_start_button_pressed() -> void:
	start_server(int(_port_box.value))


func _on_join_button_pressed() -> void:
	join(_address_edit.text.strip_edges(), int(_port_box.value), get_player_name())


func _on_finder_chosen(address: String, port: int) -> void:
	_address_edit.text = address
	_port_box.value = port


func _on_form_text_submitted(_text: String) -> void:
	_on_join_button_pressed()


func _on_message_edit_text_changed(_text: String) -> void:
	_update_send_button()


func _on_message_edit_text_submitted(_text: String) -> void:
	_send_typed_message()


func _on_chat_server_started(port: int) -> void:
	_port = port
	_describe_role()
	_show_status("Listening on port %d." % port)


func _on_chat_client_joined(_peer_id: int) -> void:
	_set_role(Role.CLIENT)
	_show_status("You are in the chat at %s, port %d." % [_address, _port])


func _on_chat_client_ended(reason: String) -> void:
	if _role == Role.JOINING or _role == Role.CLIENT:
		var what := "Disconnected" if _role == Role.CLIENT else "Could not join"
		_set_role(Role.NONE)
		_show_problem("%s: %s" % [what, reason])


func _on_roster_changed(peers: Array[Dictionary]) -> void:
	if _role == Role.SERVER or _role == Role.CLIENT:
		_show_roster(peers)
