//! How does a body become whole without becoming too large?
//!
//! The bound holds for what comes out of the decoder while it comes out, so a decompression bomb
//! ends after as many bytes as a plain body would. What goes in is bounded too: a stream may
//! decode to nothing for ever.
//!
//! Lenient like `request` and cURL, which decode with `Z_SYNC_FLUSH`: a stream that ends too early
//! gives what there was, what follows the end of a stream is ignored, and `deflate` may come with
//! or without its zlib header. Damage inside a stream is an error.

use std::io::{self, Write};

use flate2::write::{DeflateDecoder, GzDecoder, ZlibDecoder};
use sandglass_host_abi::HttpError;

/// What a body may be larger by while it is compressed: stored blocks of random bytes and headers.
const ENCODED_SLACK: usize = 64 * 1024;

/// The most that a length announced by a server makes us reserve at once.
const RESERVE_MAX: usize = 1024 * 1024;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Not at all, or in a way that is left to the lambda.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 1950, or RFC 1951 from servers that misread the name.
    Deflate,
}

impl Encoding {
    /// Reads a `content-encoding` header.
    pub(super) fn named(value: &[u8]) -> Self {
        let is = |name: &str| value.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        if is("gzip") || is("x-gzip") {
            Self::Gzip
        } else if is("deflate") {
            Self::Deflate
        } else {
            Self::Identity
        }
    }
}

/// Collects a body, decoded and within its bound.
pub(super) struct Decoder {
    stream: Stream,
    encoded_bytes_left: usize,
}

enum Stream {
    Identity(Bounded),
    Gzip(GzDecoder<Bounded>),
    Zlib(ZlibDecoder<Bounded>),
    RawDeflate(DeflateDecoder<Bounded>),
    /// `deflate` before its first byte tells which.
    Undecided(Bounded),
    /// After the end of the encoded stream.
    Ended(Bounded),
}

/// Bytes up to a bound; writing past it is an error.
#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
    bytes_max: usize,
}

#[derive(Debug, thiserror::Error)]
#[error("too large")]
struct TooLarge;

impl Decoder {
    pub(super) fn new(encoding: Encoding, bytes_max: usize) -> Self {
        let out = Bounded {
            bytes: Vec::new(),
            bytes_max,
        };
        let (stream, slack) = match encoding {
            Encoding::Identity => (Stream::Identity(out), 0),
            Encoding::Gzip => (Stream::Gzip(GzDecoder::new(out)), ENCODED_SLACK),
            Encoding::Deflate => (Stream::Undecided(out), ENCODED_SLACK),
        };
        Self {
            stream,
            encoded_bytes_left: bytes_max.saturating_add(slack),
        }
    }

    /// Takes note of the length that the server announced.
    pub(super) fn expect(&mut self, length: u64) -> Result<(), HttpError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > self.encoded_bytes_left {
            return Err(HttpError::ResponseTooLarge);
        }
        if let Stream::Identity(out) = &mut self.stream {
            out.bytes.reserve_exact(length.min(RESERVE_MAX));
        }
        Ok(())
    }

    pub(super) fn write(&mut self, chunk: &[u8]) -> Result<(), HttpError> {
        self.encoded_bytes_left = self
            .encoded_bytes_left
            .checked_sub(chunk.len())
            .ok_or(HttpError::ResponseTooLarge)?;
        self.stream.write(chunk).map_err(error)
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, HttpError> {
        self.stream.finish().map(|out| out.bytes).map_err(error)
    }
}

impl Stream {
    fn write(&mut self, mut chunk: &[u8]) -> io::Result<()> {
        while let Some(first) = chunk.first() {
            let taken = match self {
                Self::Identity(out) => out.write(chunk)?,
                Self::Gzip(decoder) => decoder.write(chunk)?,
                Self::Zlib(decoder) => decoder.write(chunk)?,
                Self::RawDeflate(decoder) => decoder.write(chunk)?,
                Self::Undecided(out) => {
                    *self = Self::deflate(std::mem::take(out), *first);
                    continue;
                }
                Self::Ended(_) => return Ok(()),
            };
            chunk = &chunk[taken..];
            if taken == 0 {
                self.end_or_next_member(chunk)?;
            }
        }
        Ok(())
    }

    /// RFC 1950, section 2.2: the low half of a zlib stream's first byte is 8. A raw stream starts
    /// like that only with a stored block whose padding is not zero.
    fn deflate(out: Bounded, first: u8) -> Self {
        if first & 0x0f == 8 {
            Self::Zlib(ZlibDecoder::new(out))
        } else {
            Self::RawDeflate(DeflateDecoder::new(out))
        }
    }

    /// RFC 1952, section 2.2: a gzip file may have several members. The first byte decides, because
    /// the second may come with the next chunk.
    fn end_or_next_member(&mut self, rest: &[u8]) -> io::Result<()> {
        let another = matches!(self, Self::Gzip(_)) && rest.starts_with(&[0x1f]);
        let out = std::mem::replace(self, Self::Ended(Bounded::default())).finish()?;
        *self = if another {
            Self::Gzip(GzDecoder::new(out))
        } else {
            Self::Ended(out)
        };
        Ok(())
    }

    fn finish(self) -> io::Result<Bounded> {
        match self {
            Self::Identity(out) | Self::Undecided(out) | Self::Ended(out) => Ok(out),
            Self::Gzip(mut decoder) => {
                decoder.flush()?;
                // A decoder leaves one more byte alone only when it has its whole trailer; then
                // finishing compares the checksum.
                if matches!(decoder.write(&[0]), Ok(0)) {
                    decoder.try_finish()?;
                }
                Ok(std::mem::take(decoder.get_mut()))
            }
            Self::Zlib(mut decoder) => {
                decoder.try_finish()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
            Self::RawDeflate(mut decoder) => {
                decoder.try_finish()?;
                Ok(std::mem::take(decoder.get_mut()))
            }
        }
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.bytes_max.saturating_sub(self.bytes.len()) {
            return Err(io::Error::other(TooLarge));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn error(error: io::Error) -> HttpError {
    if error.get_ref().is_some_and(|inner| inner.is::<TooLarge>()) {
        return HttpError::ResponseTooLarge;
    }
    HttpError::Failed(format!(
        "the response's body cannot be decompressed: {error}"
    ))
}

#[cfg(test)]
mod tests;
