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
const HOLE_BYTES_MAX: usize = 32 * 1024;
/// dlmalloc's granule.
const STEP: usize = 16;

/// Fills every hole of the heap below its end.
pub(crate) fn fill_holes() {
    let end = end_of_heap();
    let mut size = HOLE_BYTES_MAX;
    while size >= STEP {
        // SAFETY: malloc and free of the C library, each block freed at most once.
        let block = unsafe { malloc(size) };
        if block.is_null() {
            return;
        }
        if (block as usize) < end {
            continue;
        }
        // SAFETY: as above.
        unsafe { free(block) };
        size -= if size > 4_096 { 1_024 } else { STEP };
    }
}

/// Where a block that fits no hole is put.
fn end_of_heap() -> usize {
    // SAFETY: as above.
    unsafe {
        let block = malloc(4 * HOLE_BYTES_MAX);
        let end = block as usize;
        free(block);
        end
    }
}
