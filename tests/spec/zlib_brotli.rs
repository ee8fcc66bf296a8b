//! Brotli, in `zlib` and as the coding of an answer to `fetch`, is that of Node.js, within the lambda's limits.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sandglass_runtime::{ByteSize, Fuel, Limit};
use serde_json::{Value, json};

use crate::harness::node::same_as_in_node;
use crate::harness::upstream::{Answer, Upstream, answer, with_header};
use crate::harness::{Case, async_lambda, check, exceeded, lambda, result_of, returned};

const TEXT: &str = "const zlib = require('zlib'), { constants } = zlib, { promisify } = require('util');
    const text = Array.from({ length: 3000 }, (_, at) => `line ${at * 7919 % 1000} of the quick brown fox, ä`).join('\\n');
    const at = quality => ({ params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
    const whole = async stream => { const chunks = []; for await (const chunk of stream) chunks.push(chunk); return Buffer.concat(chunks); };
    const inPieces = (bytes, size) => { const buffer = Buffer.from(bytes), pieces = [];
      for (let from = 0; from < buffer.length; from += size) pieces.push(buffer.subarray(from, from + size));
      return require('stream').Readable.from(pieces); };";

/// What Node.js compressed, 101 bytes of 955.
const PACKED: &str = "const packed = Buffer.from('G70DABwJNk5z0VWejlDJi2o4SW15IahrpAt0E/lvFtFucMBeAnmBBWCBTujnlYkpbmS0FU1ukevlpUMHlSfimP0f5dIIADZjTR/58uIeiJjl8lczY7ddy+5vzZEilTbW+RAT2gE=', 'base64');
    let said = run => { try { return String(run()); } catch (error) { return [error.name, error.code, error.errno, error.message]; } };";

#[test]
fn what_is_compressed_comes_back_at_each_quality_at_once_later_and_in_a_stream_of_odd_pieces() {
    let body = format!(
        "{TEXT} const seen = [];
         for (const quality of [0, 1, 5, 9, 11]) {{
           seen.push(String(zlib.brotliDecompressSync(zlib.brotliCompressSync(text, at(quality)))) === text);
           seen.push(String(await promisify(zlib.brotliDecompress)(await promisify(zlib.brotliCompress)(text, at(quality)))) === text);
           const packed = await whole(inPieces(text, 1013).pipe(zlib.createBrotliCompress(at(quality))));
           seen.push(String(await whole(inPieces(packed, 7).pipe(zlib.createBrotliDecompress({{ chunkSize: 64 }})))) === text);
         }}
         return seen"
    );
    assert_eq!(same_as_in_node(&body), json!(vec![true; 15]));
}

#[test]
fn every_short_length_comes_back_at_the_best_quality() {
    let body = format!(
        "{TEXT} const wrong = [];
         for (let length = 0; length < 200; length += 1) {{
           const bytes = Buffer.from(text).subarray(0, length);
           for (const quality of [10, 11]) {{
             if (!zlib.brotliDecompressSync(zlib.brotliCompressSync(bytes, at(quality))).equals(bytes)) wrong.push([quality, length]);
           }}
         }}
         return wrong"
    );
    assert_eq!(same_as_in_node(&body), json!([]));
}

#[test]
fn node_reads_what_a_lambda_compressed_and_finds_it_about_as_small() {
    let code = format!(
        "{TEXT} callback(null, [0, 5, 11].map(quality => zlib.brotliCompressSync(text, at(quality)).toString('base64')))"
    );
    let packed = result_of(&async_lambda(&code));
    let script = format!(
        "{TEXT} const packed = JSON.parse(require('fs').readFileSync(0)).map(each => Buffer.from(each, 'base64'));
         const sizes = [0, 5, 11].map(quality => zlib.brotliCompressSync(text, at(quality)).length);
         console.log(JSON.stringify(packed.map((each, index) =>
           [String(zlib.brotliDecompressSync(each)) === text, each.length <= sizes[index] * 1.05])))"
    );
    let read = in_node(&script, &packed);
    assert_eq!(read, json!(vec![[true, true]; 3]));
}

/// What a script prints in the machine's Node.js, given `input`.
fn in_node(script: &str, input: &Value) -> Value {
    let mut node = Command::new("node")
        .args(["-e", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the tests need Node.js");
    let mut stdin = node.stdin.take().expect("it is piped");
    stdin.write_all(input.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = node.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).expect("it printed JSON")
}

/// A length that is not kept has two codes, and which one depends on where a decoder notices.
#[test]
fn what_is_cut_or_damaged_fails_as_in_node() {
    let body = format!(
        "{PACKED} const one = said; said = run => JSON.parse(JSON.stringify(one(run)).replace('BLOCK_LENGTH_1\",-9', 'BLOCK_LENGTH_2\",-10'));
         const zlib = require('zlib'), seen = [];
         for (let length = 0; length <= packed.length; length += 1) seen.push(said(() => zlib.brotliDecompressSync(packed.subarray(0, length))));
         for (let bit = 0; bit < packed.length * 8; bit += 1) {{
           const broken = Buffer.from(packed);
           broken[bit >> 3] ^= 1 << (bit & 7);
           seen.push(said(() => zlib.brotliDecompressSync(broken)));
         }}
         for (const bytes of ['nonsense nonsense', Buffer.from([0x11]), Buffer.alloc(5, 255), Buffer.alloc(0)]) seen.push(said(() => zlib.brotliDecompressSync(bytes)));
         const stream = zlib.createBrotliDecompress();
         stream.end('nonsense nonsense');
         const [error] = await require('events').once(stream, 'error');
         return [...seen, [error.code, error.errno, error.message], said(() => zlib.brotliDecompressSync(Buffer.concat([packed, Buffer.from('more')])))]"
    );
    let all = same_as_in_node(&body);
    let codes = all.as_array().unwrap().iter();
    let kinds: std::collections::BTreeSet<_> = codes.filter_map(|said| said[1].as_str()).collect();
    assert!(kinds.contains("Z_BUF_ERROR"), "{kinds:?}");
    assert!(kinds.len() > 5, "{kinds:?}");
}

#[test]
fn options_and_parameters_are_checked_as_in_node() {
    let body = format!(
        "{TEXT} {PACKED}
         const sizes = params => zlib.brotliDecompressSync(zlib.brotliCompressSync(text, {{ params }})).length;
         const keys = Object.keys(constants).filter(name => name.startsWith('BROTLI'));
         return [
           said(() => zlib.createBrotliCompress({{ params: {{ 10000: 0 }} }})), said(() => zlib.createBrotliCompress({{ params: {{ 0: 0, '00': 0 }} }})),
           said(() => zlib.createBrotliCompress({{ params: {{ 1: 'best' }} }})), said(() => zlib.createBrotliCompress({{ params: {{ 4: 42 }} }})),
           said(() => zlib.createBrotliDecompress({{ params: {{ 5: 1 }} }})), said(() => zlib.brotliCompressSync('', {{ flush: 4 }})),
           said(() => zlib.brotliCompressSync('', {{ chunkSize: 0 }})), said(() => zlib.brotliCompressSync(5)), said(() => zlib.brotliDecompress(packed)),
           said(() => zlib.brotliDecompressSync(packed, {{ maxOutputLength: 954 }})), said(() => zlib.brotliDecompressSync(packed, {{ maxOutputLength: 955 }}).length),
           sizes({{ 0: 1 }}), sizes({{ 2: 10 }}), sizes({{ 2: 24, 5: text.length }}), sizes({{ 3: 16 }}), sizes({{ 4: true }}), sizes({{ 1: 5, 7: 1, 8: 12 }}), sizes({{ 0: 2 }}),
           sizes({{ 7: 3, 8: 120 }}), sizes({{ 7: 1, 8: 30, 1: 11 }}), sizes({{ 1: 10, 7: 3, 8: 120 }}), sizes({{ 0: 9, 1: 4e9, 2: 4e9, 3: 4e9, 5: 4e9, 7: 4e9, 8: 4e9 }}),
           said(() => sizes({{ 2: 30, 6: 1 }})), said(() => zlib.brotliDecompressSync(zlib.brotliCompressSync(text, {{ params: {{ 2: 30, 6: true }} }}), {{ params: {{ 1: true }} }}).length),
           keys.map(name => [name, constants[name]]), Object.keys(zlib).filter(name => /brotli/i.test(name)).sort(),
           zlib.BrotliCompress() instanceof zlib.BrotliCompress, zlib.createBrotliDecompress() instanceof require('stream').Transform,
           'BROTLI_ENCODE' in zlib]"
    );
    same_as_in_node(&body);
}

#[test]
fn a_flush_sends_what_there_is_and_a_stream_starts_over() {
    let body = format!(
        "{TEXT} const {{ once }} = require('events'), lenient = {{ finishFlush: constants.BROTLI_OPERATION_FLUSH }};
         const compress = zlib.createBrotliCompress(), sent = [];
         compress.on('data', chunk => sent.push(chunk));
         compress.write('begun');
         await new Promise(resolve => compress.flush(resolve));
         const begun = String(zlib.brotliDecompressSync(Buffer.concat(sent), lenient));
         compress.end(' and ended');
         await once(compress, 'end');
         const decompress = zlib.createBrotliDecompress();
         decompress.write(Buffer.concat(sent).subarray(0, 3));
         await new Promise(resolve => decompress.flush(resolve));
         decompress.reset();
         decompress.end(Buffer.concat(sent));
         return [begun, String(await whole(decompress)), compress.bytesWritten,
           said(() => new CompressionStream('br')), said(() => new CompressionStream('brotli'))];
         function said(run) {{ try {{ return String(run()); }} catch (error) {{ return error.code; }} }}"
    );
    same_as_in_node(&body);
}

#[test]
fn a_bomb_of_brotli_ends_where_the_lambda_says_and_at_the_limit_of_memory() {
    let bomb = |mib: u32, options: &str| {
        lambda(&format!(
            "const zlib = require('zlib'), compress = zlib.createBrotliCompress({{ params: {{ [zlib.constants.BROTLI_PARAM_QUALITY]: 1 }} }}), chunks = [];
             compress.on('data', chunk => chunks.push(chunk));
             compress.on('end', () => {{
               const packed = Buffer.concat(chunks);
               try {{ callback(null, zlib.brotliDecompressSync(packed, {options}).length); }} catch (error) {{ callback(null, [packed.length < 100_000, error.code]); }}
             }});
             for (let at = 0; at < {mib}; at += 1) compress.write(Buffer.alloc(1 << 20));
             compress.end()"
        ))
        .limits(|limits| {
            limits.memory = ByteSize::mib(64);
            limits.fuel = Fuel::new(100_000_000_000);
        })
    };
    check(bomb(8, "{}"), returned(json!(8 << 20)));
    check(
        bomb(8, "{ maxOutputLength: 8 << 20 }"),
        returned(json!(8 << 20)),
    );
    check(
        bomb(8, "{ maxOutputLength: (8 << 20) - 1 }"),
        returned(json!([true, "ERR_BUFFER_TOO_LARGE"])),
    );
    check(bomb(80, "{}"), exceeded(Limit::Memory));
}

#[test]
fn compressing_by_brotli_costs_fuel() {
    let code = "const zlib = require('zlib'), text = Buffer.from('the quick brown fox '.repeat(5000));
                let bytes = 0;
                for (let at = 0; at < ROUNDS; at += 1) bytes += zlib.brotliDecompressSync(zlib.brotliCompressSync(text)).length;
                callback(null, bytes)";
    let rounds = |count: u32| {
        lambda(&code.replace("ROUNDS", &count.to_string()))
            .limits(|limits| limits.fuel = Fuel::new(1_000_000_000))
    };
    check(rounds(1), returned(json!(100_000)));
    check(rounds(10_000), exceeded(Limit::Fuel));
}

#[test]
fn a_stream_of_brotli_that_the_build_began_goes_on_in_each_invocation() {
    let code = "const zlib = require('zlib');
        const compress = zlib.createBrotliCompress(), sent = [];
        compress.on('data', chunk => sent.push(chunk));
        compress.write('built, ');
        function lambda(input, callback) {
          compress.on('end', () => callback(null, String(zlib.brotliDecompressSync(Buffer.concat(sent)))));
          compress.end('invoked');
        }";
    let case = crate::harness::source(code);
    for _ in 0..2 {
        assert_eq!(result_of(&case), json!("built, invoked"));
    }
}

#[test]
fn the_tables_of_brotli_are_no_modules() {
    let code = "callback(null, [0, 3].map(number => {
        try { return typeof require(`sandglass:brotli/${number}`); } catch (error) { return error.code; }
      }))";
    check(
        lambda(code),
        returned(json!(["MODULE_NOT_FOUND", "MODULE_NOT_FOUND"])),
    );
}

/// What Node.js makes of 'How is a body decoded?', ten times.
fn packed(codings: &str) -> Vec<u8> {
    let script = "const zlib = require('zlib'), how = { br: zlib.brotliCompressSync, gzip: zlib.gzipSync, deflate: zlib.deflateSync };
        let body = Buffer.from('How is a body decoded?'.repeat(10));
        for (const coding of JSON.parse(require('fs').readFileSync(0)).split(', ')) body = how[coding](body);
        console.log(JSON.stringify(body.toString('base64')))";
    let body = in_node(script, &json!(codings));
    BASE64_STANDARD.decode(body.as_str().unwrap()).unwrap()
}

fn encoded(coding: &str, body: Vec<u8>) -> Answer {
    with_header(answer(200, body), "content-encoding", coding)
}

fn fetching(upstream: &Upstream, url: &str, body: &str) -> Case {
    let wrapped =
        format!("const url = input.payload; callback(null, await (async () => {{ {body} }})())");
    async_lambda(&wrapped)
        .payload(json!(url))
        .allow(&[&upstream.rule(), "coded.example.com"])
}

#[test]
fn fetch_decodes_brotli_and_what_is_encoded_more_than_once() {
    let text = "How is a body decoded?".repeat(10);
    for codings in ["br", "gzip, br", "br, gzip", "deflate, gzip"] {
        let body = packed(codings);
        let upstream = Upstream::start(move |_| encoded(codings, body.clone()));
        let code = "const r = await fetch(url); return [await r.text(), r.headers.get('content-encoding')]";
        check(
            fetching(&upstream, &upstream.url(""), code),
            returned(json!([text, codings])),
        );
    }
}

#[test]
fn fetch_gives_what_there_was_of_a_cut_body_and_fails_for_a_damaged_one() {
    let whole = packed("br");
    let upstream = Upstream::start(move |received| {
        encoded(
            "br",
            match received.target.as_str() {
                "/cut" => whole[..whole.len() - 2].to_vec(),
                "/empty" => Vec::new(),
                _ => b"nonsense nonsense".to_vec(),
            },
        )
    });
    let code = "const cut = await (await fetch(url + '/cut')).text(), empty = await (await fetch(url + '/empty')).text();
        const head = await fetch(url + '/damaged', { method: 'HEAD' });
        return ['How is a body decoded?'.repeat(10).startsWith(cut), empty, head.status,
          await fetch(url + '/damaged').then(() => 'fine', error => [error.name, error.message, error.cause.code])]";
    check(
        fetching(&upstream, &upstream.url(""), code),
        returned(json!([
            true,
            "",
            200,
            ["TypeError", "fetch failed", "ERR__ERROR_FORMAT_PADDING_2"]
        ])),
    );
}

#[test]
fn fetch_leaves_codings_that_it_does_not_know_and_refuses_too_many() {
    let upstream = Upstream::start(|received| {
        encoded(
            received.target[1..].replace('-', ",").as_str(),
            b"as it came".to_vec(),
        )
    });
    let code = "const known = await (await fetch(url + '/br-zstd')).text();
        return [known, await fetch(url + '/br-br-br-br-br-br').then(() => 'fine', error => error.cause.message)]";
    check(
        fetching(&upstream, &upstream.url(""), code),
        returned(json!([
            "as it came",
            "too many content-encodings in response: 6, maximum allowed is 5"
        ])),
    );
}

#[test]
fn fetch_asks_for_brotli_over_tls_only_and_never_against_the_lambda() {
    let upstream =
        Upstream::start(|received| answer(200, received.header("accept-encoding").to_owned()))
            .known_as(&["coded.example.com"]);
    let code =
        "const sent = async (address, headers) => (await fetch(address, { headers })).text();
        return [await sent(url), await sent('https://coded.example.com/'),
          await sent('https://coded.example.com/', { 'accept-encoding': 'identity' })]";
    check(
        fetching(&upstream, &upstream.url(""), code),
        returned(json!(["gzip, deflate", "br, gzip, deflate", "identity"])),
    );
}

#[test]
fn the_toolbelt_leaves_brotli_to_the_lambda_and_never_asks_for_it() {
    let body = packed("br");
    let upstream = Upstream::start(move |received| match received.header("accept-encoding") {
        "gzip, deflate" => encoded("br", body.clone()),
        other => answer(400, other.to_owned()),
    });
    let code = "const httpClient = require('lp-faas-toolbelt').Toolbelt.HTTPClient();
        const body = await httpClient({ url, gzip: true, encoding: null });
        return String(require('zlib').brotliDecompressSync(body))";
    check(
        fetching(&upstream, &upstream.url(""), code),
        returned("How is a body decoded?".repeat(10)),
    );
}
