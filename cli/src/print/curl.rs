//! Which command line invokes a lambda without Sandglass's own client?

use reqwest::Url;

use crate::client::TokenSource;

/// A line for a shell that fetches the token where it lies, and so may be shown to others.
pub(crate) fn with_reference(url: &Url, token: &TokenSource) -> String {
    let token = match token {
        TokenSource::Given => "$SANDGLASS_TOKEN".to_owned(),
        TokenSource::File(path) => format!("$(cat {})", quoted(&path.to_string_lossy())),
    };
    let body = quoted(r#"{"payload":{}}"#);
    format!(
        r#"curl -H "Authorization: Bearer {token}" -d {body} {}"#,
        quoted(url.as_str())
    )
}

/// A line for a shell that is complete in itself, token included.
pub(crate) fn with_token(url: &Url, token: &str, body: &str) -> String {
    let header = quoted(&format!("Authorization: Bearer {token}"));
    format!(
        "curl -H {header} -d {} {}",
        quoted(body),
        quoted(url.as_str())
    )
}

/// One word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_survives_the_shell() {
        let url = "http://127.0.0.1:8080/x?v=1".parse().unwrap();
        assert_eq!(
            with_token(&url, "t", r#"{"a":"it's"}"#),
            r#"curl -H 'Authorization: Bearer t' -d '{"a":"it'\''s"}' 'http://127.0.0.1:8080/x?v=1'"#
        );
        let file = TokenSource::File("/a b/admin.token".into());
        assert!(with_reference(&url, &file).contains("$(cat '/a b/admin.token')"));
    }
}
