//! What do a build and its worker say to each other?
//!
//! One frame each way over a pipe: a mark with the version, the length, and the message in
//! postcard's format, which writes text as it is. Both ends bound a frame before they take memory
//! for it. What a worker answers is not trusted: it has read the source.

use std::io::{self, Read};

use sandglass_runtime::artifact::Bundle;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::bundle::{PROVIDED, is_needed};
use crate::compile_error::{Mistakes, shown};
use crate::prepare::Prepared;
use crate::syntax::Findings;
use crate::{CompileError, CompileErrorKind, Source};

/// Its last character counts the versions of the messages.
const MARK: [u8; 4] = *b"SGW2";
/// The mark, and the length of what follows.
const HEADER_BYTES: usize = 8;
/// A source has 100,000 characters of at most 4 bytes.
pub(crate) const REQUEST_BYTES_MAX: usize = 1 << 20;
/// The longest code and the longest map of a bundle, and what was found.
pub(super) const ANSWER_BYTES_MAX: usize = 24_000_000 + FINDINGS_BYTES_MAX;
/// All that is said of a source: parts of its text, and an error's words.
const FINDINGS_BYTES_MAX: usize = 1 << 20;

/// A source to prepare. Its environment is none of a worker's business.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) file_name: String,
    pub(crate) code: String,
    /// It was bundled already: it is only looked through.
    pub(crate) bundled: bool,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Prepared {
        findings: Findings,
        /// Only where the worker made one.
        bundle: Option<Bundle>,
    },
    Failed(Mistakes),
}

/// Why there is no frame.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    #[error("it ended before it had said anything")]
    Ended,
    #[error("what it says makes no sense")]
    Garbage,
}

/// A message with its header.
pub(crate) fn frame(message: &impl Serialize) -> postcard::Result<Vec<u8>> {
    let header = [MARK, [0; 4]].concat();
    let mut frame = postcard::to_extend(message, header)?;
    let length = u32::try_from(frame.len() - HEADER_BYTES)
        .map_err(|_| postcard::Error::SerializeBufferFull)?;
    frame[MARK.len()..HEADER_BYTES].copy_from_slice(&length.to_le_bytes());
    Ok(frame)
}

/// The message of a frame, which has to be all of it.
pub(crate) fn message<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Some(message),
        _ => None,
    }
}

/// How long the frame with that header is.
fn length(header: [u8; HEADER_BYTES], most: usize) -> Option<usize> {
    let (mark, length) = header.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
    (*mark == MARK && length <= most).then_some(length)
}

/// Reads the frame that a worker is sent.
pub(crate) fn read(mut from: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut header = [0; HEADER_BYTES];
    from.read_exact(&mut header)?;
    let length = length(header, most).ok_or(io::ErrorKind::InvalidData)?;
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads a frame that a worker sends.
pub(super) async fn receive(
    from: &mut (impl AsyncRead + Unpin),
    most: usize,
) -> Result<Vec<u8>, FrameError> {
    let mut header = [0; HEADER_BYTES];
    let read = from.read_exact(&mut header).await;
    read.map_err(|_| FrameError::Ended)?;
    let length = length(header, most).ok_or(FrameError::Garbage)?;
    // Memory is taken as the bytes come, not as they are announced.
    let mut bytes = Vec::new();
    let read = from.take(length as u64).read_to_end(&mut bytes).await;
    match read {
        Ok(count) if count == length => Ok(bytes),
        _ => Err(FrameError::Ended),
    }
}

/// What a worker found out about a source, once it was checked; `None` when it cannot be true.
pub(super) fn settle(source: &Source, answer: &[u8]) -> Option<Result<Prepared, Mistakes>> {
    let message = message(answer)?;
    let bundle_bytes = match &message {
        Answer::Prepared {
            bundle: Some(bundle),
            ..
        } => bundle.code.len() + bundle.map.len(),
        _ => 0,
    };
    if answer.len() - bundle_bytes > FINDINGS_BYTES_MAX {
        return None;
    }
    match message {
        Answer::Prepared { findings, bundle } => prepared(source, findings, bundle),
        Answer::Failed(mistakes) => all_failed(mistakes).map(Err),
    }
}

fn prepared(
    source: &Source,
    findings: Findings,
    bundle: Option<Bundle>,
) -> Option<Result<Prepared, Mistakes>> {
    let has_to_be_there = source.bundle().is_none() && is_needed(source, &findings);
    if bundle.is_some() != has_to_be_there {
        return None;
    }
    let source = match bundle {
        None => Ok(source.clone()),
        Some(bundle) if fits(&bundle, &findings) => source.clone().with_bundle(bundle),
        Some(_) => return None,
    };
    let prepared = source.map(|source| Prepared { source, findings });
    Some(prepared.map_err(Mistakes::from))
}

fn fits(bundle: &Bundle, findings: &Findings) -> bool {
    let is_known = |name: &String| PROVIDED.contains_key(name);
    // A worker has no files to bring along.
    bundle.module == findings.module
        && bundle.files.is_empty()
        && bundle.requires.iter().all(is_known)
}

fn all_failed(mistakes: Mistakes) -> Option<Mistakes> {
    if mistakes.others.len() >= Mistakes::MAX {
        return None;
    }
    let first = failed(*mistakes.first)?.into();
    let others = mistakes.others.into_iter().map(failed);
    let others = others.collect::<Option<_>>()?;
    Some(Mistakes { first, others })
}

fn failed(mut error: CompileError) -> Option<CompileError> {
    let is_a_workers = !matches!(
        error.kind,
        CompileErrorKind::Threw
            | CompileErrorKind::LambdaMissing
            | CompileErrorKind::NotAtBuildTime
    );
    error.source_line = shown(&error.source_line);
    if error.kind == CompileErrorKind::Host {
        // What a worker lacks, the source has taken from it.
        error.kind = CompileErrorKind::Exceeded;
    }
    is_a_workers.then_some(error)
}

#[cfg(test)]
mod tests;
