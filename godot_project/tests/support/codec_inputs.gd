extends RefCounted
## The inputs that codecs are compared on: the same as in rust/enet-driver/tests/it/engine_codecs.rs, made by the same
## arithmetic, so that the files beside them hold compressed bytes alone.

const COUNT := 300
## What the files hold, in this order: every input in the first mode, then every input in the next one.
const MODES: Array[FileAccess.CompressionMode] = [
	FileAccess.COMPRESSION_FASTLZ, FileAccess.COMPRESSION_DEFLATE, FileAccess.COMPRESSION_ZSTD,
]
const PHRASE := "the quick brown fox "
const RECORD: Array[int] = [0, 0, 0, 0, 64, 0, 0, 0, 63, 128, 0, 0]
const LENGTHS: Array[int] = [16, 64, 300, 1400, 4096]

var _state := 0


## Input number [param number]: 1 to 4096 bytes of one of five kinds.
func make(number: int) -> PackedByteArray:
	_state = (number * 2654435761 + 1) & 0xffffffff
	var kind := number % 5
	@warning_ignore("integer_division")
	var length := 1 + _next() % LENGTHS[number / 5 % 5]
	return _fill(kind, mini(length, 300) if kind == 1 else length)


## Repeats itself after more bytes than the near matches of FastLZ reach. Long enough for its level 2.
func make_far() -> PackedByteArray:
	_state = 1
	var period := _fill(1, 9000)
	var bytes := PackedByteArray()
	while bytes.size() < 70_000:
		bytes.append_array(period)
	return bytes.slice(0, 70_000)


static func pack(streams: Array[PackedByteArray]) -> PackedByteArray:
	var bytes := PackedByteArray()
	for stream in streams:
		var at := bytes.size()
		bytes.resize(at + 4)
		bytes.encode_u32(at, stream.size())
		bytes.append_array(stream)
	return bytes


static func unpack(bytes: PackedByteArray) -> Array[PackedByteArray]:
	var streams: Array[PackedByteArray] = []
	var at := 0
	while at < bytes.size():
		var length := bytes.decode_u32(at)
		streams.append(bytes.slice(at + 4, at + 4 + length))
		at += 4 + length
	return streams


func _fill(kind: int, length: int) -> PackedByteArray:
	var bytes := PackedByteArray()
	bytes.resize(length)
	for i in length:
		match kind:
			0:
				bytes[i] = 7
			1:
				bytes[i] = _next() & 255
			2:
				bytes[i] = _next() & 3
			3:
				bytes[i] = PHRASE.unicode_at(i % PHRASE.length())
			_:
				bytes[i] = _record_byte(i)
	return bytes


## What the state of many objects looks like: a number that counts up, and values that differ little.
func _record_byte(i: int) -> int:
	var place := i % RECORD.size()
	@warning_ignore("integer_division")
	if place < 4:
		return (i / RECORD.size() >> (8 * (3 - place))) & 255
	return _next() & 255 if place == 5 else RECORD[place]


func _next() -> int:
	_state = (_state * 1664525 + 1013904223) & 0xffffffff
	return _state >> 16
