//! Where does native code come from without compiling it again?
//!
//! A directory of files that wasmtime wrote, named by what was compiled and by the hash of engine,
//! configuration and CPU features that the code is compatible with. It is only a cache: it may be
//! deleted at any time, a file that is missing or does not match its digest is made again, and
//! nothing here is ever taken from an artifact or from the network. It is bounded: past its bound,
//! what was not loaded for longest makes room.

mod room;

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sandglass_host_abi::ByteSize;
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use self::room::{Room, note_load};

/// A directory of native code, or none.
#[derive(Debug)]
pub(crate) struct CodeCache {
    directory: Option<Directory>,
}

#[derive(Debug)]
struct Directory {
    path: PathBuf,
    room: Room,
}

/// Native code of one kind.
pub(crate) trait Code: Sized {
    /// Compiles WebAssembly.
    const COMPILE: fn(&Engine, Vec<u8>) -> wasmtime::Result<Self>;
    /// Writes the native code.
    const SERIALIZE: fn(&Self) -> wasmtime::Result<Vec<u8>>;
    /// Maps native code from a file, which must be what [`Code::SERIALIZE`] wrote, and must stay so.
    const MAP: unsafe fn(&Engine, PathBuf) -> wasmtime::Result<Self>;
}

/// wasmtime gives both kinds the same functions, but no trait that has them.
macro_rules! code {
    ($($kind:ty),+) => {$(
        impl Code for $kind {
            const COMPILE: fn(&Engine, Vec<u8>) -> wasmtime::Result<Self> = Self::new;
            const SERIALIZE: fn(&Self) -> wasmtime::Result<Vec<u8>> = Self::serialize;
            #[allow(clippy::disallowed_methods, reason = "called by `load` alone")]
            const MAP: unsafe fn(&Engine, PathBuf) -> wasmtime::Result<Self> = Self::deserialize_file;
        }
    )+};
}

code!(Component, Module);

impl CodeCache {
    /// Opens a cache in a directory, which is made when it is missing. A directory that others may
    /// write to is not used: what lies there could be anybody's code. It holds at most `max`, and
    /// besides always the code of the engine, whose names begin with `engine`.
    ///
    /// # Errors
    /// When the directory cannot be made, is not a directory, or is open to others.
    pub(crate) fn open(directory: PathBuf, max: ByteSize, engine: &str) -> io::Result<Self> {
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
            directory: Some(Directory {
                path: directory,
                room: Room::new(max, engine),
            }),
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
        let Some(Directory { path, room }) = &self.directory else {
            return Ok(C::COMPILE(engine, wasm()?)?);
        };
        let path = path.join(format!("{name}-{:016x}.cwasm", compatibility(engine)));
        if let Some(code) = load(engine, &path) {
            return Ok(code);
        }
        let code = C::COMPILE(engine, wasm()?)?;
        let stored = C::SERIALIZE(&code)
            .map_err(io::Error::other)
            .and_then(|bytes| store(&path, &bytes).map(|()| bytes.len() as u64));
        match stored {
            Ok(bytes) => {
                // The mapped file costs less memory than the copy in this process.
                let code = load(engine, &path).unwrap_or(code);
                room.take(&path, bytes);
                Ok(code)
            }
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
    let mapped = unsafe { C::MAP(engine, path.to_owned()) };
    let code = mapped
        .inspect_err(
            |error| tracing::warn!(path = %path.display(), %error, "cached native code is refused"),
        )
        .ok()?;
    if let Err(error) = note_load(path) {
        tracing::debug!(path = %path.display(), %error, "that native code was loaded could not be noted");
    }
    Some(code)
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
