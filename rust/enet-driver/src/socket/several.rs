//! Moving several datagrams with one system call, on Linux. Where the system can, a run of equally long ones to the same
//! remote passes its network stack as one (`UDP_SEGMENT`), and so does one that came like that (`UDP_GRO`).
#![expect(unsafe_code, reason = "recvmmsg and sendmmsg take pointers")]

use std::{array, cell::Cell, io, mem, os::fd::AsRawFd, ptr};

use libc::{c_int, c_uint, iovec, mmsghdr, msghdr};
use socket2::{SockAddr, SockAddrStorage};

use super::{Socket, batch::Slot};
use crate::address;

/// Messages taken with one call. Beyond this the call itself no longer counts.
pub(super) const MOST_IN: usize = 32;
/// Datagrams given with one call: what one window holds.
pub(super) const MOST_OUT: usize = 64;
/// What a run of datagrams that came as one may take.
pub(super) const LARGEST_MESSAGE: usize = 65_536;

/// What the system does for a socket, as far as was found out.
#[derive(Debug)]
pub(super) struct Offload {
    /// Runs of datagrams may leave as one.
    joins: Cell<bool>,
}

impl Offload {
    /// Asks for all that there is. A system without it refuses, and everything goes one by one.
    pub(super) fn of(socket: &socket2::Socket) -> Self {
        let takes_runs = set_option(socket, libc::UDP_GRO, 1);
        if let Err(error) = takes_runs {
            log::debug!("datagrams come one by one: {error}");
        }
        // A system that does not know the option would ignore it, and send the run as one datagram.
        Self { joins: Cell::new(set_option(socket, libc::UDP_SEGMENT, 0).is_ok()) }
    }

    #[cfg(test)]
    pub(super) fn joins(&self) -> &Cell<bool> {
        &self.joins
    }
}

pub(super) fn receive(socket: &Socket, slots: &mut [Slot]) -> io::Result<usize> {
    let mut names: [SockAddrStorage; MOST_IN] = array::from_fn(|_| SockAddrStorage::zeroed());
    let mut controls = [Control::EMPTY; MOST_IN];
    let mut parts = [NO_PART; MOST_IN];
    let mut headers: [mmsghdr; MOST_IN] = no_headers();
    let count = slots.len().min(MOST_IN);
    for (index, slot) in slots.iter_mut().enumerate().take(MOST_IN) {
        let header = &mut headers[index].msg_hdr;
        parts[index] = iovec { iov_base: slot.bytes.as_mut_ptr().cast(), iov_len: slot.bytes.len() };
        header.msg_iov = &raw mut parts[index];
        header.msg_iovlen = 1;
        header.msg_namelen = names[index].size_of();
        header.msg_name = (&raw mut names[index]).cast();
        controls[index].attach(header);
    }
    // SAFETY: The first `count` headers point at one part each, and each part at the bytes of a slot, which nobody else
    // looks at during the call. Every name has room for an address of any kind, and every control block for what its
    // header says. All of them outlive the call.
    let received = unsafe {
        libc::recvmmsg(
            socket.io.as_raw_fd(),
            headers.as_mut_ptr(),
            count_of(count),
            libc::MSG_DONTWAIT,
            ptr::null_mut(),
        )
    };
    let received = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
    for ((header, name), slot) in headers.iter().zip(names).zip(slots).take(received) {
        slot.length = slot.bytes.len().min(header.msg_len as usize);
        slot.unit = run_unit(&header.msg_hdr).unwrap_or(slot.length);
        // SAFETY: The system has written an address of this length into the name of each header that it filled.
        let name = unsafe { SockAddr::new(name, header.msg_hdr.msg_namelen) };
        let remote = name.as_socket().ok_or(io::ErrorKind::InvalidData)?;
        slot.remote = address::to_plain(remote);
    }
    Ok(received)
}

pub(super) fn send(socket: &Socket, slots: &[Slot]) -> io::Result<usize> {
    let joins = &socket.offload.joins;
    let sent = send_runs(socket, slots, joins.get());
    let is_blamed = |error: &io::Error| error.raw_os_error().is_some_and(|code| REFUSALS.contains(&code));
    match sent {
        // The device may not be able to, or the way may take only shorter datagrams: then the first one passes alone.
        Err(error) if is_blamed(&error) && run_length(slots, joins.get()) > 1 => {
            let sent = send_runs(socket, &slots[..1], false)?;
            log::debug!("datagrams leave one by one: {error}");
            joins.set(false);
            Ok(sent)
        }
        sent => sent,
    }
}

fn send_runs(socket: &Socket, slots: &[Slot], joins: bool) -> io::Result<usize> {
    let slots = &slots[..slots.len().min(MOST_OUT)];
    let mut parts = [NO_PART; MOST_OUT];
    for (part, slot) in parts.iter_mut().zip(slots) {
        *part = iovec { iov_base: slot.bytes.as_ptr().cast_mut().cast(), iov_len: slot.bytes.len() };
    }
    let mut names: [Option<SockAddr>; MOST_OUT] = [const { None }; MOST_OUT];
    let mut controls = [Control::EMPTY; MOST_OUT];
    let mut headers: [mmsghdr; MOST_OUT] = no_headers();
    let mut runs = [0; MOST_OUT];
    let (mut count, mut start) = (0, 0);
    while let Some(first) = slots.get(start) {
        let header = &mut headers[count].msg_hdr;
        let run = run_length(&slots[start..], joins);
        header.msg_iov = &raw mut parts[start];
        header.msg_iovlen = run as _;
        // Some systems refuse an address on a socket that has a remote.
        if socket.remote != Some(first.remote) {
            let name = names[count].insert(socket.to_wire(first.remote).into());
            header.msg_namelen = name.len();
            header.msg_name = name.as_ptr().cast_mut().cast();
        }
        if run > 1 {
            controls[count].cut_every(header, first.bytes.len());
        }
        runs[count] = run;
        start += run;
        count += 1;
    }
    // SAFETY: The first `count` headers point at a run of parts each, each part at the bytes of a slot, each name at an
    // address of the length beside it, and each control block is as long as its header says. The system only reads
    // through them, and all of them outlive the call.
    let sent = unsafe {
        libc::sendmmsg(
            socket.io.as_raw_fd(),
            headers.as_mut_ptr(),
            count_of(count),
            libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
        )
    };
    let sent = usize::try_from(sent).map_err(|_| io::Error::last_os_error())?;
    Ok(runs.iter().take(sent).sum())
}

/// How many of the first datagrams leave as one: those to the same remote that are as long as the first, and a shorter
/// one behind them.
fn run_length(slots: &[Slot], joins: bool) -> usize {
    let Some(first) = slots.first().filter(|_| joins) else { return slots.len().min(1) };
    let unit = first.bytes.len();
    let (mut run, mut bytes) = (0, 0);
    for slot in slots {
        let length = slot.bytes.len();
        bytes += length;
        if slot.remote != first.remote || length > unit || length == 0 || bytes > LONGEST_RUN {
            break;
        }
        run += 1;
        if length < unit {
            break;
        }
    }
    run.max(1)
}

/// Room for the one number that goes beside a message.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; CONTROL_SIZE]);

impl Control {
    const EMPTY: Self = Self([0; CONTROL_SIZE]);

    fn attach(&mut self, header: &mut msghdr) {
        header.msg_control = self.0.as_mut_ptr().cast();
        header.msg_controllen = CONTROL_SIZE as _;
    }

    /// Says that a message is a run of datagrams of this length.
    fn cut_every(&mut self, header: &mut msghdr, unit: usize) {
        self.attach(header);
        let unit = u16::try_from(unit).expect("a datagram of a run is shorter than the run");
        let size = c_uint::try_from(size_of_val(&unit)).expect("it is two bytes");
        // SAFETY: The block is aligned for a control header and has room for one with a number behind it; it is this
        // object's, so nobody else looks at it.
        unsafe {
            header.msg_controllen = libc::CMSG_SPACE(size) as _;
            let control = libc::CMSG_FIRSTHDR(header);
            (*control).cmsg_level = libc::SOL_UDP;
            (*control).cmsg_type = libc::UDP_SEGMENT;
            (*control).cmsg_len = libc::CMSG_LEN(size) as _;
            ptr::write_unaligned(libc::CMSG_DATA(control).cast(), unit);
        }
    }
}

/// The length of the datagrams in a message that the system says is a run.
fn run_unit(header: &msghdr) -> Option<usize> {
    // SAFETY: The system has filled the control block of this header, and says in it how much it wrote.
    unsafe {
        let mut control = libc::CMSG_FIRSTHDR(header);
        while !control.is_null() {
            if (*control).cmsg_level == libc::SOL_UDP && (*control).cmsg_type == libc::UDP_GRO {
                let unit: c_int = ptr::read_unaligned(libc::CMSG_DATA(control).cast());
                return usize::try_from(unit).ok().filter(|&unit| unit > 0);
            }
            control = libc::CMSG_NXTHDR(header, control);
        }
    }
    None
}

fn set_option(socket: &socket2::Socket, option: c_int, value: c_int) -> io::Result<()> {
    let size = libc::socklen_t::try_from(size_of_val(&value)).expect("it is four bytes");
    // SAFETY: The option's value is one integer, which outlives the call.
    let result = unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_UDP, option, (&raw const value).cast(), size)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn count_of(messages: usize) -> c_uint {
    c_uint::try_from(messages).expect("a handful fits into an integer")
}

const NO_PART: iovec = iovec { iov_base: ptr::null_mut(), iov_len: 0 };

fn no_headers<const N: usize>() -> [mmsghdr; N] {
    // SAFETY: Null pointers and zero lengths are what a header without parts, name and control data holds.
    unsafe { mem::zeroed() }
}

/// More than a control header and an integer take.
const CONTROL_SIZE: usize = 32;
/// What fits into one message of IPv4 and of IPv6.
const LONGEST_RUN: usize = 65_000;
/// What a system answers that cannot send a run as one.
const REFUSALS: [c_int; 4] = [libc::EIO, libc::EINVAL, libc::EMSGSIZE, libc::EOPNOTSUPP];
