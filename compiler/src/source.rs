//! What does a build start from?

use std::collections::BTreeMap;

use sandglass_runtime::artifact::Bundle;

use crate::compile_error::Place;
use crate::{CompileError, CompileErrorKind, own_files};

/// The platform's bound on a source.
const CODE_CHARACTERS_MAX: usize = 100_000;
/// Some times the largest of the packages that lambdas are known to use.
const BUNDLE_BYTES_MAX: usize = 8_000_000;
/// A map is about as long as its code.
const MAP_BYTES_MAX: usize = 16_000_000;
/// Far above what a file system allows, and short enough for every stack line.
const FILE_NAME_CHARACTERS_MAX: usize = 255;
/// The platform's bound on the number of variables.
const VARIABLES_MAX: usize = 512;
/// The platform's bound on a variable's name.
const NAME_CHARACTERS_MAX: usize = 200;
/// As long as a source. The platform's own bound of 200 is an account's rule, not the engine's.
const VALUE_CHARACTERS_MAX: usize = 100_000;
/// All values together; what a build copies into its sandbox stays bounded.
const VALUES_CHARACTERS_MAX: usize = 2_000_000;

/// A lambda's source and what is fixed with it at build time.
///
/// ```
/// use sandglass_compiler::Source;
///
/// # fn main() -> Result<(), sandglass_compiler::CompileError> {
/// let source = Source::new("hello.js", "function lambda(input, callback) { callback(null, 1); }")?
///     .env("GREETING", "Hello")?;
/// assert_eq!(source.file_name(), "hello.js");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    file_name: String,
    code: String,
    environment: BTreeMap<String, String>,
    bundle: Option<Bundle>,
}

impl Source {
    /// A source file. Of a path only the last component is kept, and `.js` is added where there is
    /// no extension; a byte order mark is dropped.
    ///
    /// # Errors
    /// When the file name is not one, or the source has more than 100,000 characters.
    pub fn new(
        file_name: impl Into<String>,
        code: impl Into<String>,
    ) -> Result<Self, CompileError> {
        let file_name = checked_file_name(&file_name.into())?;
        let mut code = code.into();
        if code.starts_with('\u{feff}') {
            code.drain(..'\u{feff}'.len_utf8());
        }
        let characters = code.chars().count();
        if characters > CODE_CHARACTERS_MAX {
            let message = format!(
                "the source has {} characters, at most 100,000 are allowed",
                grouped(characters)
            );
            return Err(
                CompileError::new(CompileErrorKind::Source, file_name, message)
                    .with_hint("split it into several lambdas, or leave out what it does not use"),
            );
        }
        Ok(Self {
            file_name,
            code,
            environment: BTreeMap::new(),
            bundle: None,
        })
    }

    /// A source of which another process has checked the name and the text already.
    pub(crate) fn checked(file_name: String, code: String) -> Self {
        Self {
            file_name,
            code,
            environment: BTreeMap::new(),
            bundle: None,
        }
    }

    /// A source file as it was read, which must be UTF-8.
    ///
    /// # Errors
    /// As [`Source::new`], and when the bytes are not UTF-8: the error names the first wrong byte.
    pub fn from_utf8(
        file_name: impl Into<String>,
        code: impl Into<Vec<u8>>,
    ) -> Result<Self, CompileError> {
        match String::from_utf8(code.into()) {
            Ok(code) => Self::new(file_name, code),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let file_name = checked_file_name(&file_name.into())?;
                Err(not_utf8(file_name, error.as_bytes(), good))
            }
        }
    }

    /// Sets an environment variable, which the lambda reads as `process.env.NAME`. The last value
    /// of a name wins.
    ///
    /// # Errors
    /// When the name is not a POSIX one (a letter or `_`, then letters, digits and `_`, at most 200
    /// of them), the value is longer than 100,000 characters or contains NUL, there would be more
    /// than 512 variables, or their values together would exceed 2,000,000 characters.
    pub fn env(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, CompileError> {
        let (name, value) = (name.into(), value.into());
        if let Err(broken) = check_variable(&name, &value) {
            return Err(self.environment_error(broken));
        }
        self.environment.insert(name, value);
        if self.environment.len() > VARIABLES_MAX {
            return Err(
                self.environment_error("there are more than 512 environment variables".into())
            );
        }
        let characters: usize = self
            .environment
            .values()
            .map(|value| value.chars().count())
            .sum();
        if characters > VALUES_CHARACTERS_MAX {
            let message = "the environment variables have more than 2,000,000 characters together";
            return Err(self.environment_error(message.into()));
        }
        Ok(self)
    }

    /// Gives the script that was made of the source and of everything that it imports, which is
    /// evaluated in its place. See [`pack`](crate::pack).
    ///
    /// # Errors
    /// When the bundle has more than 8,000,000 bytes of code, a map of more than 16,000,000, more than 1,000
    /// files to read, or such of more than 4,000,000 bytes together.
    pub fn with_bundle(mut self, bundle: Bundle) -> Result<Self, CompileError> {
        for (what, bytes, most) in [
            ("code", bundle.code.len(), BUNDLE_BYTES_MAX),
            ("source map", bundle.map.len(), MAP_BYTES_MAX),
        ] {
            if bytes > most {
                let message = format!(
                    "the {what} of the lambda with all that it imports has {} bytes, at most {} \
                     are allowed",
                    grouped(bytes),
                    grouped(most)
                );
                return Err(self
                    .error(CompileErrorKind::Source, message)
                    .with_hint("import less: look at what the largest package is needed for"));
            }
        }
        own_files::check(&bundle.files)?;
        self.bundle = Some(bundle);
        Ok(self)
    }

    /// What is evaluated in place of the source.
    pub fn bundle(&self) -> Option<&Bundle> {
        self.bundle.as_ref()
    }

    /// The file name that error stacks show.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The source text.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The environment variables, by name.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// The text of a line, counted from 1, without its line break.
    pub(crate) fn line(&self, number: u32) -> Option<&str> {
        let index = (number as usize).checked_sub(1)?;
        self.code
            .split('\n')
            .nth(index)
            .map(|line| line.strip_suffix('\r').unwrap_or(line))
    }

    /// The place of a byte offset.
    pub(crate) fn place(&self, offset: usize) -> Place {
        place_after(&self.code[..self.code.floor_char_boundary(offset)])
    }

    /// An error about this source as a whole.
    pub(crate) fn error(&self, kind: CompileErrorKind, message: impl Into<String>) -> CompileError {
        CompileError::new(kind, &self.file_name, message)
    }

    fn environment_error(&self, message: String) -> CompileError {
        self.error(CompileErrorKind::Source, message)
    }
}

fn checked_file_name(path: &str) -> Result<String, CompileError> {
    let refused = |why: &str| {
        let shown: String = path.chars().filter(|c| !c.is_control()).take(120).collect();
        CompileError::new(
            CompileErrorKind::Source,
            "",
            format!("{shown:?} is not a file name: {why}"),
        )
        .with_hint("name the source like a file, such as `hello.js`")
    };
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    if matches!(name, "" | "." | "..") {
        return Err(refused("it is empty"));
    }
    if name.chars().any(char::is_control) {
        return Err(refused("it contains a control character"));
    }
    if name.chars().count() > FILE_NAME_CHARACTERS_MAX {
        return Err(refused("it is longer than 255 characters"));
    }
    Ok(if name.contains('.') {
        name.to_owned()
    } else {
        format!("{name}.js")
    })
}

fn check_variable(name: &str, value: &str) -> Result<(), String> {
    let mut characters = name.bytes();
    let posix = characters
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && characters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let shown: String = name.chars().take(60).collect();
    if !posix {
        return Err(format!(
            "{shown:?} is not the name of an environment variable: a letter or `_`, then letters, \
             digits and `_`"
        ));
    }
    if name.len() > NAME_CHARACTERS_MAX {
        return Err(format!(
            "the environment variable {shown}… has a name of more than 200 characters"
        ));
    }
    if value.contains('\0') {
        return Err(format!(
            "the value of the environment variable {shown} contains a NUL character"
        ));
    }
    if value.chars().count() > VALUE_CHARACTERS_MAX {
        return Err(format!(
            "the value of the environment variable {shown} has more than 100,000 characters"
        ));
    }
    Ok(())
}

fn not_utf8(file_name: String, bytes: &[u8], good: usize) -> CompileError {
    let before = String::from_utf8_lossy(&bytes[..good]);
    let place = place_after(&before);
    let message = match bytes.get(good) {
        Some(byte) => format!("the source is not UTF-8 text: byte 0x{byte:02x} at offset {good}"),
        None => "the source is not UTF-8 text".to_owned(),
    };
    let mut error = CompileError::new(CompileErrorKind::Source, file_name, message)
        .with_hint("save the file with the encoding UTF-8");
    let line = bytes[good..]
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    error.source_line = format!("{}{}", &before[start..], String::from_utf8_lossy(line));
    (error.line, error.column) = (place.line, place.column);
    error
}

/// Where the text that follows `before` begins.
fn place_after(before: &str) -> Place {
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before[start..].chars().count() + 1;
    let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
    Place {
        line: small(line),
        column: small(column),
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits are ASCII"))
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Source {
        Source::new("hello.js", "function lambda() {}").unwrap()
    }

    #[test]
    fn a_source_has_at_most_a_hundred_thousand_characters_not_bytes() {
        assert!(Source::new("a.js", "x".repeat(100_000)).is_ok());
        assert!(Source::new("a.js", "😀".repeat(100_000)).is_ok());
        let error = Source::new("a.js", "x".repeat(100_001)).unwrap_err();
        assert_eq!(error.kind, CompileErrorKind::Source);
        assert_eq!(
            error.to_string(),
            "a.js: the source has 100,001 characters, at most 100,000 are allowed"
        );
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        assert_eq!(
            Source::new("a.js", "\u{feff}let a;").unwrap().code(),
            "let a;"
        );
    }

    #[test]
    fn a_path_is_cut_to_its_last_component() {
        for (path, name) in [
            ("hello.js", "hello.js"),
            ("hello", "hello.js"),
            ("/srv/lambdas/hello.js", "hello.js"),
            ("C:\\lambdas\\hello.mjs", "hello.mjs"),
            ("../../hello.js", "hello.js"),
            ("größe.js", "größe.js"),
        ] {
            assert_eq!(Source::new(path, "").unwrap().file_name(), name, "{path}");
        }
    }

    #[test]
    fn a_name_that_would_garble_a_stack_is_refused() {
        for path in [
            "",
            "/",
            "..",
            "a/..",
            "a\nb.js",
            "\u{1b}[31m.js",
            "a\0.js",
            &"x".repeat(256),
        ] {
            let error = Source::new(path, "").unwrap_err();
            assert_eq!(error.kind, CompileErrorKind::Source, "{path:?}");
            assert!(!error.to_string().contains(char::is_control), "{error}");
        }
        assert!(Source::new("x".repeat(255), "").is_ok());
    }

    #[test]
    fn bytes_that_are_not_utf8_are_named_with_their_place() {
        let error = Source::from_utf8("a.js", b"let a;\nlet b = '\xff';\n".to_vec()).unwrap_err();
        assert_eq!(
            (error.kind, error.line, error.column),
            (CompileErrorKind::Source, 2, 10)
        );
        assert_eq!(error.source_line, "let b = '\u{fffd}';");
        assert_eq!(
            error.to_string(),
            "a.js:2:10: the source is not UTF-8 text: byte 0xff at offset 16"
        );
        let cut = Source::from_utf8("a.js", b"\xf0\x9f".to_vec()).unwrap_err();
        assert_eq!((cut.line, cut.column), (1, 1));
        assert_eq!(
            Source::from_utf8("a.js", "ä".as_bytes()).unwrap().code(),
            "ä"
        );
    }

    #[test]
    fn a_variable_has_a_posix_name_of_at_most_two_hundred_characters() {
        for name in ["A", "_", "a1_B", &"N".repeat(200)] {
            assert!(hello().env(name, "x").is_ok(), "{name}");
        }
        for name in ["", "1A", "A B", "A=B", "A-B", "Ä", "A\0", &"N".repeat(201)] {
            let error = hello().env(name, "x").unwrap_err();
            assert_eq!(error.kind, CompileErrorKind::Source, "{name:?}");
        }
    }

    #[test]
    fn a_value_is_bounded() {
        assert!(hello().env("A", "ä".repeat(100_000)).is_ok());
        assert!(hello().env("A", "ä".repeat(100_001)).is_err());
        assert!(hello().env("A", "a\0b").is_err());
    }

    #[test]
    fn the_values_together_are_bounded() {
        let value = "x".repeat(100_000);
        let full = (0..20).try_fold(hello(), |source, n| source.env(format!("A{n}"), &value));
        let error = full.unwrap().env("ONE_MORE", "x").unwrap_err();
        assert!(error.message.contains("2,000,000"), "{error}");
    }

    #[test]
    fn there_are_at_most_512_variables_and_the_last_value_wins() {
        let full = (0..512).try_fold(hello(), |source, n| source.env(format!("A{n}"), "x"));
        let full = full.unwrap().env("A7", "y").unwrap();
        assert_eq!(full.environment()["A7"], "y");
        assert!(
            full.env("ONE_MORE", "x")
                .unwrap_err()
                .message
                .contains("512")
        );
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a.js", "ä😀b\r\nc\n").unwrap();
        assert_eq!(source.place(0), Place { line: 1, column: 1 });
        assert_eq!(source.place("ä😀".len()), Place { line: 1, column: 3 });
        assert_eq!(source.place("ä😀b\r\n".len()), Place { line: 2, column: 1 });
        assert_eq!(source.place(10_000), Place { line: 3, column: 1 });
        assert_eq!(source.line(1), Some("ä😀b"));
        assert_eq!(source.line(2), Some("c"));
        assert_eq!((source.line(0), source.line(4)), (None, None));
    }
}
