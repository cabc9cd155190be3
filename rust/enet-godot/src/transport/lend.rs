//! Letting go of an object while its signals run.
//!
//! gdext binds some of the engine's virtual methods for writing, and `SceneMultiplayer` calls methods of a peer from within
//! the signals that its `poll()` emits.

use godot::classes::RefCounted;
use godot::obj::WithBaseField;
use godot::prelude::*;

/// Does something that may run scripts, while the object is bound to nobody: they may call every method.
pub(crate) fn lend<T>(object: &mut T, action: impl FnOnce(&Gd<T>))
where
    T: WithBaseField + Inherits<RefCounted>,
{
    let this = object.to_gd();
    let lent = object.base_mut();
    action(&this);
    drop(lent);
    release(this);
}

/// Lets go of an object that is bound. If a script has dropped every other reference meanwhile, this one lasts until the
/// end of the frame: the object cannot be freed under its own method.
fn release<T: Inherits<RefCounted>>(this: Gd<T>) {
    let this: Gd<RefCounted> = this.upcast();
    if this.get_reference_count() == 1 {
        let keep = move |_: &[&Variant]| drop(this.clone());
        Callable::from_fn("release", keep).call_deferred(&[]);
    }
}
