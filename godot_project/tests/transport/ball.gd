extends Node
## A replicated node: the colour travels when it is spawned, the height always, the label when it changes.

@export var colour := ""
@export var height := 0
@export var label := "-"
## Who moves it. Known before the node enters the tree, as replication wants it.
var owner_id := 1


func _enter_tree() -> void:
	$Synchronizer.set_multiplayer_authority(owner_id)
