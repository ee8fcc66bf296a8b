//! What is the image of a lambda?
//!
//! The engine's linear memory after the lambda's source was evaluated in it. It is run as a core
//! module of exactly one memory and one data segment, without code, imports or a start function: an
//! image has no authority of its own. It is kept, in an artifact, as the pages that differ from the
//! blank image, each as the exclusive or of the two, all compressed with zstd (RFC 8878):
//!
//! | bytes | content |
//! |---|---|
//! | 4 | number of pages, little-endian |
//! | 4 each | their indices in ascending order, in units of 4 KiB from address 0 |
//! | 4096 each | the pages |

use std::borrow::Cow;

use sandglass_host_abi::ByteSize;
use wasm_encoder::{
    ConstExpr, DataSection, ExportKind, ExportSection, MemorySection, MemoryType, Module,
};
use wasmparser::{DataKind, ExternalKind, Operator, Parser, Payload};

/// The granule of differences and of data segments, so that wasmtime maps them copy-on-write.
const PAGE: usize = 4_096;
/// A WebAssembly page.
const WASM_PAGE: usize = 65_536;
/// What QuickJS needs no level for: images are mostly pointers and zeros.
const COMPRESSION_LEVEL: i32 = 3;

/// What the allocator of the engine's C library (dlmalloc 2.8.6, `init_top`) writes behind the last chunk of the heap,
/// `TOP_FOOT_SIZE`, and how far before the memory's end. It never reads that.
const END_OF_HEAP: u32 = 56;
const END_OF_HEAP_BYTES: usize = 52;

/// Why a module or an encoded image is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The module holds something that an image may not hold.
    #[error("the image holds {0}: an image is exactly one memory and one data segment")]
    NotAnImage(&'static str),
    /// The bytes are not WebAssembly.
    #[error("the image is not valid WebAssembly: {0}")]
    Malformed(String),
    /// The image needs more memory than a sandbox of this runtime may have.
    #[error("the image needs more than {0} of memory, the most that this runtime gives a sandbox")]
    TooLarge(ByteSize),
    /// The encoded image cannot be decoded.
    #[error("the encoded image is damaged: {0}")]
    Damaged(&'static str),
}

/// The memory of the blank image, from its first used page.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    start: usize,
    dense: Vec<u8>,
}

impl Base {
    /// Reads the blank image.
    pub(crate) fn from_module(module: &[u8]) -> Result<Self, ImageError> {
        verify(module)?;
        let mut base = None;
        for payload in Parser::new(0).parse_all(module) {
            if let Payload::DataSection(section) = payload.map_err(malformed)? {
                for segment in section {
                    let segment = segment.map_err(malformed)?;
                    let start = offset(&segment)?;
                    base = Some(Self {
                        start,
                        dense: segment.data.to_vec(),
                    });
                }
            }
        }
        base.filter(|base| base.start.is_multiple_of(PAGE))
            .ok_or(ImageError::NotAnImage("no data at a page boundary"))
    }

    /// Encodes a memory as its difference to this one. What lies below the first used page is the
    /// dead stack and is left out.
    pub(crate) fn encode(&self, memory: &[u8]) -> Vec<u8> {
        let (mut indices, mut pages) = (Vec::new(), Vec::new());
        let memory = self.without_end_of_heap(memory);
        for (number, page) in memory[self.start..].chunks(PAGE).enumerate() {
            let base = self.page(number);
            if page != &base[..page.len()] {
                let index = (self.start / PAGE + number) as u32;
                indices.extend_from_slice(&index.to_le_bytes());
                pages.extend(page.iter().zip(base.iter()).map(|(new, old)| new ^ old));
            }
        }
        let count = (indices.len() / 4) as u32;
        let encoded = [&count.to_le_bytes()[..], &indices, &pages].concat();
        zstd::bulk::compress(&encoded, COMPRESSION_LEVEL).expect("compressing in memory succeeds")
    }

    /// Decodes a difference into the core module that supplies the memory.
    ///
    /// # Errors
    /// When the bytes are damaged or lie outside a memory of `memory_pages` pages of 64 KiB.
    pub(crate) fn decode(&self, encoded: &[u8], memory_pages: u32) -> Result<Vec<u8>, ImageError> {
        let memory_bytes = memory_pages as usize * WASM_PAGE;
        let bytes_max = 4 + memory_bytes / PAGE * (PAGE + 4);
        let bytes = zstd::bulk::decompress(encoded, bytes_max)
            .map_err(|_| ImageError::Damaged("it does not decompress"))?;
        let cut = ImageError::Damaged("it ends too early");
        let (count, rest) = bytes.split_first_chunk::<4>().ok_or(cut.clone())?;
        let count = u32::from_le_bytes(*count) as usize;
        let (indices, pages) = rest
            .split_at_checked(count.saturating_mul(4))
            .ok_or(cut.clone())?;
        if pages.len() != count * PAGE {
            return Err(cut);
        }
        let mut dense = self.dense.clone();
        for (index, page) in indices.chunks_exact(4).zip(pages.chunks_exact(PAGE)) {
            let index = u32::from_le_bytes(index.try_into().expect("chunks of four")) as usize;
            let outside = ImageError::Damaged("a page lies outside its memory");
            let at = (index * PAGE)
                .checked_sub(self.start)
                .ok_or(outside.clone())?;
            if (index + 1) * PAGE > memory_bytes {
                return Err(outside);
            }
            if dense.len() < at + PAGE {
                dense.resize(at + PAGE, 0);
            }
            dense[at..at + PAGE]
                .iter_mut()
                .zip(page)
                .for_each(|(byte, change)| *byte ^= change);
        }
        if self.start + dense.len() > memory_bytes {
            return Err(ImageError::Damaged(
                "its memory is smaller than the engine's",
            ));
        }
        let module = image_module(memory_pages, self.start, &dense);
        verify(&module)?;
        Ok(module)
    }

    /// Leaves out a last page on which there is nothing but where the heap ends. An image holds everything up to
    /// its last page, so that this one word costs a loaded lambda all the room that its heap has left.
    fn without_end_of_heap<'a>(&self, memory: &'a [u8]) -> &'a [u8] {
        let Some((rest, last)) = memory.split_last_chunk::<PAGE>() else {
            return memory;
        };
        let is_new = rest.len() >= self.start + self.dense.len();
        let (before, end) = last.split_at(PAGE - END_OF_HEAP_BYTES);
        let (size, after) = end.split_at(4);
        let is_end =
            size == END_OF_HEAP.to_le_bytes() && before.iter().chain(after).all(|byte| *byte == 0);
        if is_new && is_end { rest } else { memory }
    }

    fn page(&self, number: usize) -> Cow<'_, [u8]> {
        let rest = self.dense.get(number * PAGE..).unwrap_or(&[]);
        match rest.get(..PAGE) {
            Some(page) => Cow::Borrowed(page),
            None => {
                let mut page = rest.to_vec();
                page.resize(PAGE, 0);
                Cow::Owned(page)
            }
        }
    }
}

fn image_module(memory_pages: u32, start: usize, dense: &[u8]) -> Vec<u8> {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: memory_pages.into(),
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    let mut data = DataSection::new();
    data.active(
        0,
        &ConstExpr::i32_const(start as i32),
        dense.iter().copied(),
    );
    let mut module = Module::new();
    module.section(&memories).section(&exports).section(&data);
    module.finish()
}

/// Checks that a core module is an image: one memory, exported as `memory`, one active data
/// segment, and nothing else.
///
/// # Errors
/// [`ImageError::NotAnImage`] with what else it holds; [`ImageError::Malformed`] when it is not
/// WebAssembly.
pub fn verify(module: &[u8]) -> Result<(), ImageError> {
    let (mut memories, mut segments, mut exports) = (0, 0, 0);
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(malformed)? {
            Payload::Version {
                encoding: wasmparser::Encoding::Module,
                ..
            }
            | Payload::End(_) => {}
            Payload::MemorySection(section) => memories += section.count(),
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(malformed)?;
                    if (export.name, export.kind) != ("memory", ExternalKind::Memory) {
                        return Err(ImageError::NotAnImage("an export besides its memory"));
                    }
                    exports += 1;
                }
            }
            Payload::DataSection(section) => {
                for segment in section {
                    offset(&segment.map_err(malformed)?)?;
                    segments += 1;
                }
            }
            other => return Err(ImageError::NotAnImage(describe(&other))),
        }
    }
    match (memories, segments, exports) {
        (1, 1, 1) => Ok(()),
        (1, 1, _) => Err(ImageError::NotAnImage("a memory that it does not export")),
        (1, _, _) => Err(ImageError::NotAnImage("another number of data segments")),
        _ => Err(ImageError::NotAnImage("another number of memories")),
    }
}

fn describe(payload: &Payload<'_>) -> &'static str {
    match payload {
        Payload::ImportSection(_) => "imports",
        Payload::StartSection { .. } => "a start function",
        Payload::FunctionSection(_) | Payload::CodeSectionStart { .. } => "code",
        Payload::TableSection(_) | Payload::ElementSection(_) => "a table",
        Payload::GlobalSection(_) => "globals",
        _ => "an unexpected section",
    }
}

fn offset(segment: &wasmparser::Data<'_>) -> Result<usize, ImageError> {
    let passive = ImageError::NotAnImage("a data segment without a constant address");
    let DataKind::Active {
        memory_index: 0,
        offset_expr,
    } = &segment.kind
    else {
        return Err(passive);
    };
    match offset_expr
        .get_operators_reader()
        .read()
        .map_err(malformed)?
    {
        Operator::I32Const { value } => Ok(value.cast_unsigned() as usize),
        _ => Err(passive),
    }
}

fn malformed(error: wasmparser::BinaryReaderError) -> ImageError {
    ImageError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        Base::from_module(&image_module(2, 2 * PAGE, &[7; 3 * PAGE + 5])).unwrap()
    }

    #[test]
    fn a_memory_survives_its_encoding() {
        let mut memory = vec![0; 2 * WASM_PAGE];
        memory[2 * PAGE..5 * PAGE + 5].fill(7);
        memory[3 * PAGE + 9] = 1;
        memory[31 * PAGE] = 2;
        let module = base().decode(&base().encode(&memory), 2).unwrap();
        let image = Base::from_module(&module).unwrap();
        assert_eq!(image.start, 2 * PAGE);
        assert_eq!(image.dense[..], memory[2 * PAGE..]);
    }

    #[test]
    fn where_the_heap_ends_is_left_out_unless_there_is_more_or_it_is_of_the_blank_image() {
        let memory_with = |last: &[(usize, u8)]| {
            let mut memory = vec![0; 2 * WASM_PAGE];
            memory[2 * PAGE..5 * PAGE + 5].fill(7);
            memory[9 * PAGE] = 1;
            for (from_end, byte) in last {
                memory[2 * WASM_PAGE - from_end] = *byte;
            }
            memory
        };
        let end = (END_OF_HEAP_BYTES, 56);
        let image_of = |base: &Base, memory: &[u8]| {
            let module = base.decode(&base.encode(memory), 2).unwrap();
            Base::from_module(&module).unwrap().dense.len()
        };
        let to_the_end = 2 * WASM_PAGE - 2 * PAGE;
        assert_eq!(image_of(&base(), &memory_with(&[end])), 8 * PAGE);
        for more in [
            (1, 1),
            (PAGE, 1),
            (END_OF_HEAP_BYTES - 4, 1),
            (END_OF_HEAP_BYTES + 1, 1),
        ] {
            assert_eq!(image_of(&base(), &memory_with(&[end, more])), to_the_end);
        }
        assert_eq!(
            image_of(&base(), &memory_with(&[(END_OF_HEAP_BYTES, 55)])),
            to_the_end
        );

        let whole = image_module(2, 2 * PAGE, &memory_with(&[end])[2 * PAGE..]);
        let whole = Base::from_module(&whole).unwrap();
        assert_eq!(image_of(&whole, &memory_with(&[end])), to_the_end);
    }

    #[test]
    fn a_damaged_encoding_is_refused() {
        let mut memory = vec![0; 2 * WASM_PAGE];
        memory[20 * PAGE] = 1;
        let encoded = base().encode(&memory);
        assert!(base().decode(&encoded[..encoded.len() - 1], 2).is_err());
        assert_eq!(
            base().decode(&encoded, 1),
            Err(ImageError::Damaged("a page lies outside its memory"))
        );
        assert!(base().decode(b"", 2).is_err());
    }

    #[test]
    fn a_module_with_code_imports_or_a_second_memory_is_no_image() {
        use wasm_encoder::{CodeSection, Function, FunctionSection, ImportSection, TypeSection};
        assert_eq!(verify(&image_module(1, 0, &[1])), Ok(()));
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut module = Module::new();
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut code = CodeSection::new();
        let mut body = Function::new([]);
        body.instructions().end();
        code.function(&body);
        module.section(&types).section(&functions).section(&code);
        assert!(matches!(
            verify(&module.finish()),
            Err(ImageError::NotAnImage(_))
        ));

        let mut imports = ImportSection::new();
        imports.import("a", "b", wasm_encoder::EntityType::Function(0));
        let mut module = Module::new();
        module.section(&types).section(&imports);
        assert!(matches!(
            verify(&module.finish()),
            Err(ImageError::NotAnImage(_))
        ));

        let mut memories = MemorySection::new();
        for _ in 0..2 {
            memories.memory(MemoryType {
                minimum: 1,
                maximum: None,
                memory64: false,
                shared: false,
                page_size_log2: None,
            });
        }
        let mut module = Module::new();
        module.section(&memories);
        assert!(matches!(
            verify(&module.finish()),
            Err(ImageError::NotAnImage(_))
        ));
        assert!(matches!(verify(b"\0asm"), Err(ImageError::Malformed(_))));
    }
}
