extends "res://tests/suite.gd"
## Starting and stopping again and again leaves neither threads nor file descriptors behind.

const CYCLES := 1000


func test_a_thousand_start_stop_cycles() -> void:
	await _leaves_nothing_behind(func(_cycle: int) -> void:
		ENetServer.create_server(0)
		ENetServer.stop_server())


func test_cycles_with_a_client() -> void:
	await _leaves_nothing_behind(func(cycle: int) -> void:
		if cycle % 10 == 0:
			ENetServer.create_server(0)
			ENetClient.connect_to_server("127.0.0.1", ENetServer.get_local_port())
			if cycle % 20 == 0:
				await until(ENetClient.is_connected_to_server, SOON, "connected in cycle %d" % cycle)
			ENetServer.stop_server()
			ENetClient.disconnect_from_server()
			await until(func() -> bool: return ENetClient.get_connection_status() == ENetClient.STATUS_DISCONNECTED, SOON,
					"down in cycle %d" % cycle))


func test_stopping_under_load() -> void:
	var clients: Array[StockHost] = []
	for cycle in 20:
		var packets := record(ENetServer.raw_packet_received)
		var port := start_server(64)
		for client in clients:
			client.vanish()
		clients.clear()
		for _i in 20:
			clients.append(stock_host())
			clients[-1].connect_to("127.0.0.1", port)
		await until(func() -> bool:
			for client in clients:
				client.send(random_bytes(3000))
				client.send(random_bytes(300), 1, ENetPacketPeer.FLAG_UNSEQUENCED)
			ENetServer.broadcast_packet(random_bytes(3000))
			return packets.size() >= 500, SOON, "traffic in cycle %d" % cycle)
		ENetServer.stop_server()
		check_eq(ENetServer.get_peer_count(), 0, "nobody left in cycle %d" % cycle)


func get_deadline(_test: String) -> float:
	return 90.0


func _leaves_nothing_behind(cycle: Callable) -> void:
	if not DirAccess.dir_exists_absolute("/proc/self/task"):
		skip("threads and descriptors are counted on Linux alone")
	await cycle.call(0) # what is made once for the process exists after the first
	await frames(5)
	var threads := _threads()
	var descriptors := _descriptors()
	for number in CYCLES:
		await cycle.call(number)
	await until(func() -> bool: return _threads() <= threads, SOON, "no more than %d threads" % threads)
	await until(func() -> bool: return _descriptors() <= descriptors, SOON, "no more than %d descriptors" % descriptors)


func _threads() -> int:
	return DirAccess.get_directories_at("/proc/self/task").size()


func _descriptors() -> int:
	return DirAccess.get_files_at("/proc/self/fd").size() + DirAccess.get_directories_at("/proc/self/fd").size()
