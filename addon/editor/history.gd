@tool
extends RefCounted
## The last minute of one host or peer, a sample with every report.

## Samples in a minute.
const LENGTH := 121

var rtt: PackedFloat32Array = []
## Share of one.
var loss: PackedFloat32Array = []
## Bytes a second.
var incoming: PackedFloat32Array = []
var outgoing: PackedFloat32Array = []


func add(rtt_ms: float, loss_share: float, bytes_in: float, bytes_out: float) -> void:
	rtt = _grown(rtt, rtt_ms)
	loss = _grown(loss, loss_share)
	incoming = _grown(incoming, bytes_in)
	outgoing = _grown(outgoing, bytes_out)


static func _grown(samples: PackedFloat32Array, value: float) -> PackedFloat32Array:
	samples.append(value)
	return samples if samples.size() <= LENGTH else samples.slice(samples.size() - LENGTH)
