//! The JavaScript that lambdas are written in works as they expect.

use sandglass_runtime::ByteSize;
use serde_json::{Value, json};

use crate::harness::node::same_as_in_node;
use crate::harness::{async_lambda, check, lambda, result_of, returned, source};

/// The value of an expression.
#[track_caller]
fn check_value(expression: &str, expected: impl Into<Value>) {
    check(
        lambda(&format!("callback(null, {expression})")),
        returned(expected),
    );
}

#[test]
fn timeouts_fire_in_the_order_of_their_times() {
    let case = lambda(
        "const order = [];
         setTimeout(() => { order.push('c'); callback(null, order.join('')); }, 12);
         setTimeout(() => order.push('b'), 6);
         setTimeout(() => order.push('a'), 0);
         Promise.resolve().then(() => order.push('job '));
         order.push('sync ');",
    );
    check(case, returned("sync job abc"));
}

#[test]
fn timeouts_of_the_same_time_fire_in_the_order_in_which_they_were_set() {
    let case = lambda(
        "const order = []; for (let i = 0; i < 10; i += 1) setTimeout(() => order.push(i), 3);
         setTimeout(() => callback(null, order.join('')), 3);",
    );
    check(case, returned("0123456789"));
}

#[test]
fn promise_jobs_run_before_the_next_timer() {
    let case = lambda(
        "const order = [];
         setTimeout(() => { order.push('1'); Promise.resolve().then(() => order.push('2')); }, 1);
         setTimeout(() => { order.push('3'); callback(null, order.join('')); }, 1);",
    );
    check(case, returned("123"));
}

#[test]
fn timers_pass_their_arguments_on() {
    check(
        lambda("setTimeout((a, b) => callback(null, [a, b]), 1, 'x', 2)"),
        returned(json!(["x", 2])),
    );
}

#[test]
fn intervals_repeat_until_they_are_cleared() {
    let case = lambda(
        "let n = 0; const id = setInterval(() => { n += 1; if (n === 4) { clearInterval(id);
           setTimeout(callback, 5, null, n); } }, 1);",
    );
    check(case, returned(4));
}

#[test]
fn a_cleared_timeout_does_not_fire() {
    let case = lambda(
        "const id = setTimeout(() => callback(null, 'fired'), 1); clearTimeout(id);
         clearTimeout(id); clearTimeout(undefined); clearTimeout(999);
         setTimeout(() => callback(null, 'not fired'), 5);",
    );
    check(case, returned("not fired"));
}

#[test]
fn microtasks_and_immediates_exist() {
    let case = lambda(
        "const order = [];
         setImmediate(() => { order.push('immediate'); callback(null, order); });
         queueMicrotask(() => order.push('microtask'));",
    );
    check(case, returned(json!(["microtask", "immediate"])));
}

#[test]
fn promises_combine() {
    let case = async_lambda(
        "const wait = (ms, value) => new Promise(resolve => setTimeout(resolve, ms, value));
         const all = await Promise.all([wait(3, 'a'), wait(1, 'b'), 'c']);
         const race = await Promise.race([wait(60000, 'slow'), wait(1, 'fast')]);
         const settled = (await Promise.allSettled([Promise.reject(1), 2])).map(r => r.status);
         const any = await Promise.any([Promise.reject(1), wait(1, 'any')]);
         let last; await wait(1).finally(() => { last = 'finally'; });
         callback(null, [all, race, settled, any, last]);",
    );
    check(
        case,
        returned(json!([
            ["a", "b", "c"],
            "fast",
            ["rejected", "fulfilled"],
            "any",
            "finally"
        ])),
    );
}

#[test]
fn async_iteration_works() {
    let case = async_lambda(
        "async function* numbers() { for (let i = 0; i < 3; i += 1) { await null; yield i; } }
         let sum = 0; for await (const n of numbers()) sum += n; callback(null, sum);",
    );
    check(case, returned(3));
}

#[test]
fn the_language_is_a_current_one() {
    check_value("[1, [2, [3]]].flat(Infinity).at(-1)", 3);
    check_value("({ a: { b: null } })?.a?.b ?? 'default'", "default");
    check_value("Object.fromEntries([['a', 1]]).a + 1_000", 1_001);
    check_value("'a-b-c'.replaceAll('-', '+')", "a+b+c");
    check_value("[3, 1, 2].toSorted().join()", "1,2,3");
    check_value("Object.hasOwn({ x: 1 }, 'x')", true);
    check_value("'2026-11-21'.match(/(?<year>\\d{4})/).groups.year", "2026");
    check_value("(2n ** 64n).toString()", "18446744073709551616");
    check_value(
        "new (class { #x = 1; static y = 2; get x() { return this.#x } })().x",
        1,
    );
}

#[test]
fn buffers_convert_between_encodings() {
    check_value("Buffer.from('ä€😀').toString('hex')", "c3a4e282acf09f9880");
    check_value("Buffer.from('w6Tigqzwn5iA', 'base64').toString()", "ä€😀");
    check_value("Buffer.from('hello').toString('base64')", "aGVsbG8=");
    check_value("Buffer.from('_-8', 'base64url').toString('hex')", "ffef");
    check_value("Buffer.from('ff00', 'hex')[0]", 255);
    check_value(
        "Buffer.concat([Buffer.from('a'), Buffer.alloc(1, 'b')]).toString()",
        "ab",
    );
    check_value("Buffer.byteLength('ä€')", 5);
    check_value("Buffer.from('abc').equals(Buffer.from('abc'))", true);
    check_value(
        "Buffer.isBuffer(Buffer.from([1])) && Buffer.from([1]) instanceof Uint8Array",
        true,
    );
    check_value("Buffer.from('abcdef').slice(1, 3).toString('latin1')", "bc");
    check_value("Buffer.from([1, 2, 3, 4]).readUInt32BE(0)", 16_909_060);
    check_value(
        "Buffer.from('hi')",
        json!({ "type": "Buffer", "data": [104, 105] }),
    );
    check_value("require('buffer').Buffer === Buffer", true);
}

#[test]
fn urls_are_parsed_and_built() {
    check_value(
        "new URL('../b?x=1#h', 'https://u:p@example.com:8443/a/c').href",
        "https://u:p@example.com:8443/b?x=1#h",
    );
    check_value("new URL('https://example.com:443/').host", "example.com");
    check_value(
        "new URL('https://bücher.example/').hostname",
        "xn--bcher-kva.example",
    );
    check_value(
        "(() => { const u = new URL('https://example.com/?a=1'); u.searchParams.append('b', 'x y'); u.pathname = '/p'; return u.href })()",
        "https://example.com/p?a=1&b=x+y",
    );
    check_value(
        "new URLSearchParams({ a: '1', b: 'ä' }).toString()",
        "a=1&b=%C3%A4",
    );
    check_value(
        "new URLSearchParams('a=1&a=2').getAll('a')",
        json!(["1", "2"]),
    );
    check_value("[...new URLSearchParams('b=1&a=2').keys()].join()", "b,a");
    check_value(
        "(() => { try { new URL('nonsense') } catch (e) { return e instanceof TypeError } })()",
        true,
    );
}

#[test]
fn text_is_encoded_and_decoded() {
    check_value(
        "[...new TextEncoder().encode('ä€')]",
        json!([195, 164, 226, 130, 172]),
    );
    check_value(
        "new TextDecoder().decode(new Uint8Array([226, 130, 172]))",
        "€",
    );
    check_value(
        "new TextDecoder('utf-8').decode(new Uint8Array([255]))",
        "\u{fffd}",
    );
    check_value("btoa('hello')", "aGVsbG8=");
    check_value("atob('aGVsbG8=')", "hello");
    check_value(
        "(() => { try { btoa('€') } catch (e) { return 'refused' } })()",
        "refused",
    );
}

#[test]
fn structured_clones_are_deep_and_keep_their_types() {
    check_value(
        "(() => { const a = { d: new Date(0), m: new Map([[1, { x: 1 }]]), s: new Set([2]), u: new Uint8Array([3]) };
           a.self = a; const b = structuredClone(a); a.m.get(1).x = 9;
           return [b !== a, b.self === b, b.d.getTime(), b.m.get(1).x, b.s.has(2), b.u[0]] })()",
        json!([true, true, 0, 1, true, 3]),
    );
    check_value(
        "(() => { try { structuredClone(() => 1) } catch (e) { return 'refused' } })()",
        "refused",
    );
}

#[test]
fn hashes_are_the_standard_ones() {
    let hash = |algorithm: &str| {
        format!(
            "require('crypto').createHash('{algorithm}').update('a').update(Buffer.from('bc')).digest('hex')"
        )
    };
    check_value(&hash("md5"), "900150983cd24fb0d6963f7d28e17f72");
    check_value(&hash("sha1"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    check_value(
        &hash("sha256"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    check_value(
        &hash("sha384"),
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    );
    check_value(
        &hash("sha512"),
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    );
}

/// Test case 2 of RFC 4231, and of RFC 2202 for MD5 and SHA-1.
#[test]
fn hmacs_are_the_standard_ones() {
    let hmac = |algorithm: &str| {
        format!(
            "require('crypto').createHmac('{algorithm}', 'Jefe').update('what do ya want ').update('for nothing?').digest('hex')"
        )
    };
    check_value(&hmac("md5"), "750c783e6ab0b503eaa86e310a5db738");
    check_value(&hmac("sha1"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    check_value(
        &hmac("sha256"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
    check_value(
        &hmac("sha384"),
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    );
    check_value(
        &hmac("sha512"),
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    );
    check_value(
        "require('crypto').createHmac('sha1', 'key').update('base').digest('base64').length",
        28,
    );
}

#[test]
fn an_unknown_hash_is_refused() {
    let case = lambda("require('crypto').createHash('sha0')");
    let report = case.run();
    assert!(
        matches!(report.outcome, sandglass_runtime::Outcome::Threw(_)),
        "{report:?}"
    );
}

#[test]
fn secrets_are_compared_in_constant_time() {
    check_value(
        "require('crypto').timingSafeEqual(Buffer.from('ab'), Buffer.from('ab'))",
        true,
    );
    check_value(
        "require('crypto').timingSafeEqual(Buffer.from('ab'), Buffer.from('ac'))",
        false,
    );
    check_value(
        "(() => { try { require('crypto').timingSafeEqual(Buffer.from('a'), Buffer.from('ab')) } \
          catch (e) { return [e.name, e.code] } })()",
        json!(["RangeError", "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH"]),
    );
}

#[test]
fn random_bytes_have_the_length_that_was_asked_for() {
    check_value(
        "[0, 1, 1000].map(n => require('crypto').randomBytes(n).length)",
        json!([0, 1, 1000]),
    );
    check_value("Buffer.isBuffer(require('crypto').randomBytes(4))", true);
}

#[test]
fn modules_are_found_with_and_without_their_prefix() {
    check_value("require('node:crypto') === require('crypto')", true);
    check_value(
        "typeof require('lp-faas-toolbelt').Toolbelt.HTTPClient",
        "function",
    );
    check_value(
        "(() => { try { require('left-pad') } catch (e) { return [e.code, e.message.includes('left-pad')] } })()",
        json!(["MODULE_NOT_FOUND", true]),
    );
}

#[test]
fn the_environment_holds_strings_and_nothing_of_the_host() {
    let case = lambda(
        "callback(null, [process.env, process.env.MISSING ?? 'missing', typeof process.env.N])",
    )
    .env("N", "5")
    .env("ÄHNLICH".replace('Ä', "AE").as_str(), "ä€😀");
    check(
        case,
        returned(json!([{ "AEHNLICH": "ä€😀", "N": "5" }, "missing", "string"])),
    );
}

#[test]
fn what_is_written_to_the_environment_becomes_a_string() {
    check(
        lambda(
            "process.env.N = 5; callback(null, [process.env.N, 'N' in process.env, delete process.env.N, process.env.N ?? null])",
        ),
        returned(json!(["5", true, true, null])),
    );
}

#[test]
fn error_stacks_name_the_users_file_and_line() {
    let mut case = source(
        "function outer() {\n  return inner();\n}\nfunction inner() {\n  return new Error('here').stack;\n}\n\
         function lambda(input, callback) {\n  callback(null, outer());\n}",
    );
    case.file_name = "order-status.js".into();
    let stack = result_of(&case);
    let stack = stack.as_str().unwrap();
    for place in [
        "order-status.js:5",
        "order-status.js:2",
        "order-status.js:8",
    ] {
        assert!(stack.contains(place), "{place} is not in:\n{stack}");
    }
}

/// The first lines of stacks, and what there is of a stack besides, of an expression for each.
const FIRST_LINES: &str = r#"
    const first = (error) => error.stack.split('\n')[0];
    const caught = (run) => { try { run(); } catch (error) { return error; } };
    class Named extends Error { constructor(message) { super(message); this.name = 'Named'; } }
    class Inherited extends Error {}
    Inherited.prototype.name = 'Inherited';
    class Captured extends Error { constructor(message) { super(message); Error.captureStackTrace(this, Captured); this.name = 'Captured'; } }
    const later = new Error('before'); later.message = 'after';
    const read = new Error('before'); read.stack; read.message = 'after';
    const captured = (object) => { Error.captureStackTrace(object); return object; };
    const without = (make) => { const limit = Error.stackTraceLimit; Error.stackTraceLimit = 0; const { stack } = make(); Error.stackTraceLimit = limit; return stack; };
    const written = new Error('m'); written.stack = 'mine';
    const removed = new Error('m'); delete removed.stack;
    const numbered = new Error('m'); numbered.message = 404;
    const sealed = Object.freeze(new Error('frozen'));
    let prepared = Error.prepareStackTrace; Error.prepareStackTrace = (error, frames) => `${error.message} ${Array.isArray(frames)}`;
    const own = new Error('own').stack; Error.prepareStackTrace = prepared;
    return [
      first(new Error('m')), first(new TypeError('t')), first(new Error('')), first(new Error()), first(new Error('a\nb')),
      first(new Named('n')), first(new Inherited('i')), first(new Captured('c')), first(later), first(read),
      first(new AggregateError([], 'all')), first(new DOMException('d', 'AbortError')), first(new Error('lone \ud800')).charCodeAt(12),
      first(caught(() => null.x)).startsWith('TypeError: '), first(caught(() => JSON.parse('{'))).startsWith('SyntaxError: '), first(caught(() => eval(')'))).length > 0,
      first(captured({})), first(captured({ name: 'x', message: 'y' })), first(captured({ name: '', message: 'y' })), first(captured([])),
      without(() => new Error('q')), without(() => new Error()), written.stack, removed.stack === undefined, first(numbered), first(sealed), own,
      Object.keys(new Error('m')), JSON.stringify(Object.getOwnPropertyDescriptor(new Error('m'), 'stack'), ['writable', 'enumerable', 'configurable']),
      /^Error: m\n    at /.test(new Error('m').stack), new Error('m').stack.endsWith('\n'), { ...new Error('m') },
      first(structuredClone(new RangeError('r'))), Object.hasOwn(new Error(), 'stack'), 'stack' in Error.prototype,
      first(caught(() => Buffer.alloc('x'))), first(caught(() => require('assert').equal(1, 2))), require('util').inspect(new Named('n')).split('\n')[0],
    ]"#;

#[test]
fn a_stack_begins_with_the_error_as_in_node() {
    same_as_in_node(FIRST_LINES);
}

#[test]
fn errors_give_back_what_their_stacks_took() {
    let body = "function aFunctionWithALongNameForLongFrames(depth) {
           return depth === 0 ? new Error('m') : aFunctionWithALongNameForLongFrames(depth - 1);
         }
         let length = 0;
         for (let round = 0; round < 50_000; round += 1) {
           const error = aFunctionWithALongNameForLongFrames(9);
           if (round % 2 === 0) length += error.stack.length;
           if (round % 3 === 0) Error.captureStackTrace(error);
           if (round % 5 === 0) delete error.stack;
           if (round % 7 === 0) error.stack = 'mine';
           error.self = error;
         }
         callback(null, length > 25_000 * 500);";
    // All stacks together would be 30 MB and more.
    let case = lambda(body).limits(|limits| limits.memory = ByteSize::mib(24));
    check(case, returned(true));
}

#[test]
fn the_host_gets_the_frames_without_the_error() {
    let report = lambda("throw new Error('at home\\n    at nowhere')").run();
    let sandglass_runtime::Outcome::Threw(failure) = &report.outcome else {
        panic!("{report:?}");
    };
    assert_eq!(failure.message, "at home\n    at nowhere");
    assert!(!failure.stack.contains("Error: "), "{}", failure.stack);
    assert!(
        failure.stack.contains("at lambda (lambda.js:"),
        "{}",
        failure.stack
    );
}

#[test]
fn error_stacks_survive_an_await() {
    let case = source(
        "async function lambda(input, callback) {\n  await null;\n  try {\n    null.x;\n  } catch (e) {\n    callback(null, e.stack);\n  }\n}",
    );
    let stack = result_of(&case);
    assert!(stack.as_str().unwrap().contains("lambda.js:4"), "{stack}");
}

/// Checks what each of these functions throws when a lambda calls it: `(code, place)`, the place
/// being the first in the stack. The line where `code` begins is the fifth.
#[track_caller]
fn check_places(functions: &[(&str, &str)]) {
    for (function, place) in functions {
        let case = source(&format!(
            "function lambda(input, callback) {{\n  try {{\n    crash(input, null);\n  }} catch (e) {{ callback(null, e.stack); }}\n}}\n\
             {function}"
        ));
        let stack = result_of(&case);
        let first = stack.as_str().unwrap().lines().nth(1).unwrap().trim();
        assert_eq!(
            first,
            format!("at crash (lambda.js:{place})"),
            "{function}\n{stack}"
        );
    }
}

#[test]
fn a_property_of_undefined_names_its_line() {
    let case = source(
        "function lambda(input, callback) {\n  const a = 1;\n  try {\n    input.missing.x;\n  } catch (e) {\n    callback(null, e.stack);\n  }\n}",
    );
    let stack = result_of(&case);
    let stack = stack.as_str().unwrap();
    assert!(stack.contains("at lambda (lambda.js:4:19)"), "{stack}");
}

#[test]
fn a_property_of_undefined_in_a_nested_function_names_each_line() {
    let case = source(
        "function lambda(input, callback) {\n  function total(order) {\n    const tax = 0.19;\n    return order.lines\n      .map((line) => {\n\
         \x20       return line.price.amount * tax;\n      });\n  }\n  try {\n    total(\n      input.payload,\n    );\n  } catch (e) {\n\
         \x20   callback(null, e.stack);\n  }\n}",
    )
    .payload(json!({ "lines": [{ "price": { "amount": 1 } }, {}] }));
    let stack = result_of(&case);
    let stack = stack.as_str().unwrap();
    for place in [
        "at <anonymous> (lambda.js:6:27)",
        "at total (lambda.js:5:8)",
        "at lambda (lambda.js:10:5)",
    ] {
        assert!(stack.contains(place), "{place} is not in:\n{stack}");
    }
}

#[test]
fn a_property_of_undefined_in_a_multi_line_expression_names_the_line_of_the_access() {
    check_places(&[
        (
            "function crash(input) {\n  return {\n    name: input.name,\n    host: input.missing.host,\n    last: 1,\n  };\n}",
            "9:25",
        ),
        (
            "function crash(input) {\n  return input\n    .missing\n    .host;\n}",
            "9:6",
        ),
        (
            "function crash(input) {\n  return input.a?.b.c\n    + input.b?.c + input\n    .c.d + 1;\n}",
            "9:8",
        ),
        (
            "function crash(input) {\n  return input.a ?? [\n    1,\n    missing,\n  ];\n}",
            "9:5",
        ),
    ]);
}

#[test]
fn an_element_of_undefined_names_its_line() {
    check_places(&[
        (
            "function crash(input) {\n  const list = input.list;\n  return list[0];\n}",
            "8:10",
        ),
        (
            "function crash(input) {\n  return input\n    .list[\n      input.index\n    ];\n}",
            "8:6",
        ),
        (
            "function crash(input) {\n  return input?.a[0]?.b;\n}",
            "7:17",
        ),
    ]);
}

#[test]
fn a_write_a_pattern_and_a_call_name_their_line() {
    check_places(&[
        (
            "function crash(input) {\n  input.missing.host =\n    input.host;\n}",
            "7:22",
        ),
        (
            "function crash(input) {\n  input.missing[input.key] =\n    input.host;\n}",
            "7:28",
        ),
        (
            "function crash(input, nothing) {\n  nothing.count\n    += input.count;\n}",
            "7:11",
        ),
        (
            "function crash(input, nothing) {\n  nothing\n    .count++;\n}",
            "8:6",
        ),
        (
            "function crash(input) {\n  const {\n    a,\n    b: { c },\n  } = input;\n}",
            "9:8",
        ),
        (
            "function crash(input) {\n  input\n    .missing(\n      input.a,\n      input.b,\n    );\n}",
            "8:6",
        ),
        (
            "function crash(input) {\n  class A {\n    static #p = 1;\n    static read(o) { return o.#p; }\n  }\n\
          \x20 Object.defineProperty(A, 'name', { value: 'A' });\n  delete input\n    .missing.x;\n}",
            "13:14",
        ),
    ]);
}

#[test]
fn dates_are_in_utc() {
    check_value(
        "[new Date(0).getHours(), new Date(2026, 0, 1).toISOString()]",
        json!([0, "2026-01-01T00:00:00.000Z"]),
    );
}

#[test]
fn the_lambda_is_called_with_two_arguments() {
    check(
        source("function lambda() { arguments[1](null, [arguments.length, typeof this]); }"),
        returned(json!([2, "object"])),
    );
}
