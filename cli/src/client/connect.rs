//! Which server, and whose token?
//!
//! A running server leaves its URL in `server.json` of its data directory, and its first admin
//! token in `admin.token`. That token goes to that server, or to another one on this machine,
//! and to nobody else. The operator's token is in `operator.token`, and goes where that one would.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Certificate, Url};
use rustls::crypto::ring;
use serde::Deserialize;

use super::Client;
use crate::args::{Connection, OperatorConnection};
use crate::exit::{Explain as _, Failure};
use crate::print::Printer;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than any invocation may last by default.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// Where the token came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenSource {
    /// From `--token` or `SANDGLASS_TOKEN`.
    Given,
    /// From the data directory.
    File(PathBuf),
}

impl TokenSource {
    /// What to do when the server does not know the token.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Given => "is the token that was given one of this server?".into(),
            Self::File(path) => format!(
                "the token of {} is not valid there; give another one",
                path.display()
            ),
        }
    }
}

/// A kind of token, and how it is come by.
struct TokenKind {
    whose: &'static str,
    file: &'static str,
    given_by: &'static str,
    made_by: &'static str,
}

const OF_ACCOUNT: TokenKind = TokenKind {
    whose: "admin",
    file: "admin.token",
    given_by: "--token or SANDGLASS_TOKEN",
    made_by: "on the server, `sandglass token create` makes one",
};

const OF_OPERATOR: TokenKind = TokenKind {
    whose: "operator's",
    file: "operator.token",
    given_by: "--operator-token or SANDGLASS_OPERATOR_TOKEN",
    made_by: "it is in operator.token of the server's data directory",
};

#[derive(Deserialize)]
struct ServerFile {
    url: String,
}

impl Client {
    /// Finds the server and the token.
    pub(crate) fn new(connection: &Connection, print: Printer) -> Result<Self, Failure> {
        Self::with(connection, &OF_ACCOUNT, print)
    }

    /// Finds the server and its operator's token.
    pub(crate) fn of_operator(
        connection: &OperatorConnection,
        print: Printer,
    ) -> Result<Self, Failure> {
        let OperatorConnection {
            server,
            operator_token,
            ca,
            data_dir,
        } = connection.clone();
        let connection = Connection {
            server,
            token: operator_token,
            ca,
            data_dir,
            // What is asked is beside it.
            account: "none".parse().expect("letters are an account id"),
        };
        Self::with(&connection, &OF_OPERATOR, print)
    }

    fn with(connection: &Connection, kind: &TokenKind, print: Printer) -> Result<Self, Failure> {
        let url = match &connection.server {
            Some(server) => parse(server).blame_user()?,
            None => running(&connection.data_dir)?,
        };
        let (token, token_source) = match &connection.token {
            Some(token) => (token.trim().to_owned(), TokenSource::Given),
            None if connection.server.is_some() && !is_loopback(&url) => {
                return Err(no_token(&url, kind));
            }
            None => kept_token(&connection.data_dir, kind)?,
        };
        if url.scheme() == "http" && !is_loopback(&url) {
            print.warn(format_args!("the token travels unencrypted to {url}"));
        }
        let account_url = url
            .join(&format!("api/account/{}", connection.account))
            .doing(format!("cannot work with the server URL {url}"))
            .blame_user()?;
        Ok(Self {
            http: http_client(&url, connection.ca.as_deref())?,
            account_url,
            token,
            token_source,
        })
    }
}

fn parse(server: &str) -> Result<Url, Failure> {
    let with_scheme = match server.contains("://") {
        true => server.to_owned(),
        false => format!("http://{server}"),
    };
    let hint = "for example --server http://127.0.0.1:8080";
    let mut url: Url = with_scheme
        .parse()
        .doing(format!("{server} is not a URL"))
        .hint(hint)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(
            Failure::usage(format!("{server} is not an http or https URL")).with_hint(hint),
        );
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// The URL of the server that runs on a data directory.
fn running(data_dir: &Path) -> Result<Url, Failure> {
    let file = data_dir.join("server.json");
    let shown = data_dir.display();
    let text = std::fs::read_to_string(&file)
        .map_err(|_| Failure::host(format!("no server is running on {shown}")))
        .hint("`sandglass up` starts one; --data-dir or --server names another")?;
    let ServerFile { url } = serde_json::from_str(&text)
        .doing(format!("{} is damaged", file.display()))
        .hint("start the server again")?;
    parse(&url)
}

fn kept_token(data_dir: &Path, kind: &TokenKind) -> Result<(String, TokenSource), Failure> {
    let file = data_dir.join(kind.file);
    let token = std::fs::read_to_string(&file)
        .doing(format!(
            "cannot read the {} token {}",
            kind.whose,
            file.display()
        ))
        .hint(format!("give a token with {}", kind.given_by))?;
    let file = std::path::absolute(&file).unwrap_or(file);
    Ok((token.trim().to_owned(), TokenSource::File(file)))
}

fn no_token(url: &Url, kind: &TokenKind) -> Failure {
    let hint = format!("give one with {}; {}", kind.given_by, kind.made_by);
    Failure::usage(format!("no token for {url}")).with_hint(hint)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// A plain-text server, or one that a given authority vouches for, needs none of the machine's
/// certificates, whose loading would be most of a command's time, nor, on loopback, a proxy.
fn http_client(url: &Url, ca: Option<&Path>) -> Result<reqwest::Client, Failure> {
    // Refused where the process has a provider already, which serves as well.
    let _ = ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("sandglass/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(ANSWER_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none());
    if url.scheme() == "http" {
        builder = builder.tls_certs_only([]);
    } else if let Some(file) = ca {
        builder = builder.tls_certs_only(authorities(file)?);
    }
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build().doing("cannot set up the HTTP client")
}

/// The certificates of a PEM file.
fn authorities(file: &Path) -> Result<Vec<Certificate>, Failure> {
    let shown = file.display();
    let hint = "--ca or SANDGLASS_CA names a PEM file with the certificate of an authority";
    let pem = std::fs::read(file)
        .doing(format!("cannot read the certificates of {shown}"))
        .hint(hint)
        .blame_user()?;
    let found = Certificate::from_pem_bundle(&pem).unwrap_or_default();
    match found.is_empty() {
        true => Err(Failure::usage(format!("{shown} holds no certificate in PEM")).with_hint(hint)),
        false => Ok(found),
    }
}

/// What to do when a server was not reached over a connection that is encrypted.
pub(super) fn tls_hint(error: &reqwest::Error) -> Option<&'static str> {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        // An I/O error does not count what it wraps as its cause.
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        let tls = match wrapped {
            Some(wrapped) => wrapped.downcast_ref::<rustls::Error>(),
            None => error.downcast_ref::<rustls::Error>(),
        };
        if let Some(tls) = tls {
            return Some(hint_for(tls));
        }
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn hint_for(error: &rustls::Error) -> &'static str {
    use rustls::CertificateError as Certificate;
    match error {
        // A bad signature is another authority's of the same name.
        rustls::Error::InvalidCertificate(
            Certificate::UnknownIssuer | Certificate::BadSignature,
        ) => "--ca or SANDGLASS_CA names a file with the certificate of the authority to trust",
        rustls::Error::InvalidCertificate(
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. },
        ) => "name the server as its certificate does, for example --server https://NAME",
        rustls::Error::InvalidCertificate(_) => "the server needs another certificate",
        _ => "does the server speak HTTPS at this address?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_be_given_without_a_scheme() {
        assert_eq!(
            parse("127.0.0.1:8080").unwrap().as_str(),
            "http://127.0.0.1:8080/"
        );
        assert_eq!(parse("https://a.example/base").unwrap().path(), "/base/");
        assert!(parse("ftp://a.example").is_err());
        assert!(parse("http://").is_err());
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for url in [
            "http://127.0.0.1:1/",
            "http://localhost/",
            "http://[::1]:8080/",
        ] {
            assert!(is_loopback(&url.parse().unwrap()), "{url}");
        }
        for url in [
            "http://localhost.evil.example/",
            "http://10.0.0.1/",
            "http://127.0.0.1.nip.io/",
        ] {
            assert!(!is_loopback(&url.parse().unwrap()), "{url}");
        }
    }
}
