//! `docs/promises.md` names only tests that exist.

use std::fs;
use std::path::{Path, PathBuf};

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The `file::test` pairs that the page names; a test's name is a sentence, so it has a `_`.
fn named(page: &str) -> Vec<(&str, &str)> {
    let quoted = page.split('`').skip(1).step_by(2);
    let is_name = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    quoted
        .filter_map(|text| text.rsplit_once("::"))
        .filter(|(_, test)| is_name(test) && test.contains('_'))
        .collect()
}

#[test]
fn every_test_that_a_promise_names_exists() {
    let page =
        fs::read_to_string(root().join("docs/promises.md")).expect("the promises are written");
    let named = named(&page);
    assert!(named.len() > 50, "{named:?}");
    let missing: Vec<_> = named
        .into_iter()
        .filter(|(file, test)| {
            let path = match file.ends_with(".rs") {
                true => root().join(file),
                false => root()
                    .join("tests/spec")
                    .join(format!("{}.rs", file.replace("::", "/"))),
            };
            let source = fs::read_to_string(path).unwrap_or_default();
            !source.contains(&format!("fn {test}("))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
