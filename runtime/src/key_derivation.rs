//! Which code makes keys of passwords and of other keys, and what does it cost?

use sandglass_host_abi::bindings::sandglass::toolbelt::crypto::Algorithm;
use sandglass_host_abi::bindings::sandglass::toolbelt::key_derivation::ScryptCost;

use crate::hashing::Hashing;

/// Fuel for one iteration of PBKDF2, which hashes two blocks and a little more.
pub(crate) const ITERATION_FUEL: u64 = 6_000;
/// Iterations of PBKDF2 before others get their turn.
pub(crate) const ITERATIONS_AT_ONCE: u32 = 4_096;
/// Fuel for a byte of scrypt's memory, each of which is written, read and mixed.
const SCRYPT_FUEL_PER_BYTE: u64 = 40;
/// No hash is longer, in bytes.
const HASH_BYTES_MAX: usize = 64;

/// One block of PBKDF2 on its way (RFC 8018, section 5.2).
pub(crate) struct Pbkdf2Block {
    keyed: Hashing,
    last: Vec<u8>,
    sum: Vec<u8>,
}

impl Pbkdf2Block {
    /// Begins block number `index`, which counts from one, with its first iteration.
    pub(crate) fn first(keyed: &Hashing, salt: &[u8], index: u32) -> Self {
        let mut mac = keyed.clone();
        mac.update(salt);
        mac.update(&index.to_be_bytes());
        let last = mac.finish();
        Self {
            keyed: keyed.clone(),
            sum: last.clone(),
            last,
        }
    }

    /// Goes on by some iterations.
    pub(crate) fn iterate(&mut self, iterations: u32) {
        for _ in 0..iterations {
            let mut mac = self.keyed.clone();
            mac.update(&self.last);
            self.last = mac.finish();
            self.sum
                .iter_mut()
                .zip(&self.last)
                .for_each(|(sum, byte)| *sum ^= byte);
        }
    }

    /// The block's bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.sum
    }
}

/// HKDF (RFC 5869); nothing when there is no HMAC or too much is asked for.
pub(crate) fn hkdf(
    algorithm: Algorithm,
    key: &[u8],
    salt: &[u8],
    info: &[u8],
    bytes: usize,
) -> Option<Vec<u8>> {
    let mut extract = Hashing::hmac(algorithm, salt)?;
    extract.update(key);
    let key = extract.finish();
    let keyed = Hashing::hmac(algorithm, &key)?;
    if bytes > 255 * key.len() {
        return None;
    }
    let mut made = Vec::with_capacity(bytes + HASH_BYTES_MAX);
    let mut last = Vec::new();
    for index in 1..=255u8 {
        if made.len() >= bytes {
            break;
        }
        let mut mac = keyed.clone();
        mac.update(&last);
        mac.update(info);
        mac.update(&[index]);
        last = mac.finish();
        made.extend_from_slice(&last);
    }
    made.truncate(bytes);
    Some(made)
}

/// How many bytes of memory scrypt needs.
pub(crate) fn scrypt_memory(cost: ScryptCost) -> u64 {
    let n = 1u64.checked_shl(cost.log_n.into()).unwrap_or(u64::MAX);
    let blocks = n.saturating_add(cost.p.into());
    blocks.saturating_mul(128 * u64::from(cost.r))
}

/// What scrypt costs: as often as it goes through its memory.
pub(crate) fn fuel_for_scrypt(cost: ScryptCost) -> u64 {
    let once = scrypt_memory(cost).saturating_mul(SCRYPT_FUEL_PER_BYTE);
    once.saturating_mul(cost.p.into())
}

/// scrypt (RFC 7914); nothing when the cost is none.
pub(crate) fn scrypt(
    password: &[u8],
    salt: &[u8],
    cost: ScryptCost,
    bytes: usize,
) -> Option<Vec<u8>> {
    if u64::from(cost.r) * u64::from(cost.p) >= 1 << 30 {
        return None;
    }
    let params = scrypt::Params::new(cost.log_n, cost.r, cost.p).ok()?;
    let mut made = vec![0; bytes];
    scrypt::scrypt(password, salt, &params, &mut made).ok()?;
    Some(made)
}
