@tool
extends EditorPlugin
## Puts a new library in the place of the old one, as a build does, and has the engine reload the addon: while nothing runs,
## and while a server, its client and a transport do. Prints HOT RELOAD OK, or what is wrong.

const MANIFEST := "res://addons/enet_server/enet_server.gdextension"
const FOLDER := "res://addons/enet_server/bin"

var problems := PackedStringArray()


func _enter_tree() -> void:
	run.call_deferred()


func run() -> void:
	# the editor is still reading the documentation of the classes
	await get_tree().create_timer(2.0).timeout
	await reload_idle()
	await reload_live()
	for problem in problems: print("PROBLEM: ", problem)
	if problems.is_empty(): print("HOT RELOAD OK")
	get_tree().quit()


func expect(ok: bool, what: String) -> void:
	if not ok: problems.append(what)


func reload_idle() -> void:
	reload()
	expect(ENetServer == Engine.get_singleton("ENetServer"), "a script speaks to the singleton of the old library")
	expect(ENetServer.create_server(0) == OK, "no server starts after a reload")
	ENetServer.stop_server()


func reload_live() -> void:
	var threads_before := count_threads()
	expect(ENetServer.create_server(0) == OK, "no server starts before a reload")
	var port := ENetServer.get_local_port()
	ENetClient.connect_to_server("127.0.0.1", port)
	var host := ENetThreadedConnection.new()
	host.create_host_bound("127.0.0.1", 0)
	var deadline := Time.get_ticks_msec() + 10_000
	while not ENetClient.is_connected_to_server() and Time.get_ticks_msec() < deadline: await get_tree().process_frame
	var peer: ENetServerPeer = ENetServer.get_peer(1)
	expect(peer != null, "the client did not join")
	reload()
	expect(count_threads() == threads_before, "the network thread of the old library is still there")
	expect(ENetServer.get_local_port() == 0 and not ENetClient.is_connected_to_server(), "something runs that nobody started")
	expect(ENetServer.create_server(port) == OK, "the port of the old server is not free")
	ENetServer.stop_server()
	# what a script kept from before is empty, and does no harm
	expect(host.get_local_port() == 0, "an old host has a port")
	expect(peer.peer_id == 0, "an old peer has an id")


func reload() -> void:
	for file in DirAccess.get_files_at(FOLDER):
		DirAccess.copy_absolute(FOLDER.path_join(file), FOLDER.path_join(file) + ".new")
		DirAccess.rename_absolute(FOLDER.path_join(file) + ".new", FOLDER.path_join(file))
	expect(GDExtensionManager.reload_extension(MANIFEST) == GDExtensionManager.LOAD_STATUS_OK, "the engine refuses to reload")
	if OS.get_name() == "Linux":
		expect(not FileAccess.get_file_as_string("/proc/self/maps").contains("libenet_server.linux.x86_64.so (deleted)"),
			"the old library is still loaded")


func count_threads() -> int:
	return DirAccess.get_directories_at("/proc/self/task").size()
