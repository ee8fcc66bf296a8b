//! Where do an invocation's allocations fall?
//!
//! Building leaves holes all over the heap, and an invocation that fills them writes to a page for
//! each. Every page that it writes must be copied, found and put back by the host. So before the
//! memory is kept, the holes are filled for good: from then on allocations lie side by side at the
//! heap's end, on few pages.

use std::ffi::c_void;
use std::ptr::NonNull;

use rquickjs::qjs::JSContext;
use rquickjs::{Ctx, Object};

unsafe extern "C" {
    /// Of `quickjs.patch`: moves the shapes of plain objects and arrays, and the table of shapes,
    /// to where the heap has room. False without memory.
    fn JS_GatherShapes(ctx: *mut JSContext) -> bool;
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

/// Puts what the creation of each plain object and array writes to side by side.
pub(crate) fn gather_shapes(ctx: &Ctx<'_>) {
    let raw: NonNull<JSContext> = ctx.as_raw();
    // SAFETY: `ctx` proves that the context lives and that no other code is in it.
    assert!(unsafe { JS_GatherShapes(raw.as_ptr()) }, "out of memory");
}

/// Ends the list of all objects with one at the heap's end, since the next object is linked to it.
/// Without memory for one, the list stays as it is.
pub(crate) fn lengthen_list(ctx: &Ctx<'_>) {
    if let Ok(last) = Object::new(ctx.clone()) {
        std::mem::forget(last);
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
