//! Where does native code come from without compiling it again?
//!
//! A directory of files that wasmtime wrote, named by what was compiled and by the hash of engine,
//! configuration and CPU features that the code is compatible with. It is only a cache: it may be
//! deleted at any time, a file that is missing or does not match its digest is made again, and
//! nothing here is ever taken from an artifact or from the network.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::component::Component;
use wasmtime::{Engine, Module};

/// A directory of native code, or none.
#[derive(Debug)]
pub(crate) struct CodeCache {
    directory: Option<PathBuf>,
}

/// Native code of one kind.
pub(crate) trait Code: Sized {
    /// Compiles WebAssembly.
    fn compile(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Self>;
    /// Writes the native code.
    fn serialize(&self) -> wasmtime::Result<Vec<u8>>;
    /// Maps native code from a file.
    ///
    /// # Safety
    /// The file must be what [`Code::serialize`] wrote, and must stay so.
    #[allow(unsafe_code, reason = "it loads native code")]
    unsafe fn map(engine: &Engine, path: &Path) -> wasmtime::Result<Self>;
}

impl Code for Component {
    fn compile(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Self> {
        Self::new(engine, wasm)
    }

    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        Self::serialize(self)
    }

    #[allow(
        unsafe_code,
        clippy::disallowed_methods,
        reason = "called by `CodeCache::load` alone"
    )]
    unsafe fn map(engine: &Engine, path: &Path) -> wasmtime::Result<Self> {
        // SAFETY: the caller's promise.
        unsafe { Self::deserialize_file(engine, path) }
    }
}

impl Code for Module {
    fn compile(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Self> {
        Self::new(engine, wasm)
    }

    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        Self::serialize(self)
    }

    #[allow(
        unsafe_code,
        clippy::disallowed_methods,
        reason = "called by `CodeCache::load` alone"
    )]
    unsafe fn map(engine: &Engine, path: &Path) -> wasmtime::Result<Self> {
        // SAFETY: the caller's promise.
        unsafe { Self::deserialize_file(engine, path) }
    }
}

impl CodeCache {
    /// Opens a cache in a directory, which is made when it is missing. A directory that others may
    /// write to is not used: what lies there could be anybody's code.
    ///
    /// # Errors
    /// When the directory cannot be made, is not a directory, or is open to others.
    pub(crate) fn open(directory: PathBuf) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)?;
        let metadata = fs::metadata(&directory)?;
        let ours = metadata.uid() == rustix::process::geteuid().as_raw();
        if !metadata.is_dir() || !ours || metadata.mode() & 0o022 != 0 {
            let message = format!(
                "{} holds native code and must be a directory that only its owner can write to",
                directory.display()
            );
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        Ok(Self {
            directory: Some(directory),
        })
    }

    /// No cache: everything is compiled in memory.
    pub(crate) fn none() -> Self {
        Self { directory: None }
    }

    /// The native code of what `wasm` returns, named `name` (a digest); compiled when the cache
    /// does not have it. A cache that cannot be written costs time, not the lambda.
    pub(crate) fn get<C: Code, E: From<wasmtime::Error>>(
        &self,
        engine: &Engine,
        name: &str,
        wasm: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<C, E> {
        let Some(directory) = &self.directory else {
            return Ok(C::compile(engine, &wasm()?)?);
        };
        let path = directory.join(format!("{name}-{:016x}.cwasm", compatibility(engine)));
        if let Some(code) = load(engine, &path) {
            return Ok(code);
        }
        let code = C::compile(engine, &wasm()?)?;
        let stored = code
            .serialize()
            .map_err(io::Error::other)
            .and_then(|bytes| store(&path, &bytes));
        match stored {
            // The mapped file costs less memory than the copy in this process.
            Ok(()) => Ok(load(engine, &path).unwrap_or(code)),
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "native code could not be cached");
                Ok(code)
            }
        }
    }
}

/// Loads native code; `None` when it is missing or is not what was written.
#[allow(unsafe_code, reason = "the one place that loads native code")]
fn load<C: Code>(engine: &Engine, path: &Path) -> Option<C> {
    let expected = fs::read(digest_path(path)).ok()?;
    let bytes = fs::read(path).ok()?;
    if digest(path, &bytes) != expected {
        tracing::warn!(path = %path.display(), "cached native code does not match its digest; it is made again");
        return None;
    }
    // SAFETY: only this process's user can write to the directory (checked when it was opened), so
    // the file is one that `store` wrote; its digest shows that it is whole, and `store` replaces
    // files by renaming and never changes one in place. wasmtime itself refuses code of another
    // version, configuration or CPU.
    let mapped = unsafe { C::map(engine, path) };
    mapped
        .inspect_err(
            |error| tracing::warn!(path = %path.display(), %error, "cached native code is refused"),
        )
        .ok()
}

/// Writes a file and its digest so that neither is ever seen half-written.
fn store(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole(path, bytes)?;
    write_whole(&digest_path(path), &digest(path, bytes))
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let unique = format!(
        "{}-{}.tmp",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let temporary = path.with_extension(unique);
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| io::Write::write_all(&mut file, bytes))
        .and_then(|()| fs::rename(&temporary, path));
    written.inspect_err(|_| {
        // Best effort: the name is never used again.
        let _ = fs::remove_file(&temporary);
    })
}

fn digest_path(path: &Path) -> PathBuf {
    path.with_extension("sha256")
}

/// Binds the bytes to the file's name: code of another lambda is not this lambda's code.
fn digest(path: &Path, bytes: &[u8]) -> Vec<u8> {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(path.file_name().unwrap_or_default().as_encoded_bytes());
    context.update(&[0]);
    context.update(bytes);
    context.finish().as_ref().to_vec()
}

fn compatibility(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}
