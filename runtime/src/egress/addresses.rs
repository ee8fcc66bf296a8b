//! Which addresses does a name have, and may a lambda reach all of them?

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use sandglass_host_abi::HttpError;
use sandglass_host_abi::allowed_hosts::address::{Reach, reach};
use tokio::sync::Semaphore;
use url::{Host, Url};

use super::AddressPolicy;

/// Names that are looked up at once. The system's resolver blocks a thread for each, also after
/// nobody waits for the answer any more.
const LOOKUPS_MAX: usize = 64;

/// Looks names up and lets only what the policy allows through.
#[derive(Debug)]
pub(super) struct Resolver {
    policy: AddressPolicy,
    timeout: Duration,
    lookups: Arc<Semaphore>,
}

/// Addresses of one host, each checked; never empty. Only [`Resolver::resolve`] makes them, and a
/// client connects to nothing else.
#[derive(Debug, Clone)]
pub(super) struct CheckedAddresses(Vec<SocketAddr>);

/// An address of a host, and whether lambdas may reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AddressVerdict {
    /// The address.
    pub address: IpAddr,
    /// `public`, or what is there instead, such as `private` or `loopback`.
    pub kind: &'static str,
    /// What is there that lambdas may not reach; `None` when they may.
    pub refused: Option<&'static str>,
}

impl Resolver {
    pub(super) fn new(policy: AddressPolicy, timeout: Duration) -> Self {
        Self {
            policy,
            timeout,
            lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)),
        }
    }

    /// The addresses of a URL's host, when a lambda may reach every one of them.
    pub(super) async fn resolve(&self, url: &Url) -> Result<CheckedAddresses, HttpError> {
        let (host, addresses) = self.addresses(url).await?;
        self.check(&host.to_string(), addresses)
    }

    /// The addresses of a URL's host, and whether a lambda may reach each of them.
    pub(super) async fn look(&self, url: &Url) -> Result<Vec<AddressVerdict>, HttpError> {
        let (host, addresses) = self.addresses(url).await?;
        if addresses.is_empty() {
            return Err(HttpError::DnsFailed(host.to_string()));
        }
        let mut addresses: Vec<_> = addresses.iter().map(SocketAddr::ip).collect();
        addresses.dedup();
        Ok(addresses.into_iter().map(|one| self.verdict(one)).collect())
    }

    fn verdict(&self, address: IpAddr) -> AddressVerdict {
        let kind = match reach(address) {
            Reach::Public => "public",
            Reach::Internal(what) | Reach::Never(what) => what,
        };
        AddressVerdict {
            address,
            kind,
            refused: (!self.policy.allows(address)).then_some(kind),
        }
    }

    async fn addresses<'a>(
        &self,
        url: &'a Url,
    ) -> Result<(Host<&'a str>, Vec<SocketAddr>), HttpError> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(HttpError::InvalidUrl("it names no host".to_owned()));
        };
        let addresses = match host {
            Host::Ipv4(address) => vec![(address, port).into()],
            Host::Ipv6(address) => vec![(address, port).into()],
            Host::Domain(name) => self.look_up(name, port).await?,
        };
        Ok((host, addresses))
    }

    fn check(&self, host: &str, found: Vec<SocketAddr>) -> Result<CheckedAddresses, HttpError> {
        if found.is_empty() {
            return Err(HttpError::DnsFailed(host.to_owned()));
        }
        match found.iter().find(|found| !self.policy.allows(found.ip())) {
            Some(refused) => {
                tracing::warn!(host, address = %refused.ip(), "address refused");
                Err(HttpError::AddressRefused(host.to_owned()))
            }
            None => Ok(CheckedAddresses(found)),
        }
    }

    async fn look_up(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, HttpError> {
        let failed = || HttpError::DnsFailed(name.to_owned());
        let lookup = tokio::time::timeout(self.timeout, self.ask_system(name, port)).await;
        lookup.map_err(|_| failed())?.map_err(|_| failed())
    }

    async fn ask_system(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let lookups = Arc::clone(&self.lookups);
        let permit = lookups.acquire_owned().await.map_err(io::Error::other)?;
        let name = name.to_owned();
        let lookup = tokio::task::spawn_blocking(move || {
            let found = (name.as_str(), port)
                .to_socket_addrs()
                .map(Iterator::collect);
            drop(permit);
            found
        });
        lookup.await.map_err(io::Error::other)?
    }
}

impl AddressPolicy {
    fn allows(self, address: IpAddr) -> bool {
        match reach(address) {
            Reach::Public => true,
            Reach::Internal(_) => self == Self::AllowPrivate,
            Reach::Never(_) => false,
        }
    }
}

impl CheckedAddresses {
    /// The address whose failure a failed connection is reported with, which depends on the order
    /// in which the client tries them: one family first, and if that fails, the other.
    pub(super) fn reported(&self) -> SocketAddr {
        let first = self.0[0];
        let other_family = self
            .0
            .iter()
            .find(|address| address.is_ipv4() != first.is_ipv4());
        *other_family.unwrap_or(&first)
    }
}

impl Resolve for CheckedAddresses {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "93.184.215.14:443";

    fn check(policy: AddressPolicy, addresses: &[&str]) -> Result<CheckedAddresses, HttpError> {
        let addresses = addresses
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
        Resolver::new(policy, Duration::from_secs(1)).check("a.example", addresses)
    }

    #[test]
    fn one_refused_address_refuses_the_name() {
        assert!(check(AddressPolicy::PublicOnly, &[PUBLIC]).is_ok());
        for bad in [
            "127.0.0.1:443",
            "10.0.0.1:443",
            "[::1]:443",
            "169.254.169.254:443",
        ] {
            for mixed in [[PUBLIC, bad], [bad, PUBLIC]] {
                let error = check(AddressPolicy::PublicOnly, &mixed).unwrap_err();
                assert_eq!(
                    error,
                    HttpError::AddressRefused("a.example".into()),
                    "{bad}"
                );
            }
        }
    }

    #[test]
    fn the_operator_may_allow_internal_addresses_but_not_metadata() {
        let policy = AddressPolicy::AllowPrivate;
        assert!(
            check(
                policy,
                &[PUBLIC, "127.0.0.1:443", "[::1]:443", "[fd00::1]:443"]
            )
            .is_ok()
        );
        for never in [
            "169.254.169.254:80",
            "0.0.0.0:80",
            "[::ffff:127.0.0.1]:80",
            "[fe80::1]:80",
        ] {
            assert!(check(policy, &[never]).is_err(), "{never}");
        }
    }

    #[test]
    fn a_name_without_addresses_does_not_resolve() {
        let error = check(AddressPolicy::AllowPrivate, &[]).unwrap_err();
        assert_eq!(error, HttpError::DnsFailed("a.example".into()));
    }
}
