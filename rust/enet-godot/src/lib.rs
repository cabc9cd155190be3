//! The Godot classes of ENetServer.

mod class_enum;
mod codec;
mod packet_utils;
