//! Compression by RFC 1950 to 1952: the streams of zlib.
//!
//! A stream lives in the sandbox's own memory, so that it is bounded and is paid for as everything
//! else that a lambda computes. It is known by a number, which its owner closes.

use std::cell::RefCell;

use rquickjs::{Ctx, Exception, FromJs, Object, Result, TypedArray, Value};
use zlib_rs::{
    Deflate, DeflateConfig, DeflateError, DeflateFlush, Inflate, InflateError, InflateFlush,
    Method, Status, Strategy,
};

use super::bytes_of;

/// The return codes of zlib that are looked at here.
const OK: i32 = 0;
const STREAM_END: i32 = 1;
const NEED_DICT: i32 = 2;
const DATA_ERROR: i32 = -3;
const BUF_ERROR: i32 = -5;

const FINISH: i32 = 4;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Added to the size of a window: with the header and the trailer of gzip; with whichever is there.
const GZIP_FORMAT: u8 = 16;
const ANY_FORMAT: u8 = 32;

thread_local! {
    static STREAMS: RefCell<Vec<Option<Stream>>> = const { RefCell::new(Vec::new()) };
}

/// What a stream does, by its number in Node.js.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Deflate,
    Inflate,
    Gzip,
    Gunzip,
    DeflateRaw,
    InflateRaw,
    Unzip,
}

impl Mode {
    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Deflate,
            2 => Self::Inflate,
            3 => Self::Gzip,
            4 => Self::Gunzip,
            5 => Self::DeflateRaw,
            6 => Self::InflateRaw,
            7 => Self::Unzip,
            _ => return None,
        })
    }
}

/// How a stream is set up; the numbers are those of zlib, in their ranges.
#[derive(Clone, Copy)]
pub(super) struct Settings {
    window_bits: u8,
    level: i32,
    mem_level: i32,
    strategy: i32,
}

impl<'js> FromJs<'js> for Settings {
    fn from_js(_: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        let object: Object = value.get()?;
        Ok(Self {
            window_bits: object.get("windowBits")?,
            level: object.get("level")?,
            mem_level: object.get("memLevel")?,
            strategy: object.get("strategy")?,
        })
    }
}

enum Codec {
    Deflate(Deflate),
    Inflate(Inflate),
}

struct Stream {
    mode: Mode,
    settings: Settings,
    dictionary: Option<Vec<u8>>,
    codec: Codec,
    /// How many bytes of the magic number of gzip a stream that may be one has begun with.
    magic: usize,
}

/// What a step came to.
struct Step {
    read: usize,
    written: usize,
    code: i32,
    message: Option<&'static str>,
}

impl Stream {
    fn new(mode: Mode, settings: Settings, dictionary: Option<Vec<u8>>) -> Self {
        let codec = codec(mode, settings);
        let mut stream = Self {
            mode,
            settings,
            dictionary,
            codec,
            magic: 0,
        };
        stream.use_dictionary();
        stream
    }

    /// Sets the dictionary where a stream needs it before its first byte.
    fn use_dictionary(&mut self) {
        let Some(dictionary) = &self.dictionary else {
            return;
        };
        // What zlib refuses here, such as a dictionary for gzip, goes without, as in Node.js.
        match (&mut self.codec, self.mode) {
            (Codec::Deflate(deflate), Mode::Deflate | Mode::DeflateRaw) => {
                let _ = deflate.set_dictionary(dictionary);
            }
            (Codec::Inflate(inflate), Mode::InflateRaw) => {
                let _ = inflate.set_dictionary(dictionary);
            }
            _ => {}
        }
    }

    fn reset(&mut self) {
        self.codec = codec(self.mode, self.settings);
        self.magic = 0;
        self.use_dictionary();
    }

    fn step(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Step {
        match &mut self.codec {
            Codec::Deflate(deflate) => compress(deflate, flush, input, output),
            Codec::Inflate(_) => self.decompress(flush, input, output),
        }
    }

    /// Goes on behind the end of a member of gzip when another one follows.
    fn decompress(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Step {
        self.look_for_magic(input);
        let mut step = self.inflate(flush, input, output);
        while step.code == STREAM_END && self.is_gzip() && follows(&input[step.read..]) {
            self.codec = codec(Mode::Gunzip, self.settings);
            let next = self.inflate(flush, &input[step.read..], &mut output[step.written..]);
            step = Step {
                read: step.read + next.read,
                written: step.written + next.written,
                ..next
            };
        }
        step
    }

    fn inflate(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Step {
        let Codec::Inflate(inflate) = &mut self.codec else {
            unreachable!("it decompresses");
        };
        let before = (inflate.total_in(), inflate.total_out());
        let mut result = inflate.decompress(input, output, inflate_flush(flush));
        if let (Err(InflateError::NeedDict { .. }), Some(dictionary)) = (&result, &self.dictionary)
        {
            result = match inflate.set_dictionary(dictionary) {
                Ok(_) => {
                    let (read, written) = progress(before, inflate);
                    inflate.decompress(&input[read..], &mut output[written..], inflate_flush(flush))
                }
                Err(_) => result,
            };
        }
        let (read, written) = progress(before, inflate);
        let is_full = written == output.len();
        let (code, message) = match result {
            Ok(Status::StreamEnd) => (STREAM_END, None),
            Ok(_) if flush == FINISH && !is_full => (BUF_ERROR, Some("unexpected end of file")),
            Ok(_) => (OK, None),
            Err(InflateError::NeedDict { .. }) => (NEED_DICT, Some(self.without_dictionary())),
            Err(error) => {
                let message = inflate.error_message().unwrap_or(error.as_str());
                (code_of(error), Some(message))
            }
        };
        Step {
            read,
            written,
            code,
            message,
        }
    }

    fn without_dictionary(&self) -> &'static str {
        match self.dictionary {
            Some(_) => "Bad dictionary",
            None => "Missing dictionary",
        }
    }

    fn is_gzip(&self) -> bool {
        self.mode == Mode::Gunzip || (self.mode == Mode::Unzip && self.magic == GZIP_MAGIC.len())
    }

    fn look_for_magic(&mut self, input: &[u8]) {
        for &byte in input.iter().take(GZIP_MAGIC.len()) {
            if GZIP_MAGIC.get(self.magic) == Some(&byte) {
                self.magic += 1;
            } else if self.magic < GZIP_MAGIC.len() {
                // What does not begin so is never gzip.
                self.magic = GZIP_MAGIC.len() + 1;
            }
        }
    }
}

/// Behind a member zeros may pad; everything else is taken for the next member.
fn follows(rest: &[u8]) -> bool {
    rest.first().is_some_and(|&byte| byte != 0)
}

fn codec(mode: Mode, settings: Settings) -> Codec {
    let window = settings.window_bits;
    let inflate = |expect_header, window| Codec::Inflate(Inflate::new(expect_header, window));
    match mode {
        Mode::Deflate => deflate(settings, i32::from(window)),
        Mode::Gzip => deflate(settings, i32::from(window + GZIP_FORMAT)),
        Mode::DeflateRaw => deflate(settings, -i32::from(window)),
        Mode::Inflate => inflate(true, window),
        Mode::Gunzip => inflate(true, window + GZIP_FORMAT),
        Mode::Unzip => inflate(true, window + ANY_FORMAT),
        Mode::InflateRaw => inflate(false, window),
    }
}

fn deflate(settings: Settings, window_bits: i32) -> Codec {
    Codec::Deflate(Deflate::new_with_config(DeflateConfig {
        level: settings.level,
        method: Method::Deflated,
        window_bits,
        mem_level: settings.mem_level,
        strategy: match settings.strategy {
            1 => Strategy::Filtered,
            2 => Strategy::HuffmanOnly,
            3 => Strategy::Rle,
            4 => Strategy::Fixed,
            _ => Strategy::Default,
        },
    }))
}

fn compress(deflate: &mut Deflate, flush: i32, input: &[u8], output: &mut [u8]) -> Step {
    let before = (deflate.total_in(), deflate.total_out());
    let flush = match flush {
        1 => DeflateFlush::PartialFlush,
        2 => DeflateFlush::SyncFlush,
        3 => DeflateFlush::FullFlush,
        FINISH => DeflateFlush::Finish,
        5 => DeflateFlush::Block,
        _ => DeflateFlush::NoFlush,
    };
    let result = deflate.compress(input, output, flush);
    let (code, message) = match result {
        Ok(Status::StreamEnd) => (STREAM_END, None),
        Ok(_) => (OK, None),
        Err(error) => (error as i32, Some(error.as_str())),
    };
    Step {
        read: (deflate.total_in() - before.0) as usize,
        written: (deflate.total_out() - before.1) as usize,
        code,
        message,
    }
}

fn inflate_flush(flush: i32) -> InflateFlush {
    match flush {
        2 | 3 => InflateFlush::SyncFlush,
        FINISH => InflateFlush::Finish,
        5 => InflateFlush::Block,
        _ => InflateFlush::NoFlush,
    }
}

fn progress(before: (u64, u64), inflate: &Inflate) -> (usize, usize) {
    let read = inflate.total_in() - before.0;
    (read as usize, (inflate.total_out() - before.1) as usize)
}

fn code_of(error: InflateError) -> i32 {
    match error {
        InflateError::NeedDict { .. } => NEED_DICT,
        InflateError::StreamError => -2,
        InflateError::DataError => DATA_ERROR,
        InflateError::MemError => -4,
    }
}

/// Opens a stream and returns its number.
pub(super) fn open<'js>(
    ctx: Ctx<'js>,
    mode: u8,
    settings: Settings,
    dictionary: Option<TypedArray<'js, u8>>,
) -> Result<usize> {
    let mode = Mode::from_number(mode)
        .ok_or_else(|| Exception::throw_range(&ctx, "unknown mode of compression"))?;
    let dictionary = dictionary.map(|view| bytes_of(&ctx, &view).map(<[u8]>::to_vec));
    let stream = Some(Stream::new(mode, settings, dictionary.transpose()?));
    Ok(
        STREAMS.with_borrow_mut(|streams| match streams.iter().position(Option::is_none) {
            Some(free) => {
                streams[free] = stream;
                free
            }
            None => {
                streams.push(stream);
                streams.len() - 1
            }
        }),
    )
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

/// Compresses at another level from here on, as far as zlib can at this point. Returns a code of zlib.
pub(super) fn params(ctx: Ctx<'_>, id: usize, level: i32) -> Result<i32> {
    with_stream(&ctx, id, |stream| match &mut stream.codec {
        Codec::Deflate(deflate) => match deflate.set_level(level) {
            // zlib-rs has nowhere to put what the change would send first; it goes on as before.
            Ok(_) | Err(DeflateError::StreamError) => OK,
            Err(error) => error as i32,
        },
        Codec::Inflate(_) => OK,
    })
}

/// Starts a stream over.
pub(super) fn reset(ctx: Ctx<'_>, id: usize) -> Result<()> {
    with_stream(&ctx, id, Stream::reset)
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

fn with_stream<T>(ctx: &Ctx<'_>, id: usize, act: impl FnOnce(&mut Stream) -> T) -> Result<T> {
    STREAMS.with_borrow_mut(|streams| match streams.get_mut(id) {
        Some(Some(stream)) => Ok(act(stream)),
        _ => Err(Exception::throw_type(ctx, "the zlib stream is closed")),
    })
}
