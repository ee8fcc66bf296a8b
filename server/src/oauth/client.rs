//! Which app is asking?
//!
//! RFC 6749, section 2.3.1: by its id and secret in a `Basic` header or in the form, not in both. A
//! public client has its id only. Whether an app is unknown or its secret wrong, the answer is one.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::app::InstalledApp;
use super::console;
use super::error::{Code, OauthError};
use super::form::Form;
use crate::app::App;

/// What an app shows.
struct Credentials<'a> {
    id: Cow<'a, str>,
    secret: Option<Cow<'a, str>>,
}

/// Finds out which app of an account is asking.
pub(super) fn authenticate(
    app: &App,
    account: &str,
    headers: &HeaderMap,
    form: &Form<'_>,
) -> Result<Arc<InstalledApp>, OauthError> {
    let Credentials { id, secret } = credentials(headers, form)?;
    let known = console::find(app, account, &id);
    let known = known.filter(|known| match &secret {
        Some(secret) => known.is_secret(secret),
        None => known.is_public(),
    });
    known.ok_or_else(|| invalid("there is no such client with that secret in this account"))
}

fn credentials<'a>(headers: &HeaderMap, form: &'a Form<'_>) -> Result<Credentials<'a>, OauthError> {
    let secret = form.get("client_secret")?.map(Cow::Borrowed);
    let id = form.get("client_id")?;
    let Some(header) = headers.get(AUTHORIZATION) else {
        let id = id.ok_or_else(|| invalid("client_id is missing"))?;
        let id = Cow::Borrowed(id);
        return Ok(Credentials { id, secret });
    };
    let basic = basic(header.as_bytes()).ok_or_else(|| invalid("the Basic header is malformed"))?;
    if secret.is_some() || id.is_some_and(|id| id != basic.id) {
        let twice = "the client must authenticate in the header or in the form, not in both";
        return Err(OauthError::new(Code::InvalidRequest, twice));
    }
    Ok(basic)
}

/// The credentials of a `Basic` header, each of them in the encoding of forms.
fn basic(header: &[u8]) -> Option<Credentials<'static>> {
    let (scheme, encoded) = header.split_first_chunk::<6>()?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim_ascii()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let secret = Some(decoded(secret)).filter(|secret| !secret.is_empty());
    Some(Credentials {
        id: decoded(id),
        secret,
    })
}

fn decoded(text: &str) -> Cow<'static, str> {
    let whole = format!("x={}", text.replace('&', "%26").replace('=', "%3D"));
    let (_, value) = url::form_urlencoded::parse(whole.as_bytes())
        .next()
        .expect("there is one pair");
    Cow::Owned(value.into_owned())
}

fn invalid(why: &'static str) -> OauthError {
    OauthError::new(Code::InvalidClient, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(header: Option<&str>, form: &str) -> Result<(String, Option<String>), Code> {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(AUTHORIZATION, header.parse().unwrap());
        }
        let form = Form::parse(form.as_bytes());
        let shown = credentials(&headers, &form).map_err(|error| error.code)?;
        Ok((shown.id.into_owned(), shown.secret.map(Cow::into_owned)))
    }

    #[test]
    fn credentials_come_in_the_header_or_in_the_form() {
        let both = Ok(("a b".to_owned(), Some("c:d&".to_owned())));
        let header = format!("basic {}", STANDARD.encode("a+b:c%3Ad%26"));
        assert_eq!(shown(Some(&header), "").as_ref(), both.as_ref());
        assert_eq!(
            shown(Some(&header), "client_id=a+b").as_ref(),
            both.as_ref()
        );
        let form = "client_id=a+b&client_secret=c%3Ad%26";
        assert_eq!(shown(None, form).as_ref(), both.as_ref());
        assert_eq!(shown(None, "client_id=a"), Ok(("a".to_owned(), None)));
        for (header, form) in [
            (Some(header.as_str()), form),
            (Some(header.as_str()), "client_id=other"),
        ] {
            assert_eq!(shown(header, form), Err(Code::InvalidRequest));
        }
        for header in ["Bearer x", "Basic", "Basic ???", "Basic YQ=="] {
            assert_eq!(shown(Some(header), ""), Err(Code::InvalidClient));
        }
        assert_eq!(shown(None, ""), Err(Code::InvalidClient));
    }
}
