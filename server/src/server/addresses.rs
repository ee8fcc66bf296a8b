//! Where is the server, once it listens?

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpSocket;

use super::StartError;
use crate::config::{Config, ListenUrl};

const HTTPS_PORT: u16 = 443;

/// A socket that is bound and not open yet, and what is spoken there.
pub(super) struct Bound {
    pub(super) socket: TcpSocket,
    pub(super) at: ListenUrl,
}

/// Everything that the server listens on, the main address first.
#[derive(Debug, Clone)]
pub(crate) struct Addresses(Vec<ListenUrl>);

/// Binds everything that the configuration names. Until the server can answer, connections are
/// refused.
pub(super) fn bind_all(config: &Config) -> Result<Vec<Bound>, StartError> {
    let bound = config.listen_urls().map(|url| {
        let address = url.address();
        let bound = bind(address).and_then(|socket| {
            let at = ListenUrl::new(url.is_https(), socket.local_addr()?);
            Ok(Bound { socket, at })
        });
        bound.map_err(|source| StartError::Listen { address, source })
    });
    bound.collect()
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restart must not wait for the connections of the server before it to be forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

impl Addresses {
    pub(super) fn of(bound: &[Bound]) -> Self {
        Self(bound.iter().map(|bound| bound.at).collect())
    }

    /// The main address.
    pub(super) fn first(&self) -> SocketAddr {
        self.0[0].address()
    }

    /// The URL of each, as seen from this machine.
    pub(super) fn urls(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|url| reachable(*url).to_string())
            .collect()
    }

    /// The URL for what runs on this machine: plain HTTP where nobody else hears it, so that no
    /// certificate has to name the machine by its loopback address.
    pub(super) fn local_url(&self) -> String {
        let local = |url: &ListenUrl| !url.is_https() && url.address().ip().is_loopback();
        let all: Vec<_> = self.0.iter().map(|url| reachable(*url)).collect();
        let best = all.iter().copied().find(local);
        let best = best.or_else(|| all.iter().copied().find(|url| url.is_https()));
        best.unwrap_or(all[0]).to_string()
    }

    /// Where clients find this server, as the domain API says it: they put `https://` before what
    /// has no scheme.
    pub(super) fn base_uri(&self) -> String {
        let mut all = self.0.iter().map(|url| reachable(*url));
        match all.clone().find(|url| url.is_https()) {
            Some(url) if url.address().port() == HTTPS_PORT => host(url.address().ip()),
            Some(url) => url.address().to_string(),
            None => all.next().expect("there is a main address").to_string(),
        }
    }

    /// Whether nobody but this machine can connect.
    pub(super) fn are_loopback(&self) -> bool {
        self.0.iter().all(|url| url.address().ip().is_loopback())
    }

    /// Where tokens would travel unencrypted, although there is a certificate.
    pub(super) fn exposed(&self) -> impl Iterator<Item = &ListenUrl> {
        let has_tls = self.0.iter().any(|url| url.is_https());
        let exposed =
            move |url: &&ListenUrl| has_tls && !url.is_https() && !url.address().ip().is_loopback();
        self.0.iter().filter(exposed)
    }
}

fn host(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// An address that can be connected to from this machine.
fn reachable(url: ListenUrl) -> ListenUrl {
    let address = url.address();
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    ListenUrl::new(url.is_https(), SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(urls: &[&str]) -> Addresses {
        Addresses(urls.iter().map(|url| url.parse().unwrap()).collect())
    }

    #[test]
    fn this_machine_is_told_the_url_that_needs_no_certificate() {
        let both = addresses(&["https://0.0.0.0:443", "http://0.0.0.0:80"]);
        assert_eq!(both.local_url(), "http://127.0.0.1:80");
        let outside = addresses(&["http://10.0.0.1:80", "https://[::]:443"]);
        assert_eq!(outside.local_url(), "https://[::1]:443");
        assert_eq!(
            addresses(&["http://10.0.0.1:80"]).local_url(),
            "http://10.0.0.1:80"
        );
    }

    #[test]
    fn clients_are_told_to_encrypt_where_they_can() {
        let told = |urls: &[&str]| addresses(urls).base_uri();
        assert_eq!(told(&["http://0.0.0.0:8080"]), "http://127.0.0.1:8080");
        assert_eq!(
            told(&["http://0.0.0.0:80", "https://10.0.0.1:8443"]),
            "10.0.0.1:8443"
        );
        assert_eq!(told(&["https://10.0.0.1:443"]), "10.0.0.1");
        assert_eq!(told(&["https://[::1]:443"]), "[::1]");
    }

    #[test]
    fn an_address_is_exposed_that_others_reach_and_nothing_encrypts() {
        let exposed = |urls: &[&str]| addresses(urls).exposed().count();
        assert_eq!(exposed(&["https://0.0.0.0:443", "http://0.0.0.0:80"]), 1);
        assert_eq!(exposed(&["https://0.0.0.0:443", "http://127.0.0.1:80"]), 0);
        assert_eq!(exposed(&["http://0.0.0.0:80"]), 0);
    }
}
