//! Where does a request come from?

use std::net::{IpAddr, Ipv4Addr};

use http::request::Parts;

/// The address at the other end of a request's connection, among the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The address that a request came from; nobody's when its connection did not say.
pub(crate) fn peer(parts: &Parts) -> IpAddr {
    let known = parts.extensions.get::<Peer>();
    known.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0)
}
