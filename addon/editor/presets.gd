@tool
extends RefCounted
## The networks that can be simulated by name, as the addon has them, and how one is asked for.

## Each way: latency and jitter in milliseconds, the rest in percent, bandwidth in bytes a second.
const VALUES := {
	off = {},
	lan = {latency = 1.0, bandwidth = 12_500_000.0},
	wifi_good = {latency = 15.0, jitter = 10.0, loss = 0.1, bandwidth = 6_250_000.0},
	wifi_bad = {latency = 20.0, jitter = 40.0, loss = 1.0, duplicate = 0.5, reorder = 2.0, bandwidth = 1_250_000.0},
	mobile = {latency = 50.0, jitter = 60.0, loss = 0.5, duplicate = 0.1, reorder = 1.0, bandwidth = 625_000.0},
	satellite = {latency = 280.0, jitter = 20.0, loss = 0.5, bandwidth = 1_250_000.0},
}
const TITLES := {off = "Off", lan = "LAN", wifi_good = "Good Wi-Fi", wifi_bad = "Bad Wi-Fi", mobile = "Mobile", satellite = "Satellite"}


## What set_network_conditions() understands: the preset, and whatever of [param values] differs from it.
static func describe(preset: String, values: Dictionary) -> String:
	var parts: PackedStringArray = [] if preset == "off" else [preset]
	for key: String in values:
		if not is_equal_approx(values[key], VALUES[preset].get(key, 0.0)):
			parts.append("%s=%s" % [key, values[key] / 100.0 if is_share(key) else values[key]])
	return ",".join(parts) if not parts.is_empty() else "off"


## Whether the value is in percent.
static func is_share(key: String) -> bool:
	return key in ["loss", "duplicate", "reorder"]
