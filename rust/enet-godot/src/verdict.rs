//! What an authenticator's return value says about a login.

use godot::prelude::*;

use crate::reasons;

/// The answer to a login.
pub(crate) enum Verdict {
    Approved,
    /// With the reason to give.
    Rejected(String),
    /// The signal's first argument will be the answer.
    Later(Signal),
    /// The game calls `authenticate()` or `reject()` itself.
    Open,
    /// Nothing that an authenticator may return.
    Garbage,
}

impl Verdict {
    pub(crate) fn of(answer: &Variant) -> Self {
        match answer.get_type() {
            VariantType::NIL => Self::Open,
            VariantType::BOOL => Self::decided(answer.booleanize(), None),
            VariantType::DICTIONARY => Self::of_dictionary(&answer.to()),
            VariantType::SIGNAL => Self::later(answer.to()),
            VariantType::OBJECT => Self::of_object(answer),
            _ => Self::Garbage,
        }
    }

    fn decided(approved: bool, reason: Option<String>) -> Self {
        if approved {
            return Self::Approved;
        }
        let reason = reason.filter(|reason| !reason.is_empty());
        Self::Rejected(reason.unwrap_or_else(|| reasons::AUTHENTICATION_FAILED.to_owned()))
    }

    fn of_dictionary(answer: &AnyDictionary) -> Self {
        let Some(Ok(approved)) = answer.get("authenticated").map(|value| value.try_to::<bool>()) else {
            return Self::Garbage;
        };
        let reason = answer.get("reason").filter(|reason| !reason.is_nil()).map(|reason| reason.to_string());
        Self::decided(approved, reason)
    }

    /// A coroutine that has not come to its end is an object which will emit `completed`.
    fn of_object(answer: &Variant) -> Self {
        match answer.try_to::<Gd<RefCounted>>() {
            Ok(state) if state.get_class() == "GDScriptFunctionState" => {
                Self::Later(Signal::from_object_signal(&state, "completed"))
            }
            _ => Self::Garbage,
        }
    }

    fn later(signal: Signal) -> Self {
        let exists = signal.object().is_some_and(|object| object.has_signal(&signal.name()));
        if exists { Self::Later(signal) } else { Self::Garbage }
    }
}
