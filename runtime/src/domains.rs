//! What is a domain called in ASCII, and what for people?
//!
//! By the full rules of UTS 46; their tables are on the host, where they cost no image anything.

use idna::AsciiDenyList;

/// The form in ASCII.
pub(crate) fn to_ascii(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL);
    ascii.ok().map(std::borrow::Cow::into_owned)
}

/// The form for people.
pub(crate) fn to_unicode(domain: &str) -> String {
    idna::domain_to_unicode(domain).0
}

#[cfg(test)]
mod tests {
    use super::{to_ascii, to_unicode};

    #[test]
    fn names_have_two_forms() {
        assert_eq!(to_ascii("Faß.DE").as_deref(), Some("xn--fa-hia.de"));
        assert_eq!(to_unicode("xn--fa-hia.de"), "faß.de");
        assert_eq!(to_ascii("xn--a"), None);
        assert_eq!(to_ascii("a\u{200D}b"), None);
    }
}
