//! Which methods and headers may a lambda send?
//!
//! The client frames the message and owns the connection. A lambda that could set
//! `content-length` or `transfer-encoding` could smuggle a second request past the whitelist
//! (RFC 9112, section 11.2); one that could set `host` could reach another site behind an allowed
//! address.

use url::Url;

use super::authority;
use crate::HttpError;

/// All header names and values of a request together, with [`HEADER_OVERHEAD`] for each.
pub(super) const HEADER_BYTES_MAX: usize = 64 * 1024;

/// The colon, the space and the line end around a name and a value.
pub(super) const HEADER_OVERHEAD: usize = 4;

const METHOD_BYTES_MAX: usize = 64;

type Headers = Vec<(String, Vec<u8>)>;

/// What becomes of a header.
enum Fate {
    Keep,
    Drop,
    CompareWithUrl,
    Refuse(&'static str),
}

pub(super) fn check_method(method: &str) -> Result<(), HttpError> {
    if !is_token(method) || method.len() > METHOD_BYTES_MAX {
        return invalid(format!(
            "the method {method:?} is not an HTTP method such as GET"
        ));
    }
    if method.eq_ignore_ascii_case("CONNECT") {
        return invalid("the method CONNECT opens tunnels, which lambdas cannot use".to_owned());
    }
    Ok(())
}

pub(super) fn clean_headers(headers: Headers, url: &Url) -> Result<Headers, HttpError> {
    let size = headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + HEADER_OVERHEAD);
    if size.sum::<usize>() > HEADER_BYTES_MAX {
        return invalid(format!(
            "the headers are larger than {HEADER_BYTES_MAX} bytes"
        ));
    }
    let mut kept = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        check_header(&name, &value)?;
        match fate(&name.to_ascii_lowercase()) {
            Fate::Keep => kept.push((name, value)),
            Fate::Drop => {}
            Fate::CompareWithUrl => check_host(&value, url)?,
            Fate::Refuse(why) => return invalid(format!("the header {name:?} is refused: {why}")),
        }
    }
    Ok(kept)
}

fn fate(name: &str) -> Fate {
    match name {
        "host" => Fate::CompareWithUrl,
        "content-length" | "transfer-encoding" | "connection" | "keep-alive" | "te" | "trailer"
        | "proxy-connection" | "expect" => Fate::Drop,
        "upgrade" | "http2-settings" => Fate::Refuse("a lambda's connections cannot be upgraded"),
        _ if name.starts_with("proxy-") => Fate::Refuse("there is no proxy between"),
        _ => Fate::Keep,
    }
}

fn check_header(name: &str, value: &[u8]) -> Result<(), HttpError> {
    if !is_token(name) {
        return invalid(format!("the header name {name:?} is malformed"));
    }
    // RFC 9110, section 5.5: visible characters, spaces, tabs and bytes past ASCII.
    let allowed = |b: &u8| matches!(b, b'\t' | b' '..=b'~' | 0x80..);
    match value.iter().find(|b| !allowed(b)) {
        Some(odd) => invalid(format!(
            "the value of the header {name:?} has the byte {odd:#04x}"
        )),
        None => Ok(()),
    }
}

fn check_host(value: &[u8], url: &Url) -> Result<(), HttpError> {
    let value = String::from_utf8_lossy(value.trim_ascii()).into_owned();
    let with_port = url
        .port_or_known_default()
        .map(|port| format!("{}:{port}", url.host_str().unwrap_or_default()));
    let same = |host: &str| host.eq_ignore_ascii_case(&value);
    if same(&authority(url)) || with_port.is_some_and(|host| same(&host)) {
        return Ok(());
    }
    invalid(format!(
        "the Host header {value:?} is not the URL's host {:?}: send the request to that host's own \
         URL, or leave the header out",
        authority(url)
    ))
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(allowed)
}

fn invalid<T>(why: String) -> Result<T, HttpError> {
    Err(HttpError::InvalidRequest(why))
}
