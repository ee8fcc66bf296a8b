//! Which trace is an invocation part of?
//!
//! W3C Trace Context: what its caller sent goes on to whom the lambda asks, so that the calls of many
//! systems become one tree.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use sandglass_host_abi::HttpError;

use crate::lambda::shortened;

/// The longest `tracestate` that is passed on, in bytes (W3C Trace Context, section 3.3.1.5).
const STATE_BYTES_MAX: usize = 512;
/// The longest URL that is shown, in bytes.
const URL_BYTES_MAX: usize = 2_048;
/// What is said of a request that the invocation did not wait for.
pub(crate) const UNANSWERED: &str = "unanswered";
/// The flag of a trace that is recorded (section 3.2.2.5.1).
const SAMPLED: u8 = 1;

/// One place in a trace: a span that others are part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    sampled: bool,
    state: Option<String>,
}

/// A request that a lambda sent while its invocation was traced or recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TracedRequest {
    /// The request's own place in the trace; `None` when the invocation is only recorded.
    pub context: Option<TraceContext>,
    /// The request method.
    pub method: String,
    /// Scheme, host and port. A path can hold what nobody else should see.
    pub origin: String,
    /// When it was sent.
    pub started: SystemTime,
    /// How long it took until the whole answer was there.
    pub took: Duration,
    /// The status of the answer, or why there was none.
    pub status: Result<u16, &'static str>,
    /// The rest of it, when the invocation is recorded.
    pub details: Option<RequestDetails>,
}

/// What is known of a request besides, for whoever may see all that the lambda does. Secrets that the
/// invocation used are masked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RequestDetails {
    /// Without a user name and a password, and cut at 2,048 bytes.
    pub url: String,
    /// Why there was no answer, as the lambda was told.
    pub error: Option<String>,
    /// Bytes of the body that was sent.
    pub bytes_sent: u64,
    /// Bytes of the body that was received, after decompression.
    pub bytes_received: u64,
}

impl TraceContext {
    /// A new trace. Unless it is `sampled`, nobody records it, but who is asked still learns of it.
    pub fn new(sampled: bool) -> Self {
        Self {
            trace: rand::random_range(1..=u128::MAX),
            span: new_span(),
            sampled,
            state: None,
        }
    }

    /// Reads the headers `traceparent` and `tracestate`; `None` when the first one is not valid (W3C
    /// Trace Context, section 3.2.2). A `tracestate` that is too long is left out.
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let (version, rest) = traceparent.split_at_checked(2)?;
        let version = hexadecimal(version)?;
        // Later versions may have more fields.
        let is_whole = rest.len() == 53 || (version > 0 && rest.as_bytes().get(53) == Some(&b'-'));
        if version == 0xff || !is_whole {
            return None;
        }
        let mut fields = rest.get(1..53)?.split('-');
        if !rest.starts_with('-') {
            return None;
        }
        let mut field = |length: usize| {
            let field = fields.next().filter(|field| field.len() == length)?;
            hexadecimal(field)
        };
        let (trace, span, flags) = (field(32)?, field(16)?, field(2)?);
        let state = tracestate.filter(|state| {
            let visible = |byte: u8| (0x20..0x7f).contains(&byte);
            (1..=STATE_BYTES_MAX).contains(&state.len()) && state.bytes().all(visible)
        });
        (trace != 0 && span != 0).then(|| Self {
            trace,
            span: span as u64,
            sampled: flags as u8 & SAMPLED != 0,
            state: state.map(str::to_owned),
        })
    }

    /// A new place below this one.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            span: new_span(),
            ..self.clone()
        }
    }

    /// The id of the whole trace, never 0.
    pub fn trace_id(&self) -> u128 {
        self.trace
    }

    /// The id of this place, never 0.
    pub fn span_id(&self) -> u64 {
        self.span
    }

    /// Whether it is recorded.
    pub fn is_sampled(&self) -> bool {
        self.sampled
    }

    /// What other systems know of the trace: `tracestate`.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The header `traceparent` of a request that is this place.
    pub fn traceparent(&self) -> String {
        let mut text = String::with_capacity(55);
        let (trace, span, flags) = (self.trace, self.span, u8::from(self.sampled));
        write!(text, "00-{trace:032x}-{span:016x}-{flags:02x}")
            .expect("writing to a string cannot fail");
        text
    }

    /// What a request says that is this place.
    pub fn headers(&self) -> impl Iterator<Item = (String, String)> {
        let parent = ("traceparent".to_owned(), self.traceparent());
        let state = self.state.clone();
        let state = state.map(|state| ("tracestate".to_owned(), state));
        std::iter::once(parent).chain(state)
    }

    /// Tells whom the request goes to, unless the lambda tells them something of its own.
    pub(crate) fn add_to(&self, headers: &mut Vec<(String, Vec<u8>)>) {
        let has = |name: &str, headers: &[(String, Vec<u8>)]| {
            headers
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        if has("traceparent", headers) {
            return;
        }
        for (name, value) in self.headers() {
            if !has(&name, headers) {
                headers.push((name, value.into_bytes()));
            }
        }
    }
}

fn new_span() -> u64 {
    rand::random_range(1..=u64::MAX)
}

/// A number in small hexadecimal digits, as the fields are written.
fn hexadecimal(text: &str) -> Option<u128> {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.bytes()
        .all(digit)
        .then(|| u128::from_str_radix(text, 16).ok())?
}

/// Where a URL leads to, without what it asks for there.
pub(crate) fn origin(url: &str) -> String {
    let parsed = url.parse::<url::Url>();
    parsed.map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
}

/// A URL as it may be shown.
pub(crate) fn shown_url(url: &str) -> String {
    let text = match url.parse::<url::Url>() {
        Ok(mut url) => {
            // A URL that can have neither has neither.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.into()
        }
        Err(_) => url.to_owned(),
    };
    shortened(text, URL_BYTES_MAX)
}

/// Why there was no answer, in a word that a trace can be searched for.
pub(crate) fn failure(error: &HttpError) -> &'static str {
    match error {
        HttpError::HostNotAllowed(_) => "host_not_allowed",
        HttpError::AddressRefused(_) => "address_refused",
        HttpError::DnsFailed(_) => "dns_failed",
        HttpError::ConnectionFailed(_) => "connection_failed",
        HttpError::TlsFailed(_) => "tls_failed",
        HttpError::TimedOut => "timed_out",
        HttpError::ResponseTooLarge => "response_too_large",
        HttpError::InvalidUrl(_) => "invalid_url",
        HttpError::InvalidRequest(_) => "invalid_request",
        _ => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_is_read_is_written_again() {
        let context = TraceContext::parse(PARENT, Some("vendor=1,other=2")).unwrap();
        assert_eq!(context.traceparent(), PARENT);
        assert_eq!(context.state(), Some("vendor=1,other=2"));
        assert!(context.is_sampled());
        let child = context.child();
        assert_eq!(child.trace_id(), context.trace_id());
        assert_ne!(child.span_id(), context.span_id());
        let new = TraceContext::new(false);
        let again = TraceContext::parse(&new.traceparent(), None).unwrap();
        assert_eq!(again, new);
    }

    #[test]
    fn what_is_not_valid_is_not_read() {
        let (head, flags) = PARENT.split_at(53);
        for wrong in [
            "",
            "00",
            &PARENT[..54],
            &format!("{PARENT}0"),
            &format!("{PARENT}-00"),
            &PARENT.replace("00-", "ff-"),
            &PARENT.to_uppercase(),
            &PARENT.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            &PARENT.replace("b7ad6b7169203331", &"0".repeat(16)),
            &format!("{head}zz"),
            &PARENT.replace('-', "_"),
            &format!("00_{}", &PARENT[3..]),
            "€€-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(TraceContext::parse(wrong, None), None, "{wrong}");
        }
        assert_eq!(flags, "01");
    }

    #[test]
    fn a_later_version_may_say_more() {
        let later = PARENT.replace("00-", "cc-");
        assert!(TraceContext::parse(&later, None).is_some());
        assert!(TraceContext::parse(&format!("{later}-more"), None).is_some());
        assert!(TraceContext::parse(&format!("{later}.more"), None).is_none());
    }

    #[test]
    fn a_state_is_passed_on_up_to_its_length() {
        let state = |length: usize| {
            let state = "x".repeat(length);
            TraceContext::parse(PARENT, Some(&state)).unwrap().state
        };
        assert!(state(512).is_some() && state(513).is_none() && state(0).is_none());
    }

    #[test]
    fn a_url_is_shown_without_a_password_and_up_to_its_length() {
        assert_eq!(
            shown_url("https://me:secret@a.example/x?y#z"),
            "https://a.example/x?y#z"
        );
        assert_eq!(shown_url("no url"), "no url");
        let long = format!("https://a.example/{}", "x".repeat(URL_BYTES_MAX - 18));
        assert_eq!(shown_url(&long), long);
        assert_eq!(shown_url(&format!("{long}x")), format!("{long}…"));
    }

    #[test]
    fn its_headers_are_read_as_the_same_place() {
        for state in [None, Some("a=1")] {
            let context = TraceContext::parse(PARENT, state).unwrap();
            let headers: Vec<_> = context.headers().collect();
            let state = headers.get(1).map(|(_, state)| state.as_str());
            assert_eq!(TraceContext::parse(&headers[0].1, state), Some(context));
        }
    }

    #[test]
    fn a_lambdas_own_header_stays() {
        let context = TraceContext::parse(PARENT, Some("a=1")).unwrap();
        let mut own = vec![("TraceParent".to_owned(), b"mine".to_vec())];
        context.add_to(&mut own);
        assert_eq!(own.len(), 1);
        let mut none = Vec::new();
        context.add_to(&mut none);
        assert_eq!(none[0].1, PARENT.as_bytes());
        assert_eq!(none[1], ("tracestate".to_owned(), b"a=1".to_vec()));
    }
}
