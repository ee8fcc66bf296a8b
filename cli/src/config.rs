//! Where does a server's configuration come from?
//!
//! From one TOML file, over which `SANDGLASS_LISTEN`, `SANDGLASS_DATA` and
//! `SANDGLASS_SECRET_KEY` or their options take precedence.

use std::path::Path;

use sandglass_server::{Config, SecretKey};

use crate::exit::{Explain as _, Failure};
use crate::print::diagnostic::Place;

/// Every key with its default, commented.
pub(crate) const TEMPLATE: &str = include_str!("config/sandglass.toml");

/// Reads a configuration file.
pub(crate) fn read(file: &Path) -> Result<Config, Failure> {
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .doing(format!("cannot read the configuration {shown}"))
        .hint("`sandglass serve --print-config` prints one to start from")
        .blame_user()?;
    parse(&shown, &text)
}

/// The key that seals secrets, from the environment.
pub(crate) fn secret_key() -> Result<Option<SecretKey>, Failure> {
    match std::env::var("SANDGLASS_SECRET_KEY") {
        Err(std::env::VarError::NotPresent) => Ok(None),
        Ok(text) => text
            .parse()
            .map(Some)
            .doing("SANDGLASS_SECRET_KEY")
            .blame_user(),
        Err(error) => Err(error).doing("SANDGLASS_SECRET_KEY").blame_user(),
    }
}

fn parse(file: &str, text: &str) -> Result<Config, Failure> {
    toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let key = key_path(text, offset);
        let message = error.message().lines().next().unwrap_or_default();
        let message = match key.is_empty() {
            true => message.to_owned(),
            false => format!("{key}: {message}"),
        };
        Failure::usage(message)
            .with_place(Place::in_text(file, text, offset))
            .with_hint("`sandglass serve --print-config` prints every key with its default")
    })
}

/// The dotted path of the key that stands at an offset: the last table heading above, and the
/// key of the line.
fn key_path(text: &str, offset: usize) -> String {
    let offset = text.floor_char_boundary(offset.min(text.len()));
    let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default().trim();
    let heading = |line: &str| {
        let name = line.trim().strip_prefix('[')?.split(']').next()?;
        Some(name.trim_matches(['[', ' ']).to_owned())
    };
    if let Some(table) = heading(line) {
        return table;
    }
    let key = line.split_once('=').map_or("", |(key, _)| key.trim());
    match text[..line_start].lines().rev().find_map(heading) {
        Some(table) if !key.is_empty() => format!("{table}.{key}"),
        Some(table) => table,
        None => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_shown_with_its_key_and_place() {
        let text = "listen = '127.0.0.1:1'\n\n[journal]\nretention_days = 1\nkeep = 2\n";
        let failure = parse("s.toml", text).unwrap_err();
        let message = failure.error.to_string();
        assert!(
            message.starts_with("journal.keep: unknown field `keep`"),
            "{message}"
        );
        let place = failure.place.unwrap();
        assert_eq!((place.line, place.column), (5, 1));
        assert_eq!(place.source_line, "keep = 2");

        let failure = parse("s.toml", "listen = 5\n").unwrap_err();
        assert!(
            failure
                .error
                .to_string()
                .starts_with("listen: invalid type")
        );
        assert_eq!(
            parse("s.toml", "listen = \n")
                .unwrap_err()
                .place
                .unwrap()
                .line,
            1
        );
    }

    #[test]
    fn the_printed_configuration_is_the_default() {
        let text = uncommented();
        let mut config = parse("template", &text).unwrap();
        let default = Config::default();
        config.builds_max = default.builds_max;
        assert_eq!(format!("{config:?}"), format!("{default:?}"));
    }

    #[test]
    fn the_printed_configuration_has_every_key() {
        let text = uncommented();
        for key in keys(&format!("{:#?}", Config::default())) {
            let forms = [
                format!("\n{key} = "),
                // An example of what has no default.
                format!("\n# {key} = "),
                format!("[{key}]"),
                format!(".{key}]"),
            ];
            let known = forms.iter().any(|form| text.contains(form));
            assert!(
                known || matches!(key, "secret_key" | "worker"),
                "{key} is missing"
            );
        }
    }

    /// The template with its defaults in force.
    fn uncommented() -> String {
        let default =
            |line: &'static str| line.strip_prefix('#').filter(|rest| !rest.starts_with(' '));
        let lines = TEMPLATE.lines().map(|line| default(line).unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The names of the fields in a `Debug` text.
    fn keys(debug: &str) -> impl Iterator<Item = &str> {
        let names = debug
            .lines()
            .filter_map(|line| line.trim().split_once(": "));
        let is_name = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        names.map(|(name, _)| name).filter(is_name)
    }
}
