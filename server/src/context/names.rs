//! Which names do namespaces, sessions and properties have?

/// The longest name of a namespace, in characters.
const NAMESPACE_CHARS_MAX: usize = 100;
/// The longest name of a session and of a property, in characters.
const NAME_CHARS_MAX: usize = 200;
/// The session that is meant when none is named.
const DEFAULT_SESSION: &str = "__default__";
/// The namespaces that every account has: nobody creates or deletes them (spec 5.10).
const BUILT_IN: [&str; 5] = ["faas", "consumer", "custom", "operational", "conversation"];

/// The name of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Namespace(String);

/// The name of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session(String);

/// The name of a property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Property(String);

/// What cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    #[error("the name of a namespace has 1 to {NAMESPACE_CHARS_MAX} letters, digits, `_` and `-`")]
    Namespace,
    #[error(
        "the name of a session has 1 to {NAME_CHARS_MAX} characters, none of them a control \
         character, and is not \"properties\""
    )]
    Session,
    #[error(
        "the name of a property has 1 to {NAME_CHARS_MAX} characters, none of them a control \
         character"
    )]
    Property,
}

impl Namespace {
    pub(crate) fn new(name: &str) -> Result<Self, NameError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if (1..=NAMESPACE_CHARS_MAX).contains(&name.len()) && name.bytes().all(fits) {
            Ok(Self(name.to_owned()))
        } else {
            Err(NameError::Namespace)
        }
    }

    /// Whether every account has it.
    pub(crate) fn is_built_in(&self) -> bool {
        is_built_in(&self.0)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether every account has a namespace of that name.
pub(crate) fn is_built_in(namespace: &str) -> bool {
    BUILT_IN.contains(&namespace)
}

impl Session {
    /// `properties` is what stands in an address in the place of the default session's name.
    pub(crate) fn new(name: &str) -> Result<Self, NameError> {
        if is_name(name) && name != "properties" {
            Ok(Self(name.to_owned()))
        } else {
            Err(NameError::Session)
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Session {
    fn default() -> Self {
        Self(DEFAULT_SESSION.to_owned())
    }
}

impl Property {
    pub(crate) fn new(name: &str) -> Result<Self, NameError> {
        if is_name(name) {
            Ok(Self(name.to_owned()))
        } else {
            Err(NameError::Property)
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_has_up_to_a_hundred_letters_digits_and_dashes() {
        for name in ["a", "faas-demo-namespace", "Orders_2", &"n".repeat(100)] {
            assert!(Namespace::new(name).is_ok(), "{name}");
        }
        for name in ["", "a b", "a/b", "ä", "a.b", &"n".repeat(101)] {
            assert_eq!(Namespace::new(name), Err(NameError::Namespace), "{name}");
        }
    }

    #[test]
    fn sessions_and_properties_have_up_to_two_hundred_characters() {
        for name in ["a", "a/b c?", "ä", &"ä".repeat(200)] {
            assert!(Session::new(name).is_ok(), "{name}");
            assert!(Property::new(name).is_ok(), "{name}");
        }
        for name in ["", "a\nb", "a\0", &"ä".repeat(201)] {
            assert_eq!(Session::new(name), Err(NameError::Session), "{name:?}");
            assert_eq!(Property::new(name), Err(NameError::Property), "{name:?}");
        }
        assert_eq!(Session::new("properties"), Err(NameError::Session));
        assert!(Property::new("properties").is_ok());
    }
}
