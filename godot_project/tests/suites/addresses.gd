extends "res://tests/suite.gd"
## IPv4 and IPv6 on one server. The engine's own ENet may be built without IPv6, so the second client is another
## process.


func test_ipv4_and_ipv6_at_once() -> void:
	if not IP.get_local_addresses().has("0:0:0:0:0:0:0:1"):
		skip("no IPv6 loopback here")
		return
	var packets := record(ENetServer.packet_received)
	var port := start_server()
	await connect_client(port)
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "the IPv4 client")
	var process := start_process("remote_client.gd", ["::1", str(port)])
	await until(func() -> bool: return packets.size() == 1, 30.0, "the IPv6 client says hello")
	check_eq(packets[0][1], {"hello": "::1"}, "its packet")
	var addresses := ENetServer.get_peers().map(func(peer: ENetServerPeer) -> String: return peer.get_remote_address())
	check_eq(addresses, ["127.0.0.1", "::1"], "plain addresses")
	ENetServer.kick_peer(packets[0][0].get_peer_id(), "thanks")
	await process_succeeds(process)


func test_the_clients_side_of_ipv6() -> void:
	if not IP.get_local_addresses().has("0:0:0:0:0:0:0:1"):
		skip("no IPv6 loopback here")
		return
	await connect_client(start_server(), 2, "::1")
	await until(func() -> bool: return ENetServer.get_authenticated_peer_count() == 1, SOON, "authenticated")
	check_eq(ENetServer.get_peers()[0].get_remote_address(), "::1", "at the server")
	check_eq(ENetClient.get_server_address(), "::1", "at the client")


func get_deadline(_test: String) -> float:
	return 60.0
