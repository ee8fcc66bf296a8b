//! Does the OpenAPI document say what every test sees?
//!
//! Each answer to a test's call is held against the document: its status has to be one of those that
//! its operation lists. So no test can show what the document does not know.

use std::sync::OnceLock;

use serde_json::Value;
use url::Url;

use super::server::{Call, Reply};

/// The document, which all servers of these tests share.
static DOCUMENT: OnceLock<Value> = OnceLock::new();

/// Reads the document of a server, unless it is known already or only spoken of in secret.
pub(crate) fn learn(urls: &[String]) {
    let plain = urls.iter().find(|url| url.starts_with("http://"));
    if let (None, Some(url)) = (DOCUMENT.get(), plain) {
        let call = Call::new(reqwest::Method::GET, format!("{url}/openapi.json"));
        let document = call.send().json();
        // Another thread may have been faster, with the same.
        let _ = DOCUMENT.set(document);
    }
}

/// Makes sure that the document knows an answer. What is at no address of it is not looked at, nor
/// is a method that an address does not take, nor what hyper answers before there is an address.
#[track_caller]
pub(crate) fn check(method: &str, url: &str, reply: &Reply) {
    let Some(paths) = DOCUMENT.get().and_then(|known| known["paths"].as_object()) else {
        return;
    };
    if reply.status == 431 {
        return;
    }
    let url = Url::parse(url).expect("it was called");
    let method = method.to_ascii_lowercase();
    let fitting = paths.iter().filter(|(path, _)| fits(path, url.path()));
    let responses: Vec<_> = fitting
        .filter_map(|(_, methods)| methods.get(&method)?.get("responses"))
        .collect();
    let status = reply.status.to_string();
    let is_known = |responses: &&Value| {
        let listed = |status: &str| responses.get(status).is_some();
        listed(&status) || listed("default")
    };
    assert!(
        responses.is_empty() || responses.iter().any(is_known),
        "{method} {} answered {status}, which the OpenAPI document does not say: add it to the row \
         of the table in server/src/api with `.fails(&[…])` or `.also(&[…])`: {reply:?}",
        url.path(),
    );
}

/// Whether a path is one of a template.
fn fits(template: &str, path: &str) -> bool {
    let path = path.strip_suffix('/').unwrap_or(path);
    let (mut known, mut segments) = (template.split('/'), path.split('/'));
    loop {
        match (known.next(), segments.next()) {
            (None, None) => return true,
            (Some(known), Some(segment)) if known.starts_with('{') || known == segment => {}
            _ => return false,
        }
    }
}
