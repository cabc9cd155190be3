//! The calls that the `openssl` crate has no safe form of: listening without state, and the handshake's timer.
#![expect(unsafe_code, reason = "OpenSSL is a C library")]

use std::{ffi::c_void, ptr, time::Duration};

use foreign_types::ForeignTypeRef;
use libc::{c_int, c_uint};
use openssl::ssl::{SslRef, SslStream};
use openssl_sys::{BIO_ADDR, SSL};

use super::pipe::Pipe;

unsafe extern "C" {
    fn DTLSv1_listen(ssl: *mut SSL, client: *mut BIO_ADDR) -> c_int;
    fn DTLS_set_timer_cb(ssl: *mut SSL, callback: Option<extern "C" fn(*mut SSL, c_uint) -> c_uint>);
    fn BIO_ADDR_new() -> *mut BIO_ADDR;
    fn BIO_ADDR_free(address: *mut BIO_ADDR);
}

/// Looks at the datagram that waits in the pipe, which may or may not be a ClientHello. One without a valid cookie is
/// answered with a request to send one, and nothing of it is kept: false. One with a valid cookie makes `stream` a
/// session of its sender: true.
pub(super) fn listen(stream: &mut SslStream<Pipe>) -> bool {
    clear_errors();
    // SAFETY: the address is made for this one call and freed after it, on every path. `stream` owns a valid SSL with
    // its BIO for as long as it is borrowed, and nobody else uses them meanwhile: the borrow is exclusive, and the pipe
    // and the cookie callbacks do not reach back to it.
    let found = unsafe {
        let address = BIO_ADDR_new();
        if address.is_null() {
            return false;
        }
        let found = DTLSv1_listen(stream.ssl().as_ptr(), address);
        BIO_ADDR_free(address);
        found
    };
    clear_errors();
    found == 1
}

/// How long until [`handle_timeout`] is to be called; `None` while no timer runs.
pub(super) fn time_left(ssl: &SslRef) -> Option<Duration> {
    let mut left = libc::timeval { tv_sec: 0, tv_usec: 0 };
    // SAFETY: `ssl` is valid for the borrow. This command writes one `timeval`, which `left` is, and keeps no pointer to
    // it. It changes nothing of the session.
    let runs =
        unsafe { openssl_sys::SSL_ctrl(ssl.as_ptr(), GET_TIMEOUT, 0, (&raw mut left).cast::<c_void>()) };
    let seconds = u64::try_from(left.tv_sec).unwrap_or(0);
    let micros = u64::try_from(left.tv_usec).unwrap_or(0);
    (runs == 1).then(|| Duration::from_secs(seconds) + Duration::from_micros(micros))
}

/// Sends the last flight once more if its time has come. False if the session has failed.
pub(super) fn handle_timeout(stream: &mut SslStream<Pipe>) -> bool {
    clear_errors();
    // SAFETY: as in `listen`; this command takes no pointer.
    let done = unsafe { openssl_sys::SSL_ctrl(stream.ssl().as_ptr(), HANDLE_TIMEOUT, 0, ptr::null_mut()) };
    clear_errors();
    done >= 0
}

/// Lets the handshake repeat a lost flight sooner than after OpenSSL's whole second.
pub(super) fn set_timer(ssl: &mut SslRef) {
    // SAFETY: `ssl` is valid for the borrow, and the callback is a function without state that lives as long as the
    // program.
    unsafe { DTLS_set_timer_cb(ssl.as_ptr(), Some(next_timer)) };
}

/// OpenSSL reports errors by a queue of the thread, where what one session left would be taken for another's.
pub(super) fn clear_errors() {
    // SAFETY: touches nothing but the calling thread's queue.
    unsafe { openssl_sys::ERR_clear_error() };
}

/// How long to wait for an answer, in microseconds, after having waited for `last_us` in vain; 0 is the first time.
extern "C" fn next_timer(_ssl: *mut SSL, last_us: c_uint) -> c_uint {
    if last_us == 0 { FIRST_TIMER_US } else { last_us.saturating_mul(2).min(LONGEST_TIMER_US) }
}

/// `DTLS_CTRL_GET_TIMEOUT`
const GET_TIMEOUT: c_int = 73;
/// `DTLS_CTRL_HANDLE_TIMEOUT`
const HANDLE_TIMEOUT: c_int = 74;
/// Longer than an answer takes on nearly any path; a second would make one lost datagram felt.
const FIRST_TIMER_US: c_uint = 400_000;
/// OpenSSL gives up after 12 repetitions.
const LONGEST_TIMER_US: c_uint = 2_000_000;
