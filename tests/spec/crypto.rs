//! `crypto` and `subtle` answer as those of Node.js do, and what the host calculates for them is bounded.
//!
//! `crypto/probes.cjs` asks, here as the source of a lambda. What Node.js itself answers is in
//! `crypto/node.json`, written by `crypto/node.mjs`.

use std::time::Duration;

use sandglass_runtime::{ByteSize, Fuel, Limit};
use serde_json::{Value, json};

use crate::harness::node::same_answers;
use crate::harness::{async_lambda, check, exceeded, lambda, result_of, returned, source};

const PROBES: &str = include_str!("crypto/probes.cjs");
const NODE: &str = include_str!("crypto/node.json");

/// Compares the answers to the probes of a group, and shows those that differ.
#[track_caller]
fn check_group(group: &str) {
    let (asked, _) = PROBES
        .split_once("module.exports")
        .expect("it exports what it has");
    let code = format!("{asked} async function lambda(input) {{ return answers(input.payload); }}");
    let ours = result_of(&source(&code).payload(json!(group)));
    let node: Value = serde_json::from_str(NODE).expect("it was written as JSON");
    same_answers(group, &ours, &node[group]);
}

#[test]
fn hashes_and_macs_are_those_of_node() {
    check_group("hashes");
}

#[test]
fn derived_keys_are_those_of_node() {
    check_group("derivation");
}

#[test]
fn ciphers_are_those_of_node() {
    check_group("ciphers");
}

#[test]
fn keys_signatures_and_agreements_are_those_of_node() {
    check_group("keys");
}

#[test]
fn random_and_prime_numbers_are_those_of_node() {
    check_group("numbers");
}

#[test]
fn pbkdf2_is_paid_for_by_the_iteration() {
    let derive = |iterations: u32| {
        let code = format!(
            "callback(null, require('crypto').pbkdf2Sync('a', 'b', {iterations}, 32, 'sha256').length)"
        );
        lambda(&code)
    };
    let fuel = |iterations: u32| derive(iterations).run().usage.fuel;
    assert!(fuel(20_000) > fuel(10_000) + 10_000 * 5_000);
    let enough = fuel(20_000);
    check(
        derive(20_000).limits(|l| l.fuel = Fuel::new(enough)),
        returned(32),
    );
    let less = enough - enough / 100;
    check(
        derive(20_000).limits(|l| l.fuel = Fuel::new(less)),
        exceeded(Limit::Fuel),
    );
}

#[test]
fn deriving_a_key_for_ever_does_not_hold_the_thread() {
    for code in [
        "require('crypto').pbkdf2Sync('a', 'b', 2 ** 31 - 1, 64, 'sha512')",
        "require('crypto').pbkdf2Sync('a', 'b', 1, 2 ** 27, 'sha512')",
        "for (;;) require('crypto').scryptSync('a', 'b', 64)",
        "for (;;) require('crypto').createCipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12)).update(Buffer.alloc(1 << 20))",
    ] {
        let case = lambda(code).limits(|l| l.wall_clock = Duration::from_millis(200));
        check(case, exceeded(Limit::WallClock));
    }
}

/// N = 2^15 and r = 8 take 32 MiB on the host, which count with what the lambda has itself.
#[test]
fn the_memory_of_scrypt_is_the_lambdas() {
    let case = |memory: u64| {
        lambda("callback(null, require('crypto').scryptSync('a', 'b', 32, { N: 2 ** 15, maxmem: 2 ** 31 - 1 }).length)")
            .limits(move |l| l.memory = ByteSize::mib(memory))
    };
    let own = lambda("require('crypto').scryptSync('a', 'b', 32, { N: 2 }); callback()");
    let own_mib = own.run().usage.memory_peak.div_ceil(1 << 20);
    check(case(own_mib + 34), returned(32));
    check(case(own_mib + 31), exceeded(Limit::Memory));
}

#[test]
fn output_without_an_end_counts_with_the_lambdas_memory() {
    let code = "require('crypto').createHash('shake128', { outputLength: 2 ** 32 - 1 }).digest(); callback()";
    check(lambda(code), exceeded(Limit::Memory));
}

#[test]
fn what_takes_the_host_too_long_is_refused() {
    let code = "const crypto = require('crypto'), why = act => { try { act(); return 'done'; } catch (error) { return error.message; } };
                callback(null, [
                  why(() => crypto.generateKeyPairSync('rsa', { modulusLength: 4097 })),
                  why(() => crypto.generatePrimeSync(4097)), why(() => crypto.generatePrimeSync(1025, { safe: true })),
                  why(() => crypto.checkPrimeSync(Buffer.alloc(2048, 255))), why(() => crypto.checkPrimeSync(Buffer.alloc(2049, 255))),
                ])";
    check(
        lambda(code),
        returned(json!([
            "no more than 4096 bits are supported",
            "no more than 4096 bits are supported",
            "no more than 1024 bits are supported",
            "done",
            "no more than 16384 bits are supported",
        ])),
    );
}

#[test]
fn a_key_that_cannot_be_paid_for_is_not_made() {
    let code = "require('crypto').generateKeyPairSync('rsa', { modulusLength: 2048 }); callback()";
    check(
        lambda(code).limits(|l| l.fuel = Fuel::new(1_000_000_000)),
        exceeded(Limit::Fuel),
    );
}

#[test]
fn no_key_is_made_while_the_lambda_is_built() {
    for call in [
        "generateKeyPairSync('ec', { namedCurve: 'P-256' })",
        "generateKeyPairSync('rsa', { modulusLength: 512 })",
        "generateKeySync('aes', { length: 128 })",
        "createECDH('secp256k1').generateKeys()",
        "generatePrimeSync(64)",
    ] {
        let case = source(&format!(
            "try {{ require('crypto').{call}; }} catch {{}}
             function lambda(input, callback) {{ callback(null, 'never'); }}"
        ));
        let error = case.compile().unwrap_err().to_string();
        assert!(
            error.contains("cannot be used while the lambda is being built"),
            "{call}: {error}"
        );
    }
}

/// What the top level derived, encrypted and hashed half goes on in each invocation.
#[test]
fn what_was_begun_at_the_top_level_goes_on_in_an_invocation() {
    let case = source(
        "const crypto = require('crypto'), key = crypto.scryptSync('password', 'salt', 32);
         const hash = crypto.createHash('sha256').update('a');
         const cipher = crypto.createCipheriv('aes-256-gcm', key, Buffer.alloc(12));
         const early = cipher.update('one piece and ');
         function lambda(input, callback) {
           const made = Buffer.concat([early, cipher.update('another'), cipher.final()]);
           const open = crypto.createDecipheriv('aes-256-gcm', key, Buffer.alloc(12)).setAuthTag(cipher.getAuthTag());
           callback(null, [open.update(made, null, 'utf8') + open.final('utf8'),
             hash.update('b').digest('hex') === crypto.createHash('sha256').update('ab').digest('hex')]);
         }",
    );
    check(case, returned(json!(["one piece and another", true])));
}

#[test]
fn hashes_and_ciphers_are_streams() {
    let code = "const crypto = require('crypto'), { Readable, Transform } = require('stream'), { pipeline } = require('stream/promises');
                const key = Buffer.alloc(32, 1), iv = Buffer.alloc(16, 2), pieces = [];
                const hash = crypto.createHash('sha1');
                await pipeline(Readable.from([Buffer.from('a'), Buffer.from('b')]), hash);
                await pipeline(Readable.from([Buffer.from('some '), Buffer.from('text')]), crypto.createCipheriv('aes-256-cbc', key, iv),
                  crypto.createDecipheriv('aes-256-cbc', key, iv), async (from) => { for await (const piece of from) pieces.push(piece); });
                callback(null, [hash.read().toString('hex') === crypto.createHash('sha1').update('ab').digest('hex'),
                  Buffer.concat(pieces).toString(), crypto.createHash('md5') instanceof Transform])";
    check(
        async_lambda(code),
        returned(json!([true, "some text", true])),
    );
}

#[test]
fn what_hostile_input_is_no_key_is_refused() {
    let code = "const crypto = require('crypto'), why = act => { try { act(); return 'taken'; } catch (error) { return error.name; } };
                const der = bytes => () => crypto.createPublicKey({ key: Buffer.from(bytes), format: 'der', type: 'spki' });
                const deep = depth => Buffer.concat(Array.from({ length: depth }, () => Buffer.of(0x30, 0x80)));
                callback(null, [why(der([])), why(der([0x30])), why(der([0x30, 0x84, 255, 255, 255, 255])), why(der(deep(5000))),
                  why(() => crypto.createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, format: 'jwk' })),
                  why(() => crypto.createPrivateKey({ key: { kty: 'RSA', n: 'AA', e: 'AA', d: 'AA', p: 'AA', q: 'AA', dp: 'AA', dq: 'AA', qi: 'AA' }, format: 'jwk' }).export({ format: 'pem', type: 'pkcs8' })),
                  why(() => crypto.sign('sha1', Buffer.alloc(1), { key: { kty: 'RSA', n: 'Aw', e: 'AQ', d: 'AQ', p: 'Aw', q: 'AQ', dp: 'AQ', dq: 'AQ', qi: 'AQ' }, format: 'jwk' })),
                ])";
    check(
        async_lambda(code),
        returned(json!([
            "Error",
            "Error",
            "Error",
            "Error",
            "TypeError",
            "taken",
            "Error"
        ])),
    );
}
