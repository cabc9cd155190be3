extends "res://tests/transport/pairing_suite.gd"
## A mesh of four processes that know each other by the ids 2 to 5.

const MESH := "res://tests/transport/mesh_role.gd"
const NAMES: Dictionary[int, String] = {2: "ada", 3: "bob", 4: "cyd", 5: "dan"}
const CASTS: Array[Array] = [
	["engine", "engine", "engine", "engine"],
	["ours", "ours", "ours", "ours"],
	["ours", "engine", "ours", "engine"],
]


func test_a_mesh_of_four() -> void:
	var wanted := {}
	for makes in CASTS:
		begin(" (mesh of %s)" % ", ".join(makes))
		for index in makes.size():
			await enter(NAMES.values()[index], MESH, makes[index])
		await _play()
		if wanted.is_empty():
			wanted = get_story()
		else:
			compare(get_story(), wanted)


func _play() -> void:
	for id in NAMES:
		check_eq(await ask(_cast[NAMES[id]], "create_mesh", [id]), OK, "create_mesh" + pairing)
	for id in NAMES:
		for other in NAMES:
			if id < other:
				await _connect(id, other)
	for id in NAMES:
		check_eq(await ask(_cast[NAMES[id]], "call_arena", ["reliable_2", id]), OK, "call" + pairing)
		check_eq(await ask(_cast[NAMES[id]], "broadcast", [10 * id]), OK, "broadcast" + pairing)
	for id in NAMES:
		await _until_everyone_hears(id, NAMES.keys())
	await ask(_cast.dan, "close")
	for id: int in [2, 3, 4]:
		await saw(NAMES[id], "peer_disconnected #5")
	await ask(_cast.bob, "broadcast", [7777])
	for process_name: String in ["ada", "cyd"]:
		await saw(process_name, "7777 bytes, intact")
	await settle()


func _connect(id: int, other: int) -> void:
	var at: int = await ask(_cast[NAMES[id]], "await_other", [other])
	check(at > 0, "%d waits for %d" % [id, other])
	check(await ask(_cast[NAMES[other]], "reach_other", [id, at]), "%d reaches for %d" % [other, id])
	await saw(NAMES[id], "peer_connected #%d" % other)
	await saw(NAMES[other], "peer_connected #%d" % id)


func _until_everyone_hears(id: int, ids: Array) -> void:
	for other: int in ids:
		if other != id:
			await saw(NAMES[other], "%d bytes, intact" % (10 * id))
			await until(func() -> bool:
				return ["reliable calls on channel 2 from #%d" % id, str(id)] in _cast[NAMES[other]].lines,
				SOON, "%d hears the call of %d" % [other, id])
