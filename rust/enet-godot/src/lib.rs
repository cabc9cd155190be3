//! The Godot classes of ENetServer.
