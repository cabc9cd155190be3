extends RefCounted
## The outcome of a load test: as a Dictionary, which is also the JSON, and as text.

const Arguments := preload("arguments.gd")
const Bot := preload("bot.gd")

const SOCKET_COUNTERS: Array[String] = [
	"socket_sent_datagrams", "socket_sent_bytes", "socket_received_datagrams", "socket_received_bytes",
]


static func make(
		arguments: Arguments, bots: Array[Bot], seconds: float, sockets: Dictionary,
		round_trips: PackedFloat64Array, frame_costs: PackedFloat64Array) -> Dictionary:
	var ends := {Bot.State.FAILED: {}, Bot.State.LOST: {}}
	var retransmissions := 0
	var loss := 0.0
	var staying := 0
	var packets := {"sent": 0, "refused": 0, "received": 0, "received_bytes": 0}
	for bot in bots:
		for key: String in packets:
			packets[key] += bot.get(key)
		if ends.has(bot.state):
			ends[bot.state][bot.reason] = ends[bot.state].get(bot.reason, 0) + 1
		var statistics := bot.statistics()
		if not statistics.is_empty():
			staying += 1
			retransmissions += statistics.retransmissions
			loss += statistics.packet_loss
	var never := bots.filter(func(bot: Bot) -> bool: return bot.state in [Bot.State.WAITING, Bot.State.JOINING]).size()
	if never > 0:
		ends[Bot.State.FAILED]["not joined in time"] = never
	packets.merge({"bytes_each": arguments.size, "sent_a_second": packets.sent / seconds})
	return {
		"server": "%s:%d" % [arguments.address, arguments.port],
		"clients": arguments.clients,
		"connected": staying,
		"failed": ends[Bot.State.FAILED],
		"lost": ends[Bot.State.LOST],
		"seconds": seconds,
		"packets": packets,
		"round_trip_ms": _percentiles(round_trips),
		"packet_loss": loss / maxi(staying, 1),
		"retransmissions": retransmissions,
		"sockets": sockets,
		"frame_cost_usec": _percentiles(frame_costs),
		"frames_a_second": frame_costs.size() / seconds,
	}


## Whether every client joined and stayed.
static func is_success(report: Dictionary) -> bool:
	return report.connected == report.clients


static func to_text(report: Dictionary) -> String:
	var lines: PackedStringArray = [
		"%d of %d clients connected to %s and stayed" % [report.connected, report.clients, report.server],
	]
	for end: String in ["failed", "lost"]:
		for reason: String in report[end]:
			lines.append("  %s: %d, %s" % [end, report[end][reason], reason])
	var packets: Dictionary = report.packets
	var sockets: Dictionary = report.sockets
	lines.append_array([
		"packets     %d sent of %d bytes, %.0f a second; %d refused; %d received" % [
			packets.sent, packets.bytes_each, packets.sent_a_second, packets.refused, packets.received],
		"round trip  %.0f ms median, %.0f ms for 99 of 100" % [report.round_trip_ms.p50, report.round_trip_ms.p99],
		"loss        %.2f %% of reliable parts, %d sent again" % [100.0 * report.packet_loss, report.retransmissions],
		"wire        %s sent in %d datagrams, %s received in %d" % [
			String.humanize_size(sockets.socket_sent_bytes), sockets.socket_sent_datagrams,
			String.humanize_size(sockets.socket_received_bytes), sockets.socket_received_datagrams],
		"this side   %.0f µs of a frame median, %.0f µs for 99 of 100; %.0f frames a second" % [
			report.frame_cost_usec.p50, report.frame_cost_usec.p99, report.frames_a_second],
	])
	return "\n".join(lines)


static func _percentiles(values: PackedFloat64Array) -> Dictionary:
	if values.is_empty():
		return {"p50": 0.0, "p99": 0.0}
	var sorted := values.duplicate()
	sorted.sort()
	var at := func(share: float) -> float: return sorted[mini(int(sorted.size() * share), sorted.size() - 1)]
	return {"p50": at.call(0.5), "p99": at.call(0.99)}
