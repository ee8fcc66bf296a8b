//! `jsonwebtoken` with every algorithm of RFC 7518, section 3.1, against tokens that Node.js signed
//! (`json_web_tokens/node.json`, written by `json_web_tokens/node.mjs`) and the example of RFC 7515.

use serde_json::{Value, json};

use crate::harness::{Case, async_lambda, check, returned};

/// `keys` by name, and `tokens` of `{"sub":"Ada"}`: each with its `algorithm` and the name of its `key`.
const NODE: &str = include_str!("json_web_tokens/node.json");

fn node() -> Value {
    serde_json::from_str(NODE).unwrap()
}

/// A lambda whose payload is `given`, in scope with `jwt`, `crypto`, and `why`: what an act gives or throws.
fn with_tokens(given: Value, body: &str) -> Case {
    let code = format!(
        "const jwt = require('jsonwebtoken'), crypto = require('crypto'), given = input.payload;
         const why = act => {{ try {{ return act(); }} catch (error) {{ return error.message; }} }};
         {body}"
    );
    async_lambda(&code).payload(given)
}

#[test]
fn each_algorithm_signs_and_verifies_and_what_is_forged_is_refused() {
    let node = node();
    let tokens = node["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 12);
    for token in tokens {
        let algorithm = token["algorithm"].as_str().unwrap();
        let key = token["key"].as_str().unwrap();
        let given =
            json!({ "algorithm": algorithm, "keys": node["keys"][key], "token": token["token"] });
        let code = "const { algorithm, keys, token } = given, algorithms = [algorithm];
                    const subject = (token, key) => why(() => jwt.verify(token, key, { algorithms }).sub);
                    const ours = jwt.sign({ sub: 'Ada' }, keys.private, { algorithm, noTimestamp: true });
                    const [header, payload, signature] = ours.split('.');
                    const forged = Buffer.from('{\"sub\":\"Eve\"}').toString('base64url');
                    callback(null, [algorithm, subject(token, keys.public), subject(ours, keys.public), ours === token,
                      subject(token, keys.other), subject(`${header}.${forged}.${signature}`, keys.public),
                      subject(`${header}.${payload}.${'A'.repeat(signature.length)}`, keys.public),
                      subject(`${header}.${payload}.`, keys.public)])";
        let is_always_the_same = algorithm.starts_with("HS") || algorithm.starts_with("RS");
        check(
            with_tokens(given, code),
            returned(json!([
                algorithm,
                "Ada",
                "Ada",
                is_always_the_same,
                "invalid signature",
                "invalid signature",
                "invalid signature",
                "jwt signature is required"
            ])),
        );
    }
}

#[test]
fn a_token_that_nobody_signed_is_refused() {
    let code = "const key = given['P-521'].public, none = jwt.sign({ sub: 'Eve' }, '', { algorithm: 'none' });
                callback(null, [why(() => jwt.verify(none, key)), why(() => jwt.verify(none, key, { algorithms: ['ES512'] })),
                  why(() => jwt.verify(none, '')), why(() => jwt.verify(`${none}AAAA`, key))])";
    check(
        with_tokens(node()["keys"].clone(), code),
        returned(json!([
            "jwt signature is required",
            "jwt signature is required",
            "please specify \"none\" in \"algorithms\" to verify unsigned tokens",
            "invalid algorithm"
        ])),
    );
}

/// Also not the public key as a secret, which everyone knows.
#[test]
fn a_key_is_not_taken_for_another_algorithm() {
    let code = "const p256 = given['P-256'], p521 = given['P-521'];
                const es256 = jwt.sign({}, p256.private, { algorithm: 'ES256' });
                const es512 = jwt.sign({}, p521.private, { algorithm: 'ES512' });
                const confused = jwt.sign({}, Buffer.from(p521.public), { algorithm: 'HS512' });
                callback(null, [why(() => jwt.sign({}, p256.private, { algorithm: 'ES512' })),
                  why(() => jwt.verify(es512, p256.public)), why(() => jwt.verify(es256, p521.public)),
                  why(() => jwt.verify(confused, p521.public))])";
    check(
        with_tokens(node()["keys"].clone(), code),
        returned(json!([
            "\"alg\" parameter \"ES512\" requires curve \"secp521r1\".",
            "\"alg\" parameter \"ES512\" requires curve \"secp521r1\".",
            "\"alg\" parameter \"ES256\" requires curve \"prime256v1\".",
            "invalid algorithm"
        ])),
    );
}

/// RFC 7515, appendix A.4.
#[test]
fn es512_verifies_the_example_of_rfc_7515() {
    let given = json!({
        "key": {
            "kty": "EC",
            "crv": "P-521",
            "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
            "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
        },
        "token": "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.\
            AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7Xdt\
            AG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
    });
    let code = "const key = crypto.createPublicKey({ key: given.key, format: 'jwk' });
                const other = given.token.replace('UGF5', 'UGF6');
                callback(null, [jwt.verify(given.token, key), why(() => jwt.verify(other, key))])";
    check(
        with_tokens(given, code),
        returned(json!(["Payload", "invalid signature"])),
    );
}
