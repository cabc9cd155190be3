extends SceneTree
# Compares the script-visible surface of the running engine's classes with the contract files in tests/api/.
#   godot --headless --path godot_project -s ../tools/check_api.gd -- res://tests/api/server.json
# Prints one line for each difference, then "N passed, N failed"; exits 1 when anything differs.

var passed := 0
var failed := 0


func _initialize() -> void:
	for path in OS.get_cmdline_user_args():
		var contract: Variant = JSON.parse_string(FileAccess.get_file_as_string(path))
		if contract == null:
			check(false, "%s: cannot be read" % path)
			continue
		for name in contract:
			check_class(name, contract[name])
	print("%d passed, %d failed" % [passed, failed])
	quit(1 if failed > 0 else 0)


func check(ok: bool, what: String) -> void:
	if ok:
		passed += 1
	else:
		failed += 1
		print("differs: ", what)


func check_class(name: String, want: Dictionary) -> void:
	if not ClassDB.class_exists(name):
		check(false, "class %s is missing" % name)
		return
	if want.has("singleton"):
		check(Engine.has_singleton(name), "%s is an engine singleton" % name)
	var methods := {}
	for method in ClassDB.class_get_method_list(name):
		methods[method.name] = method
	for method in want.methods:
		if method.name.begins_with("_"):
			continue
		check(methods.has(method.name), "%s.%s is missing" % [name, method.name])
		if methods.has(method.name):
			check_method("%s.%s" % [name, method.name], method, methods[method.name])
	var signals := {}
	for sig in ClassDB.class_get_signal_list(name):
		signals[sig.name] = sig
	for sig in want.signals:
		check(signals.has(sig.name), "signal %s.%s is missing" % [name, sig.name])
		if signals.has(sig.name):
			check_args("signal %s.%s" % [name, sig.name], sig.args, signals[sig.name].args)
	for constant in want.constants:
		var has := ClassDB.class_has_integer_constant(name, constant)
		check(has, "%s.%s is missing" % [name, constant])
		if has:
			check(ClassDB.class_get_integer_constant(name, constant) == int(want.constants[constant].value), "%s.%s has another value" % [name, constant])
			check(str(ClassDB.class_get_integer_constant_enum(name, constant)) == want.constants[constant].enum, "%s.%s is not in enum %s" % [name, constant, want.constants[constant].enum])
	var properties := {}
	for property in ClassDB.class_get_property_list(name):
		properties[property.name] = property.type
	for property in want.properties:
		check(properties.get(property.name, -1) == int(property.type), "property %s.%s" % [name, property.name])


func check_method(where: String, want: Dictionary, got: Dictionary) -> void:
	check_args(where, want.args, got.args)
	var defaults: Array = got.default_args
	check(defaults.size() == want.defaults.size(), "%s takes %d defaults, not %d" % [where, want.defaults.size(), defaults.size()])
	for i in mini(defaults.size(), want.defaults.size()):
		var a: Variant = want.defaults[i]
		var b: Variant = defaults[i]
		check(str(a) == str(b) or (a is float and b is int and int(a) == b) or (a == null and b == null), "%s default %d is %s, not %s" % [where, i, a, b])
	check(got["return"].type == int(want.returns.type), "%s returns type %d, not %d" % [where, int(want.returns.type), got["return"].type])


func check_args(where: String, want: Array, got: Array) -> void:
	check(got.size() == want.size(), "%s takes %d arguments, not %d" % [where, want.size(), got.size()])
	for i in mini(got.size(), want.size()):
		check(got[i].name == want[i].name, "%s argument %d is %s, not %s" % [where, i, want[i].name, got[i].name])
		check(got[i].type == int(want[i].type), "%s argument %s is of type %d, not %d" % [where, want[i].name, int(want[i].type), got[i].type])
