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


## The singletons as they are: after a reload their names lead GDScript to the objects that are gone, until the editor is
## started again. The engine says so, as of every freed object.
func server() -> Object:
	return Engine.get_singleton(&"ENetServer")


func client() -> Object:
	return Engine.get_singleton(&"ENetClient")


func reload_idle() -> void:
	reload()
	expect(server().create_server(0) == OK, "no server starts after a reload")
	server().stop_server()


func reload_live() -> void:
	var threads_before := count_threads()
	expect(server().create_server(0) == OK, "no server starts before a reload")
	var port: int = server().get_local_port()
	client().connect_to_server("127.0.0.1", port)
	var host := ENetThreadedConnection.new()
	host.create_host_bound("127.0.0.1", 0)
	var deadline := Time.get_ticks_msec() + 10_000
	# the client is first to know
	while server().get_peer(1) == null and Time.get_ticks_msec() < deadline: await get_tree().process_frame
	var peer: ENetServerPeer = server().get_peer(1)
	expect(peer != null and client().is_connected_to_server(), "the client did not join")
	print("EXPECT-ERROR: Unable to recreate GDExtension instance") # of the peer, which only a server makes
	reload()
	expect(count_threads() == threads_before, "the network thread of the old library is still there")
	expect(server().get_local_port() == 0 and not client().is_connected_to_server(), "something runs that nobody started")
	expect(server().create_server(port) == OK, "the port of the old server is not free")
	server().stop_server()
	# what a script kept from before is empty, and does no harm
	print("EXPECT-ERROR: There is no host.")
	expect(host.get_local_port() == 0, "an old host has a port")
	expect(peer.get_class() == "RefCounted", "an old peer is still one")


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
