extends "res://tests/suite.gd"
## The three authentication modes, every shape of answer an authenticator may give, and the timeout.

signal _verdict(result: Variant)

var _connecting: Array[Array]
var _prelogin: Array[Array]
var _authenticated: Array[Array]
var _left: Array[Array]
var _disconnected: Array[Array]
var _was_asked := false


class Judge extends Object:
	func judge(_peer: ENetServerPeer, _login: Dictionary) -> bool:
		return true


func before_each() -> void:
	_connecting = record(ENetServer.peer_connecting)
	_prelogin = record(ENetServer.peer_prelogin)
	_authenticated = record(ENetServer.peer_authenticated)
	_left = record(ENetServer.peer_disconnected)
	_disconnected = record(ENetClient.disconnected_from_server)


## Exactly once, whatever happened: an accepted peer authenticated once, a rejected one never.
func after_each() -> void:
	check(_authenticated.size() <= _connecting.size(), "peer_authenticated at most once for a peer")
	check(_left.size() <= _connecting.size(), "peer_disconnected at most once for a peer")


func test_none_authenticates_at_once() -> void:
	var peer := await start_pair()
	check_eq(_connecting.size(), 1, "peer_connecting once")
	check_eq(_authenticated.size(), 1, "peer_authenticated once")
	check_eq(_prelogin.size(), 0, "no peer_prelogin")
	check_eq(peer.get_auth_state(), ENetServerPeer.AUTH_APPROVED, "approved")


func test_state_is_set_before_each_signal() -> void:
	var states: Array[int] = []
	var note := func(peer: ENetServerPeer, _ignored: Variant = null) -> void: states.append(peer.get_connection_state())
	ENetServer.peer_connecting.connect(note)
	ENetServer.peer_prelogin.connect(note)
	ENetServer.peer_prelogin.connect(func(peer: ENetServerPeer, _login: Dictionary) -> void: peer.authenticate())
	ENetServer.peer_authenticated.connect(note)
	ENetServer.set_authentication_mode(ENetServer.AUTH_PRELOGIN_ONLY)
	await connect_client(start_server())
	ENetClient.send_packet({})
	await until(func() -> bool: return states.size() == 3, SOON, "three signals")
	check_eq(states, [ENetServerPeer.STATE_CONNECTING, ENetServerPeer.STATE_PRELOGIN, ENetServerPeer.STATE_AUTHENTICATED]
			as Array[int], "states")


func test_prelogin_authenticate_later() -> void:
	var peer := await _prelogin_peer({"name": "ann"})
	check_eq(_prelogin, [[peer, {"name": "ann"}]], "peer_prelogin once, with the login")
	check_eq(peer.get_connection_state(), ENetServerPeer.STATE_PRELOGIN, "state")
	check_eq(peer.get_auth_state(), ENetServerPeer.AUTH_PENDING, "pending")
	check_eq(ENetServer.get_authenticated_peer_count(), 0, "not counted yet")
	check_eq(ENetServer.get_peer_count(), 1, "but present")
	await frames(5)
	peer.authenticate()
	peer.authenticate()
	await until(func() -> bool: return _authenticated.size() >= 1, SOON, "peer_authenticated")
	await frames(3)
	check_eq(_authenticated.size(), 1, "peer_authenticated once for two calls")
	check_eq(ENetServer.get_authenticated_peer_count(), 1, "counted")


func test_prelogin_broadcasts_skip_and_send_packet_reaches() -> void:
	var peer := await _prelogin_peer({})
	var packets := record(ENetClient.packet_received)
	ENetServer.broadcast_packet("for players only")
	check_eq(ENetServer.send_packet(peer.get_peer_id(), "who are you?"), OK, "send_packet reaches a peer in prelogin")
	await until(func() -> bool: return not packets.is_empty(), SOON, "the question arrives")
	check_eq(packets, [["who are you?", 0]], "nothing else")
	peer.authenticate()
	ENetServer.broadcast_packet("welcome")
	await until(func() -> bool: return packets.size() == 2, SOON, "the broadcast arrives")


func test_prelogin_reject() -> void:
	var peer := await _prelogin_peer({"name": "bob"})
	peer.reject("You are not on the list")
	check_eq(peer.get_auth_state(), ENetServerPeer.AUTH_REJECTED, "rejected")
	await _rejected("You are not on the list")


func test_prelogin_packets_before_the_verdict_are_not_shown() -> void:
	var packets := record(ENetServer.packet_received)
	var raw := record(ENetServer.raw_packet_received)
	var peer := await _prelogin_peer({"name": "eve"})
	ENetClient.send_packet({"early": true})
	ENetClient.send_packet("early too")
	await frames(10)
	check_eq(_prelogin.size(), 1, "one peer_prelogin")
	check_eq(packets.size() + raw.size(), 0, "nothing before the verdict")
	peer.authenticate()
	ENetClient.send_packet("late")
	await until(func() -> bool: return ["late"] == _values_of(packets).filter(_is_late), SOON, "packets after the verdict")


func test_prelogin_wants_a_dictionary() -> void:
	ENetServer.set_authentication_mode(ENetServer.AUTH_PRELOGIN_ONLY)
	await connect_client(start_server())
	ENetClient.send_packet("let me in")
	await _rejected("Invalid authentication packet format")
	check_eq(_prelogin.size(), 0, "no peer_prelogin")


func test_reject_while_connecting() -> void:
	ENetServer.peer_connecting.connect(func(peer: ENetServerPeer, _data: int) -> void: peer.reject("Full house"))
	ENetClient.connect_to_server("127.0.0.1", start_server())
	await _rejected("Full house")
	check_eq(_authenticated.size(), 0, "never authenticated")


func test_authenticate_while_connecting() -> void:
	ENetServer.set_authentication_mode(ENetServer.AUTH_PRELOGIN_ONLY)
	ENetServer.peer_connecting.connect(func(peer: ENetServerPeer, _data: int) -> void: peer.authenticate())
	await connect_client(start_server())
	await _accepted()


func test_custom_is_given_peer_and_login() -> void:
	var calls: Array[Array] = []
	await _log_in(func(peer: ENetServerPeer, login: Dictionary) -> bool:
		calls.append([peer, login])
		return true)
	await _accepted()
	check_eq(calls, [[_connecting[0][0], {"name": "ann"}]], "the authenticator's arguments")


func test_custom_true() -> void:
	await _log_in(func(_peer: ENetServerPeer, _login: Dictionary) -> bool: return true)
	await _accepted()


func test_custom_false() -> void:
	await _log_in(func(_peer: ENetServerPeer, _login: Dictionary) -> bool: return false)
	await _rejected("Authentication failed")


func test_custom_dictionary_accepts() -> void:
	await _log_in(func(_peer: ENetServerPeer, _login: Dictionary) -> Dictionary: return {"authenticated": true})
	await _accepted()


func test_custom_dictionary_rejects_with_its_reason() -> void:
	await _log_in(func(_peer: ENetServerPeer, _login: Dictionary) -> Dictionary:
		return {"authenticated": false, "reason": "Banned until Monday"})
	await _rejected("Banned until Monday")


func test_custom_dictionary_rejects_without_a_reason() -> void:
	await _log_in(func(_peer: ENetServerPeer, _login: Dictionary) -> Dictionary: return {"authenticated": false})
	await _rejected("Authentication failed")


func test_custom_signal_true() -> void:
	await _log_in(_answer_later)
	await _asked()
	_verdict.emit(true)
	await _accepted()


func test_custom_signal_dictionary() -> void:
	await _log_in(_answer_later)
	await _asked()
	_verdict.emit({"authenticated": false, "reason": "The database says no"})
	await _rejected("The database says no")


func test_custom_signal_twice_counts_once() -> void:
	await _log_in(_answer_later)
	await _asked()
	_verdict.emit(true)
	_verdict.emit(false)
	await _accepted()


func test_custom_coroutine_true() -> void:
	await _log_in(func(_peer: ENetServerPeer, _login: Dictionary) -> bool:
		await get_tree().process_frame
		return true)
	await _accepted()


func test_custom_coroutine_false() -> void:
	await _log_in(func(_peer: ENetServerPeer, _login: Dictionary) -> bool:
		await get_tree().create_timer(0.05).timeout
		return false)
	await _rejected("Authentication failed")


func test_custom_coroutine_dictionary() -> void:
	await _log_in(func(_peer: ENetServerPeer, _login: Dictionary) -> Dictionary:
		await get_tree().process_frame
		return {"authenticated": false, "reason": "Too late"})
	await _rejected("Too late")


func test_custom_coroutine_whose_peer_leaves_first() -> void:
	var resumed: Array[bool] = []
	await _log_in(func(_peer: ENetServerPeer, _login: Dictionary) -> bool:
		_was_asked = true
		await _verdict
		resumed.append(true)
		return true)
	await _asked()
	ENetClient.disconnect_from_server("changed my mind")
	await until(func() -> bool: return _left.size() == 1, SOON, "peer_disconnected")
	_verdict.emit(true)
	check_eq(resumed.size(), 1, "the coroutine went on")
	await frames(3)
	check_eq(_authenticated.size(), 0, "not authenticated after it left")
	check_eq(_left.size(), 1, "peer_disconnected once")


func test_custom_nothing_then_authenticate() -> void:
	await _log_in(func(peer: ENetServerPeer, _login: Dictionary) -> void: peer.authenticate())
	await _accepted()


func test_custom_nothing_then_authenticate_later() -> void:
	await _log_in(func(_peer: ENetServerPeer, _login: Dictionary) -> void: _was_asked = true)
	await _asked()
	await frames(5)
	check_eq(_authenticated.size(), 0, "waits for the game")
	ENetServer.get_peer(1).authenticate()
	await _accepted()


func test_custom_nothing_then_reject() -> void:
	await _log_in(func(peer: ENetServerPeer, _login: Dictionary) -> void: peer.reject("No reason at all"))
	await _rejected("No reason at all")


func test_custom_garbage_rejects() -> void:
	for garbage: Variant in [42, "yes", [], {"authenticated": "perhaps"}, {"nothing": 1}]:
		for seen: Array[Array] in [_connecting, _left, _disconnected]:
			seen.clear()
		expect_error("authenticator must return")
		await _log_in(func(_peer: ENetServerPeer, _login: Dictionary) -> Variant: return garbage)
		await _rejected("Authentication failed")
		ENetServer.stop_server()


func test_custom_freed_callable_rejects() -> void:
	var judge := Judge.new()
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	ENetServer.set_custom_authenticator(judge.judge)
	judge.free()
	await connect_client(start_server())
	expect_error("authenticator cannot be called")
	ENetClient.send_packet({})
	await _rejected("Authentication failed")


func test_custom_without_an_authenticator_rejects() -> void:
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	await connect_client(start_server())
	expect_error("authenticator cannot be called")
	ENetClient.send_packet({})
	await _rejected("Authentication failed")


func test_custom_wants_a_dictionary() -> void:
	var calls: Array[Array] = []
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	ENetServer.set_custom_authenticator(func(...args: Array) -> bool:
		calls.append(args)
		return true)
	await connect_client(start_server())
	ENetClient.send_packet([1, 2, 3])
	await _rejected("Invalid authentication packet format")
	check_eq(calls.size(), 0, "the authenticator is not called")


func test_custom_undecodable_login_rejects() -> void:
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	ENetServer.set_custom_authenticator(func(_peer: ENetServerPeer, _login: Dictionary) -> bool: return true)
	await connect_client(start_server())
	ENetClient.send_raw_packet(PackedByteArray([200, 1, 2]))
	await _rejected("Invalid authentication packet format")


func test_timeout_with_nothing_sent() -> void:
	ENetServer.set_authentication_timeout(0.3)
	ENetServer.set_authentication_mode(ENetServer.AUTH_PRELOGIN_ONLY)
	await connect_client(start_server())
	await _rejected("Authentication timed out")


func test_timeout_with_no_verdict() -> void:
	ENetServer.set_authentication_timeout(0.3)
	await _prelogin_peer({"name": "slow"})
	await _rejected("Authentication timed out")


func test_timeout_spares_the_authenticated() -> void:
	ENetServer.set_authentication_timeout(0.2)
	var peer := await start_pair()
	await until(func() -> bool: return peer.get_connection_time() > 0.6, SOON, "time passes")
	check_eq(_left.size(), 0, "still there")


func test_stop_server_forgets_the_authenticator() -> void:
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	ENetServer.set_custom_authenticator(func(_peer: ENetServerPeer, _login: Dictionary) -> bool: return false)
	start_server()
	ENetServer.stop_server()
	check_eq(ENetServer.get_authentication_mode(), ENetServer.AUTH_NONE, "the mode goes with it")
	await start_pair()


func _log_in(authenticator: Callable) -> void:
	ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
	ENetServer.set_custom_authenticator(authenticator)
	await connect_client(start_server())
	check_eq(ENetClient.send_packet({"name": "ann"}), OK, "the login is sent")


func _prelogin_peer(login: Dictionary) -> ENetServerPeer:
	ENetServer.set_authentication_mode(ENetServer.AUTH_PRELOGIN_ONLY)
	await connect_client(start_server())
	ENetClient.send_packet(login)
	await until(func() -> bool: return _prelogin.size() == 1, SOON, "peer_prelogin")
	return _prelogin[0][0]


func _answer_later(_peer: ENetServerPeer, _login: Dictionary) -> Signal:
	_was_asked = true
	return _verdict


## Until the login was handed to the authenticator.
func _asked() -> void:
	await until(func() -> bool: return _was_asked, SOON, "the authenticator is called")
	await frames(1)


func _accepted() -> void:
	await until(func() -> bool: return _authenticated.size() >= 1, SOON, "peer_authenticated")
	await frames(5)
	check_eq(_authenticated.size(), 1, "peer_authenticated once")
	check_eq(_left.size(), 0, "nobody left")
	check_eq(_authenticated[0][0].get_auth_state(), ENetServerPeer.AUTH_APPROVED, "approved")


func _rejected(reason: String) -> void:
	await until(func() -> bool: return _left.size() >= 1 and _disconnected.size() >= 1, SOON, "both hear of the rejection")
	await frames(5)
	check_eq(_left, [[_connecting[0][0], reason]], "peer_disconnected once, with the reason")
	check_eq(_disconnected, [[reason]], "disconnected_from_server once, with the reason")
	check_eq(ENetServer.get_peer_count(), 0, "nobody left behind")


func _values_of(packets: Array[Array]) -> Array:
	return packets.map(func(args: Array) -> Variant: return args[1])


func _is_late(value: Variant) -> bool:
	return value is String and value == "late"
