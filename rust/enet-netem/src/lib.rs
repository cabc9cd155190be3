//! A seeded link emulator for simulated and real tests.
#![forbid(unsafe_code)]
