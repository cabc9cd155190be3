//! Why connections end, in words that a game can show to a player.

use enet_driver::SERVER_FULL;
use enet_driver::enet_proto::{DisconnectReason, Limit, LimitStage};

/// A login that the authenticator, or nobody, approved.
pub(crate) const AUTHENTICATION_FAILED: &str = "Authentication failed";
/// No answer to a login, or no login, within the authentication timeout.
pub(crate) const AUTHENTICATION_TIMED_OUT: &str = "Authentication timed out";
/// A login packet that is no Dictionary.
pub(crate) const INVALID_LOGIN: &str = "Invalid authentication packet format";
/// A login packet beyond its limit.
pub(crate) const LOGIN_TOO_LARGE: &str = "Login packet too large";
/// An address from which too many logins were refused.
pub(crate) const TOO_MANY_LOGINS: &str = "Too many refused logins";
/// A client that went on and on beyond its rates.
pub(crate) const TOO_MUCH_TRAFFIC: &str = "Too much traffic";
/// A peer that fell silent.
pub(crate) const CONNECTION_LOST: &str = "Connection lost";
/// `stop_server()`.
pub(crate) const SERVER_STOPPED: &str = "Server stopped";
/// `kick_peer()` and `disconnect_peer()` without a reason.
pub(crate) const KICKED: &str = "Kicked";
/// `reject()` without a reason.
pub(crate) const REJECTED: &str = "Rejected";
/// `disconnect_from_server()` without a reason.
pub(crate) const DISCONNECTED: &str = "Disconnected";

/// Longest reason that is taken from the remote, in characters.
const MAXIMUM_LENGTH: usize = 1000;

/// `reason`, or `fallback` for the game that gave none.
pub(crate) fn or_default(reason: String, fallback: &str) -> String {
    if reason.is_empty() { fallback.to_owned() } else { reason }
}

/// A reason that came over the network, cut to a length that can be shown.
pub(crate) fn from_remote(reason: &str) -> String {
    reason.chars().take(MAXIMUM_LENGTH).collect()
}

/// What is said when the connection to `remote` ("client" or "server") ended and neither side gave a reason: a stock
/// ENet peer can send a number only.
pub(crate) fn from_network(reason: DisconnectReason, remote: &str) -> String {
    match reason {
        DisconnectReason::Remote(SERVER_FULL) => "The server is full".to_owned(),
        DisconnectReason::Remote(0) => format!("Disconnected by the {remote}"),
        DisconnectReason::Remote(code) => format!("Disconnected by the {remote} (code {code})"),
        DisconnectReason::Local => DISCONNECTED.to_owned(),
        _ => CONNECTION_LOST.to_owned(),
    }
}

/// What is said of a client that sends more than it may.
pub(crate) fn of_limit(limit: Limit, stage: LimitStage) -> String {
    let what = match limit {
        Limit::Packets => "packets",
        Limit::Bytes => "bytes",
    };
    match stage {
        LimitStage::Warned => format!("Too many {what} a second"),
        LimitStage::Throttled => format!("Too many {what} a second: held to the limit"),
        LimitStage::Exceeded => format!("Too many {what} a second for too long"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_s_reasons_are_sentences() {
        assert_eq!(from_network(DisconnectReason::TimedOut, "client"), "Connection lost");
        assert_eq!(from_network(DisconnectReason::Remote(0), "server"), "Disconnected by the server");
        assert_eq!(from_network(DisconnectReason::Remote(SERVER_FULL), "server"), "The server is full");
        assert_eq!(
            from_network(DisconnectReason::Remote(7), "client"),
            "Disconnected by the client (code 7)"
        );
    }

    #[test]
    fn a_missing_reason_is_filled_in() {
        assert_eq!(or_default(String::new(), KICKED), "Kicked");
        assert_eq!(or_default("spam".into(), KICKED), "spam");
    }

    #[test]
    fn a_remote_s_reason_is_cut_between_characters() {
        assert_eq!(from_remote("bye"), "bye");
        assert_eq!(from_remote(&"ü".repeat(5000)).chars().count(), MAXIMUM_LENGTH);
    }
}
