//! What a decoded packet is: an event, one of the addon's own, or a plain value.

use godot::prelude::*;

use crate::codec::DecodeError;
use crate::{events, reasons};

/// A decoded packet.
pub(crate) enum Incoming {
    /// The remote's reason for the disconnect that follows.
    Farewell(String),
    /// An event of the addon that this version does not know. Not for scripts.
    Reserved,
    /// A named event.
    Event(Event),
    /// Any other value.
    Plain(Variant),
}

/// A named event.
pub(crate) struct Event {
    pub(crate) name: GString,
    /// The dictionary without the name.
    pub(crate) payload: Variant,
    /// The dictionary as it arrived.
    pub(crate) whole: Variant,
}

impl Incoming {
    pub(crate) fn of(value: Variant) -> Self {
        let Ok(dictionary) = value.try_to::<AnyDictionary>() else { return Self::Plain(value) };
        let Some(Ok(name)) = dictionary.get("_event").map(|name| name.try_to::<GString>()) else {
            return Self::Plain(value);
        };
        let text = name.to_string();
        if text == events::FAREWELL {
            return Self::Farewell(farewell(&dictionary));
        }
        if events::is_reserved(&text) {
            return Self::Reserved;
        }
        let mut payload = dictionary.duplicate_shallow();
        payload.remove("_event");
        Self::Event(Event { name, payload: payload.to_variant(), whole: value })
    }

    /// As it is, unless it is an event with a name of more characters than these.
    pub(crate) fn named_within(self, characters: usize) -> Result<Self, DecodeError> {
        match &self {
            Self::Event(event) if event.name.len() > characters => Err(DecodeError::NameTooLong),
            _ => Ok(self),
        }
    }
}

fn farewell(dictionary: &AnyDictionary) -> String {
    let reason = dictionary.get("reason").and_then(|reason| reason.try_to::<GString>().ok());
    reasons::from_remote(&reason.unwrap_or_default().to_string())
}
