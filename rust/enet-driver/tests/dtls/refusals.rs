//! Encrypted connections that do not come about, and what the game is told.

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use enet_driver::{ConnectFailure, DtlsFailure, HostEvent, HostHandle, HostOptions};

use super::{both, client, server};
use crate::certificates::{self, Authority, GAME, Paper};
use crate::common::{connect, local, next_connection, next_event, open_with, wait_for};

#[track_caller]
fn failure(client: &HostHandle) -> DtlsFailure {
    match next_event(client) {
        HostEvent::ConnectFailed { reason: ConnectFailure::Dtls { failure, .. }, .. } => failure,
        other => panic!("a failure of encryption was expected, not {other:?}"),
    }
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_at_once() {
    let root = Authority::root("Root");
    let issue = |paper| root.issue(paper, &certificates::p256());
    let stranger = Authority::root("Root");
    let cases = [
        (issue(GAME), "other.test", root.pem(), DtlsFailure::WrongName("other.test".to_owned())),
        (issue(GAME), "game.test", stranger.pem(), DtlsFailure::Untrusted),
        (issue(Paper { days: (-9, -1), ..GAME }), "game.test", root.pem(), DtlsFailure::Expired),
        (issue(Paper { days: (1, 9), ..GAME }), "game.test", root.pem(), DtlsFailure::NotYetValid),
    ];
    for (identity, name, roots, expected) in cases {
        let (server, client) = (open_with(server(&identity)), open_with(client(name, &roots)));
        let started = Instant::now();
        connect(&client, "127.0.0.1", server.local_addr().port());
        assert_eq!(failure(&client), expected);
        assert!(started.elapsed() < Duration::from_secs(4), "it was not said at once");
        wait_for("the server to let go", || (server.dtls_stats().sessions == 0).then_some(()));
        assert_eq!(server.dtls_stats().failed_handshakes, 1);
        assert!(server.poll_event().is_none(), "the game hears nothing of it");
    }
}

#[test]
fn one_side_in_the_open_and_the_other_not_never_meet() {
    let short = |options| HostOptions { connect_timeout: Duration::from_millis(700), ..options };
    let (dtls_server, dtls_client) = both();
    let (plain, secret) = (open_with(local()), open_with(dtls_server));
    let client = open_with(short(dtls_client));
    connect(&client, "127.0.0.1", plain.local_addr().port());
    assert_eq!(failure(&client), DtlsFailure::NoAnswer);
    let client = open_with(short(local()));
    connect(&client, "127.0.0.1", secret.local_addr().port());
    assert!(matches!(
        next_event(&client),
        HostEvent::ConnectFailed { reason: ConnectFailure::TimedOut { .. }, .. }
    ));
    assert!(plain.poll_event().is_none() && secret.poll_event().is_none());
    assert_eq!(secret.dtls_stats().sessions, 0);
}

#[test]
fn whoever_answers_something_else_is_no_dtls_server() {
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let (_, options) = both();
    let client = open_with(HostOptions { connect_timeout: Duration::from_millis(700), ..options });
    connect(&client, "127.0.0.1", stranger.local_addr().expect("a bound socket").port());
    let (_, from) = stranger.recv_from(&mut [0; 2048]).expect("a hello");
    stranger.send_to(b"I speak no such thing", from).expect("a loopback");
    assert_eq!(failure(&client), DtlsFailure::NotDtls);
}

#[test]
fn a_closed_port_is_told_from_one_that_is_silent() {
    let gone = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
    let (_, options) = both();
    let client = open_with(HostOptions { dedicated_remote: true, ..options });
    connect(&client, "127.0.0.1", gone.port());
    assert!(matches!(
        next_event(&client),
        HostEvent::ConnectFailed { reason: ConnectFailure::Refused { .. }, .. }
    ));
}

#[test]
fn an_attempt_that_is_cancelled_leaves_no_session() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let (_, options) = both();
    let client = open_with(options);
    let token = connect(&client, "127.0.0.1", silent.local_addr().expect("a bound socket").port());
    wait_for("a session", || (client.dtls_stats().sessions == 1).then_some(()));
    client.cancel(token);
    wait_for("the session to end", || (client.dtls_stats().sessions == 0).then_some(()));
    assert!(client.poll_event().is_none());
}

#[test]
fn a_server_that_refuses_is_not_there_for_those_outside() {
    let (server_options, client_options) = both();
    let server = open_with(server_options);
    let port = server.local_addr().port();
    let inside = open_with(client_options.clone());
    connect(&inside, "127.0.0.1", port);
    next_connection(&inside);
    next_connection(&server);
    server.refuse_new_connections(true);
    let outside =
        open_with(HostOptions { connect_timeout: Duration::from_millis(700), ..client_options.clone() });
    connect(&outside, "127.0.0.1", port);
    assert_eq!(failure(&outside), DtlsFailure::NoAnswer);
    assert_eq!(server.dtls_stats().sessions, 1);
    server.refuse_new_connections(false);
    let outside = open_with(client_options);
    connect(&outside, "127.0.0.1", port);
    next_connection(&outside);
}
