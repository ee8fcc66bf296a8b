//! Where to listen, and is it encrypted there?

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

const HTTP: &str = "http://";
const HTTPS: &str = "https://";

/// An address to listen on and what is spoken there, for instance `http://0.0.0.0:80` or
/// `https://[::]:443`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenUrl {
    is_https: bool,
    address: SocketAddr,
}

/// Why a text is not somewhere to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it must be `http://` or `https://` and an address with a port, for instance `http://0.0.0.0:80`"
)]
pub struct ListenUrlError;

impl ListenUrl {
    pub(crate) fn new(is_https: bool, address: SocketAddr) -> Self {
        Self { is_https, address }
    }

    pub(crate) fn is_https(self) -> bool {
        self.is_https
    }

    pub(crate) fn address(self) -> SocketAddr {
        self.address
    }
}

impl FromStr for ListenUrl {
    type Err = ListenUrlError;

    fn from_str(text: &str) -> Result<Self, ListenUrlError> {
        let (is_https, address) = match (text.strip_prefix(HTTPS), text.strip_prefix(HTTP)) {
            (Some(address), _) => (true, address),
            (_, Some(address)) => (false, address),
            _ => return Err(ListenUrlError),
        };
        let address = address.strip_suffix('/').unwrap_or(address);
        let address = address.parse().map_err(|_| ListenUrlError)?;
        Ok(Self { is_https, address })
    }
}

impl fmt::Display for ListenUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { HTTPS } else { HTTP };
        write!(f, "{scheme}{}", self.address)
    }
}

impl<'de> Deserialize<'de> for ListenUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_scheme_an_address_and_a_port() {
        for text in ["http://0.0.0.0:80", "https://[::]:443"] {
            assert_eq!(text.parse::<ListenUrl>().unwrap().to_string(), text);
        }
        let slash: ListenUrl = "https://127.0.0.1:0/".parse().unwrap();
        assert_eq!(slash.to_string(), "https://127.0.0.1:0");
        for text in [
            "",
            "127.0.0.1:80",
            "http://127.0.0.1",
            "ftp://127.0.0.1:21",
            "http://a:80",
        ] {
            assert_eq!(text.parse::<ListenUrl>(), Err(ListenUrlError), "{text}");
        }
    }
}
