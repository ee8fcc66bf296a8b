//! Where is the web console?
//!
//! Below `/console/`, made of the files that this server was built with. It is an app that runs in the
//! browser and talks to the API like any other client, so all that is here is files: any path without
//! one, and without an extension, is a page of the app and answers its `index.html`.
//!
//! The files are public, and the same for all. What they may do in a browser is bounded by the content
//! security policy: scripts of this server only, no text that becomes one, requests to this server only, in no frame.

mod files;

use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::reply::{self, Reply};
use crate::status::Problem;
use files::{File, Files};

/// Where it is.
pub(crate) const HOME: &str = "/console/";
const INDEX: &str = "index.html";
/// Where the build puts files whose names change with what they hold.
const HASHED: &str = "assets/";

const POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'";

/// What the browser has of the machine is none of the console's business, but for what somebody copies.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), \
    midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), \
    clipboard-read=(self), clipboard-write=(self)";

/// What every file of the console comes with. The editor makes its styles while it runs, hence
/// `'unsafe-inline'` for those, and for those only.
const HEADERS: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// Whether a path is about the console, or about nothing, which leads there.
pub(crate) fn is_console(path: &str) -> bool {
    path == "/" || path == "/console" || path.starts_with(HOME)
}

/// Answers a request about the console.
pub(crate) async fn serve(enabled: bool, parts: &Parts) -> Result<Reply, Problem> {
    if !enabled {
        return Err(Problem::NoSuchAddress);
    }
    let Some(name) = parts.uri.path().strip_prefix(HOME) else {
        return Ok(lead_home());
    };
    let (file, is_page) = find(Files::embedded(), name).ok_or(Problem::NoSuchAddress)?;
    let lasting = match is_page || !name.starts_with(HASHED) {
        true => "no-cache",
        false => "public, max-age=31536000, immutable",
    };
    Ok(answer(file, lasting, &parts.headers).await)
}

/// The file of that name, or the app's page where the name is one of the app's own.
fn find<'a>(files: &'a Files, name: &str) -> Option<(&'a File, bool)> {
    if let Some(file) = files.get(name) {
        return Some((file, name == INDEX));
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    let is_page = !last.contains('.') && !name.starts_with(HASHED);
    let index = files.get(INDEX).filter(|_| is_page)?;
    Some((index, true))
}

async fn answer(file: &'static File, lasting: &'static str, asked: &HeaderMap) -> Reply {
    let compressed = file.is_compressed() && takes_brotli(asked);
    let tag = file.tag(compressed);
    let mut reply = match is_known(asked, &tag) {
        true => reply::empty(StatusCode::NOT_MODIFIED),
        false => {
            let mut reply = reply::bytes(file.bytes(compressed).await);
            let kind = HeaderValue::from_static(file.kind());
            reply.headers_mut().insert(CONTENT_TYPE, kind);
            if compressed {
                let encoding = HeaderValue::from_static("br");
                reply.headers_mut().insert(CONTENT_ENCODING, encoding);
            }
            reply
        }
    };
    let headers = reply.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(lasting));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    reply
}

fn lead_home() -> Reply {
    let mut reply = reply::empty(StatusCode::FOUND);
    let headers = reply.headers_mut();
    headers.insert(LOCATION, HeaderValue::from_static(HOME));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    reply
}

/// Whether the client has that very content (RFC 9110, section 13.1.2).
fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    let lists = asked.get_all(IF_NONE_MATCH).into_iter();
    let mut tags = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    tags.any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

/// Whether the client takes Brotli (RFC 9110, section 12.5.3).
fn takes_brotli(asked: &HeaderMap) -> bool {
    let lists = asked.get_all(ACCEPT_ENCODING).into_iter();
    let mut codings = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        let refused = weight.parse::<f32>().is_ok_and(|weight| weight == 0.0);
        name.trim().eq_ignore_ascii_case("br") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn brotli_is_sent_to_whoever_takes_it() {
        for value in ["br", "gzip, br", "gzip;q=1.0, BR;q=0.5", "br;q=1"] {
            assert!(takes_brotli(&asked(ACCEPT_ENCODING, value)), "{value}");
        }
        for value in ["", "gzip", "brotli", "br;q=0", "gzip, br; q=0.0"] {
            assert!(!takes_brotli(&asked(ACCEPT_ENCODING, value)), "{value}");
        }
        assert!(!takes_brotli(&HeaderMap::new()));
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        for value in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(is_known(&asked(IF_NONE_MATCH, value), "\"a\""), "{value}");
        }
        for value in ["\"b\"", "a", "\"a-br\"", ""] {
            assert!(!is_known(&asked(IF_NONE_MATCH, value), "\"a\""), "{value}");
        }
    }

    #[test]
    fn a_path_of_the_app_is_its_page_and_a_file_is_itself_or_missing() {
        let files = Files::sample(&["index.html", "assets/app-1a2b.js", "icon.svg"]);
        let found = |name| find(&files, name).map(|(file, is_page)| (file.kind(), is_page));
        let page = Some(("text/html; charset=utf-8", true));
        for name in ["", "index.html", "lambdas", "lambdas/x/code", "a.b/c"] {
            assert_eq!(found(name), page, "{name}");
        }
        assert_eq!(
            found("assets/app-1a2b.js"),
            Some(("text/javascript; charset=utf-8", false))
        );
        assert_eq!(found("icon.svg"), Some(("image/svg+xml", false)));
        for name in ["missing.js", "assets/missing", "../index.html", "a/.env"] {
            assert_eq!(found(name), None, "{name}");
        }
        assert!(find(&Files::sample(&[]), "").is_none());
    }
}
