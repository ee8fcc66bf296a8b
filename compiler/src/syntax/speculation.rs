//! How much would the parser's guessing cost?
//!
//! At a `(` that could begin an arrow function the parser tries one; when that fails it goes back
//! and parses the same text again as an expression. Where default values hold further such
//! parentheses, as in `(a=(a=(a=…`, this doubles back at every level, so that 100,000 characters
//! would take time and memory in proportion to their square: more than a machine has. This module
//! adds up, before anything is parsed, how many bytes could be parsed again, and refuses what is
//! out of all proportion.
//!
//! The sum is an upper bound. Whether a `(` stands in code or in a string is not known here, so
//! each is taken for code, and its group is read from there by a small lexer; where that lexer
//! cannot tell a regular expression from a division, the group counts as reaching to the end.

/// Bytes that may be parsed again: ten times the longest source.
const AGAIN_BYTES_MAX: usize = 1_000_000;

/// Words after which a `(` begins an expression instead of the arguments of a call.
const BEFORE_EXPRESSION: &[&str] = &[
    "async",
    "await",
    "case",
    "default",
    "delete",
    "do",
    "else",
    "extends",
    "in",
    "instanceof",
    "new",
    "of",
    "return",
    "throw",
    "typeof",
    "void",
    "yield",
];

/// Checks that guessing stays affordable.
///
/// # Errors
/// With the byte offset of the `(` at which it does not.
pub(super) fn check(code: &str) -> Result<(), usize> {
    let bytes = code.as_bytes();
    let mut budget = AGAIN_BYTES_MAX.max(10 * bytes.len());
    for (offset, _) in code.match_indices('(') {
        if is_call(&bytes[..offset]) || !may_hold_expressions(&bytes[offset + 1..]) {
            continue;
        }
        let again = Group::new(&code[offset..]).length(budget);
        budget = budget.checked_sub(again).ok_or(offset)?;
    }
    Ok(())
}

/// Whether a `(` after this text is surely not the start of an expression.
fn is_call(before: &[u8]) -> bool {
    let before = before.trim_suffix_while(|byte| matches!(byte, b' ' | b'\t'));
    match before.last() {
        Some(b']') => true,
        Some(byte) if is_word(*byte) => {
            let rest = before.trim_suffix_while(is_word);
            let word = &before[rest.len()..];
            let escaped = rest.last() == Some(&b'\\');
            !escaped
                && !BEFORE_EXPRESSION
                    .iter()
                    .any(|keyword| keyword.as_bytes() == word)
        }
        _ => false,
    }
}

/// Whether parameters that begin like this can hold expressions: default values, computed keys,
/// decorators. All others fail or succeed before the next `(`.
fn may_hold_expressions(parameters: &[u8]) -> bool {
    let mut in_object = false;
    let mut before = b'(';
    for (at, byte) in parameters.iter().copied().enumerate() {
        let after = parameters.get(at + 1).copied().unwrap_or_default();
        let exponent = matches!(before, b'e' | b'E');
        match byte {
            b',' | b':' | b']' | b'}' => {}
            _ if is_word(byte) || byte.is_ascii_whitespace() => {}
            b'{' => in_object = true,
            b'[' if !in_object => {}
            b'.' if [before, after]
                .iter()
                .any(|b| b.is_ascii_digit() || *b == b'.') => {}
            b'+' | b'-' if exponent => {}
            b'=' => return !matches!(after, b'=' | b'>'),
            b'/' => return matches!(after, b'/' | b'*'),
            b'[' | b'@' | b'\\' | b'"' | b'\'' | 0x0b | 0x80.. => return true,
            _ => return false,
        }
        before = byte;
    }
    false
}

/// What a `/` would be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slash {
    Division,
    Regex,
    Unclear,
}

/// What is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `(`; after the one of an `if`, `while`, `for` or `with` a statement begins.
    Paren {
        statement_follows: bool,
    },
    Bracket,
    Brace,
    /// `${`
    Substitution,
}

/// Reads from a `(` to its `)`.
struct Group<'a> {
    code: &'a str,
    at: usize,
    open: Vec<Open>,
    slash: Slash,
    /// The next word is a property, so it is no keyword.
    property: bool,
    /// The last token was a word that a parenthesised head and then a statement follows.
    head: bool,
}

/// The text does not continue: the group ends here for the parser, or it could end anywhere.
enum Stop {
    Here,
    Anywhere,
}

impl<'a> Group<'a> {
    fn new(code: &'a str) -> Self {
        Self {
            code,
            at: 0,
            open: Vec::new(),
            slash: Slash::Regex,
            property: false,
            head: false,
        }
    }

    /// The length of the group in bytes; some number above `limit` when it is longer than that.
    fn length(mut self, limit: usize) -> usize {
        while self.at <= limit {
            match self.token() {
                Ok(()) if self.open.is_empty() => return self.at,
                Ok(()) => {}
                Err(Stop::Here) => return self.at,
                Err(Stop::Anywhere) => return self.code.len(),
            }
        }
        self.at
    }

    fn rest(&self) -> &'a str {
        &self.code[self.at..]
    }

    fn token(&mut self) -> Result<(), Stop> {
        let rest = self.rest();
        let first = rest.chars().next().ok_or(Stop::Here)?;
        match first {
            _ if first.is_whitespace() || first == '\u{feff}' => self.at += first.len_utf8(),
            '\'' | '"' => self.string(first)?,
            '`' => {
                self.at += 1;
                self.template()?;
            }
            '/' => self.slash()?,
            '(' | '[' | '{' => self.open(first),
            ')' | ']' | '}' => self.close(first)?,
            '.' => self.dots(),
            '+' | '-' if rest[1..].starts_with(first) => {
                if rest.starts_with("-->") {
                    return Err(Stop::Anywhere);
                }
                // Before an operand it is a prefix, after one a postfix: what was, stays.
                self.punctuator(2, self.slash);
            }
            '<' if rest.starts_with("<!--") => return Err(Stop::Anywhere),
            // An identifier may be spelled with `\u`; any other backslash is no token.
            '\\' if rest.starts_with("\\u") => return Err(Stop::Anywhere),
            '\\' => return Err(Stop::Here),
            '#' => {
                self.punctuator(1, Slash::Regex);
                self.property = true;
            }
            '0'..='9' => {
                let digits = |byte: &u8| is_word(*byte) || *byte == b'.';
                let length = rest.bytes().take_while(|byte| digits(byte)).count();
                self.punctuator(length, Slash::Division);
            }
            'a'..='z' | 'A'..='Z' | '_' | '$' | '\u{80}'.. => self.word(),
            _ => self.punctuator(1, Slash::Regex),
        }
        Ok(())
    }

    fn punctuator(&mut self, length: usize, slash: Slash) {
        self.at += length;
        self.slash = slash;
        (self.property, self.head) = (false, false);
    }

    fn dots(&mut self) {
        let spread = self.rest().starts_with("...");
        self.punctuator(if spread { 3 } else { 1 }, Slash::Regex);
        self.property = !spread;
    }

    fn word(&mut self) {
        let rest = self.rest();
        let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
        let ends = |c: char| !part(c) || c.is_whitespace() || c == '\u{feff}';
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let slash = match word {
            _ if self.property => Slash::Division,
            "await" | "of" | "yield" => Slash::Unclear,
            "async" => Slash::Division,
            _ if BEFORE_EXPRESSION.contains(&word) => Slash::Regex,
            _ => Slash::Division,
        };
        // `for await (`
        let head = !self.property
            && (matches!(word, "if" | "while" | "for" | "with") || self.head && word == "await");
        self.punctuator(word.len(), slash);
        self.head = head;
    }

    fn open(&mut self, bracket: char) {
        let open = match bracket {
            '(' => Open::Paren {
                statement_follows: self.head,
            },
            '[' => Open::Bracket,
            _ => Open::Brace,
        };
        self.open.push(open);
        self.punctuator(1, Slash::Regex);
    }

    /// Brackets that do not match end the group: there the parser stops, too.
    fn close(&mut self, bracket: char) -> Result<(), Stop> {
        let slash = match (self.open.pop(), bracket) {
            (
                Some(Open::Paren {
                    statement_follows: true,
                }),
                ')',
            ) => Slash::Regex,
            (
                Some(Open::Paren {
                    statement_follows: false,
                }),
                ')',
            ) => Slash::Division,
            (Some(Open::Bracket), ']') => Slash::Division,
            (Some(Open::Brace), '}') => Slash::Unclear,
            (Some(Open::Substitution), '}') => {
                self.at += 1;
                return self.template();
            }
            _ => return Err(Stop::Here),
        };
        self.punctuator(1, slash);
        Ok(())
    }

    fn string(&mut self, quote: char) -> Result<(), Stop> {
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            match character {
                '\\' => {
                    if let Some((_, '\r')) = characters.next()
                        && characters
                            .clone()
                            .next()
                            .is_some_and(|(_, next)| next == '\n')
                    {
                        characters.next();
                    }
                }
                '\n' | '\r' => break,
                _ if character == quote => {
                    self.punctuator(offset + 1, Slash::Division);
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(Stop::Here)
    }

    /// From within a template to its end or to its next substitution.
    fn template(&mut self) -> Result<(), Stop> {
        let mut bytes = self.rest().bytes().enumerate();
        while let Some((offset, byte)) = bytes.next() {
            match byte {
                b'\\' => {
                    bytes.next();
                }
                b'`' => {
                    self.punctuator(offset + 1, Slash::Division);
                    return Ok(());
                }
                b'$' if self.rest()[offset + 1..].starts_with('{') => {
                    self.open.push(Open::Substitution);
                    self.punctuator(offset + 2, Slash::Regex);
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(Stop::Here)
    }

    fn slash(&mut self) -> Result<(), Stop> {
        let rest = self.rest();
        if rest.starts_with("//") {
            self.at += rest.find(is_line_end).ok_or(Stop::Here)?;
            return Ok(());
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            self.at += comment.find("*/").ok_or(Stop::Here)? + 4;
            return Ok(());
        }
        match self.slash {
            Slash::Division => self.punctuator(1, Slash::Regex),
            Slash::Regex => self.regex()?,
            Slash::Unclear => return Err(Stop::Anywhere),
        }
        Ok(())
    }

    fn regex(&mut self) -> Result<(), Stop> {
        let mut in_class = false;
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            match character {
                '\\' if !characters
                    .clone()
                    .next()
                    .is_none_or(|(_, c)| is_line_end(c)) =>
                {
                    characters.next();
                }
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => {
                    self.punctuator(offset + 1, Slash::Division);
                    let flags = self
                        .rest()
                        .bytes()
                        .take_while(|byte| is_word(*byte))
                        .count();
                    self.at += flags;
                    return Ok(());
                }
                _ if is_line_end(character) => break,
                _ => {}
            }
        }
        Err(Stop::Here)
    }
}

/// ECMA-262, LineTerminator.
fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

trait TrimSuffix {
    fn trim_suffix_while(&self, dropped: impl Fn(u8) -> bool) -> &Self;
}

impl TrimSuffix for [u8] {
    fn trim_suffix_while(&self, dropped: impl Fn(u8) -> bool) -> &Self {
        let kept = self
            .iter()
            .rposition(|byte| !dropped(*byte))
            .map_or(0, |last| last + 1);
        &self[..kept]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(code: &str) -> &str {
        &code[..Group::new(code).length(usize::MAX - 1)]
    }

    #[test]
    fn a_group_ends_at_its_parenthesis() {
        for inside in [
            "a=1",
            "a = f(b)[c]{}",
            "')'",
            "\"\\\")\"",
            "`)`",
            "`${')'}`",
            "`${`)`})`",
            "/* ) */",
            "// )\n",
            "/)/",
            "/[/)]/g",
            "/\\/)/",
            "a / b",
            "f(a) / 2",
            "[a] / 2",
            "a++ / 2",
            "'\\\n)'",
            "a.return / 2",
            "if (a) /)/.test(b)",
            "x => { if (a) /)/.test(b) }",
            "return /)/",
            "a.if(b) / 2",
            "`${a}` / 2",
            "1. / 2",
            "'\u{2028})'",
            "// \u{2028}'a)'",
            "...[a]",
            "ä / 2",
            "\u{a0}/)/",
        ] {
            let code = format!("({inside})");
            assert_eq!(group(&format!("{code} + ')'")), code);
        }
    }

    #[test]
    fn a_group_ends_where_the_parser_would_stop() {
        assert_eq!(group("(a=]) + 1"), "(a=");
        assert_eq!(group("(a='b\n') + 1"), "(a=");
        assert_eq!(group("(a=/b\n/) + 1"), "(a=");
        assert_eq!(group("(a=(b)"), "(a=(b)");
    }

    #[test]
    fn a_group_that_is_unclear_reaches_to_the_end() {
        for code in [
            "(a={}/1) + 2",
            "(a=yield /)/ + 1) + 2",
            "(a=b-->1) + 2",
            "(a=\\u0061) + 2",
        ] {
            assert_eq!(group(code), code);
        }
    }

    #[test]
    fn what_programs_do_is_affordable() {
        let calls = "f(a = 1, { b: [1, 2] }, /([^\"]*)/.exec(c));\n".repeat(2_000);
        let arrows = "const f = ({ a = 1, b: [c] }, d = g(e)) => ({ a, d });\n".repeat(1_500);
        let groups = "while ((m = pattern.exec(text))) { (a = b), (c = (d = e)); }\n".repeat(1_500);
        for code in [&calls, &arrows, &groups] {
            assert_eq!(check(code), Ok(()));
        }
        let nested = format!(
            "{}1{}",
            "f({ then: (a = 1) => g(".repeat(50),
            ") })".repeat(50)
        );
        assert_eq!(check(&nested), Ok(()));
    }

    #[test]
    fn what_only_an_attacker_would_do_is_refused() {
        for unit in [
            "(a=",
            "({a=",
            "([a=",
            "({[",
            "async(a=",
            "as\\u0079nc (a=",
            "(a,@(",
            "(a=()=>{",
            "a?(a=",
            "if(a)(b=",
            "(/**/a=",
            "(//\na=",
            "//f\n(a=",
            "(a,b=",
            "(\\u0061=",
            "(ä=",
            "return(a=",
            "(\u{a0}a=",
            "(\u{b}a=",
            "({1.5:a=",
            "({.5:a=",
            "({1e+5:a=",
            "({'a':b=",
            "({a,b:[c=",
            "(...[a=",
            "({a:{[",
        ] {
            let code = unit.repeat(100_000 / unit.len());
            assert!(check(&code).is_err(), "{unit}");
        }
    }
}
