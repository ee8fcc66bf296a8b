//! How does a lambda compress by RFC 7932?

use brotli::enc::StandardAlloc;
use brotli::enc::encode::{
    BrotliEncoderOperation, BrotliEncoderParameter as EncoderParameter, BrotliEncoderStateStruct,
};
use brotli_decompressor::{
    BrotliDecoderParameter as DecoderParameter, BrotliDecompressStream, BrotliResult, BrotliState,
};

use super::{BUF_ERROR, Codec, OK, STREAM_END, Step};

/// A parameter that is not given.
const UNSET: u32 = u32::MAX;

const FINISH: i32 = 2;

const BEST_QUALITY: i32 = 11;

type EncoderState = BrotliEncoderStateStruct<StandardAlloc>;
type DecoderState = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// The parameters that are given, with their numbers.
fn given(settings: &[u32]) -> impl Iterator<Item = (usize, u32)> {
    let numbered = settings.iter().copied().enumerate();
    numbered.filter(|(_, value)| *value != UNSET)
}

/// A stream that compresses.
pub(super) struct Encoder {
    state: EncoderState,
}

impl Encoder {
    /// A stream with these parameters, by their numbers; none when one is refused.
    pub(super) fn new(settings: &[u32]) -> Option<Self> {
        let mut state = EncoderState::new(StandardAlloc::default());
        given(settings)
            .all(|(number, value)| set(&mut state, number, value))
            .then_some(Self { state })
    }
}

/// Whether the parameter is taken, as the C library does. They come by their numbers, so the quality is known
/// to those that it matters for.
fn set(state: &mut EncoderState, number: usize, value: u32) -> bool {
    let parameter = match number {
        0 => EncoderParameter::BROTLI_PARAM_MODE,
        1 => EncoderParameter::BROTLI_PARAM_QUALITY,
        2 => EncoderParameter::BROTLI_PARAM_LGWIN,
        3 => EncoderParameter::BROTLI_PARAM_LGBLOCK,
        4 => EncoderParameter::BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING,
        5 => EncoderParameter::BROTLI_PARAM_SIZE_HINT,
        6 => EncoderParameter::BROTLI_PARAM_LARGE_WINDOW,
        // The best quality looks for the best of these itself, and stumbles over some.
        7 | 8 if state.params.quality >= BEST_QUALITY => return true,
        7 => {
            state.params.dist.distance_postfix_bits = value;
            return true;
        }
        8 => {
            state.params.dist.num_direct_distance_codes = value;
            return true;
        }
        _ => return false,
    };
    state.set_parameter(parameter, value)
}

impl Codec for Encoder {
    fn step(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Step {
        let operation = match flush {
            1 => BrotliEncoderOperation::BROTLI_OPERATION_FLUSH,
            FINISH => BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
            3 => BrotliEncoderOperation::BROTLI_OPERATION_EMIT_METADATA,
            _ => BrotliEncoderOperation::BROTLI_OPERATION_PROCESS,
        };
        let (mut input_left, mut read) = (input.len(), 0);
        let (mut room, mut written) = (output.len(), 0);
        let went_well = self.state.compress_stream(
            operation,
            &mut input_left,
            input,
            &mut read,
            &mut room,
            output,
            &mut written,
            &mut None,
            &mut |_, _, _, _| (),
        );
        let (code, message) = match went_well {
            true if self.state.is_finished() => (STREAM_END, None),
            true => (OK, None),
            false => (-1, Some("Compression failed")),
        };
        Step {
            read,
            written,
            code,
            message,
        }
    }

    /// Without its parameters, as in Node.js.
    fn reset(&mut self) {
        if let Some(new) = Self::new(&[]) {
            *self = new;
        }
    }
}

/// A stream that decompresses.
pub(super) struct Decoder {
    state: DecoderState,
}

impl Decoder {
    /// A stream with these parameters, by their numbers; none when one is refused.
    pub(super) fn new(settings: &[u32]) -> Option<Self> {
        let alloc = StandardAlloc::default;
        let mut state = DecoderState::new_strict(alloc(), alloc(), alloc());
        given(settings)
            .all(|(number, value)| match number {
                0 => state.set_parameter(
                    DecoderParameter::BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION,
                    value,
                ),
                1 => {
                    state.set_parameter(DecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW, value)
                }
                _ => false,
            })
            .then_some(Self { state })
    }
}

impl Codec for Decoder {
    fn step(&mut self, flush: i32, input: &[u8], output: &mut [u8]) -> Step {
        let (mut input_left, mut read) = (input.len(), 0);
        let (mut room, mut written) = (output.len(), 0);
        let result = BrotliDecompressStream(
            &mut input_left,
            &mut read,
            input,
            &mut room,
            &mut written,
            output,
            &mut 0,
            &mut self.state,
        );
        let (code, message) = match result {
            BrotliResult::ResultSuccess => (STREAM_END, None),
            BrotliResult::NeedsMoreInput if flush == FINISH => {
                (BUF_ERROR, Some("unexpected end of file"))
            }
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => (OK, None),
            BrotliResult::ResultFailure => {
                (self.state.error_code as i32, Some("Decompression failed"))
            }
        };
        Step {
            read,
            written,
            code,
            message,
        }
    }

    /// Without its parameters, as in Node.js.
    fn reset(&mut self) {
        if let Some(new) = Self::new(&[]) {
            *self = new;
        }
    }
}
