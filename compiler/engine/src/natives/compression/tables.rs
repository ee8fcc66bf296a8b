//! Where are the tables of Brotli?
//!
//! At the host, which has them once for all lambdas. The crates are patched to ask for them, see
//! docs/decisions/0016.

use std::cell::RefCell;

use crate::sandglass::toolbelt::library;

const TABLES: usize = 4;

thread_local! {
    /// Those that were asked for. They stay where they are.
    static LOADED: RefCell<[Option<&'static [u32]>; TABLES]> = const { RefCell::new([None; TABLES]) };
}

/// A table, by the number that the patches in this folder's crates give it.
#[unsafe(no_mangle)]
extern "C" fn sandglass_brotli_table(number: u32) -> *const u8 {
    LOADED.with_borrow_mut(|loaded| {
        let table = loaded[number as usize].get_or_insert_with(|| load(number));
        table.as_ptr().cast()
    })
}

/// In words, since a table holds numbers of up to two bytes and must lie where these may.
fn load(number: u32) -> &'static [u32] {
    let served = library::load(&format!("sandglass:brotli/{number}"))
        .expect("the engine's build wrote it into the library");
    let (words, _) = served[1..].as_chunks();
    let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    words.leak()
}
