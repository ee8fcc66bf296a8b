//! Why did no response arrive, in the words that Node programs know?
//!
//! What the HTTP client reports is a chain of causes from several crates. Its texts may name the
//! whole URL, which can hold a token, so only causes are shown.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use sandglass_host_abi::HttpError;
use url::Url;

use super::addresses::CheckedAddresses;

/// Why a request got no response.
pub(super) fn of_sending(
    error: &reqwest::Error,
    url: &Url,
    addresses: &CheckedAddresses,
) -> HttpError {
    if !error.is_connect() || error.is_timeout() || find::<rustls::Error>(error).is_some() {
        return of_reading(error);
    }
    match find::<io::Error>(error) {
        Some(io) if io.kind() == ErrorKind::UnexpectedEof && url.scheme() == "https" => {
            // Node's words for a server that hangs up during the handshake.
            let why = "Client network socket disconnected before secure TLS connection was \
                       established";
            HttpError::ConnectionFailed(format!("ECONNRESET {why}"))
        }
        Some(io) => match code(io) {
            Some(code) => {
                let address = as_node_writes_it(addresses.reported());
                HttpError::ConnectionFailed(format!("{code} {address}"))
            }
            None => HttpError::Failed(format!("no connection: {io}")),
        },
        None => HttpError::Failed(format!("no connection: {}", root_cause(error))),
    }
}

/// Why a response broke off, or did not begin on an open connection.
pub(super) fn of_reading(error: &reqwest::Error) -> HttpError {
    if let Some(tls) = find::<rustls::Error>(error) {
        return HttpError::TlsFailed(tls.to_string());
    }
    if error.is_timeout() {
        return HttpError::TimedOut;
    }
    let hyper = find::<hyper::Error>(error);
    if hyper.is_some_and(hyper::Error::is_parse_too_large) {
        return HttpError::Failed("the response's headers are too large".to_owned());
    }
    if hyper.is_some_and(|e| e.is_parse() || e.is_parse_status()) {
        return HttpError::Failed(format!("the response is not HTTP: {}", root_cause(error)));
    }
    let io = find::<io::Error>(error);
    if hyper.is_some_and(|e| e.is_incomplete_message() || e.is_closed() || e.is_canceled())
        || io.is_some_and(|io| io.kind() == ErrorKind::UnexpectedEof)
    {
        return HttpError::ConnectionFailed("ECONNRESET socket hang up".to_owned());
    }
    match io.and_then(code) {
        Some(code) => HttpError::ConnectionFailed(format!("{code} read {code}")),
        None => HttpError::Failed(root_cause(error)),
    }
}

/// The innermost cause.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>() {
        // `source` of an I/O error skips the error that it wraps.
        Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    }
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<E>())
        .last()
}

/// The name by which programs know an error of the operating system.
fn code(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        ErrorKind::ConnectionRefused => "ECONNREFUSED",
        ErrorKind::ConnectionReset => "ECONNRESET",
        ErrorKind::ConnectionAborted => "ECONNABORTED",
        ErrorKind::HostUnreachable => "EHOSTUNREACH",
        ErrorKind::NetworkUnreachable => "ENETUNREACH",
        ErrorKind::NetworkDown => "ENETDOWN",
        ErrorKind::AddrNotAvailable => "EADDRNOTAVAIL",
        ErrorKind::PermissionDenied => "EACCES",
        ErrorKind::BrokenPipe => "EPIPE",
        ErrorKind::TimedOut => "ETIMEDOUT",
        _ => return None,
    })
}

/// Without the brackets around IPv6 addresses, as in `connect ECONNREFUSED ::1:80`.
fn as_node_writes_it(address: SocketAddr) -> String {
    format!("{}:{}", address.ip(), address.port())
}
