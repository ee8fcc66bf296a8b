//! `zlib` and the streams of the web that compress are those of Node.js, within the lambda's limits.

use sandglass_runtime::{ByteSize, Fuel, Limit};
use serde_json::json;

use crate::harness::node::same_as_in_node;
use crate::harness::{check, exceeded, lambda, returned};

const TEXT: &str = "const zlib = require('zlib'), { promisify } = require('util'), text = 'hello world, '.repeat(2000) + 'ä';
    const PAIRS = [['gzip', 'gunzip'], ['deflate', 'inflate'], ['deflateRaw', 'inflateRaw'], ['gzip', 'unzip'], ['deflate', 'unzip']];";

#[test]
fn what_is_compressed_comes_back_in_each_format_and_at_once_later_and_in_a_stream() {
    let body = format!(
        "{TEXT} const seen = [];
         for (const [there, back] of PAIRS) {{
           seen.push(String(zlib[back + 'Sync'](zlib[there + 'Sync'](text))) === text);
           seen.push(String(await promisify(zlib[back])(await promisify(zlib[there])(text))) === text);
           const name = word => word[0].toUpperCase() + word.slice(1), chunks = [];
           const stream = require('stream').Readable.from([Buffer.from(text)])
             .pipe(zlib['create' + name(there)]()).pipe(zlib['create' + name(back)]());
           for await (const chunk of stream) chunks.push(chunk);
           seen.push(String(Buffer.concat(chunks)) === text);
         }}
         return seen"
    );
    let all = same_as_in_node(&body);
    assert_eq!(all, json!(vec![true; 15]));
}

#[test]
fn levels_strategies_windows_and_dictionaries_are_understood() {
    let body = format!(
        "{TEXT} const sizes = options => zlib.deflateSync(text, options).length;
         const dictionary = Buffer.from('hello world, '), packed = zlib.deflateSync(text, {{ dictionary }});
         return [sizes({{ level: 0 }}) > text.length, sizes({{ level: 1 }}) < 1000, sizes({{ level: 9 }}) <= sizes({{ level: 1 }}),
           ...[0, 1, 2, 3, 4].map(strategy => String(zlib.inflateSync(zlib.deflateSync(text, {{ strategy }}))) === text),
           ...[8, 9, 15].map(windowBits => String(zlib.inflateSync(zlib.deflateSync(text, {{ windowBits, memLevel: 1 }}))) === text),
           String(zlib.inflateSync(packed, {{ dictionary }})) === text, zlib.crc32('hello'), zlib.crc32('lo', zlib.crc32('hel'))]"
    );
    // Node.js 20.20 has `crc32`; what it says is in RFC 1952.
    let all = same_as_in_node(&body);
    assert_eq!(all[12], json!(907_060_870));
    assert_eq!(all[13], json!(907_060_870));
}

#[test]
fn errors_have_the_codes_of_node() {
    let body = format!(
        "{TEXT} const said = run => {{ try {{ return String(run()); }} catch (error) {{ return [error.name, error.code, error.errno, error.message]; }} }};
         const packed = zlib.gzipSync(text), dictionary = Buffer.from('hello'), wrong = Buffer.from('goodbye');
         const withDictionary = zlib.deflateSync(text, {{ dictionary }}), broken = Buffer.from(packed);
         broken[broken.length - 6] ^= 1;
         return [said(() => zlib.gunzipSync('nonsense')), said(() => zlib.inflateSync(packed)), said(() => zlib.gunzipSync(packed.subarray(0, 20))),
           said(() => zlib.gunzipSync(broken)), said(() => zlib.inflateSync(withDictionary)), said(() => zlib.inflateSync(withDictionary, {{ dictionary: wrong }})),
           said(() => zlib.gunzipSync(packed, {{ maxOutputLength: 100 }})), said(() => zlib.deflateSync(text, {{ level: 10 }})),
           said(() => zlib.deflateSync(text, {{ level: 'x' }})), said(() => zlib.gzipSync(text, {{ windowBits: 8 }})), said(() => zlib.gunzipSync(5)),
           said(() => zlib.createGzip({{ chunkSize: 0 }})), said(() => zlib.gunzipSync(packed.subarray(0, 20), {{ finishFlush: zlib.constants.Z_SYNC_FLUSH }}).length > 0)]"
    );
    same_as_in_node(&body);
}

#[test]
fn members_of_gzip_follow_one_another_and_a_flush_sends_what_there_is() {
    let body = format!(
        "{TEXT} const two = Buffer.concat([zlib.gzipSync('one'), zlib.gzipSync('two'), Buffer.alloc(10)]);
         const gzip = zlib.createGzip(), sent = [];
         gzip.on('data', chunk => sent.push(chunk));
         gzip.write('begun');
         await new Promise(resolve => gzip.flush(resolve));
         const begun = zlib.gunzipSync(Buffer.concat(sent), {{ finishFlush: zlib.constants.Z_SYNC_FLUSH }});
         gzip.end(' and ended');
         await require('events').once(gzip, 'end');
         const deflate = zlib.createDeflate({{ level: 0 }}), parts = [];
         deflate.on('data', chunk => parts.push(chunk));
         deflate.write(text);
         await new Promise(resolve => deflate.params(9, zlib.constants.Z_DEFAULT_STRATEGY, resolve));
         deflate.end(text);
         await require('events').once(deflate, 'end');
         return [String(zlib.gunzipSync(two)), String(begun), String(zlib.gunzipSync(Buffer.concat(sent))),
           String(zlib.inflateSync(Buffer.concat(parts))) === text + text, deflate.bytesWritten]"
    );
    same_as_in_node(&body);
}

#[test]
fn a_stream_changes_its_level_and_its_strategy_on_the_way() {
    let body = format!(
        "{TEXT} const seen = [];
         for (const [from, to, strategy] of [[9, 0, 0], [0, 9, 0], [1, 6, 0], [6, 6, 2], [6, 3, 4], [0, 1, 3], [-1, 9, 1]]) {{
           for (const make of [zlib.createDeflate, zlib.createGzip, zlib.createDeflateRaw]) {{
             const stream = make({{ level: from }}), parts = [];
             stream.on('data', chunk => parts.push(chunk));
             stream.write(text);
             await new Promise(resolve => stream.params(to, strategy, resolve));
             const before = Buffer.concat(parts).length;
             stream.end(text);
             await require('events').once(stream, 'end');
             const whole = Buffer.concat(parts), back = make === zlib.createDeflateRaw ? zlib.inflateRawSync : zlib.unzipSync;
             seen.push([String(back(whole)) === text + text, before > text.length, whole.length - before > text.length]);
           }}
         }}
         return seen"
    );
    let all = same_as_in_node(&body);
    let [deflate, gzip] = [&all[0], &all[1]];
    assert_eq!(deflate, &json!([true, false, true]), "stored from there on");
    assert_eq!(gzip, &json!([true, false, false]), "gzip goes on");
}

#[test]
fn the_streams_of_the_web_compress_too() {
    let body = format!(
        "{TEXT} const seen = [];
         const through = (bytes, stream) => new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer();
         for (const format of ['gzip', 'deflate', 'deflate-raw']) {{
           const packed = await through(text, new CompressionStream(format));
           seen.push(packed.byteLength < 1000, Buffer.from(await through(packed, new DecompressionStream(format))).toString() === text);
           seen.push(await through(packed.slice(0, 20), new DecompressionStream(format)).then(() => 'fine', () => 'failed'));
         }}
         try {{ new CompressionStream('zip'); }} catch (error) {{ seen.push(error.name); }}
         return seen"
    );
    same_as_in_node(&body);
}

#[test]
fn a_bomb_ends_at_the_limit_of_memory_and_one_that_fits_does_not() {
    let bomb = |mib: u32| {
        lambda(&format!(
            "const zlib = require('zlib'), gzip = zlib.createGzip(), chunks = [];
             gzip.on('data', chunk => chunks.push(chunk));
             gzip.on('end', () => callback(null, zlib.gunzipSync(Buffer.concat(chunks)).length));
             for (let at = 0; at < {mib}; at += 1) gzip.write(Buffer.alloc(1 << 20));
             gzip.end()"
        ))
        .limits(|limits| {
            limits.memory = ByteSize::mib(64);
            limits.fuel = Fuel::new(100_000_000_000);
        })
    };
    check(bomb(8), returned(json!(8 << 20)));
    check(bomb(80), exceeded(Limit::Memory));
}

#[test]
fn decompressing_costs_fuel() {
    let code = "const zlib = require('zlib'), packed = zlib.gzipSync(Buffer.alloc(1 << 20));
                let bytes = 0;
                for (let at = 0; at < ROUNDS; at += 1) bytes += zlib.gunzipSync(packed).length;
                callback(null, bytes)";
    let rounds = |count: u32| {
        lambda(&code.replace("ROUNDS", &count.to_string()))
            .limits(|limits| limits.fuel = Fuel::new(200_000_000))
    };
    check(rounds(1), returned(json!(1 << 20)));
    check(rounds(10_000), exceeded(Limit::Fuel));
}
