//! Where does a request come from?
//!
//! From the other end of its connection, unless that is a proxy that the operator trusts. Then the
//! proxy says whom it speaks for, in a header to which each hop adds at the right end. It is read
//! from there: as long as an address is that of a trusted proxy, the one to its left is what that
//! proxy saw; the first one that is not is the client's. What stands further left anybody may have
//! written.

mod forwarded;

use std::net::{IpAddr, Ipv4Addr};

use http::header::FORWARDED;
use http::request::Parts;
use http::{HeaderMap, HeaderName};

use crate::config::{ForwardedHeader, ProxiesConfig};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address at the other end of a request's connection, among the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The address that a request came from; nobody's when its connection did not say.
pub(crate) fn client(parts: &Parts, proxies: &ProxiesConfig) -> IpAddr {
    let known = parts.extensions.get::<Peer>();
    let peer = known.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
    behind(peer.to_canonical(), &parts.headers, proxies)
}

/// What counts as one address where callers are counted: an IPv6 subscriber has a whole network.
pub(crate) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Whom the proxies speak for that the peer belongs to. One that names nobody, or nobody that can be
/// understood, is taken for the client itself.
fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &ProxiesConfig) -> IpAddr {
    let trusted = |address: IpAddr| proxies.trusted.iter().any(|net| net.contains(address));
    if !trusted(peer) {
        return peer;
    }
    let (lines, read): (_, fn(&str) -> Option<IpAddr>) = match proxies.header {
        ForwardedHeader::XForwardedFor => (headers.get_all(X_FORWARDED_FOR), forwarded::address),
        ForwardedHeader::Forwarded => (headers.get_all(FORWARDED), forwarded::element),
    };
    let mut client = peer;
    for line in lines.iter().rev() {
        let Ok(line) = line.to_str() else {
            return client;
        };
        // An empty element is none (RFC 9110, section 5.6.1.2).
        let hops = line
            .rsplit(',')
            .map(str::trim)
            .filter(|hop| !hop.is_empty());
        for hop in hops {
            let Some(address) = read(hop) else {
                return client;
            };
            client = address;
            if !trusted(client) {
                return client;
            }
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(header: ForwardedHeader) -> ProxiesConfig {
        let trusted = ["10.0.0.0/8", "2001:db8::/32"];
        ProxiesConfig {
            trusted: trusted.map(|net| net.parse().unwrap()).to_vec(),
            header,
        }
    }

    /// Who asked, when a connection from there had these lines of both headers.
    #[track_caller]
    fn check(header: ForwardedHeader, peer: &str, lines: &[&str], expected: &str) {
        let mut headers = HeaderMap::new();
        let name = match header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        for line in lines {
            let line = http::HeaderValue::from_bytes(line.as_bytes()).unwrap();
            headers.append(name, line);
        }
        let found = behind(peer.parse().unwrap(), &headers, &proxies(header));
        let expected: IpAddr = expected.parse().unwrap();
        assert_eq!(found, expected, "{lines:?}");
    }

    #[test]
    fn who_is_no_proxy_is_not_believed_whatever_the_header_says() {
        use ForwardedHeader::{Forwarded, XForwardedFor};
        check(XForwardedFor, "192.0.2.1", &["198.51.100.1"], "192.0.2.1");
        check(Forwarded, "192.0.2.1", &["for=198.51.100.1"], "192.0.2.1");
        let mut headers = HeaderMap::new();
        headers.insert(X_FORWARDED_FOR, "198.51.100.1".parse().unwrap());
        let nobody = ProxiesConfig::default();
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        assert_eq!(behind(peer, &headers, &nobody), peer);
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxys_is_the_clients() {
        let check = |lines: &[&str], expected: &str| {
            check(ForwardedHeader::XForwardedFor, "10.0.0.1", lines, expected);
        };
        check(&[], "10.0.0.1");
        check(&["198.51.100.1"], "198.51.100.1");
        // A client that says who it would like to be is still who the proxy saw.
        check(&["203.0.113.9, 198.51.100.1"], "198.51.100.1");
        check(&["203.0.113.9", "198.51.100.1"], "198.51.100.1");
        check(&["10.0.0.9, 198.51.100.1"], "198.51.100.1");
        // Through two proxies of ours.
        check(&["203.0.113.9, 198.51.100.1,10.0.0.2"], "198.51.100.1");
        check(&["198.51.100.1, 2001:db8::7 ,", "10.0.0.2"], "198.51.100.1");
        check(&["10.0.0.3, 10.0.0.2"], "10.0.0.3");
    }

    #[test]
    fn an_address_may_have_a_port() {
        let check = |lines: &[&str], expected: &str| {
            check(ForwardedHeader::XForwardedFor, "10.0.0.1", lines, expected);
        };
        check(&["198.51.100.1:4711"], "198.51.100.1");
        check(&["[2001:db9::1]:4711"], "2001:db9::1");
        check(&["[2001:db9::1]"], "2001:db9::1");
        check(&["::ffff:198.51.100.1"], "198.51.100.1");
    }

    #[test]
    fn what_a_proxy_saw_and_cannot_be_understood_is_the_proxy_itself() {
        let hop = "10.0.0.2";
        for noise in [
            "unknown",
            "_hidden",
            "client.example",
            "198.51.100",
            "198.51.100.1:port",
            "198.51.100.1 203.0.113.1",
            "fe80::1%eth0",
            "[::1",
            "\"198.51.100.1\"",
            "198.51.100.1;203.0.113.1",
        ] {
            let line = format!("198.51.100.1, {noise}, {hop}");
            check(ForwardedHeader::XForwardedFor, "10.0.0.1", &[&line], hop);
        }
        let lines = ["198.51.100.1", "caf\u{e9}"];
        check(
            ForwardedHeader::XForwardedFor,
            "10.0.0.1",
            &lines,
            "10.0.0.1",
        );
    }

    #[test]
    fn the_header_of_rfc_7239_is_read_from_its_right_end_too() {
        let check = |lines: &[&str], expected: &str| {
            check(ForwardedHeader::Forwarded, "10.0.0.1", lines, expected);
        };
        check(
            &["for=198.51.100.1;proto=https;by=10.0.0.1"],
            "198.51.100.1",
        );
        check(&["For=\"[2001:db9::1]:4711\""], "2001:db9::1");
        check(
            &["for=203.0.113.9, for=198.51.100.1, for=10.0.0.2"],
            "198.51.100.1",
        );
        // A quote that the client opened does not swallow what the proxy says.
        check(&["for=\"203.0.113.9, for=198.51.100.1"], "198.51.100.1");
        // Nor does a host that the proxy repeats add a hop.
        check(
            &["for=198.51.100.1;host=\"a, for=203.0.113.9, b\""],
            "10.0.0.1",
        );
        check(
            &["for=198.51.100.1;host=\"a, for=\\\"203.0.113.9\""],
            "10.0.0.1",
        );
        check(&["for=_hidden"], "10.0.0.1");
        check(&["proto=https"], "10.0.0.1");
        check(&["for=203.0.113.9;for=198.51.100.1"], "10.0.0.1");
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn only_the_header_that_the_proxies_write_is_read() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "198.51.100.1".parse().unwrap());
        headers.insert("forwarded", "for=203.0.113.9".parse().unwrap());
        let peer = "10.0.0.1".parse().unwrap();
        let client = |header| behind(peer, &headers, &proxies(header)).to_string();
        assert_eq!(client(ForwardedHeader::XForwardedFor), "198.51.100.1");
        assert_eq!(client(ForwardedHeader::Forwarded), "203.0.113.9");
    }
}
