extends "res://tests/suite.gd"
## Who gets in: the limits and their ranges, and what a client hears that they keep out.


func after_each() -> void:
	ENetServer.set_connect_rate_limit(4096)
	ENetServer.set_connect_rate_limit_per_prefix(32)
	ENetServer.set_half_open_limit(131_072)
	ENetServer.set_max_peers_per_address(4095)


func test_the_limits_are_on_and_can_be_changed() -> void:
	check_eq(_limits(), [4096, 32, 131_072, 4095], "at first")
	ENetServer.set_connect_rate_limit(0)
	ENetServer.set_connect_rate_limit_per_prefix(5)
	ENetServer.set_half_open_limit(1)
	ENetServer.set_max_peers_per_address(2)
	check_eq(_limits(), [0, 5, 1, 2], "changed")
	start_server()
	ENetServer.stop_server()
	check_eq(_limits(), [0, 5, 1, 2], "after a server")


func test_limits_out_of_range_stay_as_they_were() -> void:
	for setter: Callable in [ENetServer.set_connect_rate_limit, ENetServer.set_connect_rate_limit_per_prefix,
			ENetServer.set_half_open_limit, ENetServer.set_max_peers_per_address]:
		for number: int in [-1, 1 << 40]:
			expect_error("stays as it was")
			setter.call(number)
	for setter: Callable in [ENetServer.set_half_open_limit, ENetServer.set_max_peers_per_address]:
		expect_error("stays as it was")
		setter.call(0)
	expect_error("stays as it was")
	ENetServer.set_half_open_limit(1_048_577)
	check_eq(_limits(), [4096, 32, 131_072, 4095], "the limits")


func test_a_full_server_says_so() -> void:
	var port := start_server(1)
	await stock_client(port)
	var failed := record(ENetClient.connection_failed)
	var started := Time.get_ticks_msec()
	ENetClient.connect_to_server("127.0.0.1", port)
	await until(func() -> bool: return not failed.is_empty(), SOON, "connection_failed")
	check_eq(failed[0], ["The server is full"], "the reason")
	check(Time.get_ticks_msec() - started < 4000, "before the attempt times out")


func test_one_address_holds_as_many_as_it_may() -> void:
	ENetServer.set_max_peers_per_address(1)
	var port := start_server()
	await stock_client(port)
	var second := stock_host()
	second.connect_to("127.0.0.1", port)
	await frames(60)
	check_eq(ENetServer.get_peer_count(), 1, "clients of this address")
	ENetServer.set_max_peers_per_address(2)
	await until(func() -> bool: return ENetServer.get_peer_count() == 2, SOON, "the second gets in while the server runs")


func _limits() -> Array[int]:
	return [ENetServer.get_connect_rate_limit(), ENetServer.get_connect_rate_limit_per_prefix(),
			ENetServer.get_half_open_limit(), ENetServer.get_max_peers_per_address()]
