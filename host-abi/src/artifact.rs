//! What is a compiled lambda, byte for byte?
//!
//! An artifact is one immutable file, named by the SHA-256 of its bytes:
//!
//! | bytes | content |
//! |---|---|
//! | 4 | `SGLA` |
//! | 2 | format version, little-endian (1) |
//! | 4 | length of the header, little-endian |
//! | … | [`Header`], JSON |
//! | 4 | length of the source, little-endian |
//! | … | the source, UTF-8 |
//! | … | the image, until the end of the file, compressed by the runtime |
//!
//! It holds no native code. The source is kept so that a lambda can be rebuilt for another engine.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::names::sha256_hex;
use crate::{ArtifactDigest, EngineDigest};

const MAGIC: &[u8; 4] = b"SGLA";
const VERSION: u16 = 1;

/// A compiled lambda.
#[derive(Clone, PartialEq, Eq)]
pub struct Artifact {
    digest: ArtifactDigest,
    header: Header,
    bytes: Vec<u8>,
    source: std::ops::Range<usize>,
}

/// What an artifact says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The engine that the image fits, and no other.
    pub engine: EngineDigest,
    /// The source's file name, as error stacks show it.
    pub file_name: String,
    /// The SHA-256 of the source, in hexadecimal.
    pub source_sha256: String,
    /// `process.env`, fixed at build time.
    pub environment: BTreeMap<String, String>,
    /// Pages of 64 KiB of the image's memory.
    pub memory_pages: u32,
    /// What was evaluated instead of the source itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Bundle>,
}

/// One script that was made of a source and of everything that it imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bundle {
    /// JavaScript.
    pub code: String,
    /// The source map of the code (ECMA-426), with sources relative to the project.
    pub map: String,
    /// Whether it is an ECMAScript module; otherwise it is a CommonJS script.
    pub module: bool,
    /// The engine's own modules that it asks for.
    pub requires: Vec<String>,
    /// What the lambda reads with `fs`: by path, relative to the project.
    #[serde(default)]
    pub files: BTreeMap<String, FileBytes>,
}

/// What is in a file. In JSON it is base64 (RFC 4648, section 4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileBytes(pub Vec<u8>);

impl Serialize for FileBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for FileBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        STANDARD.decode(&*text).map(Self).map_err(|error| {
            de::Error::custom(format!("the content of a file is not base64: {error}"))
        })
    }
}

/// Why bytes are not an artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The bytes do not start like an artifact.
    #[error("this is not a Sandglass artifact")]
    NotAnArtifact,
    /// The bytes are of a format that this release does not read.
    #[error("artifact format {0} is not supported: this release reads format {VERSION}")]
    UnsupportedVersion(u16),
    /// The bytes end too early or contradict themselves.
    #[error("the artifact is damaged: {0}")]
    Damaged(&'static str),
    /// The bytes do not have the digest that they were stored under.
    #[error("the artifact is damaged: its digest is {actual}, not {expected}")]
    WrongDigest {
        /// The digest asked for.
        expected: ArtifactDigest,
        /// The digest of the bytes.
        actual: ArtifactDigest,
    },
}

impl Artifact {
    /// Puts an artifact together. `image` is the compressed image, in the runtime's own encoding.
    ///
    /// # Panics
    /// When a part is longer than 4 GiB, far past every limit.
    pub fn assemble(mut header: Header, source: &str, image: &[u8]) -> Self {
        header.source_sha256 = sha256_hex(&[source.as_bytes()]);
        let json = serde_json::to_vec(&header).expect("the header has string keys only");
        let mut bytes = Vec::with_capacity(14 + json.len() + source.len() + image.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        for part in [&json[..], source.as_bytes()] {
            let length = u32::try_from(part.len()).expect("headers and sources are small");
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(part);
        }
        let source = bytes.len() - source.len()..bytes.len();
        bytes.extend_from_slice(image);
        Self {
            digest: ArtifactDigest::of(&bytes),
            header,
            bytes,
            source,
        }
    }

    /// Reads an artifact and checks that it is whole.
    ///
    /// # Errors
    /// When the bytes are not an artifact of this format, or are damaged.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        let mut rest = bytes
            .strip_prefix(MAGIC)
            .ok_or(ArtifactError::NotAnArtifact)?;
        let version = u16::from_le_bytes(take(&mut rest)?);
        if version != VERSION {
            return Err(ArtifactError::UnsupportedVersion(version));
        }
        let header: Header = serde_json::from_slice(take_part(&mut rest)?)
            .map_err(|_| ArtifactError::Damaged("its header is not readable"))?;
        let source = take_part(&mut rest)?;
        let end = bytes.len() - rest.len();
        if std::str::from_utf8(source).is_err() || sha256_hex(&[source]) != header.source_sha256 {
            return Err(ArtifactError::Damaged(
                "its source does not match its digest",
            ));
        }
        let source = end - source.len()..end;
        Ok(Self {
            digest: ArtifactDigest::of(&bytes),
            header,
            source,
            bytes,
        })
    }

    /// Reads an artifact that was stored under `digest`.
    ///
    /// # Errors
    /// As [`Artifact::from_bytes`], and when the digest is another one.
    pub fn from_stored(digest: &ArtifactDigest, bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        let actual = ArtifactDigest::of(&bytes);
        if actual != *digest {
            return Err(ArtifactError::WrongDigest {
                expected: digest.clone(),
                actual,
            });
        }
        Self::from_bytes(bytes)
    }

    /// The SHA-256 of the artifact's bytes.
    pub fn digest(&self) -> &ArtifactDigest {
        &self.digest
    }

    /// What the artifact says about itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The source that it was built from.
    pub fn source(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.source.clone()]).expect("checked when it was read")
    }

    /// The compressed image, in the runtime's own encoding.
    pub fn image(&self) -> &[u8] {
        &self.bytes[self.source.end..]
    }

    /// The whole artifact, as it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl std::fmt::Debug for Artifact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Artifact")
            .field("digest", &self.digest)
            .field("file_name", &self.header.file_name)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ArtifactError> {
    let (head, tail) = rest
        .split_first_chunk::<N>()
        .ok_or(ArtifactError::Damaged("it ends too early"))?;
    *rest = tail;
    Ok(*head)
}

fn take_part<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], ArtifactError> {
    let length = u32::from_le_bytes(take(rest)?) as usize;
    let (part, tail) = rest
        .split_at_checked(length)
        .ok_or(ArtifactError::Damaged("it ends too early"))?;
    *rest = tail;
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Artifact {
        let header = Header {
            engine: EngineDigest::of(b"component", b"blank", b"library"),
            file_name: "hello.js".into(),
            source_sha256: String::new(),
            environment: BTreeMap::from([("A".into(), "1".into())]),
            memory_pages: 20,
            bundle: None,
        };
        Artifact::assemble(header, "function lambda() {}", b"image")
    }

    #[test]
    fn an_artifact_survives_its_own_bytes() {
        let artifact = sample();
        let read = Artifact::from_bytes(artifact.as_bytes().to_vec()).unwrap();
        assert_eq!(read, artifact);
        assert_eq!(read.source(), "function lambda() {}");
        assert_eq!(read.image(), b"image");
    }

    #[test]
    fn a_cut_artifact_is_damaged_wherever_it_is_cut() {
        let artifact = sample();
        let whole = artifact.as_bytes();
        for length in 0..whole.len() - artifact.image().len() {
            assert!(
                Artifact::from_bytes(whole[..length].to_vec()).is_err(),
                "{length}"
            );
        }
        for length in 0..whole.len() {
            let cut = whole[..length].to_vec();
            assert!(
                Artifact::from_stored(artifact.digest(), cut).is_err(),
                "{length}"
            );
        }
    }

    #[test]
    fn a_later_format_is_named() {
        let mut bytes = sample().as_bytes().to_vec();
        bytes[4] = 9;
        assert_eq!(
            Artifact::from_bytes(bytes),
            Err(ArtifactError::UnsupportedVersion(9))
        );
    }
}
