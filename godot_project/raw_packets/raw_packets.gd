class_name RawPackets
extends Control
## The window of the raw-packet demo: forms, buttons and texts. What happens on the network is in [RawChat].

enum Role { NONE, SERVER, JOINING, CLIENT }

## The window height, in pixels, at which type has its natural size.
const DESIGN_HEIGHT := 720.0
const SIZE_MIN := Vector2i(640, 390)
const ENGINE_SWITCH := "--engine-class"

var _role := Role.NONE
var _address := ""
var _port := 0

@onready var chat: RawChat = $RawChat
@onready var _autopilot: RawAutopilot = $RawAutopilot
@onready var _form: Control = %Form
@onready var _name_edit: LineEdit = %NameEdit
@onready var _address_edit: LineEdit = %AddressEdit
@onready var _port_box: SpinBox = %PortBox
@onready var _engine_box: CheckBox = %EngineBox
@onready var _summary: Control = %Summary
@onready var _role_label: Label = %RoleLabel
@onready var _detail_label: Label = %DetailLabel
@onready var _transport_label: Label = %TransportLabel
@onready var _leave_button: Button = %LeaveButton
@onready var _roster_title: Label = %RosterTitle
@onready var _roster_hint: Label = %RosterHint
@onready var _roster: RawRoster = %Roster
@onready var _message_edit: LineEdit = %MessageEdit
@onready var _mode_button: OptionButton = %ModeButton
@onready var _send_button: Button = %SendButton
@onready var _status_label: Label = %StatusLabel


func _ready() -> void:
	OS.low_processor_usage_mode = true
	get_window().min_size = SIZE_MIN
	get_window().size_changed.connect(_scale_with_window)
	_scale_with_window()
	var words := OS.get_cmdline_user_args()
	_engine_box.button_pressed = words.has(ENGINE_SWITCH)
	words.erase(ENGINE_SWITCH)
	var arguments := DemoArguments.parse(words)
	if arguments.help or not arguments.problem.is_empty():
		_print_usage(arguments.problem)
		return
	_fill_form(arguments)
	_set_role(Role.NONE)
	_show_status("Not connected.")
	if arguments.tile >= 0:
		WindowTiles.place(get_window(), arguments.tile)
	_autopilot.follow(arguments, self)


func start_server(port: int) -> Error:
	_port = port
	var error := chat.start(port, _engine_box.button_pressed)
	if error != OK:
		_show_problem("Cannot start a server on port %d: %s" % [port, error_string(error)])
	return error


func join(address: String, port: int) -> void:
	var error := chat.join(address, port, _name_edit.text.strip_edges(), _engine_box.button_pressed)
	if error == OK:
		_address = address
		_port = port
		_set_role(Role.JOINING)
		_show_status("Connecting to %s, port %d…" % [_address, _port])
	else:
		_show_problem("Cannot join %s, port %d: %s" % [address, port, error_string(error)])


func leave() -> void:
	chat.leave()
	_show_status("The server is stopped." if _role == Role.SERVER else "You left.")
	_set_role(Role.NONE)


func say(text: String) -> void:
	if _role == Role.SERVER or _role == Role.CLIENT:
		chat.say(text, _mode_button.get_selected_id() as MultiplayerPeer.TransferMode)


func is_idle() -> bool:
	return _role == Role.NONE


## Type grows with big windows, in steps that keep it crisp.
func _scale_with_window() -> void:
	var factor := snappedf(get_window().size.y / DESIGN_HEIGHT, 0.25)
	get_window().content_scale_factor = clampf(factor, 1.0, 2.0)


func _fill_form(arguments: DemoArguments) -> void:
	var guest := "Guest %d" % (OS.get_process_id() % 1000)
	_name_edit.text = guest if arguments.player_name.is_empty() else arguments.player_name
	_address_edit.text = arguments.address
	_port_box.value = arguments.port


func _print_usage(problem: String) -> void:
	var usage := "%s\n  %s    use the engine's ENetMultiplayerPeer" % [DemoArguments.USAGE, ENGINE_SWITCH]
	if problem.is_empty():
		print(usage)
		get_tree().quit()
	else:
		printerr(problem, "\n", usage)
		get_tree().quit(2)


func _set_role(role: Role) -> void:
	_role = role
	var is_talking := role == Role.SERVER or role == Role.CLIENT
	_form.visible = role == Role.NONE
	_summary.visible = role != Role.NONE
	_message_edit.editable = is_talking
	_mode_button.disabled = not is_talking
	_roster.can_kick = role == Role.SERVER
	if not is_talking:
		_on_raw_chat_roster_changed([])
	_update_send_button()
	_describe_role()
	_move_focus()


func _describe_role() -> void:
	_transport_label.text = chat.get_transport()
	match _role:
		Role.NONE:
			get_window().title = "Raw packets"
		Role.SERVER:
			_role_label.text = "Server"
			_detail_label.text = "Port %d" % _port
			_leave_button.text = "Stop"
			get_window().title = "Raw packets – server :%d" % _port
		Role.JOINING:
			_role_label.text = chat.player_name
			_detail_label.text = "Connecting"
			_leave_button.text = "Cancel"
			get_window().title = "Raw packets – connecting"
		Role.CLIENT:
			_role_label.text = chat.player_name
			_detail_label.text = str(multiplayer.get_unique_id())
			_leave_button.text = "Leave"
			get_window().title = "Raw packets – %s" % chat.player_name


func _move_focus() -> void:
	match _role:
		Role.NONE:
			_name_edit.grab_focus()
		Role.JOINING:
			_leave_button.grab_focus()
		_:
			_message_edit.grab_focus()


func _show_status(text: String) -> void:
	_status_label.text = text
	_status_label.theme_type_variation = "Muted"


func _show_problem(text: String) -> void:
	_status_label.text = text
	_status_label.theme_type_variation = "Problem"


func _update_send_button() -> void:
	_send_button.disabled = not _message_edit.editable or _message_edit.text.strip_edges().is_empty()


func _send_typed_message() -> void:
	if not _send_button.disabled:
		say(_message_edit.text.strip_edges())
		_message_edit.clear()
		_update_send_button()


func _on_start_button_pressed() -> void:
	start_server(int(_port_box.value))


func _on_join_button_pressed() -> void:
	join(_address_edit.text.strip_edges(), int(_port_box.value))


func _on_form_text_submitted(_text: String) -> void:
	_on_join_button_pressed()


func _on_message_edit_text_changed(_text: String) -> void:
	_update_send_button()


func _on_message_edit_text_submitted(_text: String) -> void:
	_send_typed_message()


func _on_raw_chat_started(port: int) -> void:
	_port = port
	_set_role(Role.SERVER)
	_show_status("Listening on port %d." % port)


func _on_raw_chat_joined(_peer_id: int) -> void:
	_set_role(Role.CLIENT)
	_show_status("You are connected to %s, port %d." % [_address, _port])


func _on_raw_chat_ended(reason: String) -> void:
	var what := "Could not join" if _role == Role.JOINING else "Disconnected"
	_set_role(Role.NONE)
	_show_problem("%s: %s" % [what, reason])


func _on_raw_chat_roster_changed(peers: Array[Dictionary]) -> void:
	_roster.show_peers(peers)
	_roster_title.text = "Peers" if peers.is_empty() else "Peers (%d)" % peers.size()
	_roster_hint.visible = peers.is_empty()
	_roster_hint.text = "Nobody has joined yet" if _role == Role.SERVER else "Not connected"
