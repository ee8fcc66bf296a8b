//! The lambda's own files, which `fs` reads.
//!
//! They lie in the image as they came, outside of JavaScript: what is not read costs an invocation nothing.

use std::cell::RefCell;

use rquickjs::{Array, Ctx, Result, TypedArray, Value};

thread_local! {
    static FILES: RefCell<Vec<(String, Vec<u8>)>> = const { RefCell::new(Vec::new()) };
}

/// Takes the files of a lambda, at build time.
pub(crate) fn take(files: Vec<(String, Vec<u8>)>) {
    FILES.set(files);
}

/// The path and the size of each: `[path, size, …]`.
pub(super) fn list(ctx: Ctx<'_>) -> Result<Array<'_>> {
    let list = Array::new(ctx)?;
    FILES.with_borrow(|files| {
        for (index, (path, bytes)) in files.iter().enumerate() {
            list.set(2 * index, path.as_str())?;
            list.set(2 * index + 1, bytes.len())?;
        }
        Ok(list)
    })
}

/// A copy of a part of the file at a place in the list, from `start` up to but not including `end`.
pub(super) fn read(ctx: Ctx<'_>, index: usize, start: usize, end: usize) -> Result<Value<'_>> {
    FILES.with_borrow(|files| {
        let part = files
            .get(index)
            .and_then(|(_, bytes)| bytes.get(start..end));
        Ok(TypedArray::new_copy(ctx, part.unwrap_or_default())?.into_value())
    })
}
