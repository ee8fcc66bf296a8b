//! Whom does a proxy name?
//!
//! Strict on purpose: what is not plainly an address is none, and then nobody behind the proxy is
//! believed.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// An element of `X-Forwarded-For`: an address, which may have a port.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let plain = || text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    };
    let found = plain().or_else(with_port).or_else(bracketed);
    found.map(|address| address.to_canonical())
}

/// An element of `Forwarded` (RFC 7239, section 4): the address of its one `for`.
pub(super) fn element(text: &str) -> Option<IpAddr> {
    let pairs: Option<Vec<_>> = text.split(';').map(pair).collect();
    let mut named = pairs?
        .into_iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("for"));
    match (named.next(), named.next()) {
        (Some((_, node)), None) => address(node),
        _ => None,
    }
}

/// A name and its value, without the quotes. No name of a node has a quote, a comma, a semicolon or
/// a backslash in it, so one that does is not understood.
fn pair(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.trim().split_once('=')?;
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?,
        None => value,
    };
    let fits = !value.contains(['"', '\\']) && !name.contains(char::is_whitespace);
    fits.then_some((name, value))
}
