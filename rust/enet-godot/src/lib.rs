//! The Godot classes of ENetServer.

mod class_enum;
