//! What does a form or a query say?

use std::borrow::Cow;

use super::error::{Code, OauthError};

/// Parameters in the encoding of forms. None may come twice, and an empty one counts as left out
/// (RFC 6749, section 3.1).
#[derive(Default)]
pub(super) struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    pub(super) fn parse(text: &'a [u8]) -> Self {
        Self(url::form_urlencoded::parse(text).collect())
    }

    /// A parameter, if it is there once and says something.
    pub(super) fn get(&self, name: &str) -> Result<Option<&str>, OauthError> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        let first = values.next();
        if values.next().is_some() {
            let what = format!("{name} must not come twice");
            return Err(OauthError::new(Code::InvalidRequest, what));
        }
        let value = first.map(|(_, value)| value.as_ref());
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// A parameter that must be there.
    pub(super) fn need(&self, name: &str) -> Result<&str, OauthError> {
        let missing = || OauthError::new(Code::InvalidRequest, format!("{name} is missing"));
        self.get(name)?.ok_or_else(missing)
    }

    /// Whether a parameter is there, whatever it says.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The parameters of both.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_comes_once_and_an_empty_one_is_left_out() {
        let form = Form::parse(b"a=1+2&b=&c=1&c=2&v1.0&d=%26");
        assert_eq!(form.get("a").unwrap(), Some("1 2"));
        assert_eq!(form.get("b").unwrap(), None);
        assert_eq!(form.get("d").unwrap(), Some("&"));
        assert_eq!(form.get("c").unwrap_err().code, Code::InvalidRequest);
        assert_eq!(form.need("b").unwrap_err().description, "b is missing");
        assert!(form.has("v1.0") && !form.has("v"));
    }
}
