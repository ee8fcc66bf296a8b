//! Which fixtures does a test read?
//!
//! Those whose names are among the strings in its text: a sandbox gets files only when it starts.

use std::collections::BTreeSet;

use crate::tree::Tree;

/// The most bytes of fixtures that a test gets; the largest one that a test needs has 1.5 MB.
const BYTES_MAX: u64 = 6_000_000;

/// The paths of a test's fixtures, below `fixtures`.
pub(crate) fn named_in(text: &str, tree: &Tree) -> BTreeSet<String> {
    let strings = strings(text);
    let mut found = BTreeSet::new();
    for string in &strings {
        let name = string.rsplit('/').next().unwrap_or(string);
        for name in [
            name.to_owned(),
            format!("{name}.js"),
            format!("{name}.json"),
        ] {
            let files = tree.fixtures.get(&name).into_iter().flatten();
            // Many folders have an `index.js`: the one that the string, or another one, speaks of.
            found.extend(
                files
                    .filter(|path| is_meant(path, string, &strings))
                    .cloned(),
            );
        }
    }
    if text.contains("readKey") || strings.contains("keys") {
        let all = tree.fixtures.values().flatten();
        found.extend(all.filter(|path| path.starts_with("keys/")).cloned());
    }
    if text.contains("utf8TestText") {
        found.insert("utf8_test_text.txt".to_owned());
    }
    if strings.contains("wpt") {
        found.extend(of_the_web_platform(text, tree));
    }
    let mut bytes = 0;
    found.retain(|path| {
        bytes += tree.size(&format!("fixtures/{path}"));
        bytes <= BYTES_MAX
    });
    found
}

/// The files that a test names by `fixtures.path('wpt', …)`.
fn of_the_web_platform(text: &str, tree: &Tree) -> Vec<String> {
    let calls = text.split("('wpt', ").skip(1);
    let paths = calls.filter_map(|rest| rest.split_once(')').map(|(parts, _)| parts));
    let paths = paths.map(|parts| {
        let parts = parts.split(',').map(|part| part.trim().trim_matches('\''));
        format!("wpt/{}", parts.collect::<Vec<_>>().join("/"))
    });
    paths
        .filter(|path| tree.size(&format!("fixtures/{path}")) > 0)
        .collect()
}

fn is_meant(path: &str, string: &str, strings: &BTreeSet<String>) -> bool {
    let Some((folder, _)) = path.rsplit_once('/') else {
        return true;
    };
    let within = string.contains('/')
        && path.trim_end_matches(".js").ends_with(
            string
                .trim_start_matches("../")
                .trim_end_matches(".js")
                .trim_start_matches("fixtures/"),
        );
    within || folder.split('/').any(|part| strings.contains(part)) || strings.contains(folder)
}

/// What stands between quotes, of any kind.
fn strings(text: &str) -> BTreeSet<String> {
    let mut strings = BTreeSet::new();
    for line in text.lines() {
        for quote in ['\'', '"', '`'] {
            let mut parts = line.split(quote);
            parts.next();
            strings.extend(
                parts
                    .filter(|part| !part.is_empty() && part.len() < 200)
                    .map(str::to_owned),
            );
        }
    }
    strings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_what_stands_between_quotes() {
        let found = strings("fixtures.path('keys', \"a.pem\"); x(`b.js`)");
        for string in ["keys", "a.pem", "b.js"] {
            assert!(found.contains(string), "{string} is missing in {found:?}");
        }
    }

    #[test]
    fn a_file_in_a_folder_is_meant_when_the_folder_is_named_too() {
        let strings = strings("fixtures.path('wasi', 'a.txt')");
        assert!(is_meant("wasi/a.txt", "a.txt", &strings));
        assert!(is_meant("a.txt", "a.txt", &strings));
        assert!(!is_meant("other/a.txt", "a.txt", &strings));
        assert!(is_meant(
            "other/a.js",
            "../fixtures/other/a",
            &BTreeSet::new()
        ));
    }
}
