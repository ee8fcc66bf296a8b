//! Which port has nobody, and stays so?

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Ports below those that Linux gives to whoever asks for any, which begin at 32,768: of them, one that is free now
/// may be another test's a moment later.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// A port of 127.0.0.1 at which nobody listens, and which no other test is told of.
pub(crate) fn free() -> u16 {
    static ASKED: AtomicU16 = AtomicU16::new(0);
    // Another run of the tests begins elsewhere.
    let begin = std::process::id().wrapping_mul(97) % u32::from(COUNT);
    for _ in 0..COUNT {
        let nth = u32::from(ASKED.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from((begin + nth) % u32::from(COUNT)).expect("it is below COUNT");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, FIRST + port)).is_ok() {
            return FIRST + port;
        }
    }
    panic!("every port from {FIRST} on is taken")
}
