//! Whose word about a client's address is taken?

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// The proxies in front of the server. By default there are none, and no header is believed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProxiesConfig {
    /// Where they are. What they say of who asked them is believed, what anybody else says is not.
    pub trusted: Vec<Network>,
    /// The header in which they say so. Only this one is read: a proxy that writes the one passes
    /// the other on as its client wrote it.
    pub header: ForwardedHeader,
}

/// A header in which proxies say whom they speak for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum ForwardedHeader {
    /// What most of them write.
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    /// RFC 7239.
    #[serde(rename = "forwarded")]
    Forwarded,
}

/// A range of addresses, for instance `10.0.0.0/8`, `2001:db8::/32` or `192.0.2.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    /// How many leading bits all of its addresses share.
    prefix: u32,
}

/// Why a text is not a range of addresses that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// It is none.
    #[error("{0:?} is no network: write for instance 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1")]
    Malformed(String),
    /// The address does not begin the range.
    #[error("{text} does not begin at its first address: write {network}")]
    HostBits {
        /// The text.
        text: String,
        /// What was meant, perhaps.
        network: Network,
    },
    /// Everybody is in it.
    #[error("{0} has everybody in it: name the proxies")]
    Everybody(String),
}

impl Network {
    /// Whether an address is in it.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => {
                self.cut(address.to_canonical()) == self.first
            }
            _ => false,
        }
    }

    /// The first address of the network of that size around an address.
    fn cut(self, address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0);
                IpAddr::V4((address.to_bits() & mask).into())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
                IpAddr::V6((address.to_bits() & mask).into())
            }
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let malformed = || NetworkError::Malformed(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| malformed())?;
        // Written so, it would never be the canonical form that addresses are compared in.
        if first.to_canonical() != first {
            return Err(malformed());
        }
        let bits = if first.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| malformed())?
            }
            Some(_) => return Err(malformed()),
            None => bits,
        };
        match prefix {
            0 => return Err(NetworkError::Everybody(text.to_owned())),
            prefix if prefix > bits => return Err(malformed()),
            _ => {}
        }
        let asked = Self { first, prefix };
        let network = Self {
            first: asked.cut(first),
            prefix,
        };
        match network == asked {
            true => Ok(network),
            false => Err(NetworkError::HostBits {
                text: text.to_owned(),
                network,
            }),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_has_the_addresses_with_its_prefix_and_no_others() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("192.0.2.0/31", "192.0.2.1", "192.0.2.2"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("128.0.0.0/1", "255.255.255.255", "127.255.255.255"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::1", "::1", "::2"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("8000::/1", "ffff::", "7fff::"),
        ] {
            let contains = |address: &str| network(text).contains(address.parse().unwrap());
            assert!(contains(inside), "{text} {inside}");
            assert!(!contains(outside), "{text} {outside}");
        }
    }

    #[test]
    fn it_is_an_address_and_a_prefix_that_fits_and_trusts_not_everybody() {
        let error = |text: &str| text.parse::<Network>().unwrap_err();
        for text in [
            "",
            "proxy",
            "10.0.0.0/",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0/8",
            "10.0.0.0/8/8",
            "10.0.0.1:80",
            "::ffff:10.0.0.0/104",
        ] {
            assert!(matches!(error(text), NetworkError::Malformed(_)), "{text}");
        }
        for text in ["0.0.0.0/0", "::/0"] {
            assert!(matches!(error(text), NetworkError::Everybody(_)), "{text}");
        }
        let says = error("10.1.2.3/8").to_string();
        assert!(says.ends_with("write 10.0.0.0/8"), "{says}");
        assert_eq!(network("10.0.0.0/32").to_string(), "10.0.0.0/32");
        assert_eq!(network("::1").to_string(), "::1/128");
    }

    #[test]
    fn a_file_names_the_proxies_and_their_header() {
        let read = |text: &str| toml::from_str::<ProxiesConfig>(text);
        let config = read("trusted = ['10.0.0.0/8']\nheader = 'forwarded'").unwrap();
        assert_eq!(config.trusted, [network("10.0.0.0/8")]);
        assert_eq!(config.header, ForwardedHeader::Forwarded);
        let nobody = read("").unwrap();
        assert!(nobody.trusted.is_empty());
        assert_eq!(nobody.header, ForwardedHeader::XForwardedFor);
        assert!(read("header = 'x-real-ip'").is_err());
        assert!(read("trusted = ['0.0.0.0/0']").is_err());
    }
}
