//! The same source, environment and engine give the same artifact, byte for byte.

use crate::harness::{Case, block_on, builder, source};

const SOURCE: &str = "const crypto = require('crypto'); const words = new Set(['a', 'b', 'c']);
const drawn = [Math.random(), crypto.randomUUID(), Date.now()]; const object = { words, when: new Date() };
function lambda(input, callback) { callback(null, drawn.length); }";

fn digest(case: &Case) -> String {
    case.compile().unwrap().digest().to_string()
}

#[test]
fn the_same_source_gives_the_same_artifact() {
    let first = source(SOURCE)
        .env("A", "1")
        .env("B", "2")
        .compile()
        .unwrap();
    for _ in 0..5 {
        let again = source(SOURCE)
            .env("A", "1")
            .env("B", "2")
            .compile()
            .unwrap();
        assert_eq!(again.as_bytes(), first.as_bytes());
    }
}

#[test]
fn another_runtime_gives_the_same_artifact() {
    let case = source(SOURCE);
    let other = block_on(async {
        let runtime = builder().instances_max(2).build().unwrap();
        case.compile_for(&runtime).await.unwrap()
    });
    assert_eq!(other.digest(), case.compile().unwrap().digest());
}

#[test]
fn the_order_of_the_environment_does_not_matter() {
    let forwards = source(SOURCE).env("A", "1").env("B", "2");
    let backwards = source(SOURCE).env("B", "2").env("A", "1");
    assert_eq!(digest(&forwards), digest(&backwards));
}

#[test]
fn another_environment_gives_another_artifact() {
    let base = source(SOURCE).env("A", "1");
    for other in [
        source(SOURCE),
        source(SOURCE).env("A", "2"),
        base.clone().env("B", "1"),
    ] {
        assert_ne!(digest(&other), digest(&base));
    }
}

#[test]
fn another_source_or_file_name_gives_another_artifact() {
    let base = source(SOURCE);
    let spaced = source(&format!("{SOURCE} "));
    let mut renamed = source(SOURCE);
    renamed.file_name = "renamed.js".into();
    assert_ne!(digest(&spaced), digest(&base));
    assert_ne!(digest(&renamed), digest(&base));
}

#[test]
fn an_artifact_keeps_its_source_and_its_build_options() {
    let artifact = source(SOURCE).env("A", "1").compile().unwrap();
    assert_eq!(artifact.source(), SOURCE);
    assert_eq!(artifact.header().file_name, "lambda.js");
    assert_eq!(artifact.header().environment["A"], "1");
    assert_eq!(
        &artifact.header().engine,
        crate::harness::runtime().engine_digest()
    );
}

#[test]
fn recompiling_an_artifact_gives_the_same_artifact() {
    let artifact = source(SOURCE).env("A", "1").compile().unwrap();
    let compiler = sandglass_compiler::Compiler::new(crate::harness::runtime());
    let again = block_on(compiler.recompile(&artifact)).unwrap();
    assert_eq!(again.as_bytes(), artifact.as_bytes());
}
