//! Storage of `async_hooks` follows what a call starts, however many calls are under way.
//!
//! What is expected is what Node.js answers.

use serde_json::{Value, json};

use crate::harness::{async_lambda, check, lambda, returned};

const STORAGE: &str =
    "const { AsyncLocalStorage, AsyncResource, executionAsyncId } = require('async_hooks');
    const storage = new AsyncLocalStorage();
    const wait = (time = 1) => new Promise(resolve => setTimeout(resolve, time));";

/// Runs code with a storage at hand, which returns what is expected.
#[track_caller]
fn gives(code: &str, expected: Value) {
    let wrapped = format!("{STORAGE} callback(null, await (async () => {{ {code} }})())");
    check(async_lambda(&wrapped), returned(expected));
}

#[test]
fn a_store_is_known_behind_every_await_of_many_runs_at_once() {
    gives(
        "const visit = async (name, time) => {
           const seen = [storage.getStore()];
           await wait(time); seen.push(storage.getStore());
           await null; seen.push(storage.getStore());
           for await (const value of (async function* () { yield storage.getStore(); await wait(time); yield storage.getStore(); })()) seen.push(value);
           return [name, new Set(seen).size, seen.length, seen[0]];
         };
         const names = Array.from({ length: 40 }, (_, index) => `run ${index}`);
         const all = await Promise.all(names.map((name, index) => storage.run(name, visit, name, index % 5)));
         return all.every(([name, different, length, seen]) => name === seen && different === 1 && length === 5)
           && storage.getStore() === undefined",
        json!(true),
    );
}

#[test]
fn a_store_follows_timers_ticks_microtasks_and_callbacks_of_promises() {
    gives(
        "const seen = {};
         const note = name => () => { seen[name] = storage.getStore() ?? null; };
         const settled = Promise.resolve();
         let later; const open = new Promise(resolve => { later = resolve; });
         storage.run('in', () => {
           setTimeout(note('timeout'), 1); setImmediate(note('immediate')); process.nextTick(note('tick'));
           queueMicrotask(note('microtask')); settled.then(note('then'));
           open.then(note('open')); Promise.reject(new Error('x')).catch(note('catch')).finally(note('finally'));
           const timer = setInterval(() => { note('interval')(); clearInterval(timer); }, 1);
         });
         process.nextTick(note('outside')); open.then(note('open outside')); storage.run('other', later);
         await wait(5);
         return seen",
        json!({
            "tick": "in", "outside": null, "microtask": "in", "then": "in", "open": "in", "open outside": null,
            "catch": "in", "finally": "in", "immediate": "in", "timeout": "in", "interval": "in",
        }),
    );
}

#[test]
fn storages_do_not_mix_and_runs_nest() {
    gives(
        "const other = new AsyncLocalStorage();
         const both = () => [storage.getStore() ?? null, other.getStore() ?? null];
         return storage.run('a', async () => {
           const nested = other.run('b', async () => {
             await wait();
             const inner = await storage.run('c', async () => { await wait(); return both(); });
             return [both(), inner, storage.exit(both), await storage.exit(async () => { await wait(); return both(); })];
           });
           await wait();
           return [both(), ...await nested, both()];
         })",
        json!([["a", null], ["a", "b"], ["c", "b"], [null, "b"], [null, "b"], ["a", null]]),
    );
}

#[test]
fn a_store_can_be_entered_bound_and_given_up() {
    gives(
        "const seen = [];
         const see = () => storage.getStore() ?? null;
         await (async () => { storage.enterWith('entered'); await wait(); seen.push(see()); })();
         const bound = storage.run('bound', () => AsyncLocalStorage.bind(see));
         const within = storage.run('snapshot', () => AsyncLocalStorage.snapshot());
         const resource = storage.run('resource', () => new AsyncResource('Mine'));
         seen.push(storage.run('now', () => [bound(), within(see), resource.runInAsyncScope(see), see()]));
         seen.push(storage.run('now', () => resource.bind(function (a) { return [this, a, see()]; }, 'this')('a')));
         storage.run('gone', () => { storage.disable(); seen.push(see()); storage.enterWith('again'); seen.push(see()); });
         return seen",
        json!(["entered", ["bound", "snapshot", "resource", "now"], ["this", "a", "resource"], null, "again"]),
    );
}

#[test]
fn a_store_survives_what_is_thrown() {
    gives(
        "const seen = [];
         const see = () => storage.getStore() ?? null;
         try { storage.run('a', () => { throw new Error('sync'); }); } catch { seen.push(see()); }
         await storage.run('b', async () => {
           try { await storage.run('c', async () => { await wait(); throw new Error('async'); }); } catch { seen.push(see()); }
         });
         return [...seen, see()]",
        json!([null, "b", null]),
    );
}

#[test]
fn a_store_follows_streams_and_events() {
    gives(
        "const { Readable, pipeline } = require('stream'), { once, EventEmitter } = require('events');
         const read = name => storage.run(name, async () => {
           const seen = [];
           for await (const chunk of Readable.from(['x', 'y'])) seen.push(chunk + storage.getStore());
           const emitter = new EventEmitter();
           setTimeout(() => emitter.emit('done', storage.getStore()), 1);
           return [...seen, ...await once(emitter, 'done')];
         });
         return Promise.all([read(1), read(2)])",
        json!([["x1", "y1", 1], ["x2", "y2", 2]]),
    );
}

#[test]
fn a_resource_has_an_identity_while_it_runs() {
    gives(
        "const outer = executionAsyncId(), resource = new AsyncResource('Mine');
         const inner = resource.runInAsyncScope(executionAsyncId);
         return [inner === resource.asyncId(), inner !== outer, executionAsyncId() === outer, resource.triggerAsyncId() === outer]",
        json!([true, true, true, true]),
    );
}

#[test]
fn what_the_top_level_started_keeps_its_store_in_every_invocation() {
    let code = format!(
        "{STORAGE} const bound = storage.run('built', () => AsyncResource.bind(() => storage.getStore()));
         storage.run('timer', () => setTimeout(() => done(null, [bound(), storage.getStore()]), 1));
         let done; function lambda(input, callback) {{ done = callback; }}"
    );
    check(
        crate::harness::source(&code),
        returned(json!(["built", "timer"])),
    );
}

#[test]
fn a_callback_of_the_lambda_runs_outside_of_all_stores() {
    check(
        lambda(&format!(
            "{STORAGE} storage.run('in', () => {{}}); Promise.resolve().then(() => callback(null, storage.getStore() ?? 'none'));"
        )),
        returned("none"),
    );
}
