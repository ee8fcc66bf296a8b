//! How does a domain name in any script become one form?
//!
//! The `idna` crate leaves the Unicode part of UTS 46 to a crate of this name and interface. This
//! one uses the normalization that is in QuickJS anyway. What it leaves out are checks only: the
//! rules on bidirectional text, on joiners and on leading marks, and which code points are
//! unassigned. A name that breaks one of these becomes a URL that no resolver knows, instead of an
//! invalid URL; the host, which decides what may be reached, has the full rules.

#![no_std]

extern crate alloc;

use alloc::vec::Vec;
use core::ffi::{c_int, c_void};
use core::ptr;

/// QuickJS's name for NFKC in `unicode_normalize`.
const NFKC: c_int = 2;

type Reallocate = unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void;

unsafe extern "C" {
    fn unicode_normalize(
        normalized: *mut *mut u32,
        source: *const u32,
        source_len: c_int,
        form: c_int,
        opaque: *mut c_void,
        reallocate: Option<Reallocate>,
    ) -> c_int;
    fn realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

unsafe extern "C" fn reallocate(_: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void {
    if size == 0 {
        // SAFETY: QuickJS passes null or a block that this function gave it.
        unsafe { free(block) };
        return ptr::null_mut();
    }
    // SAFETY: as above.
    unsafe { realloc(block, size) }
}

/// The NFKC form; nothing when memory is short.
fn normalize(source: &[char]) -> Vec<char> {
    let source: Vec<u32> = source.iter().copied().map(u32::from).collect();
    let Ok(source_len) = c_int::try_from(source.len()) else {
        return Vec::new();
    };
    let mut normalized = ptr::null_mut();
    // SAFETY: the pointers are valid for the call, and `source_len` is the length of `source`.
    let len = unsafe {
        unicode_normalize(
            &mut normalized,
            source.as_ptr(),
            source_len,
            NFKC,
            ptr::null_mut(),
            Some(reallocate),
        )
    };
    let Ok(len) = usize::try_from(len) else {
        return Vec::new();
    };
    if normalized.is_null() {
        return Vec::new();
    }
    // SAFETY: on success QuickJS gives a block of `len` code points, which is ours to free.
    let text = unsafe { core::slice::from_raw_parts(normalized, len) };
    let text = text
        .iter()
        .map(|&code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    let text = text.collect();
    // SAFETY: as above.
    unsafe { free(normalized.cast()) };
    text
}

/// Code points that UTS 46 drops.
fn is_ignored(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{180B}'..='\u{180D}' | '\u{200B}' | '\u{2060}'
        | '\u{2064}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// Code points that no name may hold become U+FFFD, which `idna` takes for an error.
fn checked(c: char) -> char {
    match c {
        '\u{80}'..='\u{9F}'
        | '\u{200E}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{E000}'..='\u{F8FF}'
        | '\u{FFF0}'..='\u{FFFF}'
        | '\u{E0000}'..='\u{10FFFF}' => char::REPLACEMENT_CHARACTER,
        '\u{3002}' => '.',
        _ => c,
    }
}

/// The Unicode data that `idna` asks for.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Adapter {}

impl Adapter {
    /// There is nothing to set up.
    pub const fn new() -> Self {
        Self {}
    }

    /// Maps and normalizes, as UTS 46, section 4, steps 1 and 2.
    pub fn map_normalize<'delegate, I: Iterator<Item = char> + 'delegate>(
        &'delegate self,
        text: I,
    ) -> impl Iterator<Item = char> + 'delegate {
        let kept: Vec<char> = text.filter(|c| !is_ignored(*c)).collect();
        let lower: Vec<char> = normalize(&kept)
            .into_iter()
            .flat_map(char::to_lowercase)
            .collect();
        normalize(&lower).into_iter().map(checked)
    }

    /// The same for a label that came in its ASCII form and must not change.
    pub fn normalize_validate<'delegate, I: Iterator<Item = char> + 'delegate>(
        &'delegate self,
        text: I,
    ) -> impl Iterator<Item = char> + 'delegate {
        let all: Vec<char> = text.collect();
        normalize(&all).into_iter().map(checked)
    }

    /// Whether a joiner may follow; not checked.
    pub fn is_virama(&self, _: char) -> bool {
        true
    }

    /// Whether `c` may not come first; not checked.
    pub fn is_mark(&self, _: char) -> bool {
        false
    }

    /// Every character counts as left-to-right.
    pub fn bidi_class(&self, _: char) -> BidiClass {
        BidiClass(())
    }

    /// Every character joins.
    pub fn joining_type(&self, _: char) -> JoiningType {
        JoiningType(())
    }
}

/// The direction of a character: always left to right.
#[derive(Debug, Clone, Copy)]
pub struct BidiClass(());

impl BidiClass {
    /// As a set.
    pub fn to_mask(self) -> BidiClassMask {
        BidiClassMask(())
    }

    /// Always.
    pub fn is_ltr(self) -> bool {
        true
    }

    /// Never.
    pub fn is_nonspacing_mark(self) -> bool {
        false
    }

    /// Never.
    pub fn is_european_number(self) -> bool {
        false
    }

    /// Never.
    pub fn is_arabic_number(self) -> bool {
        false
    }
}

/// A set of directions.
#[derive(Debug, Clone, Copy)]
pub struct BidiClassMask(());

impl BidiClassMask {
    /// Never, so that no name counts as bidirectional.
    pub fn intersects(self, _: Self) -> bool {
        false
    }
}

/// How a character joins its neighbours.
#[derive(Debug, Clone, Copy)]
pub struct JoiningType(());

impl JoiningType {
    /// As a set.
    pub fn to_mask(self) -> JoiningTypeMask {
        JoiningTypeMask(())
    }

    /// Always.
    pub fn is_transparent(self) -> bool {
        true
    }
}

/// A set of ways to join.
#[derive(Debug, Clone, Copy)]
pub struct JoiningTypeMask(());

impl JoiningTypeMask {
    /// Always, so that joiners are allowed.
    pub fn intersects(self, _: Self) -> bool {
        true
    }
}

/// What joins to the left.
pub const LEFT_OR_DUAL_JOINING_MASK: JoiningTypeMask = JoiningTypeMask(());
/// What joins to the right.
pub const RIGHT_OR_DUAL_JOINING_MASK: JoiningTypeMask = JoiningTypeMask(());
/// What makes a name bidirectional.
pub const RTL_MASK: BidiClassMask = BidiClassMask(());
/// What may come first in a bidirectional name.
pub const FIRST_BC_MASK: BidiClassMask = BidiClassMask(());
/// What may come last in a left-to-right label.
pub const LAST_LTR_MASK: BidiClassMask = BidiClassMask(());
/// What may come last in a right-to-left label.
pub const LAST_RTL_MASK: BidiClassMask = BidiClassMask(());
/// What may come within a left-to-right label.
pub const MIDDLE_LTR_MASK: BidiClassMask = BidiClassMask(());
/// What may come within a right-to-left label.
pub const MIDDLE_RTL_MASK: BidiClassMask = BidiClassMask(());
