//! An artifact holds memory and nothing else, and is refused when it holds anything else.

use sandglass_host_abi::artifact::{ArtifactError, Header};
use sandglass_runtime::image::verify;
use sandglass_runtime::{Artifact, ArtifactDigest, EngineDigest, LoadError, Policy};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, ImportSection, MemorySection, MemoryType, Module, StartSection, TypeSection,
};

use crate::harness::{block_on, check, lambda, returned, runtime};

fn hello() -> Artifact {
    lambda("callback(null, 'hello')").compile().unwrap()
}

fn load(artifact: Artifact) -> Result<(), LoadError> {
    block_on(runtime().load(artifact, Policy::default())).map(drop)
}

/// An artifact for this engine whose image holds these bytes, compressed as images are.
fn around(image: &[u8]) -> Artifact {
    let compressed = zstd::bulk::compress(image, 3).unwrap();
    Artifact::assemble(
        hello().header().clone(),
        "function lambda() {}",
        &compressed,
    )
}

#[track_caller]
fn check_refused(artifact: Artifact, what: &str) {
    match load(artifact) {
        Err(LoadError::Image(error)) => assert!(!error.to_string().is_empty(), "{what}"),
        other => panic!("{what}: {other:?}"),
    }
}

/// An image's encoding: the number of pages, their indices, the pages.
fn pages(count: u32, indices: &[u32], bytes: usize) -> Vec<u8> {
    let indices = indices.iter().flat_map(|index| index.to_le_bytes());
    count
        .to_le_bytes()
        .into_iter()
        .chain(indices)
        .chain(vec![1; bytes])
        .collect()
}

#[test]
fn an_artifact_cannot_bring_code() {
    // What an artifact holds are pages of memory; a module in their place is only damaged pages.
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut code = CodeSection::new();
    let mut body = Function::new([]);
    body.instructions().end();
    code.function(&body);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    check_refused(around(&module.finish()), "code");

    let mut imports = ImportSection::new();
    imports.import("wasi:sockets/tcp", "connect", EntityType::Function(0));
    let mut module = Module::new();
    module.section(&types).section(&imports);
    check_refused(around(&module.finish()), "an import");

    let mut starting = Module::new();
    starting.section(&types).section(&functions);
    starting
        .section(&StartSection { function_index: 0 })
        .section(&code);
    check_refused(around(&starting.finish()), "a start function");
}

#[test]
fn only_a_memory_and_its_data_pass_for_an_image() {
    let memory = || MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    };
    let build = |memories: usize, segments: usize| {
        let mut section = MemorySection::new();
        for _ in 0..memories {
            section.memory(memory());
        }
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        let mut data = DataSection::new();
        for _ in 0..segments {
            data.active(0, &ConstExpr::i32_const(0), [1]);
        }
        let mut module = Module::new();
        module.section(&section).section(&exports).section(&data);
        module.finish()
    };
    assert_eq!(verify(&build(1, 1)), Ok(()));
    for (memories, segments, what) in [
        (2, 1, "two memories"),
        (1, 2, "two segments"),
        (1, 0, "no data"),
    ] {
        assert!(verify(&build(memories, segments)).is_err(), "{what}");
    }
}

#[test]
fn an_image_that_is_not_an_image_is_refused() {
    check_refused(around(b""), "nothing");
    check_refused(around(b"not an image at all"), "text");
    check_refused(around(&pages(2, &[100, 101], 4_096)), "a page too few");
    check_refused(
        around(&pages(1, &[0], 4_096)),
        "a page below the engine's memory",
    );
    check_refused(
        around(&pages(1, &[u32::MAX], 4_096)),
        "a page outside of its memory",
    );
    check_refused(around(&pages(u32::MAX, &[], 0)), "pages without end");
    let header = hello().header().clone();
    let raw = Artifact::assemble(header, "function lambda() {}", b"not compressed");
    check_refused(raw, "bytes that are not compressed");
}

#[test]
fn an_image_that_decompresses_without_bound_is_refused() {
    check_refused(around(&vec![0; 1 << 30]), "1 GiB of zeros");
    // A frame that claims an exabyte (RFC 8878, section 3.1.1: a frame with an 8-byte content size).
    let claim = [
        &[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..],
        &(1_u64 << 60).to_le_bytes(),
        &[1, 0, 0],
    ]
    .concat();
    let artifact = Artifact::assemble(hello().header().clone(), "function lambda() {}", &claim);
    check_refused(artifact, "a claimed exabyte");
}

#[test]
fn an_image_larger_than_any_sandbox_is_refused() {
    for memory_pages in [0, 1, 65_536, u32::MAX] {
        let header = Header {
            memory_pages,
            ..hello().header().clone()
        };
        let artifact = Artifact::assemble(header, "function lambda() {}", hello().image());
        let refused = load(artifact);
        assert!(refused.is_err(), "{memory_pages} pages");
    }
}

#[test]
fn an_artifact_of_another_engine_is_refused_by_name() {
    let hello = hello();
    let other = EngineDigest::of(b"another", b"engine", b"altogether");
    let header = Header {
        engine: other.clone(),
        ..hello.header().clone()
    };
    let artifact = Artifact::assemble(header, hello.source(), hello.image());
    match load(artifact) {
        Err(LoadError::OtherEngine {
            artifact,
            runtime: here,
        }) => {
            assert_eq!(artifact, other);
            assert_eq!(&here, runtime().engine_digest());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_damaged_artifact_is_refused() {
    let hello = hello();
    let bytes = hello.as_bytes();
    assert_eq!(
        Artifact::from_bytes(b"#!/bin/sh".to_vec()),
        Err(ArtifactError::NotAnArtifact)
    );
    for at in [0, 5, 20, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.to_vec();
        damaged[at] ^= 0x40;
        let stored = Artifact::from_stored(hello.digest(), damaged);
        assert!(stored.is_err(), "byte {at}");
    }
}

#[test]
fn a_damaged_image_is_refused_or_runs_inside_the_wall() {
    // Somebody who can write the store can make a whole artifact around a damaged image. Whatever
    // the engine then finds in its memory, it finds it inside its sandbox.
    let hello = hello();
    let image = zstd::decode_all(hello.image());
    let Ok(image) = image else { return };
    for at in (image.len() / 2..image.len()).step_by(image.len() / 40) {
        let mut damaged = image.clone();
        damaged[at] ^= 0xff;
        let Ok(lambda) = block_on(runtime().load(around(&damaged), tight())) else {
            continue;
        };
        let invocation = sandglass_runtime::Invocation::json("{}").unwrap();
        let _any_outcome = block_on(lambda.invoke(invocation));
    }
    check(
        lambda("callback(null, 'the host is well')"),
        returned("the host is well"),
    );
}

fn tight() -> Policy {
    let mut policy = Policy::default();
    policy.limits.fuel = sandglass_runtime::Fuel::new(100_000_000);
    policy.limits.wall_clock = std::time::Duration::from_secs(5);
    policy
}

#[test]
fn an_artifact_keeps_its_name() {
    let hello = hello();
    assert_eq!(hello.digest(), &ArtifactDigest::of(hello.as_bytes()));
    let again = Artifact::from_bytes(hello.as_bytes().to_vec()).unwrap();
    assert_eq!(again, hello);
}
