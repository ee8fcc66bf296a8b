//! How is one file of the catalog read, and where in it is what is wrong with it?

use std::borrow::Cow;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::de::DeserializeOwned;
use toml::Spanned;

use super::CatalogError;

/// Files of one kind in the operator's directory.
pub(super) const FILES_MAX: usize = 1_000;
/// The longest file: room for the longest source and a large sample.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// The longest id (spec 1.4).
const ID_CHARS_MAX: usize = 60;

/// A file, and what it is called in errors.
pub(super) struct File {
    path: PathBuf,
    text: Cow<'static, str>,
    is_own: bool,
}

impl File {
    /// A file that is part of the program.
    pub(super) fn built_in(path: &str, text: &'static str) -> Self {
        Self {
            path: PathBuf::from(path),
            text: Cow::Borrowed(text),
            is_own: false,
        }
    }

    fn read(path: PathBuf) -> Result<Self, CatalogError> {
        let read = || {
            if fs::metadata(&path)?.len() > FILE_BYTES_MAX {
                let message = format!("the file has more than {FILE_BYTES_MAX} bytes");
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
            }
            fs::read_to_string(&path)
        };
        match read() {
            Ok(text) => Ok(Self {
                path,
                text: Cow::Owned(text),
                is_own: true,
            }),
            Err(source) => Err(CatalogError::Read { path, source }),
        }
    }

    /// The path, where it is a file of the operator's.
    pub(super) fn own_path(&self) -> Option<&Path> {
        self.is_own.then_some(&*self.path)
    }

    /// What the file says; unknown and missing keys are mistakes.
    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, CatalogError> {
        toml::from_str(&self.text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let message = error.message().lines().next().unwrap_or_default();
            self.mistake(offset, message)
        })
    }

    /// A mistake at a place of the file.
    pub(super) fn mistake(&self, offset: usize, message: impl Display) -> CatalogError {
        self.mistake_in_line(self.line_of(offset), message)
    }

    /// A mistake in a line of the file.
    pub(super) fn mistake_in_line(&self, line: usize, message: impl Display) -> CatalogError {
        CatalogError::Mistake {
            path: self.path.clone(),
            line,
            message: message.to_string(),
        }
    }

    /// A mistake in a value.
    pub(super) fn wrong<T>(&self, value: &Spanned<T>, message: impl Display) -> CatalogError {
        self.mistake(value.span().start, message)
    }

    /// The line of the file in which the first line of a text stands. A text between three quotes may
    /// begin in the line behind them.
    pub(super) fn first_line_of(&self, text: &Spanned<String>) -> usize {
        let written = &self.text[text.span()];
        let quoted = ["'''", "\"\"\""]
            .iter()
            .find_map(|quotes| written.strip_prefix(quotes));
        let next = quoted.is_some_and(|text| text.starts_with(['\n', '\r']));
        self.line_of(text.span().start) + usize::from(next)
    }

    fn line_of(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    /// An id: what stands in a path without escapes.
    pub(super) fn id(&self, id: &Spanned<String>) -> Result<String, CatalogError> {
        let text = id.get_ref();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if (1..=ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(fits) {
            return Ok(text.clone());
        }
        let rule = format!("an id has 1 to {ID_CHARS_MAX} letters, digits, `_` and `-`");
        Err(self.wrong(id, rule))
    }

    /// A text for people, of one line.
    pub(super) fn words(
        &self,
        text: &Spanned<String>,
        chars_max: usize,
    ) -> Result<String, CatalogError> {
        let words = text.get_ref().trim();
        let chars = words.chars().count();
        if !(1..=chars_max).contains(&chars) || words.contains(char::is_control) {
            let rule = format!("this has to be one line of 1 to {chars_max} characters");
            return Err(self.wrong(text, rule));
        }
        Ok(words.to_owned())
    }
}

/// Makes sure that the operator's directory is one.
pub(super) fn is_directory(path: &Path) -> Result<(), CatalogError> {
    match fs::read_dir(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(CatalogError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// The files of a directory whose names end in `.toml`, by name. No directory has none.
pub(super) fn of_directory(path: &Path) -> Result<Vec<File>, CatalogError> {
    let failed = |source| CatalogError::Read {
        path: path.to_owned(),
        source,
    };
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            paths.push(path);
        }
    }
    if paths.len() > FILES_MAX {
        let path = path.to_owned();
        return Err(CatalogError::TooMany { path });
    }
    paths.sort();
    paths.into_iter().map(File::read).collect()
}
