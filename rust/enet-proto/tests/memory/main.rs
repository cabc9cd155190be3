//! What the protocol allocates: for each datagram, and under attack. A program of its own, for the allocator that counts.
#![allow(missing_docs, clippy::cast_possible_truncation, reason = "test code with small numbers")]

mod attacks;
mod counting;
mod crowd;
mod echo;
