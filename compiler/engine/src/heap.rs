//! Where do an invocation's allocations fall?
//!
//! Building leaves holes all over the heap, and an invocation that fills them writes to a page for
//! each. Every page that it writes must be copied, found and put back by the host. So before the
//! memory is kept, the holes are filled for good: from then on allocations lie side by side at the
//! heap's end, on few pages.

use std::ffi::c_void;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
}

/// Larger holes are left: a small allocation may be cut from one, but then the next ones follow it.
const HOLE_BYTES_MAX: usize = 16 * 1024;
/// dlmalloc's granule.
const STEP: usize = 16;
/// What fits the smallest chunk beside its header.
const SMALLEST: usize = 8;

/// Fills every hole of the heap below its end.
pub(crate) fn fill_holes() {
    let end = end_of_heap();
    let large = (4_096..HOLE_BYTES_MAX + 1).step_by(1_024).rev();
    let small = (STEP..4_096).step_by(STEP).rev();
    for size in large.chain(small).chain([SMALLEST]) {
        while fills_hole(size, end) {}
    }
}

/// Takes a block for good if there is a hole for it.
fn fills_hole(size: usize, end: usize) -> bool {
    // SAFETY: malloc and free of the C library; the block is freed at most once.
    unsafe {
        let block = malloc(size);
        let filled = !block.is_null() && (block as usize) < end;
        if !filled {
            free(block);
        }
        filled
    }
}

/// Where a block that fits no hole is put.
fn end_of_heap() -> usize {
    // SAFETY: as in `fills_hole`.
    unsafe {
        let block = malloc(HOLE_BYTES_MAX + STEP);
        let end = block as usize;
        free(block);
        end
    }
}
