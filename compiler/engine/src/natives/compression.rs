//! Compression: the streams of zlib and of Brotli.
//!
//! A stream lives in the sandbox's own memory, so that it is bounded and is paid for as everything
//! else that a lambda computes. It is known by a number, which its owner closes.

mod brotli;
mod tables;
mod zlib;

use std::cell::RefCell;

use rquickjs::{Ctx, Exception, Object, Result, TypedArray};

use super::bytes_of;

/// The return codes that streams of both kinds have, as zlib numbers them.
const OK: i32 = 0;
const STREAM_END: i32 = 1;
const BUF_ERROR: i32 = -5;

thread_local! {
    static STREAMS: RefCell<Vec<Option<Box<dyn Codec>>>> = const { RefCell::new(Vec::new()) };
}

/// What compresses or decompresses step by step.
trait Codec {
    /// Takes of `input` and puts into `output` as much as goes.
    fn step(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Step;

    /// Starts over.
    fn reset(&mut self);

    /// Compresses at another level and by another strategy from here on. Returns a code of zlib.
    fn set_params(&mut self, _level: i32, _strategy: i32) -> i32 {
        OK
    }
}

/// What a step came to.
struct Step {
    read: usize,
    written: usize,
    code: i32,
    message: Option<&'static str>,
}

/// Opens a stream of zlib and returns its number.
pub(super) fn open<'js>(
    ctx: Ctx<'js>,
    mode: u8,
    settings: zlib::Settings,
    dictionary: Option<TypedArray<'js, u8>>,
) -> Result<usize> {
    let mode = zlib::Mode::from_number(mode)
        .ok_or_else(|| Exception::throw_range(&ctx, "unknown mode of compression"))?;
    let dictionary = dictionary.map(|view| bytes_of(&ctx, &view).map(<[u8]>::to_vec));
    Ok(keep(zlib::Zlib::new(
        mode,
        settings,
        dictionary.transpose()?,
    )))
}

/// Opens a stream of Brotli and returns its number. `settings` are its parameters by their numbers,
/// 2³² - 1 where there is none; nothing is returned when one of them is refused.
pub(super) fn open_brotli(compresses: bool, settings: Vec<f64>) -> Option<usize> {
    let settings: Vec<u32> = settings.into_iter().map(|value| value as u32).collect();
    match compresses {
        true => brotli::Encoder::new(&settings).map(keep),
        false => brotli::Decoder::new(&settings).map(keep),
    }
}

fn keep(stream: impl Codec + 'static) -> usize {
    let stream: Option<Box<dyn Codec>> = Some(Box::new(stream));
    STREAMS.with_borrow_mut(|streams| match streams.iter().position(Option::is_none) {
        Some(free) => {
            streams[free] = stream;
            free
        }
        None => {
            streams.push(stream);
            streams.len() - 1
        }
    })
}

/// Takes of `input` and puts into `output` as much as goes. Returns `{read, written, code, message}`.
pub(super) fn write<'js>(
    ctx: Ctx<'js>,
    id: usize,
    flush: i32,
    input: TypedArray<'js, u8>,
    output: TypedArray<'js, u8>,
) -> Result<Object<'js>> {
    // Between them and by itself, a lambda may have the two overlap.
    let mut made = vec![0; bytes_of(&ctx, &output)?.len()];
    let from = bytes_of(&ctx, &input)?;
    let step = with_stream(&ctx, id, |stream| stream.step(flush, from, &mut made))?;
    if let Some(raw) = output.as_raw().filter(|raw| raw.len >= step.written) {
        // SAFETY: `raw` describes the live bytes of `output`, at least `step.written` of them, and
        // `made` is memory of its own.
        unsafe { std::ptr::copy_nonoverlapping(made.as_ptr(), raw.ptr.as_ptr(), step.written) };
    }
    let result = Object::new(ctx)?;
    result.set("read", step.read)?;
    result.set("written", step.written)?;
    result.set("code", step.code)?;
    result.set("message", step.message)?;
    Ok(result)
}

/// Compresses at another level and by another strategy from here on, where all that came before is
/// flushed. Returns a code of zlib.
pub(super) fn params(ctx: Ctx<'_>, id: usize, level: i32, strategy: i32) -> Result<i32> {
    with_stream(&ctx, id, |stream| stream.set_params(level, strategy))
}

/// Starts a stream over.
pub(super) fn reset(ctx: Ctx<'_>, id: usize) -> Result<()> {
    with_stream(&ctx, id, |stream| stream.reset())
}

/// Frees a stream.
pub(super) fn close(id: usize) {
    STREAMS.with_borrow_mut(|streams| {
        if let Some(stream) = streams.get_mut(id) {
            *stream = None;
        }
    });
}

/// The CRC-32 of what `value` is that of, and then `data`.
pub(super) fn crc32<'js>(ctx: Ctx<'js>, data: TypedArray<'js, u8>, value: f64) -> Result<f64> {
    let crc = zlib_rs::crc32::crc32(value as u32, bytes_of(&ctx, &data)?);
    Ok(f64::from(crc))
}

fn with_stream<T>(ctx: &Ctx<'_>, id: usize, act: impl FnOnce(&mut dyn Codec) -> T) -> Result<T> {
    STREAMS.with_borrow_mut(|streams| match streams.get_mut(id) {
        Some(Some(stream)) => Ok(act(stream.as_mut())),
        _ => Err(Exception::throw_type(ctx, "the zlib stream is closed")),
    })
}
