//! What only looks for files goes on without them; clones and messages are those of the standards.

use serde_json::json;

use crate::harness::node::same_as_in_node;
use crate::harness::{async_lambda, check, lambda, returned};

#[test]
fn a_file_is_not_there_and_none_is_written() {
    // What Node.js says of a path that is not there, and of a file system that takes nothing.
    let code = "const fs = require('fs'), said = [];
        const at = run => { try { said.push(run()); } catch (error) { said.push([error.code, error.errno, error.syscall, error.path, error.message]); } };
        at(() => fs.readFileSync('/etc/hosts'));
        at(() => fs.statSync('x'));
        at(() => fs.existsSync('x'));
        at(() => [fs.existsSync('/'), fs.statSync('/').isDirectory(), fs.readdirSync('/')]);
        at(() => fs.writeFileSync('x', 'y'));
        at(() => fs.mkdirSync('x'));
        at(() => fs.renameSync('a', 'b'));
        at(() => fs.readFileSync(5));
        said.push(await fs.promises.readFile('x').catch(error => error.code), await require('fs/promises').access('/'));
        said.push(await new Promise(resolve => fs.readFile('x', error => resolve(error.code))));
        said.push(await new Promise(resolve => fs.createReadStream('x').on('error', error => resolve(error.code))));
        callback(null, said)";
    check(
        async_lambda(code),
        returned(json!([
            [
                "ENOENT",
                -2,
                "open",
                "/etc/hosts",
                "ENOENT: no such file or directory, open '/etc/hosts'"
            ],
            [
                "ENOENT",
                -2,
                "stat",
                "x",
                "ENOENT: no such file or directory, stat 'x'"
            ],
            false,
            [true, true, []],
            [
                "EROFS",
                -30,
                "open",
                "x",
                "EROFS: read-only file system, open 'x'"
            ],
            [
                "EROFS",
                -30,
                "mkdir",
                "x",
                "EROFS: read-only file system, mkdir 'x'"
            ],
            [
                "ENOENT",
                -2,
                "rename",
                "a",
                "ENOENT: no such file or directory, rename 'a' -> 'b'"
            ],
            [
                "EBADF",
                -9,
                "read",
                null,
                "EBADF: bad file descriptor, read"
            ],
            "ENOENT",
            null,
            "ENOENT",
            "ENOENT"
        ])),
    );
}

#[test]
fn modules_that_packages_merely_ask_for_are_there() {
    let code = "const { createRequire, builtinModules, isBuiltin } = require('module');
        callback(null, [createRequire('/')('path').join('a', 'b'), builtinModules.includes('fs'), isBuiltin('node:zlib'), require('tty').isatty(1),
          require('path/win32').join('a', 'b'), require('sys') === require('util'), require('constants').S_IFDIR])";
    check(
        lambda(code),
        returned(json!(["a/b", true, true, false, "a\\b", true, 16384])),
    );
}

#[test]
fn clones_are_those_of_node() {
    same_as_in_node(
        "const said = run => { try { return run(); } catch (error) { return [error.name, error.code]; } };
         const cycle = { list: [1, { a: 2 }] }; cycle.self = cycle;
         const clone = structuredClone(cycle), buffer = new ArrayBuffer(8), view = new Uint8Array(buffer, 2, 4);
         const moved = structuredClone({ view }, { transfer: [buffer] });
         const odd = structuredClone({ ['__proto__']: 1, date: new Date(0), map: new Map([[1, { a: 1 }]]), set: new Set([1]), error: new RangeError('x', { cause: 'y' }), big: Object(1n) });
         return [clone.self === clone, clone !== cycle, clone.list, buffer.byteLength, moved.view.byteOffset, moved.view.length, Object.keys(odd),
           odd.date.getTime(), [...odd.map][0], [...odd.set], odd.error.name, odd.error.message, odd.error.cause, typeof odd.big.valueOf(),
           said(() => structuredClone(() => {})), said(() => structuredClone(Symbol())), said(() => structuredClone(new WeakMap())),
           said(() => structuredClone()), structuredClone(new (class A { x = 1; })()),
           Object.is(structuredClone(-0), -0), 1 in structuredClone([1, , 3])]",
    );
}

#[test]
fn cloning_many_small_objects_is_cheap() {
    let code = "const many = Array.from({ length: 500 }, (_, id) => ({ id, name: 'n' + id, tags: ['a', 'b'], nested: { x: 1 } }));
                structuredClone(0);
                callback(null, structuredClone(many).length)";
    let with = lambda(code).run().usage.fuel;
    let without = lambda(&code.replace("structuredClone(many)", "many"))
        .run()
        .usage
        .fuel;
    assert!(with - without < 70_000_000, "{}", with - without);
}

#[test]
fn messages_go_from_port_to_port_and_from_channel_to_channel() {
    same_as_in_node(
        "const { port1, port2 } = new MessageChannel(), one = new BroadcastChannel('a'), other = new BroadcastChannel('a');
         const heard = Promise.all([new Promise(resolve => { port2.onmessage = ({ data }) => resolve(data); }),
           new Promise(resolve => { other.onmessage = ({ data }) => resolve(data); })]);
         const sent = { a: [1] };
         port1.postMessage(sent);
         sent.a.push(2);
         one.postMessage('all');
         const all = await heard;
         port1.close(); one.close(); other.close();
         return all",
    );
}
