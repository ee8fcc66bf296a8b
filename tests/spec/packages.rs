//! The packages that come with Sandglass work without being installed.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::binary::{run, sandglass};
use crate::harness::server::start;
use crate::harness::{check, returned, source};

/// All of them, with their versions.
fn packages() -> Value {
    json!({
        "jsforce": "3.10.10",
        "jsonwebtoken": "9.0.0",
        "lodash": "4.17.21",
        "luxon": "1.28.1",
        "oauth-1.0a": "2.2.6",
        "uuid": "11.1.0",
    })
}

#[test]
fn a_server_lists_them_with_their_versions_to_who_has_a_token() {
    let server = start();
    let reply = server.call(Method::GET, "/packages").send();
    assert_eq!((reply.status, reply.json()), (200, packages()));
    let stranger = server.call(Method::GET, "/packages").bearer("").send();
    assert_eq!(stranger.status, 401, "{stranger:?}");
}

#[test]
fn the_command_lists_them_with_their_versions() {
    let listed = run(sandglass(&["packages", "--json"]));
    assert_eq!((listed.code, listed.json()), (0, packages()), "{listed:?}");
    let table = run(sandglass(&["packages"]));
    let rows: Vec<Vec<&str>> = table
        .out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0], ["package", "version"], "{table:?}");
    let rows: Value = rows[1..]
        .iter()
        .map(|row| (row[0].to_owned(), json!(row[1])))
        .collect::<serde_json::Map<_, _>>()
        .into();
    assert_eq!(rows, packages(), "{table:?}");
}

#[test]
fn lodash_is_required_and_imported_by_parts() {
    check(
        source(
            "const _ = require('lodash');
             function lambda(input, callback) { callback(null, _.chunk([1, 2, 3], 2)); }",
        ),
        returned(json!([[1, 2], [3]])),
    );
    check(
        source(
            "import _, { groupBy } from 'lodash';
             export async function lambda() { return [groupBy([1, 2, 3], (n) => n % 2), _.camelCase('a b')]; }",
        ),
        returned(json!([{ "0": [2], "1": [1, 3] }, "aB"])),
    );
}

#[test]
fn uuid_is_fresh_in_every_invocation() {
    let case = source(
        "import { v4, validate } from 'uuid';
         const first = v4();
         export async function lambda() { const id = v4(); return [validate(id), id !== first, id]; }",
    );
    let ids: std::collections::BTreeSet<String> = (0..4)
        .map(|_| {
            let crate::harness::Expected::Returned(result) = crate::harness::outcome(&case.run())
            else {
                panic!("it returns")
            };
            assert_eq!((&result[0], &result[1]), (&json!(true), &json!(true)));
            result[2].to_string()
        })
        .collect();
    assert_eq!(ids.len(), 4);
}

/// The example of OAuth Core 1.0, appendix A.5, with the signature that is printed there.
#[test]
fn oauth_signs_as_its_specification_does() {
    check(
        source(
            "const OAuth = require('oauth-1.0a');
             const crypto = require('crypto');
             function lambda(input, callback) {
               const oauth = OAuth({
                 consumer: { key: 'dpf43f3p2l4k3l03', secret: 'kd94hf93k423kf44' },
                 signature_method: 'HMAC-SHA1',
                 hash_function: (base, key) => crypto.createHmac('sha1', key).update(base).digest('base64'),
               });
               oauth.getNonce = () => 'kllo9940pd9333jh';
               oauth.getTimeStamp = () => 1191242096;
               const request = { url: 'http://photos.example.net/photos', method: 'GET', data: { file: 'vacation.jpg', size: 'original' } };
               const token = { key: 'nnch734d00sl2jdk', secret: 'pfkkdhi9sl3r4s00' };
               const signed = oauth.authorize(request, token);
               callback(null, [signed.oauth_signature, oauth.toHeader(signed).Authorization.startsWith('OAuth ')]);
             }",
        ),
        returned(json!(["tR3+Ty81lMeYAr/Fid0kMTYa/WM=", true])),
    );
}

#[test]
fn luxon_calculates_with_dates() {
    check(
        source(
            "const { DateTime } = require('luxon');
             function lambda(input, callback) {
               callback(null, DateTime.fromISO('2026-01-31T10:00:00Z', { zone: 'utc' }).plus({ months: 1 }).toISO());
             }",
        ),
        returned("2026-02-28T10:00:00.000Z"),
    );
}

#[test]
fn jsonwebtoken_signs_and_verifies_with_a_secret() {
    check(
        source(
            "const jwt = require('jsonwebtoken');
             function lambda(input, callback) {
               const token = jwt.sign({ name: 'Ada' }, 'secret', { algorithm: 'HS256', noTimestamp: true });
               const wrong = (() => { try { return jwt.verify(token, 'other'); } catch (error) { return error.message; } })();
               callback(null, [token, jwt.verify(token, 'secret').name, wrong]);
             }",
        ),
        returned(json!([
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJuYW1lIjoiQWRhIn0.sYoQxWO6pqHxGOeCA7mb56mbwAGv2Jswhm2GSmIUj58",
            "Ada",
            "invalid signature"
        ])),
    );
}
