//! The library's entry point: what Godot calls to load and to unload it.
//!
//! gdext's own entry point registers every class of the crate, some of them before the engine's modules register theirs,
//! and treats a name that exists already as fatal. The one that Godot calls wraps it: it holds gdext back until the
//! engine has its classes (gdext then makes up for the levels it missed), and for good if one of ours is among them.
#![expect(unsafe_code, reason = "the entry point of an extension is a C function that is handed C pointers")]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use godot::prelude::*;
use godot::sys;

use crate::{legacy, limit_settings, limits, logger, observer, pump, simulation, transport};

/// The names that the classes of this crate take, besides those of [`transport`].
const CLASSES: [&str; 5] = ["ENetServer", "ENetServerPeer", "ENetClient", "ENetPacketUtils", legacy::CLASS];

/// How long unloading waits for the network thread to tell the peers and to end.
const SHUT_DOWN_LIMIT: Duration = Duration::from_secs(2);

/// Whether the classes were left to the engine. Set once, before the first class is registered.
static STOOD_DOWN: AtomicBool = AtomicBool::new(false);

/// What gdext wants to be called at each level.
static GDEXT_CALLBACKS: OnceLock<(Callback, Callback)> = OnceLock::new();

type Callback = Option<unsafe extern "C" fn(*mut std::ffi::c_void, sys::GDExtensionInitializationLevel)>;

struct ENetServerExtension;

// SAFETY: the crate contains no other extension, and hands gdext no pointer of its own.
#[gdextension(entry_symbol = enet_server_gdext_init)]
unsafe impl ExtensionLibrary for ENetServerExtension {
    fn on_stage_init(stage: InitStage) {
        if stage == InitStage::MainLoop && !STOOD_DOWN.load(Ordering::Relaxed) {
            logger::install();
            limit_settings::register();
            limits::register_setting();
            simulation::register_setting();
            observer::register_setting();
            // In the editor gdext warns at exit of every connection to Rust code that there was, so there the tree is
            // hooked when a tool script starts something; what it connected until then is dropped by `pump::end`.
            if !godot::init::is_editor_hint() {
                pump::hook();
                observer::begin();
            }
        }
    }

    fn on_stage_deinit(stage: InitStage) {
        let ends = matches!(stage, InitStage::MainLoop | InitStage::Scene);
        if ends && !STOOD_DOWN.load(Ordering::Relaxed) {
            // The engine asks no extension whether it may be reloaded, so a tool script's session cannot keep its library.
            if godot::init::is_editor_hint() && pump::is_running() {
                godot_warn!("ENetServer: the addon is unloaded while a server or client runs; it is ended.");
            }
            pump::end();
            if !enet_driver::shut_down(SHUT_DOWN_LIMIT) {
                godot_warn!("ENetServer: the network thread did not end in time.");
            }
        }
    }
}

/// What the manifest names as `entry_symbol`.
///
/// # Safety
/// To be called by Godot, with what it passes to the entry point of an extension.
#[unsafe(no_mangle)]
unsafe extern "C" fn enet_server_init(
    get_proc_address: sys::GDExtensionInterfaceGetProcAddress,
    library: sys::GDExtensionClassLibraryPtr,
    init: *mut sys::GDExtensionInitialization,
) -> sys::GDExtensionBool {
    // SAFETY: the arguments are Godot's own, passed on as they are.
    let loaded = unsafe { enet_server_gdext_init(get_proc_address, library, init) };
    // SAFETY: Godot passes a pointer to a struct that is its own until this function returns; gdext has filled it.
    if let Some(init) = unsafe { init.as_mut() } {
        GDEXT_CALLBACKS.get_or_init(|| (init.initialize, init.deinitialize));
        init.initialize = Some(initialize);
        init.deinitialize = Some(deinitialize);
    }
    loaded
}

unsafe extern "C" fn initialize(userdata: *mut std::ffi::c_void, level: sys::GDExtensionInitializationLevel) {
    if level < sys::GDEXTENSION_INITIALIZATION_SCENE {
        return;
    }
    if level == sys::GDEXTENSION_INITIALIZATION_SCENE {
        stand_down_if_taken();
    }
    // SAFETY: the arguments are Godot's own, passed on as they are.
    unsafe { forward(|(initialize, _)| *initialize, userdata, level) }
}

unsafe extern "C" fn deinitialize(
    userdata: *mut std::ffi::c_void,
    level: sys::GDExtensionInitializationLevel,
) {
    // SAFETY: the arguments are Godot's own, passed on as they are.
    unsafe { forward(|(_, deinitialize)| *deinitialize, userdata, level) }
}

/// Calls what gdext wants to be called at the level, unless the classes are left to the engine.
///
/// # Safety
/// To be called by Godot, with what it passes to an initialisation callback.
unsafe fn forward(
    choose: impl Fn(&(Callback, Callback)) -> Callback,
    userdata: *mut std::ffi::c_void,
    level: sys::GDExtensionInitializationLevel,
) {
    if STOOD_DOWN.load(Ordering::Relaxed) {
        return;
    }
    if let Some(callback) = GDEXT_CALLBACKS.get().and_then(choose) {
        // SAFETY: the callback came from gdext, together with the user data.
        unsafe { callback(userdata, level) }
    }
}

fn stand_down_if_taken() {
    if let Some(taken) = CLASSES.iter().chain(&transport::CLASSES).find(|name| is_taken(name)) {
        STOOD_DOWN.store(true, Ordering::Relaxed);
        godot_warn!(
            "ENetServer: a class {taken} exists already in this engine or another addon; this addon is inactive."
        );
    }
}

fn is_taken(class: &str) -> bool {
    let name = StringName::from(class);
    // SAFETY: the interface is initialised from the level `Core` on, and `name` outlives the call.
    let tag = unsafe { sys::interface_fn!(classdb_get_class_tag)(name.string_sys()) };
    !tag.is_null()
}
