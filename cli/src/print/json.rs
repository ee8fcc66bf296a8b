//! How does JSON look on a terminal?

use std::fmt::Write as _;

use super::style::{BOLD, STRING};
use super::visible;

/// Lays a valid JSON text out over lines, in colour. Every token stays as it was written, so
/// that neither the order of the members nor the digits of a number change.
pub(crate) fn pretty(json: &str) -> String {
    let mut layout = Layout {
        out: String::with_capacity(json.len() * 2),
        depth: 0,
    };
    let mut rest = json.trim_start();
    while let Some(first) = rest.chars().next() {
        let token = match first {
            '"' => &rest[..string_length(rest)],
            '{' | '}' | '[' | ']' | ',' | ':' => &rest[..1],
            _ => &rest[..rest.find(ends_scalar).unwrap_or(rest.len())],
        };
        rest = rest[token.len()..].trim_start();
        layout.token(token, rest);
        if matches!(token, "{" | "[") && rest.starts_with(['}', ']']) {
            rest = rest[1..].trim_start();
        }
    }
    layout.out
}

struct Layout {
    out: String,
    depth: usize,
}

impl Layout {
    fn token(&mut self, token: &str, rest: &str) {
        match token {
            "{" if rest.starts_with('}') => self.out.push_str("{}"),
            "[" if rest.starts_with(']') => self.out.push_str("[]"),
            "{" | "[" => self.newline_after(token, self.depth + 1),
            "}" | "]" => {
                self.newline_after("", self.depth.saturating_sub(1));
                self.out.push_str(token);
            }
            "," => self.newline_after(",", self.depth),
            ":" => self.out.push_str(": "),
            _ => self.scalar(token, rest.starts_with(':')),
        }
    }

    fn scalar(&mut self, token: &str, is_name: bool) {
        let token = visible(token);
        let style = match (is_name, token.starts_with('"')) {
            (true, _) => BOLD,
            (false, true) => STRING,
            (false, false) => anstyle::Style::new(),
        };
        write!(self.out, "{style}{token}{style:#}").expect("writing to a string cannot fail");
    }

    fn newline_after(&mut self, token: &str, depth: usize) {
        self.depth = depth;
        self.out.push_str(token);
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", depth));
    }
}

/// The length of the string token that the text starts with, its quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    end.map_or(text.len(), |position| position + 2)
}

fn ends_scalar(c: char) -> bool {
    matches!(c, '{' | '}' | '[' | ']' | ',' | ':' | '"') || c.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(json: &str) -> String {
        anstream::adapter::strip_str(&pretty(json)).to_string()
    }

    #[test]
    fn members_keep_their_order_and_numbers_their_digits() {
        assert_eq!(
            plain(r#"{"b":[1.50,{}],"a":{"x":"q\"},"},"c":[ ]}"#),
            "{\n  \"b\": [\n    1.50,\n    {}\n  ],\n  \"a\": {\n    \"x\": \"q\\\"},\"\n  },\n  \"c\": []\n}"
        );
    }

    #[test]
    fn scalars_are_themselves() {
        for json in ["null", "true", "-1e5", r#""a\\""#, r#""ä""#, "{}", "[]"] {
            assert_eq!(plain(json), json);
        }
    }

    #[test]
    fn text_that_is_not_json_ends_too() {
        for text in ["", "}", "]]", "\"", "\"\\", "{:", "a b"] {
            pretty(text);
        }
    }
}
