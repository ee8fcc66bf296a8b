//! How does a domain name in any script become one form?
//!
//! Names that are ASCII and encode nothing are dealt with here. All others are the host's, which has the
//! tables of UTS 46; `install` says how it is asked.

use std::borrow::Cow;
use std::sync::OnceLock;

/// Asks the host for the form of a domain in ASCII.
pub type ToAscii = fn(&str) -> Option<String>;
/// Asks the host for the form of a domain for people.
pub type ToUnicode = fn(&str) -> String;

static HOST: OnceLock<(ToAscii, ToUnicode)> = OnceLock::new();

/// Says how the host is asked; once, before any domain is looked at.
pub fn install(to_ascii: ToAscii, to_unicode: ToUnicode) {
    let _ = HOST.set((to_ascii, to_unicode));
}

/// Why something is no domain.
#[derive(Debug, Default)]
pub struct Errors(());

impl std::fmt::Display for Errors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is no domain")
    }
}

impl std::error::Error for Errors {}

/// Which characters of ASCII a domain may not have: those of the URL standard.
#[derive(Debug, Clone, Copy)]
pub struct AsciiDenyList(());

impl AsciiDenyList {
    /// Those of the URL standard.
    pub const URL: Self = Self(());
}

/// The forbidden domain code points of the URL standard.
fn is_forbidden(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f || b"#%/:<>?@[\\]^|".contains(&byte)
}

/// Whether a name is as it is: ASCII, of which no label encodes anything.
fn is_plain(domain: &[u8]) -> bool {
    domain.is_ascii()
        && !domain
            .split(|&byte| byte == b'.')
            .any(|label| label.len() >= 4 && label[..4].eq_ignore_ascii_case(b"xn--"))
}

/// The form in ASCII.
///
/// # Errors
/// When it is no domain.
pub fn domain_to_ascii_from_cow(
    domain: Cow<'_, [u8]>,
    _: AsciiDenyList,
) -> Result<Cow<'_, str>, Errors> {
    if is_plain(&domain) {
        if domain.iter().copied().any(is_forbidden) {
            return Err(Errors(()));
        }
        let mut plain = String::from_utf8(domain.into_owned()).map_err(|_| Errors(()))?;
        plain.make_ascii_lowercase();
        return Ok(Cow::Owned(plain));
    }
    let text = std::str::from_utf8(&domain).map_err(|_| Errors(()))?;
    let ascii = HOST.get().and_then(|(to_ascii, _)| to_ascii(text));
    ascii.map(Cow::Owned).ok_or(Errors(()))
}

/// The form for people, and whether some label is none.
pub fn domain_to_unicode(domain: &str) -> (String, Result<(), Errors>) {
    match HOST.get() {
        Some((_, to_unicode)) if !is_plain(domain.as_bytes()) => (to_unicode(domain), Ok(())),
        _ => (domain.to_ascii_lowercase(), Ok(())),
    }
}
