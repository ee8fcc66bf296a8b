//! Native code is only a cache: remade when missing, never trusted when it does not match.

use std::fs;
use std::path::{Path, PathBuf};

use sandglass_runtime::{BuildError, Runtime};

use crate::harness::{block_on, lambda, outcome, returned};

fn files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect();
    files.sort();
    files
}

/// Builds a runtime with that cache and runs hello in it.
fn run_with(cache: &Path) {
    block_on(async {
        let runtime = Runtime::builder()
            .code_cache(cache)
            .instances_max(2)
            .build()
            .unwrap();
        let hello = lambda("callback(null, 'hello')");
        let report = hello
            .load_into(&runtime)
            .await
            .invoke(hello.invocation())
            .await
            .unwrap();
        assert_eq!(outcome(&report), returned("hello"));
    });
}

#[test]
fn the_cache_is_filled_and_used_again_and_may_be_deleted() {
    let cache = tempfile::tempdir().unwrap();
    run_with(cache.path());
    let first = files(cache.path());
    assert!(!first.is_empty());
    let written: Vec<_> = first
        .iter()
        .map(|f| fs::metadata(f).unwrap().modified().unwrap())
        .collect();
    run_with(cache.path());
    assert_eq!(files(cache.path()), first);
    let still: Vec<_> = first
        .iter()
        .map(|f| fs::metadata(f).unwrap().modified().unwrap())
        .collect();
    assert_eq!(still, written, "nothing was written again");
    first.iter().for_each(|file| fs::remove_file(file).unwrap());
    run_with(cache.path());
    assert_eq!(files(cache.path()), first);
}

#[test]
fn a_file_that_was_tampered_with_is_not_trusted_and_is_made_again() {
    let cache = tempfile::tempdir().unwrap();
    run_with(cache.path());
    for file in files(cache.path()) {
        let good = fs::read(&file).unwrap();
        let middle = good.len() / 2;
        let mut tampered = good.clone();
        tampered[middle] ^= 0x01;
        for bad in [
            tampered,
            good[..middle].to_vec(),
            Vec::new(),
            b"\x7fELF and so on".to_vec(),
        ] {
            fs::write(&file, bad).unwrap();
            run_with(cache.path());
            assert_eq!(
                fs::read(&file).unwrap().len(),
                good.len(),
                "{}",
                file.display()
            );
        }
    }
}

#[test]
fn code_of_one_lambda_does_not_serve_another() {
    let cache = tempfile::tempdir().unwrap();
    let answers = |numbers: &[u32]| {
        block_on(async {
            let builder = Runtime::builder().code_cache(cache.path());
            let runtime = builder.instances_max(2).build().unwrap();
            for n in numbers {
                let case = lambda(&format!("callback(null, {n})"));
                let report = case
                    .load_into(&runtime)
                    .await
                    .invoke(case.invocation())
                    .await
                    .unwrap();
                assert_eq!(outcome(&report), returned(*n));
            }
        });
    };
    answers(&[]);
    let engine = files(cache.path());
    answers(&[1]);
    let first: Vec<_> = files(cache.path())
        .into_iter()
        .filter(|f| !engine.contains(f))
        .collect();
    answers(&[2]);
    let second = files(cache.path())
        .into_iter()
        .filter(|f| !engine.contains(f) && !first.contains(f));
    // Everything that belongs to the one under the names of the other.
    for (one, other) in first.iter().zip(second) {
        fs::copy(one, other).unwrap();
    }
    answers(&[1, 2]);
}

#[test]
fn a_directory_that_others_can_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let cache = tempfile::tempdir().unwrap();
    fs::set_permissions(cache.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let refused = block_on(async { Runtime::builder().code_cache(cache.path()).build().err() });
    assert!(
        matches!(refused, Some(BuildError::CodeCache(_))),
        "{refused:?}"
    );
}

#[test]
fn a_directory_that_cannot_be_made_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a file");
    fs::write(&file, "in the way").unwrap();
    let refused = block_on(async {
        Runtime::builder()
            .code_cache(file.join("below"))
            .build()
            .err()
    });
    assert!(
        matches!(refused, Some(BuildError::CodeCache(_))),
        "{refused:?}"
    );
}

#[test]
fn a_runtime_without_a_cache_works() {
    block_on(async {
        let runtime = Runtime::builder().instances_max(2).build().unwrap();
        let hello = lambda("callback(null, 'hello')");
        let report = hello
            .load_into(&runtime)
            .await
            .invoke(hello.invocation())
            .await
            .unwrap();
        assert_eq!(outcome(&report), returned("hello"));
    });
}
