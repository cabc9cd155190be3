extends "res://tests/suite.gd"
## The addon's FastLZ, zlib and Zstandard and the engine's own read each other. The streams are in files, as scripts do
## not reach the addon's codecs; the other half of this comparison is rust/enet-driver/tests/it/engine_codecs.rs.

const BY_THE_ADDON := "res://tests/vectors/by_the_addon.bin"
const BY_THE_ENGINE := "res://../rust/enet-driver/tests/vectors/by_the_engine.bin"
const CodecInputs := preload("res://tests/support/codec_inputs.gd")


func test_the_engine_reads_what_the_addon_compresses() -> void:
	_check(_load(BY_THE_ADDON))


## What the Rust tests read is what an engine makes of these inputs.
func test_the_streams_by_the_engine_are_of_these_inputs() -> void:
	var streams := _load(BY_THE_ENGINE)
	var far: PackedByteArray = streams.pop_back()
	check_eq(far[0] >> 5, 1, "the level of a long FastLZ stream, less one")
	var input := CodecInputs.new().make_far()
	check(far.decompress(input.size(), FileAccess.COMPRESSION_FASTLZ) == input, "the long input")
	_check(streams)


func _load(path: String) -> Array[PackedByteArray]:
	return CodecInputs.unpack(FileAccess.get_file_as_bytes(ProjectSettings.globalize_path(path)))


func _check(streams: Array[PackedByteArray]) -> void:
	check_eq(streams.size(), CodecInputs.MODES.size() * CodecInputs.COUNT, "streams")
	var inputs := CodecInputs.new()
	for i in streams.size():
		var number := i % CodecInputs.COUNT
		@warning_ignore("integer_division")
		var mode := CodecInputs.MODES[i / CodecInputs.COUNT]
		var input := inputs.make(number)
		if streams[i].decompress(input.size(), mode) != input:
			failures.append("input %d in mode %d" % [number, mode])
			return
