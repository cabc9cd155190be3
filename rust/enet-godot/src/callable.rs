//! Calling what a script handed over.
//!
//! gdext can call a `Callable` in two ways: one panics when the call is refused (wrong number of arguments, say), the
//! other returns null without a word. A game needs to be told, and must not be able to cause a panic, so the call goes
//! through the engine's interface here.
#![expect(
    unsafe_code,
    reason = "reports a refused call instead of panicking, which gdext has no function for"
)]

use godot::global::Error;
use godot::prelude::*;
use godot::sys;

use crate::events;
use crate::outgoing::misuse;

/// Calls `callable` and gives back what it returned.
///
/// # Errors
/// Why it could not be called, as a part of a sentence. What goes wrong inside of the called function is reported by
/// the engine.
pub(crate) fn call(callable: &Callable, arguments: &[Variant]) -> Result<Variant, String> {
    if !callable.is_valid() {
        return Err("its object was freed or does not have the method".to_owned());
    }
    let target = callable.to_variant();
    let method = StringName::from("call");
    let pointers: Vec<_> = arguments.iter().map(Variant::var_sys).collect();
    let mut error = sys::default_call_error();
    // SAFETY: `target`, `method` and `arguments` live until the call returns, and `pointers` holds as many pointers to
    // Variants as announced. The engine initialises the result in any case, with null when it refuses the call.
    let result = unsafe {
        Variant::new_with_var_uninit(|result| {
            sys::interface_fn!(variant_call)(
                sys::SysPtr::force_mut(target.var_sys()),
                method.string_sys(),
                pointers.as_ptr(),
                i64::try_from(pointers.len()).unwrap_or(i64::MAX),
                result,
                &raw mut error,
            );
        })
    };
    if error.error == sys::GDEXTENSION_CALL_OK { Ok(result) } else { Err(describe(&error, arguments)) }
}

/// Checks a handler that a script registers for an event. Gives the event's name.
///
/// # Errors
/// The name or the callable cannot be used; the game was told.
pub(crate) fn check_handler(name: &GString, handler: &Callable) -> Result<String, Error> {
    let name = name.to_string();
    let wrong = match events::check_name(&name) {
        Err(error) => Some(error.to_string()),
        Ok(()) if !handler.is_valid() => Some(format!(
            "The handler of event \"{name}\" must be a callable whose object exists and has the method."
        )),
        Ok(()) => None,
    };
    wrong.map_or(Ok(name), |message| Err(misuse(Error::ERR_INVALID_PARAMETER, &message)))
}

/// Reports a handler that could not be called and was forgotten, so that a remote cannot repeat the message.
pub(crate) fn report_dropped_handler(event_name: &GString, why: &str) {
    let message =
        format!("The handler of event \"{event_name}\" was forgotten because it cannot be called: {why}.");
    misuse(Error::ERR_INVALID_PARAMETER, &message);
}

fn describe(error: &sys::GDExtensionCallError, arguments: &[Variant]) -> String {
    match error.error {
        sys::GDEXTENSION_CALL_ERROR_TOO_MANY_ARGUMENTS | sys::GDEXTENSION_CALL_ERROR_TOO_FEW_ARGUMENTS => {
            format!("it takes {} arguments, but is called with {}", error.expected, arguments.len())
        }
        sys::GDEXTENSION_CALL_ERROR_INVALID_ARGUMENT => {
            let given = usize::try_from(error.argument).ok().and_then(|index| arguments.get(index));
            let given = given.map_or(VariantType::NIL, Variant::get_type);
            format!("its argument {} does not take a {given:?}", error.argument + 1)
        }
        _ => "its object does not have the method".to_owned(),
    }
}
