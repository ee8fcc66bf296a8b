//! What does one line of the whitelist say?

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use url::{Host, Url};

/// One rule of the whitelist: `[scheme://]host[:port]`.
///
/// | rule | allows |
/// |---|---|
/// | `api.example.com` | that host and no other, by `http` on port 80 and by `https` on port 443 |
/// | `*.example.com` | every name below `example.com`, at any depth, but not `example.com` itself |
/// | `https://api.example.com` | that host by `https` only |
/// | `api.example.com:8443` | that host on port 8443 only, by either scheme |
/// | `127.0.0.1:8080`, `[::1]:8080` | that address, written like this in the URL |
///
/// **Without a port, only the scheme's own port is meant.** A person who allows `api.example.com`
/// has its website or API in mind, not the database or the administration page that the same
/// machine serves on another port; what else is wanted costs one more rule, and the refusal says
/// which. **A wildcard covers every depth**, as in cookies and in proxies' lists, because names
/// below a name are given out by the same owner. A wildcard needs a domain of at least two labels:
/// `*.com` belongs to nobody in particular.
///
/// Names are compared in lower case and in ASCII (IDNA), without a trailing dot. The
/// [`Display`](fmt::Display) form is canonical: equal rules print alike, and parsing it gives the
/// rule back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostRule {
    pattern: Pattern,
    scheme: Option<Scheme>,
    port: Option<u16>,
}

/// Hosts as `Url::host_str` writes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Pattern {
    Exactly(String),
    Below(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Scheme {
    Http,
    Https,
}

/// Why a text is not a whitelist rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostRuleError {
    /// There is nothing.
    #[error("the rule is empty: write a host name such as api.example.com")]
    Empty,
    /// A part that a URL may have and a rule may not.
    #[error("a rule has no {part}: write {instead}")]
    ExtraPart {
        /// The part.
        part: &'static str,
        /// The rule without it.
        instead: String,
    },
    /// A scheme that lambdas cannot use.
    #[error("the scheme {0:?} is not http or https: write one of these, or leave it out for both")]
    Scheme(String),
    /// Not a port.
    #[error("the port {0:?} is not a number from 1 to 65535: leave it out for ports 80 and 443")]
    Port(String),
    /// A `*` in the wrong place.
    #[error(
        "the wildcard in {0:?} is not a single `*.` at the start: write *.example.com for every \
         name below example.com"
    )]
    Wildcard(String),
    /// A wildcard over everything, or over a whole top-level domain.
    #[error(
        "the wildcard {0:?} is too wide: write it below a domain of at least two labels, such as \
         *.example.com"
    )]
    WildcardTooWide(String),
    /// Not a host name or an address.
    #[error("the host {host:?} {why}")]
    Host {
        /// The host as it was written.
        host: String,
        /// What is wrong with it, and where possible what to write instead.
        why: String,
    },
}

impl HostRule {
    pub(super) fn matches(&self, url: &Url) -> bool {
        self.matches_but_for_scheme(url)
            && self
                .scheme
                .is_none_or(|scheme| scheme.name() == url.scheme())
    }

    pub(super) fn matches_but_for_scheme(&self, url: &Url) -> bool {
        // `Url::port` is `None` for the scheme's own port, also when it was written out.
        let port_matches = match self.port {
            None => url.port().is_none(),
            port => url.port_or_known_default() == port,
        };
        port_matches && url.host().is_some_and(|host| self.pattern.matches(&host))
    }
}

impl Pattern {
    fn matches(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Self::Exactly(name), Host::Domain(host)) => name == undotted(host),
            (Self::Exactly(address), host) => *address == host.to_string(),
            (Self::Below(domain), Host::Domain(host)) => undotted(host)
                .strip_suffix(domain.as_str())
                .and_then(|labels| labels.strip_suffix('.'))
                .is_some_and(|labels| !labels.is_empty()),
            (Self::Below(_), _) => false,
        }
    }
}

impl Scheme {
    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl FromStr for HostRule {
    type Err = HostRuleError;

    fn from_str(text: &str) -> Result<Self, HostRuleError> {
        if text.is_empty() {
            return Err(HostRuleError::Empty);
        }
        let (scheme, authority) = match text.split_once("://") {
            Some((scheme, authority)) => (Some(scheme.parse()?), authority),
            None => (None, text),
        };
        refuse_extra_parts(text, authority)?;
        let (host, port) = split_port(authority)?;
        let port = port.map(parse_port).transpose()?;
        Ok(Self {
            pattern: host.parse()?,
            scheme,
            // So that `https://host:443` and `https://host` are one rule.
            port: port.filter(|port| scheme.map(Scheme::port) != Some(*port)),
        })
    }
}

impl FromStr for Scheme {
    type Err = HostRuleError;

    fn from_str(text: &str) -> Result<Self, HostRuleError> {
        [Self::Http, Self::Https]
            .into_iter()
            .find(|scheme| scheme.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| HostRuleError::Scheme(text.to_owned()))
    }
}

impl FromStr for Pattern {
    type Err = HostRuleError;

    fn from_str(text: &str) -> Result<Self, HostRuleError> {
        if text == "*" {
            return Err(HostRuleError::WildcardTooWide(text.to_owned()));
        }
        let (domain, wildcard) = match text.strip_prefix("*.") {
            Some(domain) => (domain, true),
            None => (text, false),
        };
        if domain.contains('*') {
            return Err(HostRuleError::Wildcard(text.to_owned()));
        }
        match parse_host(domain)? {
            Host::Domain(name) if !wildcard => Ok(Self::Exactly(name)),
            Host::Domain(domain) if domain.contains('.') => Ok(Self::Below(domain)),
            Host::Domain(_) => Err(HostRuleError::WildcardTooWide(text.to_owned())),
            _ if wildcard => Err(bad_host(
                text,
                "has a wildcard: an address is allowed as it is, or not at all",
            )),
            address => Ok(Self::Exactly(address.to_string())),
        }
    }
}

impl fmt::Display for HostRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.scheme {
            write!(f, "{}://", scheme.name())?;
        }
        match &self.pattern {
            Pattern::Exactly(host) => f.write_str(host)?,
            Pattern::Below(domain) => write!(f, "*.{domain}")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

fn refuse_extra_parts(text: &str, authority: &str) -> Result<(), HostRuleError> {
    let scheme = &text[..text.len() - authority.len()];
    let end = authority.find(['/', '\\', '?', '#']);
    let (authority, rest) = authority.split_at(end.unwrap_or(authority.len()));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let part = match rest.bytes().next() {
        Some(b'?') => "query",
        Some(b'#') => "fragment",
        Some(_) => "path",
        None if !user.is_empty() || host.len() != authority.len() => "user name or password",
        None => return Ok(()),
    };
    let instead = if host.is_empty() {
        "the host alone".into()
    } else {
        format!("{scheme}{host}")
    };
    Err(HostRuleError::ExtraPart { part, instead })
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), HostRuleError> {
    if authority.parse::<Ipv6Addr>().is_ok() {
        let why = format!("is an IPv6 address: write it in brackets, [{authority}]");
        return Err(bad_host(authority, &why));
    }
    let host_end = match authority.find(']') {
        Some(bracket) if authority.starts_with('[') => bracket + 1,
        _ => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(host_end);
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if rest.is_empty() => Ok((host, None)),
        None => Err(bad_host(
            authority,
            "has text behind its bracket: only a port may follow",
        )),
    }
}

fn parse_port(text: &str) -> Result<u16, HostRuleError> {
    let error = || HostRuleError::Port(text.to_owned());
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(error());
    }
    text.parse()
        .ok()
        .filter(|port| *port != 0)
        .ok_or_else(error)
}

fn parse_host(text: &str) -> Result<Host, HostRuleError> {
    if text.is_empty() {
        return Err(bad_host(
            text,
            "is empty: write a name such as api.example.com",
        ));
    }
    if let Some(domain) = text.strip_prefix('.') {
        let why = format!("starts with a dot: write *.{domain} for the names below it");
        return Err(bad_host(text, &why));
    }
    // `Host::parse` would decode it, as it must in a URL; in a rule it can only hide something.
    if text.contains('%') {
        return Err(bad_host(
            text,
            "has a percent sign: write the name as it is spoken",
        ));
    }
    if let Some(odd) = text.chars().find(|c| c.is_whitespace() || c.is_control()) {
        return Err(bad_host(
            text,
            &format!("has the character {odd:?}: write one name"),
        ));
    }
    let text = undotted(text);
    let host = Host::parse(text)
        .map_err(|e| bad_host(text, &format!("is not a host name or an IP address: {e}")))?;
    match &host {
        Host::Domain(name) => check_name(name).map_err(|why| bad_host(text, &why))?,
        Host::Ipv4(address) if address.to_string() != text => {
            return Err(bad_host(
                text,
                &format!("is an unusual spelling: write {address}"),
            ));
        }
        _ => {}
    }
    Ok(host)
}

fn bad_host(host: &str, why: &str) -> HostRuleError {
    HostRuleError::Host {
        host: host.to_owned(),
        why: why.to_owned(),
    }
}

/// Checks the shape of a name in ASCII: RFC 1035, section 2.3.4, for the lengths; letters, digits
/// and hyphens as in RFC 1123, section 2.1, and the underscores of container networks.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    if name.len() > 253 {
        return Err("is longer than the 253 characters of a host name".to_owned());
    }
    name.split('.').try_for_each(check_label)
}

fn check_label(label: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if label.is_empty() {
        Err("has two dots in a row, or one at an end".to_owned())
    } else if label.len() > 63 {
        Err(format!(
            "has the label {label:?}, longer than 63 characters"
        ))
    } else if let Some(odd) = label.chars().find(|c| !allowed(*c)) {
        Err(format!("has the character {odd:?}, which no host name has"))
    } else if label.starts_with('-') || label.ends_with('-') {
        Err(format!(
            "has the label {label:?}, which starts or ends with a hyphen"
        ))
    } else {
        Ok(())
    }
}

/// Without the trailing dot of a fully qualified name.
fn undotted(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}
