// @noble/hashes, crypto: hashes and key derivation, audited.
import { blake3 } from '@noble/hashes/blake3.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256, sha3_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

export async function lambda() {
  const abc = utf8ToBytes('abc');
  return {
    'SHA-256': [bytesToHex(sha256(abc)), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    'SHA3-256': [bytesToHex(sha3_256(abc)), '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532'],
    'Keccak-256': [bytesToHex(keccak_256(new Uint8Array())), 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
    'BLAKE3': [bytesToHex(blake3(abc)), '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85'],
    'HKDF of RFC 5869': [
      bytesToHex(hkdf(sha256, hexToBytes('0b'.repeat(22)), hexToBytes('000102030405060708090a0b0c'), hexToBytes('f0f1f2f3f4f5f6f7f8f9'), 42)),
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    'scrypt of RFC 7914': [bytesToHex(scrypt('', '', { N: 16, r: 1, p: 1, dkLen: 64 })).slice(0, 32), '77d6576238657b203b19ca42c18a0497'],
  };
}
