//! How does a lambda compress by RFC 1950 to 1952?

use rquickjs::{Ctx, FromJs, Object, Result, Value};
use zlib_rs::{
    Deflate, DeflateConfig, DeflateFlush, Inflate, InflateError, InflateFlush, Method, Status,
    Strategy,
};

use super::{BUF_ERROR, Codec, OK, STREAM_END, Step};

/// The return codes of zlib that only its own streams have.
const NEED_DICT: i32 = 2;
const DATA_ERROR: i32 = -3;

const FINISH: i32 = 4;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Added to the size of a window: with the header and the trailer of gzip; with whichever is there.
const GZIP_FORMAT: u8 = 16;
const ANY_FORMAT: u8 = 32;

/// What a stream does, by its number in Node.js.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Deflate,
    Inflate,
    Gzip,
    Gunzip,
    DeflateRaw,
    InflateRaw,
    Unzip,
}

impl Mode {
    pub(super) fn from_number(number: u8) -> Option<Self> {
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
pub(in crate::natives) struct Settings {
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

enum State {
    Deflate(Deflate),
    Inflate(Inflate),
}

/// A stream of zlib.
pub(super) struct Zlib {
    mode: Mode,
    settings: Settings,
    dictionary: Option<Vec<u8>>,
    state: State,
    /// How many bytes of the magic number of gzip a stream that may be one has begun with.
    magic: usize,
}

impl Zlib {
    pub(super) fn new(mode: Mode, settings: Settings, dictionary: Option<Vec<u8>>) -> Self {
        let state = state(mode, settings);
        let mut stream = Self {
            mode,
            settings,
            dictionary,
            state,
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
        match (&mut self.state, self.mode) {
            (State::Deflate(deflate), Mode::Deflate | Mode::DeflateRaw) => {
                let _ = deflate.set_dictionary(dictionary);
            }
            (State::Inflate(inflate), Mode::InflateRaw) => {
                let _ = inflate.set_dictionary(dictionary);
            }
            _ => {}
        }
    }

    /// Goes on behind the end of a member of gzip when another one follows.
    fn decompress(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Step {
        self.look_for_magic(input);
        let mut step = self.inflate(flush, input, output);
        while step.code == STREAM_END && self.is_gzip() && follows(&input[step.read..]) {
            self.state = state(Mode::Gunzip, self.settings);
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
        let State::Inflate(inflate) = &mut self.state else {
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

impl Codec for Zlib {
    fn reset(&mut self) {
        self.state = state(self.mode, self.settings);
        self.magic = 0;
        self.use_dictionary();
    }

    fn step(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Step {
        match &mut self.state {
            State::Deflate(deflate) => compress(deflate, flush, input, output),
            State::Inflate(_) => self.decompress(flush, input, output),
        }
    }

    /// As Node.js has it, a stream of gzip goes on as it began.
    fn set_params(&mut self, level: i32, strategy: i32) -> i32 {
        match &mut self.state {
            State::Deflate(deflate) if self.mode != Mode::Gzip => {
                match deflate.set_params(level, strategy_of(strategy)) {
                    Ok(_) => OK,
                    Err(error) => error as i32,
                }
            }
            State::Deflate(_) | State::Inflate(_) => OK,
        }
    }
}

/// Behind a member zeros may pad; everything else is taken for the next member.
fn follows(rest: &[u8]) -> bool {
    rest.first().is_some_and(|&byte| byte != 0)
}

fn state(mode: Mode, settings: Settings) -> State {
    let window = settings.window_bits;
    let inflate = |expect_header, window| State::Inflate(Inflate::new(expect_header, window));
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

fn deflate(settings: Settings, window_bits: i32) -> State {
    State::Deflate(Deflate::new_with_config(DeflateConfig {
        level: settings.level,
        method: Method::Deflated,
        window_bits,
        mem_level: settings.mem_level,
        strategy: strategy_of(settings.strategy),
    }))
}

fn strategy_of(number: i32) -> Strategy {
    match number {
        1 => Strategy::Filtered,
        2 => Strategy::HuffmanOnly,
        3 => Strategy::Rle,
        4 => Strategy::Fixed,
        _ => Strategy::Default,
    }
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
