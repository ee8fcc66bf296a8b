//! Which data does the host serve to the engine beside modules?
//!
//! Brotli's dictionary and what its encoder finds words by, 374 kB which few lambdas use and every
//! image would hold. They are what the published crate holds, in the order and layout in which
//! `brotli.patch` and `brotli-decompressor.patch` of the engine ask for them.

use brotli::dictionary::kBrotliDictionary;
use brotli::enc::dictionary_hash::kStaticDictionaryHash;
use brotli::enc::static_dict_lut::{kStaticDictionaryBuckets, kStaticDictionaryWords};

use super::setup;

/// The first byte of what is no module.
const DATA: u8 = 3;

/// Appends the tables to a library.
pub(crate) fn append_to(library: &mut Vec<u8>) {
    let words = kStaticDictionaryWords.iter().flat_map(|word| {
        let [low, high] = word.i.to_le_bytes();
        [word.l, word.t, low, high]
    });
    for (number, table) in [
        kBrotliDictionary.to_vec(),
        bytes_of(&kStaticDictionaryHash),
        bytes_of(&kStaticDictionaryBuckets),
        words.collect(),
    ]
    .iter()
    .enumerate()
    {
        setup::append(library, &format!("sandglass:brotli/{number}"), DATA, table);
    }
}

fn bytes_of(numbers: &[u16]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}
