//! What is behind an IP address?
//!
//! The ranges are those of IANA's special-purpose address registries (RFC 6890 and its updates)
//! and the metadata services of the large clouds. In IPv6 everything outside the global unicast
//! range `2000::/3` is refused without being listed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far a lambda may reach an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A host of the public internet.
    Public,
    /// This machine or the operator's own network; only where the operator allows it.
    Internal(&'static str),
    /// Nothing that a lambda has business with: metadata services, link-local, multicast, ranges
    /// that hide another address, and ranges that no host has. Not even where the operator allows
    /// internal addresses.
    Never(&'static str),
}

/// What is behind an address.
///
/// ```
/// use sandglass_host_abi::allowed_hosts::address::{Reach, reach};
///
/// assert_eq!(reach([93, 184, 215, 14].into()), Reach::Public);
/// assert_eq!(reach([10, 0, 0, 1].into()), Reach::Internal("private"));
/// assert_eq!(reach([169, 254, 169, 254].into()), Reach::Never("link-local or metadata"));
/// ```
pub fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

/// Whether an address is a host of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    reach(address) == Reach::Public
}

const LOOPBACK: Reach = Reach::Internal("loopback");
const PRIVATE: Reach = Reach::Internal("private");
const METADATA: Reach = Reach::Never("a metadata service");
const LINK_LOCAL: Reach = Reach::Never("link-local or metadata");
const DOCUMENTATION: Reach = Reach::Never("for documentation");
const MULTICAST: Reach = Reach::Never("multicast");
const PROTOCOLS: Reach = Reach::Never("assigned to protocols");
const EMBEDS: Reach = Reach::Never("another address in disguise");
const RESERVED: Reach = Reach::Never("reserved");

/// Address, length of the prefix, what it is. The first match counts.
const V4: &[([u8; 4], u32, Reach)] = &[
    ([0, 0, 0, 0], 8, Reach::Never("unspecified")),
    ([10, 0, 0, 0], 8, PRIVATE),
    ([100, 100, 100, 200], 32, METADATA), // Alibaba Cloud
    ([100, 64, 0, 0], 10, Reach::Internal("shared by a carrier")),
    ([127, 0, 0, 0], 8, LOOPBACK),
    ([168, 63, 129, 16], 32, METADATA), // Azure, in a range that is public otherwise
    ([169, 254, 0, 0], 16, LINK_LOCAL), // AWS, Google, Azure and others: 169.254.169.254
    ([172, 16, 0, 0], 12, PRIVATE),
    ([192, 0, 0, 0], 24, PROTOCOLS), // Oracle's metadata service too
    ([192, 0, 2, 0], 24, DOCUMENTATION),
    ([192, 88, 99, 0], 24, RESERVED), // 6to4 relays, RFC 7526
    ([192, 168, 0, 0], 16, PRIVATE),
    ([198, 18, 0, 0], 15, Reach::Internal("for benchmarks")),
    ([198, 51, 100, 0], 24, DOCUMENTATION),
    ([203, 0, 113, 0], 24, DOCUMENTATION),
    ([224, 0, 0, 0], 4, MULTICAST),
    ([240, 0, 0, 0], 4, RESERVED), // 255.255.255.255 too
];

/// As [`V4`]. What is not listed is public inside `2000::/3` and reserved outside.
const V6: &[([u16; 8], u32, Reach)] = &[
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, Reach::Never("unspecified")),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, LOOPBACK),
    ([0, 0, 0, 0, 0, 0, 0, 0], 96, EMBEDS), // IPv4-compatible
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, EMBEDS), // IPv4-mapped
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, EMBEDS), // NAT64 of local use, RFC 8215
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, EMBEDS), // Teredo
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, PROTOCOLS),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, DOCUMENTATION),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, EMBEDS), // 6to4
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, DOCUMENTATION),
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32, METADATA), // AWS: fd00:ec2::254 and its siblings
    ([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, METADATA), // Google
    (
        [0xfc00, 0, 0, 0, 0, 0, 0, 0],
        7,
        Reach::Internal("unique-local"),
    ),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, LINK_LOCAL),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, MULTICAST),
];

const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// RFC 6052: where a network has only IPv6, its resolver gives IPv4 hosts addresses in this range
/// and a gateway translates them, so they are as public as what they embed.
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

fn reach_v4(address: Ipv4Addr) -> Reach {
    V4.iter()
        .find(|(network, length, _)| {
            let network = u32::from(Ipv4Addr::from(*network));
            (u32::from(address) ^ network) >> (32 - length) == 0
        })
        .map_or(Reach::Public, |(_, _, reach)| *reach)
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if within(address, NAT64) {
        let [.., a, b, c, d] = address.octets();
        return reach_v4(Ipv4Addr::new(a, b, c, d));
    }
    let listed = V6
        .iter()
        .find(|(network, length, _)| within(address, ((*network).into(), *length)));
    match listed {
        Some((_, _, reach)) => *reach,
        None if within(address, GLOBAL_UNICAST) => Reach::Public,
        None => RESERVED,
    }
}

fn within(address: Ipv6Addr, (network, length): (Ipv6Addr, u32)) -> bool {
    (u128::from(address) ^ u128::from(network)) >> (128 - length) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Reach {
        reach(address.parse().unwrap())
    }

    /// The last address before a range, its first, its last, and the first one after it.
    fn check_edges(edges: [&str; 4], inside: Reach) {
        let [before, first, last, after] = edges;
        assert_eq!(of(first), inside, "{first}");
        assert_eq!(of(last), inside, "{last}");
        assert_eq!(of(before), Reach::Public, "{before}");
        assert_eq!(of(after), Reach::Public, "{after}");
    }

    #[test]
    fn each_ipv4_range_ends_where_it_should() {
        for (edges, inside) in [
            (
                ["9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"],
                PRIVATE,
            ),
            (
                [
                    "100.63.255.255",
                    "100.64.0.0",
                    "100.127.255.255",
                    "100.128.0.0",
                ],
                Reach::Internal("shared by a carrier"),
            ),
            (
                [
                    "126.255.255.255",
                    "127.0.0.0",
                    "127.255.255.255",
                    "128.0.0.0",
                ],
                LOOPBACK,
            ),
            (
                [
                    "168.63.129.15",
                    "168.63.129.16",
                    "168.63.129.16",
                    "168.63.129.17",
                ],
                METADATA,
            ),
            (
                [
                    "169.253.255.255",
                    "169.254.0.0",
                    "169.254.255.255",
                    "169.255.0.0",
                ],
                LINK_LOCAL,
            ),
            (
                [
                    "172.15.255.255",
                    "172.16.0.0",
                    "172.31.255.255",
                    "172.32.0.0",
                ],
                PRIVATE,
            ),
            (
                ["191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"],
                PROTOCOLS,
            ),
            (
                ["192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"],
                DOCUMENTATION,
            ),
            (
                [
                    "192.88.98.255",
                    "192.88.99.0",
                    "192.88.99.255",
                    "192.88.100.0",
                ],
                RESERVED,
            ),
            (
                [
                    "192.167.255.255",
                    "192.168.0.0",
                    "192.168.255.255",
                    "192.169.0.0",
                ],
                PRIVATE,
            ),
            (
                [
                    "198.17.255.255",
                    "198.18.0.0",
                    "198.19.255.255",
                    "198.20.0.0",
                ],
                Reach::Internal("for benchmarks"),
            ),
            (
                [
                    "198.51.99.255",
                    "198.51.100.0",
                    "198.51.100.255",
                    "198.51.101.0",
                ],
                DOCUMENTATION,
            ),
            (
                [
                    "203.0.112.255",
                    "203.0.113.0",
                    "203.0.113.255",
                    "203.0.114.0",
                ],
                DOCUMENTATION,
            ),
        ] {
            check_edges(edges, inside);
        }
        assert_eq!(of("0.0.0.0"), Reach::Never("unspecified"));
        assert_eq!(of("0.255.255.255"), Reach::Never("unspecified"));
        assert_eq!(of("1.0.0.0"), Reach::Public);
        assert_eq!(of("223.255.255.255"), Reach::Public);
        assert_eq!(of("224.0.0.0"), MULTICAST);
        assert_eq!(of("239.255.255.255"), MULTICAST);
        assert_eq!(of("240.0.0.0"), RESERVED);
        assert_eq!(of("255.255.255.255"), RESERVED);
        assert_eq!(of("100.100.100.200"), METADATA);
    }

    #[test]
    fn each_ipv6_range_ends_where_it_should() {
        let last = |prefix: &str| format!("{prefix}:ffff:ffff:ffff:ffff:ffff:ffff");
        for (edges, inside) in [
            (
                [&last("2000:ffff"), "2001::", &last("2001:0"), "2001:200::"],
                Reach::Never("another address in disguise"),
            ),
            (
                [
                    &last("2001:db7"),
                    "2001:db8::",
                    &last("2001:db8"),
                    "2001:db9::",
                ],
                DOCUMENTATION,
            ),
            (
                [&last("2001:ffff"), "2002::", &last("2002:ffff"), "2003::"],
                EMBEDS,
            ),
            (
                [
                    &last("3ffe:ffff"),
                    "3fff::",
                    &last("3fff:fff"),
                    "3fff:1000::",
                ],
                DOCUMENTATION,
            ),
        ] {
            check_edges(edges, inside);
        }
        assert_eq!(of(&last("2001:1ff")), PROTOCOLS);
        assert_eq!(of("2001:1::"), PROTOCOLS);
        assert_eq!(of(&last("1fff:ffff")), RESERVED);
        assert_eq!(of("2000::"), Reach::Public);
        assert_eq!(of(&last("3fff:ffff")), Reach::Public);
        assert_eq!(of("4000::"), RESERVED);
        assert_eq!(of(&last("fbff:ffff")), RESERVED);
        assert_eq!(of("fc00::"), Reach::Internal("unique-local"));
        assert_eq!(of(&last("fdff:ffff")), Reach::Internal("unique-local"));
        assert_eq!(of("fe00::"), RESERVED);
        assert_eq!(of("fe80::1"), LINK_LOCAL);
        assert_eq!(of(&last("febf:ffff")), LINK_LOCAL);
        assert_eq!(of("fec0::"), RESERVED);
        assert_eq!(of("ff00::"), MULTICAST);
        assert_eq!(of("ff02::1"), MULTICAST);
        assert_eq!(of(&last("ffff:ffff")), MULTICAST);
        assert_eq!(of("100::1"), RESERVED);
        assert_eq!(of("5f00::1"), RESERVED);
    }

    #[test]
    fn metadata_services_are_never_reached() {
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fe80::a9fe:a9fe",
            "::ffff:169.254.169.254",
            "64:ff9b::169.254.169.254",
        ] {
            assert!(matches!(of(address), Reach::Never(_)), "{address}");
        }
    }

    #[test]
    fn loopback_and_unspecified_differ() {
        assert_eq!(of("::1"), LOOPBACK);
        assert_eq!(of("::"), Reach::Never("unspecified"));
        assert_eq!(of("::2"), EMBEDS);
    }

    #[test]
    fn an_address_in_disguise_is_refused() {
        for address in [
            "::ffff:8.8.8.8",
            "::ffff:127.0.0.1",
            "::8.8.8.8",
            "::127.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2002:7f00:1::",
        ] {
            assert_eq!(of(address), EMBEDS, "{address}");
        }
    }

    #[test]
    fn a_translated_address_is_what_it_embeds() {
        assert_eq!(of("64:ff9b::8.8.8.8"), Reach::Public);
        assert_eq!(of("64:ff9b::10.0.0.1"), PRIVATE);
        assert_eq!(of("64:ff9b::127.0.0.1"), LOOPBACK);
        assert_eq!(of("64:ff9b::0.0.0.0"), Reach::Never("unspecified"));
        assert_eq!(of("64:ff9b::1:808:808"), RESERVED);
    }

    #[test]
    fn well_known_public_hosts_are_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "2606:4700:4700::1111",
            "2a00:1450:4001::200e",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
