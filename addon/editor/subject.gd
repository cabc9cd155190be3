@tool
extends RefCounted
## A host of the running game, or one of its peers: what was last told of it, and the minute before.

const History := preload("history.gd")

## What grows, by the name of its rate.
const COUNTED := {bytes_in = "received_bytes", bytes_out = "sent_bytes", packets_in = "received_packets", packets_out = "sent_packets"}

## The host's number, or the peer's key.
var id := 0
## The host of a peer; of a host itself 0.
var host_id := 0
var title := ""
var address := ""
var state := ""
## Columns by their names: see the page Network tab of the documentation.
var values: Dictionary = {}
## Of [constant COUNTED], for a second.
var rates := {bytes_in = 0.0, bytes_out = 0.0, packets_in = 0.0, packets_out = 0.0}
var history := History.new()
## Everything that is known: counters of a host, statistics of a peer that is watched.
var details: Dictionary = {}
## A host's peers in detail, by key.
var peers: Dictionary[int, RefCounted] = {}
## How many peers a host has, and how many of them are not in detail.
var peer_count := 0
var other_count := 0
## What a host simulates, in words.
var conditions := ""
var has_ended := false
## Whether the game tells everything of it.
var is_watched := false

var _seen := 0


func is_host() -> bool:
	return host_id == 0


## Takes in what the game tells at [param msec] of its clock.
func update(msec: int, new_values: Dictionary) -> void:
	var seconds := (msec - _seen) / 1000.0
	if _seen > 0 and seconds > 0.0:
		for rate: String in COUNTED:
			var counter: String = COUNTED[rate]
			rates[rate] = maxf(0.0, new_values.get(counter, 0) - values.get(counter, 0)) / seconds
	_seen = msec
	values = new_values
	history.add(get_rtt(), get_loss(), rates.bytes_in, rates.bytes_out)


func get_rtt() -> float:
	return values.get("rtt_ms", 0)


## Share of one.
func get_loss() -> float:
	return values.get("loss", 0) / 1e6


func end() -> void:
	has_ended = true
	state = "ended"
	rates = {bytes_in = 0.0, bytes_out = 0.0, packets_in = 0.0, packets_out = 0.0}
	for key in peers:
		peers[key].end()
