extends SceneTree
# Writes what the running engine makes of the inputs in tests/support/codec_inputs.gd, for the Rust tests:
#   godot --headless --path godot_project -s ../tools/codec_vectors.gd

const PATH := "res://../rust/enet-driver/tests/vectors/by_the_engine.bin"
const CodecInputs := preload("res://tests/support/codec_inputs.gd")


func _initialize() -> void:
	var inputs := CodecInputs.new()
	var streams: Array[PackedByteArray] = []
	for mode in CodecInputs.MODES:
		for number in CodecInputs.COUNT:
			streams.append(inputs.make(number).compress(mode))
	streams.append(inputs.make_far().compress(FileAccess.COMPRESSION_FASTLZ))
	var file := FileAccess.open(ProjectSettings.globalize_path(PATH), FileAccess.WRITE)
	file.store_buffer(CodecInputs.pack(streams))
	file.close()
	quit()
