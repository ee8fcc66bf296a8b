//! How is a published crate changed before it is compiled?
//!
//! Its source is copied, and the copy is changed by a unified diff that is committed. A hunk is
//! found by its text, not by its line numbers, and the text must occur exactly once: a patch that
//! no longer fits its crate fails, and never lands somewhere else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// Copies the crate in `package` to `copy`, changed by the diff in `patch`.
///
/// # Errors
/// When the diff is malformed, changes a file that the crate does not have, or does not fit.
pub(crate) fn copy(package: &Path, patch: &Path, copy: &Path) -> Result<()> {
    let diff = fs::read_to_string(patch).with_context(|| patch.display().to_string())?;
    let mut changes = parse(&diff).with_context(|| format!("{} is malformed", patch.display()))?;
    let mut files = Vec::new();
    list(package, &mut files)?;
    for file in files {
        let name = file.strip_prefix(package).expect("listed from the package");
        let mut content = fs::read(&file).with_context(|| file.display().to_string())?;
        if let Some(hunks) = changes.remove(name) {
            content = apply(String::from_utf8(content)?, &hunks)
                .with_context(|| format!("{} does not fit {}", patch.display(), file.display()))?
                .into_bytes();
        }
        write_if_new(&copy.join(name), &content)?;
    }
    ensure!(
        changes.is_empty(),
        "{} changes files that do not exist: {:?}",
        patch.display(),
        changes.keys(),
    );
    Ok(())
}

/// Some lines of a file, before and after.
#[derive(Debug, Default, PartialEq, Eq)]
struct Hunk {
    old: String,
    new: String,
}

/// The hunks of each file. What stands before the first file is prose.
fn parse(diff: &str) -> Result<BTreeMap<PathBuf, Vec<Hunk>>> {
    let mut files = BTreeMap::new();
    let mut file: Option<&mut Vec<Hunk>> = None;
    for line in diff.split_inclusive('\n') {
        if line.starts_with("--- a/") {
            file = None;
        } else if let Some(name) = line.strip_prefix("+++ b/") {
            file = Some(files.entry(PathBuf::from(name.trim_end())).or_default());
        } else if let Some(hunks) = &mut file {
            extend(hunks, line)?;
        }
    }
    ensure!(!files.is_empty(), "it changes nothing");
    Ok(files)
}

fn extend(hunks: &mut Vec<Hunk>, line: &str) -> Result<()> {
    if line.starts_with("@@ ") {
        hunks.push(Hunk::default());
        return Ok(());
    }
    let hunk = hunks.last_mut().context("a file begins without a hunk")?;
    let (kind, text) = line.split_at_checked(1).context("an empty line")?;
    match kind {
        " " => {
            hunk.old += text;
            hunk.new += text;
        }
        "-" => hunk.old += text,
        "+" => hunk.new += text,
        _ => bail!("a line begins with neither a blank, nor + nor -: {line:?}"),
    }
    Ok(())
}

fn apply(mut source: String, hunks: &[Hunk]) -> Result<String> {
    for Hunk { old, new } in hunks {
        let found = source.matches(old.as_str()).count();
        ensure!(found == 1, "found {found} times instead of once:\n{old}");
        source = source.replacen(old, new, 1);
    }
    Ok(source)
}

/// Leaves a file alone that is as it should be, so that cargo does not compile it again.
fn write_if_new(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

fn list(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        match path.is_dir() {
            true => list(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str =
        "Prose.\n\n--- a/src/a.c\n+++ b/src/a.c\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n";

    fn hunks() -> Vec<Hunk> {
        parse(DIFF).unwrap().remove(Path::new("src/a.c")).unwrap()
    }

    #[test]
    fn a_hunk_is_found_by_its_text() {
        let source = "zero\none\ntwo\nthree\n".to_owned();
        assert_eq!(apply(source, &hunks()).unwrap(), "zero\none\n2\nthree\n");
    }

    #[test]
    fn a_hunk_that_does_not_fit_exactly_once_is_an_error() {
        for (source, times) in [
            ("one\ntwo\n", "0 times"),
            ("one\ntwo\nthree\none\ntwo\nthree\n", "2 times"),
        ] {
            let error = apply(source.to_owned(), &hunks()).unwrap_err();
            assert!(error.to_string().contains(times), "{error}");
        }
    }

    #[test]
    fn a_diff_that_is_malformed_is_an_error() {
        for diff in [
            "",
            "prose\n",
            "+++ b/a\n line\n",
            "+++ b/a\n@@ -1 +1 @@\nline\n",
        ] {
            assert!(parse(diff).is_err(), "{diff:?}");
        }
    }
}
