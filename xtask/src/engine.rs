//! How is the engine built?
//!
//! `compiler/engine`, with a few crates that are patched, is compiled for `wasm32-wasip2`, sealed, made
//! a component, split from its memory, and set up once. What comes out is committed under
//! `runtime/engine`, together with the digest of everything that went in.

mod patch;
mod seal;
mod setup;
mod sources;
mod split;
mod tables;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::{library, packages};

const TARGET: &str = "wasm32-wasip2";

/// The crates that are changed before they are compiled, and the diffs in `compiler/engine`.
const PATCHES: [(&str, &str); 4] = [
    ("rquickjs-sys", "quickjs.patch"),
    ("brotli", "brotli.patch"),
    ("brotli-decompressor", "brotli-decompressor.patch"),
    ("zlib-rs", "zlib-rs.patch"),
];

/// The C stack: in linear memory, below everything else. QuickJS measures its own depth against it.
///
/// The host looks at every page of a memory that has a page table, to find those to put back. A page
/// table covers 2 MiB, so the stack is two of them, which only deep recursion touches, and a bit: its
/// upper end lies in the page table of the data and the heap.
const C_STACK_BYTES: u32 = (4 << 20) + (64 << 10);

/// What the committed engine says about itself: `runtime/engine/engine.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    /// SHA-256 over the sources, the lock files and the toolchain's version.
    sources_sha256: String,
    /// SHA-256 of the component, uncompressed.
    component_sha256: String,
    /// SHA-256 of the blank image, uncompressed.
    blank_sha256: String,
    /// SHA-256 of the library, uncompressed.
    library_sha256: String,
    /// Where the C stack begins in the image.
    stack_top: u32,
}

/// Builds the engine into `runtime/engine`.
pub(crate) fn build() -> Result<()> {
    let root = root();
    build_into(&root, &root.join("runtime/engine"))
}

/// Builds the engine into `target/engine`, and compares the sources of the committed one.
pub(crate) fn check() -> Result<()> {
    let root = root();
    let committed = read_manifest(&root.join("runtime/engine"))?;
    let sources_sha256 = sources::digest(&root)?;
    ensure!(
        committed.sources_sha256 == sources_sha256,
        "runtime/engine was built from other sources ({} instead of {sources_sha256}): run \
         `cargo xtask engine` and commit what it writes",
        committed.sources_sha256,
    );
    build_into(&root, &root.join("target/engine"))?;
    let built = read_manifest(&root.join("target/engine"))?;
    match built == committed {
        true => println!("the engine that was built is the committed one, byte for byte"),
        false => println!("the engine was built from the same sources; its bytes differ"),
    }
    Ok(())
}

fn build_into(root: &Path, out: &Path) -> Result<()> {
    let started = Instant::now();
    let core = compile(root)?;
    let sealed = seal::seal(&core)?;
    let component = wit_component::ComponentEncoder::default()
        .module(&sealed)?
        .validate(true)
        .encode()
        .context("the core module does not encode as a component")?;
    let engine = split::split(&component)?;
    let mut modules = library::collect(&root.join("compiler/engine"))?;
    let packages = packages::collect(root, &modules)?;
    modules.extend(packages.modules);
    let mut set_up = setup::run(&engine, &modules).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    tables::append_to(&mut set_up.library);
    let manifest = Manifest {
        sources_sha256: sources::digest(root)?,
        component_sha256: sources::sha256(&[&engine.component]),
        blank_sha256: sources::sha256(&[&set_up.blank_image]),
        library_sha256: sources::sha256(&[&set_up.library]),
        stack_top: engine.stack_top,
    };
    std::fs::create_dir_all(out)?;
    for (name, bytes) in [
        ("component.wasm.zst", &engine.component),
        ("blank.wasm.zst", &set_up.blank_image),
        ("library.bin.zst", &set_up.library),
    ] {
        let compressed = zstd::encode_all(&bytes[..], 19)?;
        println!(
            "{name:20} {:>9} bytes, {:>9} compressed",
            bytes.len(),
            compressed.len()
        );
        std::fs::write(out.join(name), compressed)?;
    }
    std::fs::write(
        out.join("engine.json"),
        serde_json::to_string_pretty(&manifest)? + "\n",
    )?;
    std::fs::write(
        out.join("packages.json"),
        serde_json::to_string_pretty(&packages.versions)? + "\n",
    )?;
    println!(
        "engine built into {} in {:.1} s",
        out.display(),
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Compiles the guest crate to a core module.
fn compile(root: &Path) -> Result<Vec<u8>> {
    let engine = root.join("compiler/engine");
    let patched = patch_crates(&engine)?;
    run(Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(root))
    .context("the wasm target could not be added")?;
    let c_flags = format!(
        "--target=wasm32-wasi -isystem /usr/include/wasm32-wasi -msimd128 -O3 -include {}",
        engine.join("platform.h").display()
    );
    let rust_flags = [
        format!("-Clink-arg=-zstack-size={C_STACK_BYTES}"),
        "-Clink-arg=--skip-wit-component".to_owned(),
        "-Ctarget-feature=+simd128".to_owned(),
        format!("--remap-path-prefix={}=engine", engine.display()),
        format!("--remap-path-prefix={}=cargo", cargo_home()?.display()),
    ];
    run(Command::new("cargo")
        .args(["build", "--release", "--locked", "--target", TARGET])
        .args(["--config", &format!("paths={patched:?}")])
        .current_dir(&engine)
        .env("CARGO_TARGET_DIR", root.join("target/engine-build"))
        .env("RQUICKJS_SYS_NO_WASI_SDK", "1")
        .env("CC_wasm32_wasip2", "clang-19")
        .env("AR_wasm32_wasip2", "llvm-ar-19")
        .env("CFLAGS_wasm32_wasip2", &c_flags)
        .env("LIBCLANG_PATH", "/usr/lib/llvm-19/lib")
        .env(
            "BINDGEN_EXTRA_CLANG_ARGS_wasm32_wasip2",
            "--target=wasm32-wasi -isystem /usr/include/wasm32-wasi -fvisibility=default",
        )
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags.join("\x1f")))
    .context(
        "the guest does not compile; it needs clang-19 and a WASI C library, on Debian the \
         packages clang-19 lld-19 llvm-19 libclang-19-dev libclang-rt-19-dev-wasm32 wasi-libc",
    )?;
    let built = root
        .join("target/engine-build")
        .join(TARGET)
        .join("release/sandglass_engine.wasm");
    std::fs::read(&built).with_context(|| format!("{} was not built", built.display()))
}

/// Where patched copies of crates lie. They replace the published ones by a path override, which
/// leaves the lock file alone. They lie below the engine, since cargo hashes into each symbol where
/// a crate is, relative to the workspace or else from the root of the disk.
fn patch_crates(engine: &Path) -> Result<Vec<PathBuf>> {
    let patched = PATCHES.map(|(package, diff)| {
        let package = library::package_dir(engine, package)?;
        let name = package.file_name().context("a package has a name")?;
        let copy = engine.join("target").join(name);
        patch::copy(&package, &engine.join(diff), &copy)?;
        Ok(copy)
    });
    patched.into_iter().collect()
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{command:?} did not start"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}

fn read_manifest(directory: &Path) -> Result<Manifest> {
    let path = directory.join("engine.json");
    let json = std::fs::read(&path).with_context(|| format!("{} is missing", path.display()))?;
    serde_json::from_slice(&json).with_context(|| format!("{} is not readable", path.display()))
}

fn cargo_home() -> Result<PathBuf> {
    match std::env::var_os("CARGO_HOME") {
        Some(home) => Ok(home.into()),
        None => {
            Ok(PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".cargo"))
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the workspace")
        .to_owned()
}
