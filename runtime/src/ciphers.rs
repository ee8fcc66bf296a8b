//! Which code encrypts?
//!
//! RustCrypto's crates, by the parts that modes are made of, so that the state of a stream is a block or
//! two that lie with the guest.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::common::KeyInit;
use cbc::cipher::{
    Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt as _, BlockModeEncrypt as _,
    BlockSizeUser, InnerIvInit as _, KeyIvInit, StreamCipher,
};
use ctr::{Ctr32BE, Ctr128BE};
use des::{Des, TdesEde3};
use ghash::GHash;
use ghash::universal_hash::UniversalHash as _;
use poly1305::Poly1305;
use sandglass_host_abi::bindings::sandglass::toolbelt::ciphers::{
    BlockCipher, CipherError, Counter, Direction,
};

/// Does the same with the type that a cipher and the length of its key name.
macro_rules! with_cipher {
    ($cipher:expr, $key:expr, $type:ident => $do:expr) => {
        match ($cipher, $key.len()) {
            (BlockCipher::Aes, 16) => {
                type $type = Aes128;
                $do
            }
            (BlockCipher::Aes, 24) => {
                type $type = Aes192;
                $do
            }
            (BlockCipher::Aes, 32) => {
                type $type = Aes256;
                $do
            }
            (BlockCipher::DesEde3, 24) => {
                type $type = TdesEde3;
                $do
            }
            (BlockCipher::Des, 8) => {
                type $type = Des;
                $do
            }
            _ => Err(CipherError::InvalidKey),
        }
    };
}

/// Each block by itself.
pub(crate) fn ecb(
    cipher: BlockCipher,
    direction: Direction,
    key: &[u8],
    data: Vec<u8>,
) -> Result<Vec<u8>, CipherError> {
    with_cipher!(cipher, key, Cipher => ecb_with(&keyed::<Cipher>(key)?, direction, data))
}

fn ecb_with<C: BlockCipherEncrypt + BlockCipherDecrypt>(
    cipher: &C,
    direction: Direction,
    mut data: Vec<u8>,
) -> Result<Vec<u8>, CipherError> {
    let blocks = blocks::<C>(&mut data)?;
    match direction {
        Direction::Encrypt => cipher.encrypt_blocks(blocks),
        Direction::Decrypt => cipher.decrypt_blocks(blocks),
    }
    Ok(data)
}

/// Each block chained to the one before.
pub(crate) fn cbc(
    cipher: BlockCipher,
    direction: Direction,
    key: &[u8],
    iv: &[u8],
    data: Vec<u8>,
) -> Result<Vec<u8>, CipherError> {
    with_cipher!(cipher, key, Cipher => cbc_with(keyed::<Cipher>(key)?, direction, iv, data))
}

fn cbc_with<C: BlockCipherEncrypt + BlockCipherDecrypt>(
    cipher: C,
    direction: Direction,
    iv: &[u8],
    mut data: Vec<u8>,
) -> Result<Vec<u8>, CipherError> {
    let iv = <&Array<u8, C::BlockSize>>::try_from(iv).map_err(|_| CipherError::InvalidLength)?;
    let blocks = blocks::<C>(&mut data)?;
    match direction {
        Direction::Encrypt => {
            cbc::Encryptor::inner_iv_init(cipher, iv).encrypt_blocks(blocks);
        }
        Direction::Decrypt => {
            cbc::Decryptor::inner_iv_init(cipher, iv).decrypt_blocks(blocks);
        }
    }
    Ok(data)
}

fn keyed<C: KeyInit>(key: &[u8]) -> Result<C, CipherError> {
    C::new_from_slice(key).map_err(|_| CipherError::InvalidKey)
}

fn blocks<C: BlockSizeUser>(
    data: &mut [u8],
) -> Result<&mut [Array<u8, C::BlockSize>], CipherError> {
    match Array::slice_as_chunks_mut(data) {
        (blocks, []) => Ok(blocks),
        _ => Err(CipherError::InvalidLength),
    }
}

/// AES in Counter Mode.
pub(crate) fn ctr(
    counter: Counter,
    key: &[u8],
    start: &[u8],
    skip: u32,
    data: Vec<u8>,
) -> Result<Vec<u8>, CipherError> {
    match (counter, key.len()) {
        (Counter::Low32, 16) => stream::<Ctr32BE<Aes128>>(key, start, skip, data),
        (Counter::Low32, 24) => stream::<Ctr32BE<Aes192>>(key, start, skip, data),
        (Counter::Low32, 32) => stream::<Ctr32BE<Aes256>>(key, start, skip, data),
        (Counter::All128, 16) => stream::<Ctr128BE<Aes128>>(key, start, skip, data),
        (Counter::All128, 24) => stream::<Ctr128BE<Aes192>>(key, start, skip, data),
        (Counter::All128, 32) => stream::<Ctr128BE<Aes256>>(key, start, skip, data),
        _ => Err(CipherError::InvalidKey),
    }
}

fn stream<S: KeyIvInit + StreamCipher>(
    key: &[u8],
    start: &[u8],
    skip: u32,
    mut data: Vec<u8>,
) -> Result<Vec<u8>, CipherError> {
    const BLOCK: u32 = 16;
    if skip >= BLOCK {
        return Err(CipherError::InvalidLength);
    }
    let mut cipher = S::new_from_slices(key, start).map_err(|_| CipherError::InvalidLength)?;
    cipher.apply_keystream(&mut [0; BLOCK as usize][..skip as usize]);
    cipher
        .try_apply_keystream(&mut data)
        .map_err(|_| CipherError::InvalidLength)?;
    Ok(data)
}

/// GHASH from a state on.
pub(crate) fn ghash(key: &[u8], state: &[u8], mut data: Vec<u8>) -> Result<Vec<u8>, CipherError> {
    let mut hash = GHash::new_from_slice(key).map_err(|_| CipherError::InvalidKey)?;
    let state = <&[u8; 16]>::try_from(state).map_err(|_| CipherError::InvalidLength)?;
    match Array::slice_as_chunks_mut(&mut data) {
        // A state is what is added to the next block, so it is added to it here.
        ([first, rest @ ..], []) => {
            first
                .iter_mut()
                .zip(state)
                .for_each(|(byte, old)| *byte ^= old);
            hash.update(std::slice::from_ref(first));
            hash.update(rest);
            Ok(hash.finalize().to_vec())
        }
        ([], []) => Ok(state.to_vec()),
        _ => Err(CipherError::InvalidLength),
    }
}

/// ChaCha20 from a byte of its key stream on.
pub(crate) fn chacha20(
    key: &[u8],
    nonce: &[u8],
    position: u64,
    mut data: Vec<u8>,
) -> Result<Vec<u8>, CipherError> {
    use chacha20::cipher::{KeyIvInit as _, StreamCipher as _, StreamCipherSeek as _};
    let mut cipher =
        chacha20::ChaCha20::new_from_slices(key, nonce).map_err(|_| CipherError::InvalidKey)?;
    cipher
        .try_seek(position)
        .map_err(|_| CipherError::InvalidLength)?;
    cipher
        .try_apply_keystream(&mut data)
        .map_err(|_| CipherError::InvalidLength)?;
    Ok(data)
}

/// The Poly1305 of data.
pub(crate) fn poly1305(key: &[u8], data: &[u8]) -> Result<Vec<u8>, CipherError> {
    let hash = Poly1305::new_from_slice(key).map_err(|_| CipherError::InvalidKey)?;
    Ok(hash.compute_unpadded(data).to_vec())
}

/// The wrapping function of AES Key Wrap (SP 800-38F, section 6.1) and its inverse.
pub(crate) fn key_wrap(
    direction: Direction,
    key: &[u8],
    data: Vec<u8>,
) -> Result<Vec<u8>, CipherError> {
    with_cipher!(BlockCipher::Aes, key, Cipher => wrap_with(&keyed::<Cipher>(key)?, direction, data))
}

fn wrap_with<C: BlockCipherEncrypt + BlockCipherDecrypt>(
    cipher: &C,
    direction: Direction,
    mut data: Vec<u8>,
) -> Result<Vec<u8>, CipherError> {
    const HALF: usize = 8;
    const ROUNDS: usize = 6;
    let halves = data.len() / HALF;
    if C::block_size() != 2 * HALF || !data.len().is_multiple_of(HALF) || halves < 3 {
        return Err(CipherError::InvalidLength);
    }
    let (first, rest) = data.split_at_mut(HALF);
    let mut step = |number: usize| {
        let half = &mut rest[(number - 1) % (halves - 1) * HALF..][..HALF];
        let count = (number as u64).to_be_bytes();
        let mut block = Array::<u8, C::BlockSize>::default();
        block[..HALF].copy_from_slice(first);
        block[HALF..].copy_from_slice(half);
        let add = |block: &mut [u8]| {
            block
                .iter_mut()
                .zip(count)
                .for_each(|(byte, count)| *byte ^= count)
        };
        match direction {
            Direction::Encrypt => {
                cipher.encrypt_block(&mut block);
                add(&mut block[..HALF]);
            }
            Direction::Decrypt => {
                add(&mut block[..HALF]);
                cipher.decrypt_block(&mut block);
            }
        }
        first.copy_from_slice(&block[..HALF]);
        half.copy_from_slice(&block[HALF..]);
    };
    match direction {
        Direction::Encrypt => (1..=ROUNDS * (halves - 1)).for_each(&mut step),
        Direction::Decrypt => (1..=ROUNDS * (halves - 1)).rev().for_each(&mut step),
    }
    Ok(data)
}
