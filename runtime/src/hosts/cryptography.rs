//! What answers the imports of cryptography, and what does it charge?
//!
//! Each is a pure function of its arguments, but for the random numbers that some draw. Fuel is taken before
//! the work is done, so that no work is begun that cannot be paid for. What may take longer than some
//! milliseconds is done on a thread where it keeps no other invocation waiting.

use sandglass_host_abi::bindings::sandglass::toolbelt::{
    ciphers, crypto, curves, key_derivation, numbers,
};

use super::{COPY_FUEL_PER_BYTE, HASH_FUEL_PER_BYTE};
use crate::hashing::{self, Hashing};
use crate::key_derivation::{ITERATION_FUEL, ITERATIONS_AT_ONCE, Pbkdf2Block};
use crate::sandbox::Sandbox;
use crate::signing;

/// Fuel for a hash of nothing.
const HASH_FUEL: u64 = 2_000;
/// How much is hashed before others get their turn; as long as a slice of fuel lasts.
const HASH_SLICE: usize = 64 * 1024;
/// Fuel for a byte that is encrypted.
const CIPHER_FUEL_PER_BYTE: u64 = 16;
/// Fuel for a byte that Triple DES encrypts, which no processor helps with.
const DES_FUEL_PER_BYTE: u64 = 800;
/// Fuel for a key schedule.
const CIPHER_FUEL: u64 = 4_000;

impl crypto::Host for Sandbox {
    async fn digest(
        &mut self,
        algorithm: crypto::Algorithm,
        data: Vec<u8>,
        bytes: Option<u32>,
    ) -> wasmtime::Result<Vec<u8>> {
        let chosen = hashing::chosen_bytes(algorithm, bytes);
        self.charge(chosen * HASH_FUEL_PER_BYTE).await?;
        self.fits(chosen)?;
        let mut digest = Hashing::digest(algorithm, bytes);
        self.hash(&mut digest, &data).await?;
        Ok(digest.finish())
    }

    async fn hmac(
        &mut self,
        algorithm: crypto::Algorithm,
        key: Vec<u8>,
        data: Vec<u8>,
    ) -> wasmtime::Result<Vec<u8>> {
        self.charge(key.len() as u64 * HASH_FUEL_PER_BYTE).await?;
        let Some(mut hmac) = Hashing::hmac(algorithm, &key) else {
            return Ok(Vec::new());
        };
        self.hash(&mut hmac, &data).await?;
        Ok(hmac.finish())
    }

    async fn sign(
        &mut self,
        scheme: crypto::SignatureScheme,
        private_key: Vec<u8>,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, crypto::SignatureError>> {
        self.charge_copied(&[&private_key, &data]).await?;
        if let Err(error) = signing::check_sizes(&private_key, &data) {
            return Ok(Err(error));
        }
        self.charge(signing::fuel_to_sign(scheme, &private_key, &data))
            .await?;
        Ok(signing::sign(scheme, &private_key, &data))
    }

    async fn verify(
        &mut self,
        scheme: crypto::SignatureScheme,
        public_key: Vec<u8>,
        data: Vec<u8>,
        signature: Vec<u8>,
    ) -> wasmtime::Result<Result<bool, crypto::SignatureError>> {
        self.charge_copied(&[&public_key, &data, &signature])
            .await?;
        if let Err(error) = signing::check_sizes(&public_key, &data) {
            return Ok(Err(error));
        }
        self.charge(signing::fuel_to_verify(scheme, &public_key, &data))
            .await?;
        Ok(Ok(signing::verify(scheme, &public_key, &data, &signature)))
    }
}

/// What a cipher's function answers.
type Ciphered = wasmtime::Result<Result<Vec<u8>, ciphers::CipherError>>;

impl ciphers::Host for Sandbox {
    async fn ecb(
        &mut self,
        cipher: ciphers::BlockCipher,
        direction: ciphers::Direction,
        key: Vec<u8>,
        data: Vec<u8>,
    ) -> Ciphered {
        let fuel = fuel_to_cipher(cipher, &data);
        self.work(fuel, move || {
            crate::ciphers::ecb(cipher, direction, &key, data)
        })
        .await
    }

    async fn cbc(
        &mut self,
        cipher: ciphers::BlockCipher,
        direction: ciphers::Direction,
        key: Vec<u8>,
        iv: Vec<u8>,
        data: Vec<u8>,
    ) -> Ciphered {
        let fuel = fuel_to_cipher(cipher, &data);
        self.work(fuel, move || {
            crate::ciphers::cbc(cipher, direction, &key, &iv, data)
        })
        .await
    }

    async fn ctr(
        &mut self,
        counter: ciphers::Counter,
        key: Vec<u8>,
        start: Vec<u8>,
        skip: u32,
        data: Vec<u8>,
    ) -> Ciphered {
        let fuel = fuel_to_cipher(ciphers::BlockCipher::Aes, &data);
        self.work(fuel, move || {
            crate::ciphers::ctr(counter, &key, &start, skip, data)
        })
        .await
    }

    async fn ghash(&mut self, key: Vec<u8>, state: Vec<u8>, data: Vec<u8>) -> Ciphered {
        let fuel = fuel_to_cipher(ciphers::BlockCipher::Aes, &data);
        self.work(fuel, move || crate::ciphers::ghash(&key, &state, data))
            .await
    }

    async fn chacha20(
        &mut self,
        key: Vec<u8>,
        nonce: Vec<u8>,
        position: u64,
        data: Vec<u8>,
    ) -> Ciphered {
        let fuel = fuel_to_cipher(ciphers::BlockCipher::Aes, &data);
        self.work(fuel, move || {
            crate::ciphers::chacha20(&key, &nonce, position, data)
        })
        .await
    }

    async fn poly1305(&mut self, key: Vec<u8>, data: Vec<u8>) -> Ciphered {
        let fuel = fuel_to_cipher(ciphers::BlockCipher::Aes, &data);
        self.work(fuel, move || crate::ciphers::poly1305(&key, &data))
            .await
    }

    async fn key_wrap(
        &mut self,
        direction: ciphers::Direction,
        key: Vec<u8>,
        data: Vec<u8>,
    ) -> Ciphered {
        const ROUNDS: u64 = 12;
        let fuel = ROUNDS * fuel_to_cipher(ciphers::BlockCipher::Aes, &data);
        self.work(fuel, move || {
            crate::ciphers::key_wrap(direction, &key, data)
        })
        .await
    }
}

fn fuel_to_cipher(cipher: ciphers::BlockCipher, data: &[u8]) -> u64 {
    let per_byte = match cipher {
        ciphers::BlockCipher::Aes => CIPHER_FUEL_PER_BYTE,
        ciphers::BlockCipher::Des | ciphers::BlockCipher::DesEde3 => DES_FUEL_PER_BYTE,
    };
    CIPHER_FUEL + data.len() as u64 * per_byte
}

impl key_derivation::Host for Sandbox {
    async fn pbkdf2(
        &mut self,
        algorithm: crypto::Algorithm,
        password: Vec<u8>,
        salt: Vec<u8>,
        iterations: u32,
        bytes: u32,
    ) -> wasmtime::Result<Vec<u8>> {
        self.fits(bytes.into())?;
        self.charge((password.len() + salt.len()) as u64 * HASH_FUEL_PER_BYTE)
            .await?;
        let mut key = Vec::new();
        let Some(keyed) = Hashing::hmac(algorithm, &password) else {
            return Ok(key);
        };
        for index in 1.. {
            if key.len() >= bytes as usize {
                break;
            }
            self.charge(HASH_FUEL + salt.len() as u64 * HASH_FUEL_PER_BYTE)
                .await?;
            let mut block = Pbkdf2Block::first(&keyed, &salt, index);
            let mut left = iterations.saturating_sub(1);
            while left > 0 {
                let now = left.min(ITERATIONS_AT_ONCE);
                self.charge(u64::from(now) * ITERATION_FUEL).await?;
                block.iterate(now);
                left -= now;
            }
            key.extend(block.finish());
        }
        key.truncate(bytes as usize);
        Ok(key)
    }

    async fn hkdf(
        &mut self,
        algorithm: crypto::Algorithm,
        key: Vec<u8>,
        salt: Vec<u8>,
        info: Vec<u8>,
        bytes: u32,
    ) -> wasmtime::Result<Option<Vec<u8>>> {
        const ROUNDS_MAX: u64 = 255;
        let rounds = (u64::from(bytes) / 16).min(ROUNDS_MAX) + 1;
        let hashed = (key.len() + salt.len()) as u64 + rounds * info.len() as u64;
        self.charge(rounds * 2 * HASH_FUEL + hashed * HASH_FUEL_PER_BYTE)
            .await?;
        Ok(crate::key_derivation::hkdf(
            algorithm,
            &key,
            &salt,
            &info,
            bytes as usize,
        ))
    }

    async fn scrypt(
        &mut self,
        password: Vec<u8>,
        salt: Vec<u8>,
        cost: key_derivation::ScryptCost,
        bytes: u32,
    ) -> wasmtime::Result<Option<Vec<u8>>> {
        let memory = crate::key_derivation::scrypt_memory(cost);
        self.fits(memory.saturating_add(bytes.into()))?;
        let hashed = (password.len() + salt.len()) as u64 + u64::from(bytes);
        let fuel = crate::key_derivation::fuel_for_scrypt(cost)
            .saturating_add(hashed * HASH_FUEL_PER_BYTE);
        self.work(fuel, move || {
            crate::key_derivation::scrypt(&password, &salt, cost, bytes as usize)
        })
        .await
    }
}

/// What a function of numbers answers.
type Numbered<T> = wasmtime::Result<Result<T, numbers::NumberError>>;

impl numbers::Host for Sandbox {
    async fn power(
        &mut self,
        base: Vec<u8>,
        exponent: Vec<u8>,
        modulus: Vec<u8>,
    ) -> Numbered<Vec<u8>> {
        self.charge_copied(&[&base, &exponent, &modulus]).await?;
        if let Err(error) = crate::numbers::check_sizes(&[&base, &exponent, &modulus]) {
            return Ok(Err(error));
        }
        let fuel = crate::numbers::fuel_for_power(&exponent, &modulus);
        self.work(fuel, move || {
            crate::numbers::power(&base, &exponent, &modulus)
        })
        .await
    }

    async fn random_prime(&mut self, bits: u32, safe: bool) -> Numbered<Vec<u8>> {
        if let Err(error) = crate::numbers::check_prime_bits(bits, safe) {
            return Ok(Err(error));
        }
        let fuel = crate::numbers::fuel_for_prime(bits, safe);
        self.work(fuel, move || crate::numbers::random_prime(bits, safe))
            .await
    }

    async fn is_prime(&mut self, candidate: Vec<u8>) -> Numbered<bool> {
        self.charge_copied(&[&candidate]).await?;
        if let Err(error) = crate::numbers::check_sizes(&[&candidate]) {
            return Ok(Err(error));
        }
        let fuel = crate::numbers::fuel_for_test(&candidate);
        self.work(fuel, move || Ok(crate::numbers::is_prime(&candidate)))
            .await
    }

    async fn rsa_generate(&mut self, bits: u32, exponent: u64) -> Numbered<Vec<u8>> {
        if let Err(error) = crate::numbers::check_rsa_bits(bits) {
            return Ok(Err(error));
        }
        let fuel = 2 * crate::numbers::fuel_for_prime(bits / 2, false);
        self.work(fuel, move || crate::numbers::rsa_generate(bits, exponent))
            .await
    }

    async fn rsa_private(&mut self, key: Vec<u8>, block: Vec<u8>) -> Numbered<Vec<u8>> {
        self.charge_copied(&[&key, &block]).await?;
        if let Err(error) = crate::numbers::check_sizes(&[&key, &block]) {
            return Ok(Err(error));
        }
        let fuel = crate::numbers::fuel_for_private(&key);
        self.work(fuel, move || crate::numbers::rsa_private(&key, &block))
            .await
    }
}

impl curves::Host for Sandbox {
    async fn public_key(
        &mut self,
        curve: curves::Curve,
        private_key: Vec<u8>,
    ) -> wasmtime::Result<Option<Vec<u8>>> {
        self.charge_copied(&[&private_key]).await?;
        self.charge(crate::curves::fuel(curve)).await?;
        Ok(crate::curves::public_key(curve, &private_key))
    }

    async fn point(
        &mut self,
        curve: curves::Curve,
        encoded: Vec<u8>,
    ) -> wasmtime::Result<Option<Vec<u8>>> {
        self.charge_copied(&[&encoded]).await?;
        self.charge(crate::curves::fuel(curve) / 8).await?;
        Ok(crate::curves::point(curve, &encoded))
    }

    async fn agree(
        &mut self,
        curve: curves::Curve,
        private_key: Vec<u8>,
        public_key: Vec<u8>,
    ) -> wasmtime::Result<Option<Vec<u8>>> {
        self.charge_copied(&[&private_key, &public_key]).await?;
        self.charge(crate::curves::fuel(curve)).await?;
        Ok(crate::curves::agree(curve, &private_key, &public_key))
    }

    async fn sign_hash(
        &mut self,
        curve: curves::Curve,
        private_key: Vec<u8>,
        hash: Vec<u8>,
    ) -> wasmtime::Result<Option<Vec<u8>>> {
        self.charge_copied(&[&private_key, &hash]).await?;
        self.charge(crate::curves::fuel(curve)).await?;
        Ok(crate::curves::sign_hash(curve, &private_key, &hash))
    }

    async fn verify_hash(
        &mut self,
        curve: curves::Curve,
        public_key: Vec<u8>,
        hash: Vec<u8>,
        signature: Vec<u8>,
    ) -> wasmtime::Result<bool> {
        self.charge_copied(&[&public_key, &hash, &signature])
            .await?;
        self.charge(crate::curves::fuel(curve)).await?;
        Ok(crate::curves::verify_hash(
            curve,
            &public_key,
            &hash,
            &signature,
        ))
    }
}

impl Sandbox {
    /// Hashes slice by slice, charging for it and giving way like the guest's own code does.
    async fn hash(&mut self, hashing: &mut Hashing, data: &[u8]) -> wasmtime::Result<()> {
        self.charge(HASH_FUEL).await?;
        for slice in data.chunks(HASH_SLICE) {
            self.charge(slice.len() as u64 * HASH_FUEL_PER_BYTE).await?;
            hashing.update(slice);
        }
        Ok(())
    }

    /// Charges for what crossed the wall, whatever comes of it.
    async fn charge_copied(&mut self, parts: &[&[u8]]) -> wasmtime::Result<()> {
        let bytes: usize = parts.iter().map(|part| part.len()).sum();
        self.charge(bytes as u64 * COPY_FUEL_PER_BYTE).await
    }
}
