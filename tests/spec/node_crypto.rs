//! Keys, signatures and the web's `subtle`, checked against `ring`, which reads the same keys by itself,
//! and against files that OpenSSL wrote (`node_crypto/*.pem`). P-521, which `ring` lacks, is checked against
//! RFC 6979 and a signature by Node.js.

use std::time::Duration;

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED,
    ECDSA_P384_SHA384_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RSA_PSS_SHA256, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use sandglass_runtime::Limit;
use serde_json::{Value, json};

use crate::harness::{
    Case, Expected, async_lambda, block_on, check, exceeded, lambda, outcome, result_of, returned,
    source,
};

const RSA: &str = include_str!("node_crypto/rsa.pkcs8.pem");
const RSA_PKCS1: &str = include_str!("node_crypto/rsa.pkcs1.pem");
const RSA_SPKI: &str = include_str!("node_crypto/rsa.spki.pem");
const RSA_PUBLIC_PKCS1: &str = include_str!("node_crypto/rsa.public.pkcs1.pem");
const RSA_CERTIFICATE: &str = include_str!("node_crypto/rsa.certificate.pem");
const RSA_ENCRYPTED: &str = include_str!("node_crypto/rsa.encrypted.pem");
const P256: &str = include_str!("node_crypto/p256.pkcs8.pem");
const P256_SEC1: &str = include_str!("node_crypto/p256.sec1.pem");
const P256_SPKI: &str = include_str!("node_crypto/p256.spki.pem");
const P384: &str = include_str!("node_crypto/p384.pkcs8.pem");
const P521: &str = include_str!("node_crypto/p521.pkcs8.pem");
const P521_SEC1: &str = include_str!("node_crypto/p521.sec1.pem");
const P521_SPKI: &str = include_str!("node_crypto/p521.spki.pem");
const ED25519_PEM: &str = include_str!("node_crypto/ed25519.pkcs8.pem");
const ED25519_SPKI: &str = include_str!("node_crypto/ed25519.spki.pem");

const DATA: &[u8] = b"what is signed";

/// A lambda whose payload is `keys`, in scope with `crypto` and `data`.
fn with_keys(keys: Value, body: &str) -> Case {
    let code = format!(
        "const crypto = require('crypto'), keys = input.payload, data = Buffer.from('what is signed'); {body}"
    );
    async_lambda(&code).payload(keys)
}

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let case = lambda("callback(null, [...Buffer.from(input.payload, 'base64')])");
    let bytes = result_of(&case.payload(json!(body)));
    serde_json::from_value(bytes).unwrap()
}

fn rsa() -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(&der(RSA)).unwrap()
}

fn p256() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der(P256), &random).unwrap()
}

fn p384() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &der(P384), &random).unwrap()
}

fn ed25519() -> Ed25519KeyPair {
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der(ED25519_PEM)).unwrap()
}

/// The bytes that an expression gives.
#[track_caller]
fn bytes_of(keys: Value, expression: &str) -> Vec<u8> {
    let case = with_keys(keys, &format!("callback(null, [...{expression}])"));
    serde_json::from_value(result_of(&case)).unwrap()
}

#[track_caller]
fn is_signed(algorithm: &'static dyn VerificationAlgorithm, key: &[u8], signature: &[u8]) {
    UnparsedPublicKey::new(algorithm, key)
        .verify(DATA, signature)
        .expect("ring accepts the signature");
}

#[test]
fn rs256_and_its_longer_kin_are_those_of_the_standard() {
    let key = rsa();
    let public = key.public_key().as_ref();
    let algorithms: [(&str, &dyn VerificationAlgorithm); 3] = [
        ("RSA-SHA256", &RSA_PKCS1_2048_8192_SHA256),
        ("sha384", &RSA_PKCS1_2048_8192_SHA384),
        ("RSA-SHA512", &RSA_PKCS1_2048_8192_SHA512),
    ];
    for (name, algorithm) in algorithms {
        let code =
            format!("crypto.createSign('{name}').update('what is ').update('signed').sign(keys)");
        is_signed(algorithm, public, &bytes_of(json!(RSA), &code));
    }
    let mut expected = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), DATA, &mut expected)
        .unwrap();
    assert_eq!(
        bytes_of(json!(RSA_PKCS1), "crypto.sign('sha256', data, keys)"),
        expected
    );
}

#[test]
fn ps256_and_its_longer_kin_are_those_of_the_standard() {
    let key = rsa();
    let algorithms: [(&str, &dyn VerificationAlgorithm); 3] = [
        ("RSA-SHA256", &RSA_PSS_2048_8192_SHA256),
        ("RSA-SHA384", &RSA_PSS_2048_8192_SHA384),
        ("RSA-SHA512", &RSA_PSS_2048_8192_SHA512),
    ];
    for (name, algorithm) in algorithms {
        let code = format!(
            "crypto.createSign('{name}').update(data).sign({{ key: keys, padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
               saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST }})"
        );
        is_signed(
            algorithm,
            key.public_key().as_ref(),
            &bytes_of(json!(RSA), &code),
        );
    }
}

#[test]
fn es256_and_es384_are_those_of_the_standard() {
    let code = "crypto.sign('sha256', data, { key: keys, dsaEncoding: 'ieee-p1363' })";
    for pem in [P256, P256_SEC1] {
        let signature = bytes_of(json!(pem), code);
        is_signed(
            &ECDSA_P256_SHA256_FIXED,
            p256().public_key().as_ref(),
            &signature,
        );
    }
    let code = "crypto.sign('sha384', data, { key: keys, dsaEncoding: 'ieee-p1363' })";
    let signature = bytes_of(json!(P384), code);
    is_signed(
        &ECDSA_P384_SHA384_FIXED,
        p384().public_key().as_ref(),
        &signature,
    );
    let der = bytes_of(
        json!(P256),
        "crypto.createSign('RSA-SHA256').update(data).sign(keys)",
    );
    UnparsedPublicKey::new(
        &ring::signature::ECDSA_P256_SHA256_ASN1,
        p256().public_key().as_ref(),
    )
    .verify(DATA, &der)
    .expect("without `dsaEncoding`, signatures are in DER");
}

/// RFC 6979, appendix A.2.7: its key, in JWK, and what it prints for "sample" and SHA-512.
#[test]
fn es512_is_that_of_the_standard() {
    let key = json!({
        "kty": "EC",
        "crv": "P-521",
        "x": "AYlFUNB4WTLgDqojtpTyE_jDEh-G3JegTlpxZ9tOW803ESPUbkXba11TcKfyD7YzFV04_6FtK9dh3KxHS5ovUCOk",
        "y": "AEkxAclizU0v3feCKF5kWEE5wvkbR_h_-CNU1mMPdGoooNsldBtbNKgoAIsirMI_kk-q-9TTP4HqZpVt_qor_fz1",
        "d": "APrQbapiujsl0vtAEz2nVyBd5n9bsAGP7oyG4baMfnXKqJbrMvH0fHCFWDam0W_MFGb22PvsZ9uJ7AwIsOmWuDU4",
    });
    let code = "const sample = Buffer.from('sample'), key = crypto.createPrivateKey({ key: keys, format: 'jwk' });
                const der = crypto.createSign('sha512').update(sample).sign(key);
                callback(null, [crypto.sign('sha512', sample, { key, dsaEncoding: 'ieee-p1363' }).toString('hex'),
                  crypto.createVerify('sha512').update(sample).verify(crypto.createPublicKey(key), der), der.toString('hex')])";
    let r = "c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa";
    let s = "617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a";
    check(
        with_keys(key, code),
        returned(json!([
            format!("00{r}00{s}"),
            true,
            format!("308187024200{r}0241{s}")
        ])),
    );
}

/// Node.js signed; `other` is the key of RFC 7515, appendix A.4.
#[test]
fn what_nodejs_signed_on_p521_is_verified_and_nothing_else() {
    let other = json!({
        "kty": "EC",
        "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
    });
    let signature = "MIGHAkE+JU0ewWtBPjUq61cOu0aGbdiL5KPZJnRgAS7FbhOptLU3FbZEvaFuDvGIirVi0+9t6dHAj3aPtKkvybg+D0p5tAJC\
                     AbNREZytWPSUpKM7nBTrdy1ZuQTg7uaDtTEr1s21p1DvcIposnHYq2EBDaecWF6sD6BXE64qJVkkJ3sX7ov8jgM5";
    let payload = json!({ "private": P521, "sec1": P521_SEC1, "spki": P521_SPKI, "other": other, "der": signature });
    let code = "const key = crypto.createPublicKey(keys.spki), other = crypto.createPublicKey({ key: keys.other, format: 'jwk' });
                const theirs = Buffer.from(keys.der, 'base64'), ours = crypto.sign('sha512', data, { key: keys.sec1, dsaEncoding: 'ieee-p1363' });
                const der = signature => crypto.verify('sha512', data, key, signature);
                const web = signature => crypto.verify('sha512', data, { key, dsaEncoding: 'ieee-p1363' }, signature);
                const padded = Buffer.concat([Buffer.of(0x30, 0x81, 0x88, 2, 0x42, 0), theirs.subarray(5)]);
                callback(null, [
                  [der(theirs), web(ours), der(crypto.sign('sha512', data, keys.private))],
                  [crypto.verify('sha512', data, other, theirs), crypto.verify('sha512', Buffer.from('other'), key, theirs)],
                  [web(theirs), web(ours.subarray(1)), web(Buffer.concat([ours, Buffer.of(0)])), web(Buffer.alloc(132)),
                    web(Buffer.alloc(132, 255)), web(Buffer.alloc(0))],
                  [der(ours), der(theirs.subarray(0, -1)), der(Buffer.concat([theirs, Buffer.of(0)])), der(padded), der(Buffer.alloc(0))],
                ])";
    check(
        with_keys(payload, code),
        returned(json!([
            [true, true, true],
            [false, false],
            [false, false, false, false, false, false],
            [false, false, false, false, false]
        ])),
    );
}

/// A point of another curve, of none, half of one, and what belongs to another private number.
#[test]
fn a_key_that_is_not_of_p521_signs_and_verifies_nothing() {
    let payload = json!({ "p256": P256, "p384": P384, "p521": P521 });
    let code = "const why = act => { try { return act(); } catch (error) { return error.message; } };
                const jwk = pem => crypto.createPrivateKey(pem).export({ format: 'jwk' }), own = jwk(keys.p521);
                const signature = crypto.sign('sha512', data, { key: keys.p521, dsaEncoding: 'ieee-p1363' });
                const verify = key => why(() => crypto.verify('sha512', data, { key, format: 'jwk', dsaEncoding: 'ieee-p1363' }, signature));
                const sign = key => why(() => crypto.sign('sha512', data, { key, format: 'jwk' }) instanceof Buffer);
                const all = Buffer.alloc(66, 255).toString('base64url'), none = Buffer.alloc(66).toString('base64url');
                callback(null, [verify(own), verify({ ...jwk(keys.p256), crv: 'P-521' }), verify({ ...own, y: own.x }),
                  verify({ ...own, x: none, y: none }), verify({ ...own, x: all, y: all }), verify(jwk(keys.p384)),
                  why(() => crypto.sign('sha256', data, keys.p521) instanceof Buffer),
                  sign(own), sign({ ...own, d: none }), sign({ ...own, d: all }), sign({ ...own, d: jwk(keys.p384).d }), sign({ ...own, y: own.x })])";
    check(
        with_keys(payload, code),
        returned(json!([
            true,
            "Invalid JWK EC key",
            "Invalid JWK EC key",
            "Invalid JWK EC key",
            "Invalid JWK EC key",
            false,
            true,
            true,
            "Invalid JWK EC key",
            "Invalid JWK EC key",
            "Invalid JWK EC key",
            "Invalid JWK EC key"
        ])),
    );
}

#[test]
fn eddsa_is_that_of_the_standard() {
    let signature = bytes_of(json!(ED25519_PEM), "crypto.sign(null, data, keys)");
    is_signed(&ED25519, ed25519().public_key().as_ref(), &signature);
    assert_eq!(signature, ed25519().sign(DATA).as_ref());
}

#[test]
fn what_others_signed_is_verified_and_nothing_else() {
    let random = SystemRandom::new();
    let key = rsa();
    let mut pkcs1 = vec![0; key.public().modulus_len()];
    let mut pss = pkcs1.clone();
    key.sign(&RSA_PKCS1_SHA256, &random, DATA, &mut pkcs1)
        .unwrap();
    key.sign(&RSA_PSS_SHA256, &random, DATA, &mut pss).unwrap();
    let ec = p256().sign(&random, DATA).unwrap().as_ref().to_vec();
    let ed = ed25519().sign(DATA).as_ref().to_vec();
    let payload = json!({ "pkcs1": pkcs1, "pss": pss, "ec": ec, "ed": ed, "rsa": RSA_SPKI, "p256": P256_SPKI,
        "ed25519": ED25519_SPKI, "public": RSA_PUBLIC_PKCS1, "certificate": RSA_CERTIFICATE, "private": RSA });
    let code = "const { pkcs1, pss, ec, ed } = Object.fromEntries(['pkcs1', 'pss', 'ec', 'ed'].map(n => [n, Buffer.from(keys[n])]));
                const wrong = Buffer.from(pkcs1); wrong[9] ^= 1;
                const saved = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING };
                callback(null, [
                  crypto.createVerify('RSA-SHA256').update(data).verify(keys.rsa, pkcs1.toString('base64'), 'base64'),
                  crypto.verify('sha256', data, keys.public, pkcs1), crypto.verify('sha256', data, keys.certificate, pkcs1),
                  crypto.verify('sha256', data, keys.private, pkcs1),
                  crypto.verify('sha256', data, { key: keys.rsa, ...saved }, pss),
                  crypto.verify('sha256', data, { key: keys.p256, dsaEncoding: 'ieee-p1363' }, ec),
                  crypto.verify(null, data, keys.ed25519, ed),
                  crypto.verify('sha256', data, keys.rsa, wrong), crypto.verify('sha512', data, keys.rsa, pkcs1),
                  crypto.verify('sha256', Buffer.from('other'), keys.rsa, pkcs1), crypto.verify('sha256', data, keys.rsa, pss),
                  crypto.verify('sha256', data, keys.p256, Buffer.from('no signature')), crypto.verify(null, data, keys.ed25519, ec),
                ])";
    check(
        with_keys(payload, code),
        returned(json!([
            true, true, true, true, true, true, true, false, false, false, false, false, false
        ])),
    );
}

#[test]
fn keys_are_written_as_openssl_writes_them() {
    let payload = json!({ "rsa": RSA, "p256": P256, "p521": P521, "ed25519": ED25519_PEM });
    let code = "const { createPrivateKey, createPublicKey } = crypto, format = 'pem';
                const rsa = createPrivateKey(keys.rsa), ec = createPrivateKey(keys.p256), large = createPrivateKey(keys.p521), ed = createPrivateKey(keys.ed25519);
                callback(null, [rsa.export({ format, type: 'pkcs8' }), rsa.export({ format, type: 'pkcs1' }),
                  createPublicKey(rsa).export({ format, type: 'spki' }), createPublicKey(keys.rsa).export({ format, type: 'pkcs1' }),
                  ec.export({ format, type: 'pkcs8' }), ec.export({ format, type: 'sec1' }), createPublicKey(ec).export({ format, type: 'spki' }),
                  large.export({ format, type: 'pkcs8' }), large.export({ format, type: 'sec1' }), createPublicKey(large).export({ format, type: 'spki' }),
                  ed.export({ format, type: 'pkcs8' }), createPublicKey(ed).export({ format, type: 'spki' })])";
    check(
        with_keys(payload, code),
        returned(json!([
            RSA,
            RSA_PKCS1,
            RSA_SPKI,
            RSA_PUBLIC_PKCS1,
            P256,
            P256_SEC1,
            P256_SPKI,
            P521,
            P521_SEC1,
            P521_SPKI,
            ED25519_PEM,
            ED25519_SPKI
        ])),
    );
}

#[test]
fn keys_survive_jwk_and_der() {
    let payload = json!([RSA, P256, P384, P521, ED25519_PEM]);
    let code = "callback(null, keys.map(pem => {
                  const key = crypto.createPrivateKey(pem), jwk = key.export({ format: 'jwk' });
                  const der = key.export({ format: 'der', type: 'pkcs8' });
                  const publicJwk = crypto.createPublicKey(key).export({ format: 'jwk' });
                  return [key.equals(crypto.createPrivateKey({ key: jwk, format: 'jwk' })),
                    key.equals(crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })),
                    crypto.createPublicKey({ key: publicJwk, format: 'jwk' }).equals(crypto.createPublicKey(pem)),
                    key.equals(crypto.createPublicKey(key)), jwk.kty, 'd' in publicJwk];
                }))";
    let same = |kty| json!([true, true, true, false, kty, false]);
    check(
        with_keys(payload, code),
        returned(json!([
            same("RSA"),
            same("EC"),
            same("EC"),
            same("EC"),
            same("OKP")
        ])),
    );
}

#[test]
fn a_key_object_says_what_it_is() {
    let payload = json!({ "rsa": RSA, "p384": P384, "ed25519": ED25519_PEM });
    let code = "const { KeyObject, createPrivateKey, createPublicKey, createSecretKey } = crypto;
                const rsa = createPrivateKey(keys.rsa), secret = createSecretKey('s3cret', 'utf8');
                const { modulusLength, publicExponent } = rsa.asymmetricKeyDetails;
                callback(null, [rsa instanceof KeyObject, rsa.type, rsa.asymmetricKeyType, modulusLength, String(publicExponent),
                  createPublicKey(keys.rsa).type, createPrivateKey(keys.p384).asymmetricKeyDetails.namedCurve,
                  createPrivateKey(keys.ed25519).asymmetricKeyType, secret.type, secret.symmetricKeySize, secret.export().toString(),
                  secret.export({ format: 'jwk' }).k, JSON.stringify(secret)])";
    check(
        with_keys(payload, code),
        returned(json!([
            true,
            "private",
            "rsa",
            2048,
            "65537",
            "public",
            "secp384r1",
            "ed25519",
            "secret",
            6,
            "s3cret",
            "czNjcmV0",
            "{}"
        ])),
    );
}

#[test]
fn a_key_that_cannot_be_used_says_why() {
    let payload = json!({ "encrypted": RSA_ENCRYPTED, "spki": RSA_SPKI, "ed25519": ED25519_PEM });
    let code = "const why = act => { try { act(); } catch (error) { return error.message; } };
                callback(null, [why(() => crypto.createPrivateKey('a secret')), why(() => crypto.createPrivateKey(keys.encrypted)),
                  why(() => crypto.createPrivateKey(keys.spki)),
                  why(() => crypto.createSign('md6')), why(() => crypto.sign(null, Buffer.alloc(2 ** 20 + 1), keys.ed25519)),
                  why(() => crypto.createHmac('sha256', crypto.createPublicKey(keys.spki)))])";
    check(
        with_keys(payload, code),
        returned(json!([
            "error:1E08010C:DECODER routines::unsupported",
            "error:07880109:common libcrypto routines::interrupted or cancelled",
            "error:1E08010C:DECODER routines::unsupported",
            "Invalid digest",
            "no more than 1048576 bytes can be signed at once",
            "Invalid key object type public, expected secret.",
        ])),
    );
}

#[test]
fn a_secret_key_object_is_a_key_for_hmac() {
    let code = "const mac = key => crypto.createHmac('sha256', key).update('x').digest('hex');
                callback(null, mac('s3cret') === mac(crypto.createSecretKey(Buffer.from('s3cret'))))";
    check(with_keys(json!(null), code), returned(true));
}

#[test]
fn subtle_hashes_and_signs() {
    let payload = json!({ "rsa": RSA, "p256": P256, "p521": P521 });
    let code = "const { subtle } = globalThis.crypto, hex = buffer => Buffer.from(buffer).toString('hex');
                const der = (pem, type) => type === 'pkcs8' ? crypto.createPrivateKey(pem).export({ format: 'der', type })
                  : crypto.createPublicKey(pem).export({ format: 'der', type });
                const agrees = async (pem, algorithm, more) => {
                  const key = await subtle.importKey('pkcs8', der(pem, 'pkcs8'), algorithm, false, ['sign']);
                  const open = await subtle.importKey('spki', der(pem, 'spki'), algorithm, true, ['verify']);
                  const signature = await subtle.sign({ ...algorithm, ...more }, key, data);
                  return [await subtle.verify({ ...algorithm, ...more }, open, signature, data),
                    await subtle.verify({ ...algorithm, ...more }, open, signature, Buffer.from('other'))];
                };
                const hmac = { name: 'HMAC', hash: 'SHA-256' };
                const key = await subtle.importKey('raw', Buffer.from('key'), hmac, true, ['sign', 'verify']);
                const mac = await subtle.sign('HMAC', key, data);
                const made = await subtle.generateKey(hmac, true, ['sign']);
                callback(null, [
                  hex(await subtle.digest('SHA-256', data)) === crypto.createHash('sha256').update(data).digest('hex'),
                  hex(mac) === crypto.createHmac('sha256', 'key').update(data).digest('hex'),
                  await subtle.verify('HMAC', key, mac, data), await subtle.verify('HMAC', key, mac, Buffer.from('other')),
                  (await subtle.exportKey('jwk', key)).k, (await subtle.exportKey('raw', made)).byteLength,
                  await agrees(keys.rsa, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' }),
                  await agrees(keys.rsa, { name: 'RSA-PSS', hash: 'SHA-256' }, { saltLength: 32 }),
                  await agrees(keys.p256, { name: 'ECDSA', namedCurve: 'P-256' }, { hash: 'SHA-256' }),
                  await agrees(keys.p521, { name: 'ECDSA', namedCurve: 'P-521' }, { hash: 'SHA-512' }),
                  await subtle.sign('HMAC', made, data).then(() => 'signed'), await subtle.verify('HMAC', made, mac, data).catch(e => e.name),
                ])";
    check(
        with_keys(payload, code),
        returned(json!([
            true,
            true,
            true,
            false,
            "a2V5",
            64,
            [true, false],
            [true, false],
            [true, false],
            [true, false],
            "signed",
            "InvalidAccessError"
        ])),
    );
}

#[test]
fn a_signature_that_draws_random_numbers_is_not_made_at_build_time() {
    for (pem, call) in [
        (P256, "crypto.sign('sha256', Buffer.from('x'), KEY)"),
        (
            RSA,
            "crypto.createSign('sha256').update('x').sign({ key: KEY, padding: 6 })",
        ),
    ] {
        let case = source(&format!(
            "const crypto = require('crypto'), KEY = {pem:?};
             try {{ {call}; }} catch {{}}
             function lambda(input, callback) {{ callback(null, 'never'); }}"
        ));
        let error = case.compile().unwrap_err().to_string();
        assert!(
            error.contains("a signature that draws random numbers cannot be used while"),
            "{error}"
        );
    }
}

/// Also when the top level has drawn random numbers and used the keys before.
#[test]
fn signatures_that_draw_random_numbers_differ_between_two_invocations() {
    let case = source(&format!(
        "const crypto = require('crypto'), key = crypto.createPrivateKey({P256:?});
         const early = [crypto.randomBytes(8), crypto.randomInt(9), globalThis.crypto.randomUUID(), Math.random()];
         crypto.verify('sha256', Buffer.from('x'), key, Buffer.from('no signature'));
         const sign = () => crypto.sign('sha256', Buffer.from('x'), key).toString('hex');
         function lambda(input, callback) {{ callback(null, [sign(), sign()]); }}"
    ));
    let lambda = case.load();
    let signatures: Vec<Value> = (0..2)
        .flat_map(|_| {
            let report = block_on(lambda.invoke(case.invocation())).unwrap();
            match outcome(&report) {
                Expected::Returned(Value::Array(pair)) => pair,
                other => panic!("{other:?}"),
            }
        })
        .collect();
    for (at, signature) in signatures.iter().enumerate() {
        assert!(!signatures[..at].contains(signature), "{signatures:?}");
    }
}

#[test]
fn the_top_level_may_read_a_key_and_sign_without_randomness() {
    for (pem, hash) in [(RSA, "sha256"), (P521, "sha512")] {
        let case = source(&format!(
            "const crypto = require('crypto'), key = crypto.createPrivateKey({pem:?});
             const early = crypto.sign('{hash}', Buffer.from('x'), key).toString('hex');
             function lambda(input, callback) {{
               callback(null, early === crypto.sign('{hash}', Buffer.from('x'), key).toString('hex'));
             }}"
        ));
        check(case, returned(true));
    }
}

#[test]
fn signing_burns_fuel_by_the_strength_of_the_key() {
    let fuel = |pem: &str, hash: &str, times: u32| {
        let code = format!(
            "for (let i = 0; i < {times}; i += 1) crypto.sign('{hash}', data, keys); callback()"
        );
        with_keys(json!(pem), &code).run().usage.fuel
    };
    assert!(fuel(RSA, "sha256", 2) > fuel(RSA, "sha256", 1) + 30_000_000);
    assert!(fuel(P384, "sha384", 2) > fuel(P384, "sha384", 1) + 20_000_000);
    assert!(fuel(P521, "sha512", 2) > fuel(P521, "sha512", 1) + 30_000_000);
}

#[test]
fn signing_in_a_loop_does_not_hold_the_thread() {
    let case = with_keys(
        json!(RSA),
        "for (;;) crypto.sign('sha256', Buffer.alloc(2 ** 20), keys);",
    );
    let case = case.limits(|l| l.wall_clock = Duration::from_millis(200));
    check(case, exceeded(Limit::WallClock));
}
