//! Named events: which names a game may use, and who handles them. Generic over the handler, so that it is tested
//! without Godot.

use std::collections::HashMap;
use std::fmt;

/// The event that carries the reason of a kick, a rejection or a goodbye to the other side.
pub(crate) const FAREWELL: &str = "_disconnect";

/// Why a game may not use a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameError {
    Empty,
    Reserved,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "The name of an event must not be empty.",
            Self::Reserved => {
                "Event names that begin with an underscore are reserved for the addon. Choose another name."
            }
        })
    }
}

/// Whether the name belongs to the addon. Such events are never shown to scripts.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with('_')
}

/// Checks a name that a game wants to register or to send.
pub(crate) fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        Err(NameError::Empty)
    } else if is_reserved(name) {
        Err(NameError::Reserved)
    } else {
        Ok(())
    }
}

/// The handlers `H` of the registered events, one for each name.
#[derive(Debug)]
pub(crate) struct EventTable<H> {
    handlers: HashMap<String, H>,
}

impl<H: Clone> EventTable<H> {
    /// Registers a handler under a name that [`check_name`] allows. Gives back the handler that it replaces.
    pub(crate) fn insert(&mut self, name: String, handler: H) -> Option<H> {
        self.handlers.insert(name, handler)
    }

    /// Gives back the handler it had.
    pub(crate) fn unregister(&mut self, name: &str) -> Option<H> {
        self.handlers.remove(name)
    }

    pub(crate) fn handler(&self, name: &str) -> Option<H> {
        self.handlers.get(name).cloned()
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.handlers.contains_key(name)
    }
}

impl<H> Default for EventTable<H> {
    fn default() -> Self {
        Self { handlers: HashMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert_eq!(check_name(""), Err(NameError::Empty));
        assert_eq!(check_name(FAREWELL), Err(NameError::Reserved));
        assert_eq!(check_name("chat_"), Ok(()));
        assert!(is_reserved(FAREWELL) && !is_reserved("chat_"));
    }

    #[test]
    fn the_latest_handler_counts() {
        let mut events = EventTable::default();
        assert_eq!(events.insert("chat".into(), 1), None);
        assert_eq!(events.insert("chat".into(), 2), Some(1));
        assert!(events.contains("chat"));
        assert_eq!(events.handler("chat"), Some(2));
        assert_eq!(events.unregister("chat"), Some(2));
        assert_eq!(events.handler("chat"), None);
    }
}
