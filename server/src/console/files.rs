//! What are the files of the console?
//!
//! They are in the executable, compressed as the console's build left them. A browser that takes Brotli
//! gets them as they are; for any other one a file is decompressed once, when it is first asked for.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::{LazyLock, OnceLock};

use bytes::Bytes;
use ring::digest::{SHA256, digest};

/// A file as the build script found it.
struct Embedded {
    name: &'static str,
    compressed: bool,
    bytes: &'static [u8],
}

static EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/console_files.rs"));

static FILES: LazyLock<Files> = LazyLock::new(|| Files::of(EMBEDDED));

/// The types of files by their extensions; what is not here is `application/octet-stream`.
const KINDS: [(&str, &str); 14] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("webmanifest", "application/manifest+json"),
    ("txt", "text/plain; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("ico", "image/x-icon"),
    ("ttf", "font/ttf"),
    ("woff2", "font/woff2"),
    ("wasm", "application/wasm"),
];

/// All files, by their path below `/console/`.
pub(super) struct Files(HashMap<&'static str, File>);

/// One file.
pub(super) struct File {
    embedded: &'static Embedded,
    /// What it is told apart by from another content of the same name.
    hash: String,
    /// Made when somebody first needs it.
    decompressed: OnceLock<Bytes>,
}

impl Files {
    /// Those that the server was built with.
    pub(super) fn embedded() -> &'static Self {
        &FILES
    }

    pub(super) fn get(&self, name: &str) -> Option<&File> {
        self.0.get(name)
    }

    fn of(embedded: &'static [Embedded]) -> Self {
        let files = embedded.iter().map(|embedded| {
            let file = File {
                embedded,
                hash: hash(embedded.bytes),
                decompressed: OnceLock::new(),
            };
            (embedded.name, file)
        });
        Self(files.collect())
    }

    /// Files of those names that hold nothing.
    #[cfg(test)]
    pub(super) fn sample(names: &[&'static str]) -> Self {
        let embedded = names.iter().map(|name| Embedded {
            name,
            compressed: false,
            bytes: b"",
        });
        Self::of(embedded.collect::<Vec<_>>().leak())
    }
}

impl File {
    /// Its media type.
    pub(super) fn kind(&self) -> &'static str {
        let extension = self.embedded.name.rsplit('.').next().unwrap_or_default();
        let known = KINDS.iter().find(|(known, _)| *known == extension);
        known.map_or("application/octet-stream", |(_, kind)| kind)
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.embedded.compressed
    }

    /// The entity tag of the one form or the other (RFC 9110, section 8.8.3).
    pub(super) fn tag(&self, compressed: bool) -> String {
        match compressed {
            true => format!("\"{}-br\"", self.hash),
            false => format!("\"{}\"", self.hash),
        }
    }

    /// Its bytes in the one form or the other.
    pub(super) async fn bytes(&'static self, compressed: bool) -> Bytes {
        if compressed == self.embedded.compressed {
            return Bytes::from_static(self.embedded.bytes);
        }
        if let Some(known) = self.decompressed.get() {
            return known.clone();
        }
        let whole = tokio::task::spawn_blocking(|| self.decompressed.get_or_init(|| self.whole()));
        match whole.await {
            Ok(whole) => whole.clone(),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    fn whole(&self) -> Bytes {
        let mut whole = Vec::new();
        let mut reader = brotli_decompressor::Decompressor::new(self.embedded.bytes, 64 * 1024);
        reader
            .read_to_end(&mut whole)
            .expect("a unit test decompresses all that the server was built with");
        whole.into()
    }
}

fn hash(bytes: &[u8]) -> String {
    let hash = digest(&SHA256, bytes);
    let half = &hash.as_ref()[..16];
    half.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everything_that_the_server_was_built_with_is_whole() {
        for (name, file) in &Files::embedded().0 {
            let whole = file.bytes(false).await;
            assert!(!whole.is_empty(), "{name}");
            assert_eq!(file.bytes(false).await, whole, "{name}");
            assert_ne!(file.tag(true), file.tag(false), "{name}");
        }
    }

    #[test]
    fn a_type_follows_from_the_extension() {
        let files = Files::sample(&["a.woff2", "b", "c.d/e.unknown"]);
        let kind = |name| files.get(name).unwrap().kind();
        assert_eq!(kind("a.woff2"), "font/woff2");
        assert_eq!(kind("b"), "application/octet-stream");
        assert_eq!(kind("c.d/e.unknown"), "application/octet-stream");
    }
}
