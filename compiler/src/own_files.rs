//! Which files does a lambda bring along, to read them with `fs`?
//!
//! Those that `files` in its `package.json` names, as npm reads it: patterns like those of `.gitignore`, which
//! begin at the package. Nothing that it does not name leaves the folder, and `node_modules` never does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use sandglass_runtime::artifact::{Bundle, FileBytes};

use crate::{CompileError, CompileErrorKind};

/// How many files a lambda reads at most.
pub(crate) const FILES_MAX: usize = 1_000;
/// How large they are together at most.
pub(crate) const BYTES_MAX: usize = 4_000_000;
/// How long a path is at most, as for Linux.
const PATH_BYTES_MAX: usize = 1_024;
/// The modules without which nobody reads a file.
const READERS: [&str; 2] = ["fs", "fs/promises"];
/// What npm never packs.
const NEVER: [&str; 2] = ["node_modules", ".git"];

const HINT: &str =
    "name less in `files` of package.json: what `import` and `require` load is there without it";

/// Whether any file of a lambda could be read.
pub(crate) fn are_read(requires: &[String]) -> bool {
    requires.iter().any(|name| READERS.contains(&name.as_str()))
}

/// Whether the package of a folder names files.
pub(crate) fn are_named(root: &Path) -> bool {
    !patterns(root).is_empty()
}

/// The files of a folder that its `package.json` names, by path relative to it.
///
/// # Errors
/// When a pattern is none, a file cannot be read or is a symbolic link, or there are too many.
pub(crate) fn read(root: &Path) -> Result<BTreeMap<String, FileBytes>, CompileError> {
    let patterns = patterns(root);
    if patterns.is_empty() {
        return Ok(BTreeMap::new());
    }
    let named = named(root, &patterns)?;
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error| refused(&folder, format!("cannot be read: {error}"));
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let kind = entry.file_type().map_err(unreadable)?;
            if NEVER.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if named.matched_path_or_any_parents(&path, false).is_ignore() {
                let (name, bytes) = file(root, &path, kind.is_file())?;
                found.insert(name, FileBytes(bytes));
                check(&found)?;
            }
        }
    }
    Ok(found)
}

fn file(root: &Path, path: &Path, is_file: bool) -> Result<(String, Vec<u8>), CompileError> {
    if !is_file {
        let why = "is named in `files` of package.json and is not a regular file";
        return Err(refused(path, why.to_owned()));
    }
    let inside = path.strip_prefix(root).unwrap_or(path);
    let name = inside
        .to_str()
        .ok_or_else(|| refused(path, "has a name that is not UTF-8".to_owned()))?;
    let bytes =
        std::fs::read(path).map_err(|error| refused(path, format!("cannot be read: {error}")))?;
    Ok((name.replace('\\', "/"), bytes))
}

fn patterns(root: &Path) -> Vec<String> {
    let package = std::fs::read(root.join("package.json")).unwrap_or_default();
    let package: serde_json::Value = serde_json::from_slice(&package).unwrap_or_default();
    let named = package["files"].as_array().into_iter().flatten();
    named
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect()
}

fn named(root: &Path, patterns: &[String]) -> Result<Gitignore, CompileError> {
    let package = root.join("package.json");
    let mut builder = GitignoreBuilder::new(root);
    for pattern in patterns {
        let (not, rest) = match pattern.strip_prefix('!') {
            Some(rest) => ("!", rest),
            None => ("", pattern.as_str()),
        };
        let rest = rest.trim_start_matches("./").trim_start_matches('/');
        let added = builder.add_line(Some(package.clone()), &format!("{not}/{rest}"));
        added
            .map_err(|error| refused(&package, format!("names {pattern:?} in `files`: {error}")))?;
    }
    builder.build().map_err(|error| {
        refused(
            &package,
            format!("names what is no pattern in `files`: {error}"),
        )
    })
}

/// Refuses files that are too many or too large, and paths that are none.
///
/// # Errors
/// When one of the bounds is passed.
pub(crate) fn check(files: &BTreeMap<String, FileBytes>) -> Result<(), CompileError> {
    let bytes: usize = files.values().map(|file| file.0.len()).sum();
    let why = match files.keys().find(|path| !is_path(path)) {
        Some(path) => {
            let shown: String = path.chars().take(120).collect();
            format!("{shown:?} is not the path of a file of a lambda: it is relative, has no `.` nor `..`, and at most 1,024 bytes")
        }
        None if files.len() > FILES_MAX => {
            "a lambda reads at most 1,000 files of its own, and these are more".to_owned()
        }
        None if bytes > BYTES_MAX => {
            "the files that a lambda reads have at most 4,000,000 bytes together, and these have more"
                .to_owned()
        }
        None => return Ok(()),
    };
    Err(CompileError::new(CompileErrorKind::Source, "", why).with_hint(HINT))
}

fn is_path(path: &str) -> bool {
    let is_part =
        |part: &str| !matches!(part, "" | "." | "..") && !part.chars().any(char::is_control);
    path.len() <= PATH_BYTES_MAX && path.split('/').all(is_part)
}

/// Adds the files to a bundle that may read them.
///
/// # Errors
/// As [`read`].
pub(crate) fn add(bundle: &mut Bundle, root: Option<&PathBuf>) -> Result<(), CompileError> {
    if let Some(root) = root
        && are_read(&bundle.requires)
    {
        bundle.files = read(root)?;
    }
    Ok(())
}

fn refused(path: &Path, why: String) -> CompileError {
    let message = format!("{} {why}", path.display());
    CompileError::new(CompileErrorKind::Source, "", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(files: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("package.json", &format!("{{ \"files\": {files} }}"));
        for path in [
            "index.js",
            "a.html",
            "mail/b.html",
            "mail/de/c.html",
            "mail/de/d.txt",
            "node_modules/x/e.html",
        ] {
            write(path, path);
        }
        folder
    }

    fn names(files: &str) -> Vec<String> {
        let folder = package(files);
        read(folder.path()).unwrap().into_keys().collect()
    }

    #[test]
    fn the_files_are_those_that_npm_would_pack() {
        assert_eq!(names("[]"), [""; 0]);
        assert_eq!(names("[\"*.html\"]"), ["a.html"]);
        assert_eq!(
            names("[\"./mail\"]"),
            ["mail/b.html", "mail/de/c.html", "mail/de/d.txt"]
        );
        assert_eq!(names("[\"mail/*.html\"]"), ["mail/b.html"]);
        assert_eq!(
            names("[\"**/*.html\"]"),
            ["a.html", "mail/b.html", "mail/de/c.html"]
        );
        assert_eq!(
            names("[\"mail\", \"!mail/de/d.txt\"]"),
            ["mail/b.html", "mail/de/c.html"]
        );
    }

    #[test]
    fn what_is_no_file_is_named_and_not_followed() {
        let folder = package("[\"secret\"]");
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("secret")).unwrap();
        let error = read(folder.path()).unwrap_err();
        assert!(error.message.ends_with("is not a regular file"), "{error}");
    }

    #[test]
    fn there_are_a_thousand_files_of_four_megabytes_at_most() {
        let of = |count: usize, bytes: usize| {
            (0..count)
                .map(|index| (format!("{index}"), FileBytes(vec![0; bytes])))
                .collect::<BTreeMap<_, _>>()
        };
        assert!(check(&of(1_000, 4_000)).is_ok());
        assert!(check(&of(1_001, 1)).unwrap_err().message.contains("1,000"));
        assert!(
            check(&of(1, 4_000_001))
                .unwrap_err()
                .message
                .contains("4,000,000")
        );
    }

    #[test]
    fn a_path_stays_below_the_root() {
        let checked =
            |path: &str| check(&BTreeMap::from([(path.to_owned(), FileBytes::default())]));
        for path in ["a", "a/b.c", "ä/…", &"x".repeat(1_024)] {
            assert!(checked(path).is_ok(), "{path}");
        }
        for path in [
            "",
            "/a",
            "a/",
            "a//b",
            "../a",
            "a/./b",
            "a\0b",
            &"x".repeat(1_025),
        ] {
            assert!(checked(path).is_err(), "{path:?}");
        }
    }
}
