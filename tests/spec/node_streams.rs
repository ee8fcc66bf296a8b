//! `stream` and what belongs to it behave as in Node.js.

use serde_json::{Value, json};

use crate::harness::{async_lambda, check, crashed, lambda, returned};

/// An async lambda that calls back with what its body returns.
#[track_caller]
fn gives(body: &str, expected: Value) {
    let wrapped = format!(
        "const stream = require('stream'); callback(null, await (async () => {{ {body} }})())"
    );
    check(async_lambda(&wrapped), returned(expected));
}

#[test]
fn a_readable_is_read_by_events_and_by_iteration() {
    gives(
        "const seen = [];
         const made = new stream.Readable({ read() { this.push('a'); this.push('b'); this.push(null); } });
         made.on('data', chunk => seen.push(String(chunk)));
         await new Promise(resolve => made.on('end', resolve));
         for await (const chunk of stream.Readable.from(['c', 'd'])) seen.push(chunk);
         return seen",
        json!(["a", "b", "c", "d"]),
    );
}

#[test]
fn a_pipeline_transforms_and_ends() {
    gives(
        "const seen = [];
         const upper = new stream.Transform({ transform(chunk, _, done) { done(null, String(chunk).toUpperCase()); } });
         const sink = new stream.Writable({ write(chunk, _, done) { seen.push(String(chunk)); done(); } });
         await require('stream/promises').pipeline(stream.Readable.from(['a', 'b']), upper, sink);
         return [seen, sink.writableFinished]",
        json!([["A", "B"], true]),
    );
}

#[test]
fn an_error_in_a_pipeline_is_the_pipelines() {
    gives(
        "const failing = new stream.Transform({ transform(chunk, _, done) { done(new Error('no')); } });
         return new Promise(resolve => stream.pipeline(stream.Readable.from(['a']), failing, new stream.PassThrough(),
           error => resolve([error.message, failing.destroyed])))",
        json!(["no", true]),
    );
}

#[test]
fn a_writable_says_when_to_wait() {
    gives(
        "const slow = new stream.Writable({ highWaterMark: 2, write(chunk, _, done) { setTimeout(done, 1); } });
         const full = slow.write('abc');
         await new Promise(resolve => slow.once('drain', resolve));
         slow.end();
         await require('stream/promises').finished(slow);
         return new Promise(resolve => slow.write('x', error => resolve([full, error.code])))",
        json!([false, "ERR_STREAM_WRITE_AFTER_END"]),
    );
}

#[test]
fn a_duplex_and_a_pass_through_are_both_ends() {
    gives(
        "const through = new stream.PassThrough({ encoding: 'utf8' });
         through.end('hello');
         const duplex = stream.Duplex.from(async function* (source) { for await (const c of source) yield `<${c}>`; });
         const seen = [];
         for await (const chunk of through.pipe(duplex)) seen.push(String(chunk));
         return seen",
        json!(["<hello>"]),
    );
}

#[test]
fn consumers_read_all_of_a_stream() {
    gives(
        "const consumers = require('stream/consumers'), { Readable } = stream;
         return [await consumers.text(Readable.from(['ä', Buffer.from('b')])), await consumers.json(Readable.from(['{\"a\":1}'])),
           (await consumers.buffer(Readable.from([Buffer.from('xyz')]))).toString('hex')]",
        json!(["äb", { "a": 1 }, "78797a"]),
    );
}

#[test]
fn node_streams_and_web_streams_are_made_of_each_other() {
    gives(
        "const { Readable } = stream, { ReadableStream } = require('stream/web');
         const node = Readable.fromWeb(ReadableStream.from(['a', 'b'])), seen = [];
         for await (const chunk of node) seen.push(String(chunk));
         const web = Readable.toWeb(Readable.from([Buffer.from('c')]));
         for await (const chunk of web) seen.push(Buffer.from(chunk).toString());
         return [seen, ReadableStream === globalThis.ReadableStream]",
        json!([["a", "b", "c"], true]),
    );
}

#[test]
fn a_signal_ends_a_stream() {
    gives(
        "const controller = new AbortController();
         const endless = stream.addAbortSignal(controller.signal, new stream.Readable({ read() {} }));
         controller.abort();
         return new Promise(resolve => endless.on('error', error => resolve([error.name, error.code])))",
        json!(["AbortError", "ABORT_ERR"]),
    );
}

#[test]
fn an_error_that_nobody_listens_for_fails_the_lambda() {
    check(
        lambda(
            "new (require('stream').Readable)({ read() { this.destroy(new TypeError('nobody listens')); } }).resume()",
        ),
        crashed("nobody listens"),
    );
}

#[test]
fn storage_follows_a_call_and_never_gives_anothers() {
    gives(
        "const { AsyncLocalStorage, AsyncResource } = require('async_hooks');
         const storage = new AsyncLocalStorage(), seen = [storage.getStore() ?? null];
         const wait = () => new Promise(resolve => setTimeout(resolve, 1));
         seen.push(await storage.run('one', async () => { await wait(); return storage.getStore(); }));
         const both = ['two', 'three'].map(store => storage.run(store, async () => { const now = storage.getStore(); await wait(); return [now, storage.getStore() ?? null]; }));
         seen.push(await Promise.all(both));
         const bound = storage.run('four', () => AsyncResource.bind(() => storage.getStore()));
         seen.push(bound(), storage.exit(() => storage.getStore() ?? null));
         return seen",
        json!([null, "one", [["two", "two"], ["three", "three"]], "four", null]),
    );
}

#[test]
fn channels_carry_messages_to_their_subscribers() {
    gives(
        "const { channel, subscribe } = require('diagnostics_channel'), seen = [];
         subscribe('x', (message, name) => seen.push([name, message]));
         channel('x').publish(1);
         return [seen, channel('x').hasSubscribers, channel('y').hasSubscribers]",
        json!([[["x", 1]], true, false]),
    );
}

#[test]
fn the_clock_has_marks_and_measures() {
    gives(
        "const { performance } = require('perf_hooks');
         performance.mark('a', { startTime: 1 });
         performance.mark('b', { startTime: 4 });
         const { duration, entryType } = performance.measure('a to b', 'a', 'b');
         performance.clearMarks('a');
         return [duration, entryType, performance.getEntriesByType('mark').map(entry => entry.name), typeof performance.now()]",
        json!([3, "measure", ["b"], "number"]),
    );
}

#[test]
fn the_system_says_the_same_everywhere() {
    gives(
        "const os = require('os');
         return [os.EOL, os.platform(), os.hostname(), os.tmpdir(), os.availableParallelism(), os.networkInterfaces(),
           require('process') === process, require('node:process').env === process.env]",
        json!(["\n", "linux", "localhost", "/tmp", 1, {}, true, true]),
    );
}

#[test]
fn an_iteration_that_ends_early_lets_what_it_reads_clean_up() {
    gives(
        "const seen = [];
         async function* numbers() { try { for (let at = 0; ; at += 1) yield at; } finally { seen.push('cleaned up'); } }
         for await (const number of stream.Readable.from(numbers())) { seen.push(number); if (number === 1) break; }
         await new Promise(resolve => setTimeout(resolve, 1));
         return seen",
        json!([0, 1, "cleaned up"]),
    );
}

#[test]
fn a_duplex_of_two_streams_gives_all_that_they_had() {
    gives(
        "const seen = [];
         const through = new stream.PassThrough({ objectMode: true });
         const made = stream.Readable.from(['a', 'b']).pipe(stream.Duplex.from({ writable: through, readable: through }));
         made.on('data', chunk => { seen.push(chunk); made.pause(); setImmediate(() => made.resume()); });
         await new Promise(resolve => made.on('end', resolve));
         return seen",
        json!(["a", "b"]),
    );
}

#[test]
fn the_classes_have_their_older_names() {
    gives(
        "return ['readable', 'writable', 'duplex', 'transform', 'passthrough'].map(name => require(`_stream_${name}`).name)",
        json!(["Readable", "Writable", "Duplex", "Transform", "PassThrough"]),
    );
}
