//! Moving several datagrams with one system call, on Linux.
#![expect(unsafe_code, reason = "recvmmsg and sendmmsg take pointers")]

use std::{array, io, mem, os::fd::AsRawFd, ptr};

use libc::{c_uint, iovec, mmsghdr};
use socket2::{SockAddr, SockAddrStorage};

use super::{Socket, batch::Slot};
use crate::address;

/// Datagrams moved with one call. Beyond this the call itself no longer counts.
pub(super) const MOST: usize = 32;
/// Twice what ENet sends. What is longer is cut, and the protocol finds it malformed.
pub(super) const LARGEST_DATAGRAM: usize = 8192;

pub(super) fn receive(socket: &Socket, slots: &mut [Slot]) -> io::Result<usize> {
    let mut names: [SockAddrStorage; MOST] = array::from_fn(|_| SockAddrStorage::zeroed());
    let mut parts = [NO_PART; MOST];
    let mut headers = no_headers();
    for (((header, part), name), slot) in headers.iter_mut().zip(&mut parts).zip(&mut names).zip(&mut *slots)
    {
        *part = iovec { iov_base: slot.bytes.as_mut_ptr().cast(), iov_len: slot.bytes.len() };
        header.msg_hdr.msg_iov = part;
        header.msg_hdr.msg_iovlen = 1;
        header.msg_hdr.msg_namelen = name.size_of();
        header.msg_hdr.msg_name = ptr::from_mut(name).cast();
    }
    // SAFETY: The first `count` headers point at one part each, and each part at the bytes of a slot, which nobody else
    // looks at during the call. Every name has room for an address of any kind. All of them outlive the call.
    let received = unsafe {
        libc::recvmmsg(
            socket.io.as_raw_fd(),
            headers.as_mut_ptr(),
            count_of(slots),
            libc::MSG_DONTWAIT,
            ptr::null_mut(),
        )
    };
    let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    for ((header, name), slot) in headers.iter().zip(names).zip(slots).take(received) {
        slot.length = slot.bytes.len().min(header.msg_len as usize);
        // SAFETY: The system has written an address of this length into the name of each header that it filled.
        let name = unsafe { SockAddr::new(name, header.msg_hdr.msg_namelen) };
        let remote = name.as_socket().ok_or(io::ErrorKind::InvalidData)?;
        slot.remote = address::to_plain(remote);
    }
    Ok(received)
}

pub(super) fn send(socket: &Socket, slots: &[Slot]) -> io::Result<usize> {
    let slots = &slots[..slots.len().min(MOST)];
    let names: [Option<SockAddr>; MOST] = array::from_fn(|index| {
        let remote = slots.get(index)?.remote;
        // Some systems refuse an address on a socket that has a remote.
        (socket.remote != Some(remote)).then(|| socket.to_wire(remote).into())
    });
    let mut parts = [NO_PART; MOST];
    let mut headers = no_headers();
    for (((header, part), name), slot) in headers.iter_mut().zip(&mut parts).zip(&names).zip(slots) {
        *part = iovec { iov_base: slot.bytes.as_ptr().cast_mut().cast(), iov_len: slot.bytes.len() };
        header.msg_hdr.msg_iov = part;
        header.msg_hdr.msg_iovlen = 1;
        if let Some(name) = name {
            header.msg_hdr.msg_namelen = name.len();
            header.msg_hdr.msg_name = name.as_ptr().cast_mut().cast();
        }
    }
    // SAFETY: The first `count` headers point at one part each, each part at the bytes of a slot, and each name at an
    // address of the length beside it. The system only reads through them, and all of them outlive the call.
    let sent = unsafe {
        libc::sendmmsg(
            socket.io.as_raw_fd(),
            headers.as_mut_ptr(),
            count_of(slots),
            libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
        )
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

fn count_of(slots: &[Slot]) -> c_uint {
    c_uint::try_from(slots.len().min(MOST)).expect("a handful fits into an integer")
}

const NO_PART: iovec = iovec { iov_base: ptr::null_mut(), iov_len: 0 };

fn no_headers() -> [mmsghdr; MOST] {
    // SAFETY: Null pointers and zero lengths are what a header without parts, name and control data holds.
    unsafe { mem::zeroed() }
}
