//! Native code is only a cache: remade when missing, never trusted when it does not match.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sandglass_runtime::{BuildError, ByteSize, Lambda, Runtime};
use serde_json::json;
use tempfile::TempDir;

use crate::harness::{
    Case, block_on, lambda, outcome, returned, runtime, server, share_engine_code, temporary,
};

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
    run_within(cache, ByteSize::mib(1_024));
}

/// The same with a bound.
fn run_within(cache: &Path, max: ByteSize) {
    block_on(async {
        let runtime = bounded(cache, max);
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

/// A runtime whose cache holds at most that much; to be called inside of tokio.
fn bounded(cache: &Path, max: ByteSize) -> Runtime {
    let builder = Runtime::builder().code_cache(cache).code_cache_max(max);
    builder.instances_max(2).build().unwrap()
}

/// A cache that has the engine's native code.
fn with_engine() -> TempDir {
    let cache = temporary::directory();
    share_engine_code(cache.path());
    cache
}

/// The native code in a cache, and whether it is the engine's.
fn code(cache: &Path) -> Vec<(PathBuf, bool)> {
    let engine = runtime().engine_digest().as_str();
    let is_code = |file: &PathBuf| file.extension().is_some_and(|e| e == "cwasm");
    let code = files(cache).into_iter().filter(is_code);
    code.map(|file| {
        let of_engine = name(&file).starts_with(engine);
        (file, of_engine)
    })
    .collect()
}

/// The native code of the only lambda in a cache.
fn code_of_lambda(cache: &Path) -> PathBuf {
    let mut code = code(cache);
    code.retain(|(_, of_engine)| !of_engine);
    assert_eq!(code.len(), 1, "{code:?}");
    code.remove(0).0
}

fn bytes_of_code(cache: &Path) -> u64 {
    let lengths = code(cache)
        .into_iter()
        .map(|(file, _)| fs::metadata(file).unwrap().len());
    lengths.sum()
}

fn name(file: &Path) -> &str {
    file.file_name().unwrap().to_str().unwrap()
}

/// Makes a file of that size that was last used that many hours ago.
fn put(file: &Path, size: ByteSize, hours: u64) {
    let made = fs::File::create(file).unwrap();
    made.set_len(size.get()).unwrap();
    drop(made);
    set_used(file, hours * 60);
}

fn set_used(file: &Path, minutes_ago: u64) {
    let then = SystemTime::now() - Duration::from_secs(minutes_ago * 60);
    fs::File::open(file).unwrap().set_modified(then).unwrap();
}

fn used(file: &Path) -> SystemTime {
    fs::metadata(file).unwrap().modified().unwrap()
}

async fn call(case: &Case, lambda: &Lambda, n: usize) {
    let report = lambda.invoke(case.invocation()).await.unwrap();
    assert_eq!(outcome(&report), returned(n));
}

fn number(n: usize) -> Case {
    lambda(&format!("callback(null, {n})"))
}

#[test]
fn at_its_bound_the_cache_keeps_all_and_past_it_not_what_was_loaded_longest_ago() {
    let cache = with_engine();
    run_with(cache.path());
    let hello = code_of_lambda(cache.path());
    let (_, compatible) = name(&hello).rsplit_once('-').unwrap();
    let other = |name: &str| cache.path().join(format!("{name}-{compatible}"));
    put(&other("long_ago"), ByteSize::mib(64), 3);
    put(&other("recently"), ByteSize::mib(1), 2);
    let all = bytes_of_code(cache.path());
    for (max, keeps_all) in [(all, true), (all - 1, false)] {
        fs::remove_file(&hello).unwrap();
        run_within(cache.path(), ByteSize::bytes(max));
        assert_eq!(other("long_ago").exists(), keeps_all, "{max} of {all}");
        assert!(other("recently").exists() && hello.exists());
    }
}

#[test]
fn a_load_is_noted_once_an_hour() {
    let cache = with_engine();
    run_with(cache.path());
    let hello = code_of_lambda(cache.path());
    set_used(&hello, 50);
    let noted = used(&hello);
    run_with(cache.path());
    assert_eq!(used(&hello), noted);
    set_used(&hello, 70);
    run_with(cache.path());
    assert!(used(&hello) > noted);
}

#[test]
fn a_lambda_runs_on_when_its_native_code_was_deleted_and_loads_again() {
    let cache = with_engine();
    let engine = code(cache.path());
    block_on(async {
        let runtime = bounded(cache.path(), ByteSize::bytes(0));
        let mut loaded = Vec::new();
        for n in 0..3 {
            let case = number(n);
            loaded.push((case.load_into(&runtime).await, case));
            code_of_lambda(cache.path());
        }
        for (n, (lambda, case)) in loaded.iter().enumerate() {
            call(case, lambda, n).await;
            call(case, &case.load_into(&runtime).await, n).await;
        }
    });
    let kept = code(cache.path());
    assert!(
        engine.iter().all(|file| kept.contains(file)),
        "the engine's stays: {kept:?}"
    );
}

#[test]
fn what_is_of_no_use_to_anybody_is_deleted_and_nothing_else() {
    let cache = with_engine();
    run_with(cache.path());
    let hello = code_of_lambda(cache.path());
    let (_, compatible) = name(&hello).rsplit_once('-').unwrap();
    let foreign = "0123456789abcdef.cwasm";
    let file = |name: &str| cache.path().join(name);
    let half = format!("a-{}", compatible.replace("cwasm", "7-0.tmp"));
    let cases = [
        (format!("a-{foreign}"), 25, false),
        (format!("b-{foreign}"), 23, true),
        (format!("c-{compatible}"), 25, true),
        (half.clone(), 2, false),
        (half.replace("7-0", "7-1"), 0, true),
        ("notes.tmp".to_owned(), 500, true),
        ("my-project.cwasm".to_owned(), 500, true),
    ];
    for (name, hours, _) in &cases {
        put(&file(name), ByteSize::kib(1), *hours);
    }
    fs::write(file("a-0123456789abcdef.sha256"), "the digest").unwrap();
    // A cache looks around when it stores something.
    fs::remove_file(&hello).unwrap();
    run_with(cache.path());
    for (name, hours, stays) in &cases {
        assert_eq!(file(name).exists(), *stays, "{name}, {hours} hours old");
    }
    assert!(!file("a-0123456789abcdef.sha256").exists());
}

#[test]
fn runtimes_that_share_a_directory_do_not_break_one_another() {
    let cache = with_engine();
    let directory = cache.path();
    // Room for two or three lambdas beside the engine, whose code is always in use.
    let bound = ByteSize::bytes(bytes_of_code(directory) + ByteSize::mib(2).get());
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(move || {
                block_on(async {
                    let runtime = bounded(directory, bound);
                    for n in (0..8).chain(0..8) {
                        let case = number(n);
                        call(&case, &case.load_into(&runtime).await, n).await;
                    }
                });
            });
        }
    });
    let left = files(directory);
    assert!(
        left.iter()
            .all(|file| file.extension().is_some_and(|e| e != "tmp"))
    );
    block_on(async {
        let runtime = bounded(directory, bound);
        let case = number(9);
        call(&case, &case.load_into(&runtime).await, 9).await;
    });
    let kept = bytes_of_code(directory);
    assert!(kept <= bound.get(), "{kept} bytes are kept");
}

#[test]
fn a_server_keeps_to_the_bound_that_it_is_configured_with() {
    let server = server::start_with(|config| config.code_cache_bytes_max = ByteSize::bytes(0));
    let one = server.deploy_body("one", "callback(null, 1)");
    let two = server.deploy_body("two", "callback(null, 2)");
    code_of_lambda(&server.data_dir.join("code-cache"));
    for (lambda, n) in [(one, 1), (two, 2)] {
        assert_eq!(server.invoke(&lambda, json!({})).send().json(), json!(n));
    }
}

#[test]
fn the_cache_is_filled_and_used_again_and_may_be_deleted() {
    let cache = temporary::directory();
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
    let cache = temporary::directory();
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
    let cache = temporary::directory();
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
    let cache = temporary::directory();
    fs::set_permissions(cache.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let refused = block_on(async { Runtime::builder().code_cache(cache.path()).build().err() });
    assert!(
        matches!(refused, Some(BuildError::CodeCache(_))),
        "{refused:?}"
    );
}

#[test]
fn a_directory_that_cannot_be_made_is_refused() {
    let directory = temporary::directory();
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
