//! Names: resolved beside both threads, given up in time, cancelled on the way.

use std::time::{Duration, Instant};

use enet_driver::{ConnectFailure, HostEvent, HostOptions};

use crate::common::{connect, local, next_connection, next_event, open, open_with};

#[test]
fn a_name_leads_to_a_server() {
    // The server has IPv4 alone; wherever the name leads first, the client gets there.
    let server = open_with(local());
    let client = open_with(HostOptions { dedicated_remote: true, ..HostOptions::default() });
    let token = connect(&client, "localhost", server.local_addr().port());
    let connection = next_connection(&client);
    assert_eq!(connection.token, Some(token));
    assert_eq!(connection.address, server.local_addr());
}

#[test]
fn a_silent_address_does_not_hold_up_the_next_for_long() {
    // Where the name leads to IPv6 first, nobody answers there.
    let server = open_with(local());
    let client =
        open_with(HostOptions { connect_timeout: Duration::from_secs(120), ..HostOptions::default() });
    connect(&client, "localhost", server.local_addr().port());
    assert_eq!(next_connection(&client).address, server.local_addr());
}

#[test]
fn an_unknown_name_is_told_as_such() {
    for name in ["no-such-host.invalid", "", "not a name", "a\0b"] {
        let client = open();
        let started = Instant::now();
        let expected = connect(&client, name, 7777);
        assert!(started.elapsed() < Duration::from_secs(1), "the caller does not wait for the resolver");
        match next_event(&client) {
            HostEvent::ConnectFailed { token, reason } => {
                assert_eq!((token, reason), (expected, ConnectFailure::Unresolved(name.to_owned())));
            }
            other => panic!("a failure was expected, not {other:?}"),
        }
        assert!(started.elapsed() < Duration::from_secs(6));
    }
}

#[test]
fn an_attempt_can_be_cancelled_while_the_name_is_resolved() {
    let server = open();
    let client = open();
    let token = connect(&client, "localhost", server.local_addr().port());
    client.cancel(token);
    let server = open();
    let last = connect(&client, "127.0.0.1", server.local_addr().port());
    assert_eq!(next_connection(&client).token, Some(last));
}

#[test]
fn a_host_may_go_while_its_name_is_resolved() {
    let client = open();
    connect(&client, "no-such-host.invalid", 7777);
    client.close(Duration::from_secs(5));
}
