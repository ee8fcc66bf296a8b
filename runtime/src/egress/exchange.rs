//! What goes over the wire, and what comes back?

use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName,
    HeaderValue,
};
use reqwest::{Client, Method, Request, Response, redirect};
use rustls::ClientConfig;
use sandglass_host_abi::{ByteSize, HttpError, HttpRequest, HttpResponse};
use url::Url;

use super::addresses::CheckedAddresses;
use super::decode::{Decoder, Encoding};
use super::failure;

/// Header lines of a response; more are refused while they arrive. Their bytes are bounded by
/// hyper's buffer first and by [`EgressConfig::response_headers_max`](super::EgressConfig) then.
const RESPONSE_HEADER_LINES_MAX: usize = 256;

/// What a response may look like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    method_has_body: bool,
    decompress: bool,
    headers_max: ByteSize,
    body_max: ByteSize,
}

impl Expected {
    pub(super) fn of(request: &HttpRequest, headers_max: ByteSize) -> Self {
        Self {
            method_has_body: request.method != "HEAD",
            decompress: request.decompress,
            headers_max,
            body_max: request.response_body_max,
        }
    }
}

/// A client for one request, which connects to the checked addresses and forgets the connection.
pub(super) fn client(
    addresses: &CheckedAddresses,
    tls: ClientConfig,
    connect_timeout: Duration,
) -> reqwest::Result<Client> {
    Client::builder()
        .dns_resolver(addresses.clone())
        .tls_backend_preconfigured(tls)
        .connect_timeout(connect_timeout)
        .http1_only()
        .http1_max_headers(RESPONSE_HEADER_LINES_MAX)
        .pool_max_idle_per_host(0)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .build()
}

/// The request as it is sent. A user name and a password in the URL become an `authorization`
/// header, unless the lambda set its own; `accept: */*` is added where it set none.
pub(super) fn request(
    client: &Client,
    url: Url,
    request: HttpRequest,
) -> Result<Request, HttpError> {
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|e| HttpError::InvalidRequest(e.to_string()))?;
    let mut headers = header_map(request.headers)?;
    if request.decompress && !headers.contains_key(ACCEPT_ENCODING) {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate"));
    }
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    // RFC 9110, section 8.6: some servers answer 411 to a POST that says nothing of its length.
    if request.body.is_empty() && matches!(method.as_str(), "POST" | "PUT" | "PATCH") {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut builder = client.request(method, url).headers(headers);
    if !request.body.is_empty() {
        builder = builder.body(request.body);
    }
    builder
        .build()
        .map_err(|e| HttpError::InvalidRequest(failure::root_cause(&e)))
}

fn header_map(headers: Vec<(String, Vec<u8>)>) -> Result<HeaderMap, HttpError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let invalid = || HttpError::InvalidRequest(format!("the header {name:?} is malformed"));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        let value = HeaderValue::from_maybe_shared(value).map_err(|_| invalid())?;
        map.try_append(key, value).map_err(|_| invalid())?;
    }
    Ok(map)
}

/// Reads a whole response, as long as it stays within its bounds.
pub(super) async fn read(
    response: Response,
    expected: Expected,
) -> Result<HttpResponse, HttpError> {
    let status = response.status().as_u16();
    let reason = reason(&response);
    let headers = header_list(response.headers(), expected.headers_max)?;
    let body = read_body(response, expected).await?;
    Ok(HttpResponse {
        status,
        reason,
        headers,
        body,
    })
}

async fn read_body(mut response: Response, expected: Expected) -> Result<Vec<u8>, HttpError> {
    let mut decoder = Decoder::new(encoding(&response, expected), expected.body_max.as_usize());
    if let Some(length) = response.content_length() {
        decoder.expect(length)?;
    }
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|e| failure::of_reading(&e))?
    {
        decoder.write(&chunk)?;
    }
    decoder.finish()
}

/// As the `request` library decides it: only where decompressing was asked for and there is a body.
fn encoding(response: &Response, expected: Expected) -> Encoding {
    let no_body = matches!(response.status().as_u16(), 100..=199 | 204 | 304);
    if !expected.decompress || !expected.method_has_body || no_body {
        return Encoding::Identity;
    }
    let header = response.headers().get(CONTENT_ENCODING);
    header.map_or(Encoding::Identity, |value| {
        Encoding::named(value.as_bytes())
    })
}

/// What the server wrote, else the standard phrase.
fn reason(response: &Response) -> String {
    let sent = response.extensions().get::<hyper::ext::ReasonPhrase>();
    match sent.filter(|phrase| !phrase.as_bytes().is_empty()) {
        Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
        None => response
            .status()
            .canonical_reason()
            .unwrap_or_default()
            .to_owned(),
    }
}

fn header_list(headers: &HeaderMap, max: ByteSize) -> Result<Vec<(String, Vec<u8>)>, HttpError> {
    let size: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if size > max.as_usize() {
        let why = format!("the response's headers are larger than {max}");
        return Err(HttpError::Failed(why));
    }
    Ok(headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect())
}
