//! What does a user see on the way?
//!
//! Plain pages for any browser and any screen reader: no script, nothing from elsewhere, in no frame
//! of another site (RFC 9700, section 4.16), and forms that lead to this server or the app only.

use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};
use ring::digest::{SHA256, digest};

use super::redirect::policy_source;
use crate::auth::{Permission, Permissions};
use crate::reply::{self, Reply};

const STYLE: &str = include_str!("pages/style.css");

static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| STANDARD.encode(digest(&SHA256, STYLE.as_bytes())));

/// The page that asks for a name and a password.
pub(super) struct Login<'a> {
    /// Who asks to act for the user; `None` for this server's own console.
    pub(super) app: Option<&'a str>,
    pub(super) account: &'a str,
    pub(super) flow: &'a str,
    /// What was typed before.
    pub(super) login_name: &'a str,
    /// Why it did not work.
    pub(super) error: Option<&'a str>,
}

/// The page that asks whether the app may.
pub(super) struct Consent<'a> {
    pub(super) app: &'a str,
    pub(super) description: &'a str,
    pub(super) login_name: &'a str,
    pub(super) permissions: Permissions,
    pub(super) flow: &'a str,
    /// Where the browser goes then.
    pub(super) target: &'a str,
}

/// Asks for a name and a password.
pub(super) fn login(status: StatusCode, page: &Login<'_>) -> Reply {
    let account = escape(page.account);
    let asks = match page.app {
        None => format!("To the console of account {account}."),
        Some(app) => {
            let app = escape(app);
            format!("<strong>{app}</strong> asks to act in your name in account {account}.")
        }
    };
    let error = match page.error {
        None => String::new(),
        Some(error) => format!("<p class=\"error\" role=\"alert\">{}</p>\n", escape(error)),
    };
    let body = format!(
        "<h1>Sign in</h1>\n\
         <p>{asks}</p>\n\
         {error}<form method=\"post\">\n\
         <input type=\"hidden\" name=\"flow\" value=\"{flow}\">\n\
         <label for=\"username\">Login name</label>\n\
         <input id=\"username\" name=\"username\" value=\"{login_name}\" autocomplete=\"username\" \
         autocapitalize=\"none\" spellcheck=\"false\" required autofocus>\n\
         <label for=\"password\">Password</label>\n\
         <input id=\"password\" name=\"password\" type=\"password\" \
         autocomplete=\"current-password\" required>\n\
         <p><button type=\"submit\">Sign in</button></p>\n</form>\n",
        flow = escape(page.flow),
        login_name = escape(page.login_name),
    );
    respond(status, "Sign in", &body, "'self'")
}

/// Asks whether the app may.
pub(super) fn consent(page: &Consent<'_>) -> Reply {
    let app = escape(page.app);
    let description = match page.description {
        "" => String::new(),
        text => format!("<p>What it says of itself: {}</p>\n", escape(text)),
    };
    let mut permissions = String::new();
    for permission in page.permissions.iter() {
        let (name, about) = (permission.platform_name(), about(permission));
        let _ = writeln!(permissions, "<li><strong>{name}</strong>: {about}</li>");
    }
    if permissions.is_empty() {
        permissions.push_str("<li>nothing, as you have no permission</li>\n");
    }
    let form_action = format!("'self' {}", policy_source(page.target));
    let body = format!(
        "<h1>Allow {app}?</h1>\n\
         <p>You are <strong>{login_name}</strong>. If you allow it, <strong>{app}</strong> can do \
         what you can do, as long as you can do it:</p>\n<ul>\n{permissions}</ul>\n{description}\
         <p>You will be sent to <code>{target}</code>.</p>\n\
         <form method=\"post\">\n\
         <input type=\"hidden\" name=\"flow\" value=\"{flow}\">\n\
         <p><button type=\"submit\" name=\"decision\" value=\"allow\">Allow</button>\n\
         <button type=\"submit\" name=\"decision\" value=\"deny\" class=\"quiet\">Deny</button></p>\n\
         </form>\n",
        login_name = escape(page.login_name),
        target = escape(&policy_source(page.target)),
        flow = escape(page.flow),
    );
    respond(StatusCode::OK, "Allow an app", &body, &form_action)
}

/// Says why it cannot go on. Nothing leads on to the app: who wrote the request is not known.
pub(super) fn error(status: StatusCode, why: &str) -> Reply {
    let why = escape(why);
    let body = format!(
        "<h1>This cannot go on</h1>\n<p role=\"alert\">{why}</p>\n\
         <p>Go back to the app that sent you here, and tell its makers if it happens again.</p>\n"
    );
    respond(status, "Error", &body, "'none'")
}

fn about(permission: Permission) -> &'static str {
    match permission {
        Permission::Admin => "read lambdas, manage the whitelist, secrets, users and access",
        Permission::Developer => "manage, deploy and invoke lambdas",
        Permission::Invocation => "invoke lambdas",
    }
}

fn respond(status: StatusCode, title: &str, body: &str, form_action: &str) -> Reply {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <title>{title} – Sandglass</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         {body}</main>\n</body>\n</html>\n"
    );
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action {form_action}; \
         frame-ancestors 'none'; base-uri 'none'",
        *STYLE_HASH
    );
    let policy = HeaderValue::from_str(&policy).expect("the sources are visible ASCII");
    let mut reply = reply::page(html);
    *reply.status_mut() = status;
    let fixed = |value| HeaderValue::from_static(value);
    let headers: [(HeaderName, HeaderValue); 6] = [
        (CONTENT_TYPE, fixed("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, fixed("no-store")),
        (REFERRER_POLICY, fixed("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (X_FRAME_OPTIONS, fixed("DENY")),
    ];
    for (name, value) in headers {
        reply.headers_mut().insert(name, value);
    }
    reply
}

/// Text as HTML shows it, in an element and in a quoted attribute.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn nothing_that_others_wrote_becomes_markup() {
        let evil = "\"><script>alert('x')</script>";
        let page = Login {
            app: Some(evil),
            account: evil,
            flow: evil,
            login_name: evil,
            error: Some(evil),
        };
        let consent = Consent {
            app: evil,
            description: evil,
            login_name: evil,
            permissions: Permissions::ALL,
            flow: evil,
            target: "https://example.com/",
        };
        let pages = [
            login(StatusCode::OK, &page),
            super::consent(&consent),
            error(StatusCode::BAD_REQUEST, evil),
        ];
        for reply in pages {
            let (parts, body) = reply.into_parts();
            let html = body.collect().await.unwrap().to_bytes();
            let html = std::str::from_utf8(&html).unwrap();
            assert!(!html.contains("<script") && !html.contains(evil), "{html}");
            assert!(html.contains("&lt;script&gt;"), "{html}");
            let policy = parts.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        }
    }
}
