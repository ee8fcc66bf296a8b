//! Node's everyday modules answer as those of Node.js do.
//!
//! `node_basics/probes.cjs` asks, here as the source of a lambda. What Node.js itself answers is in
//! `node_basics/node.json`, written by `node_basics/node.mjs`.

use serde_json::{Value, json};

use crate::harness::node::{same_answers, same_as_in_node};
use crate::harness::{async_lambda, check, failed, lambda, log_lines, result_of, returned, source};

const PROBES: &str = include_str!("node_basics/probes.cjs");
const NODE: &str = include_str!("node_basics/node.json");

/// Compares the answers to the probes of a module, and shows those that differ.
#[track_caller]
fn check_module(module: &str) {
    let (asked, _) = PROBES
        .split_once("module.exports")
        .expect("it exports what it has");
    let code = format!("{asked} async function lambda(input) {{ return answers(input.payload); }}");
    let ours = result_of(&source(&code).payload(json!(module)));
    let node: Value = serde_json::from_str(NODE).expect("it was written as JSON");
    same_answers(module, &ours, &node[module]);
}

#[test]
fn events_are_those_of_node() {
    check_module("events");
}

#[test]
fn util_is_that_of_node() {
    check_module("util");
}

#[test]
fn querystring_is_that_of_node() {
    check_module("querystring");
}

#[test]
fn path_is_that_of_node() {
    check_module("path");
}

#[test]
fn string_decoder_is_that_of_node() {
    check_module("string_decoder");
}

#[test]
fn assert_is_that_of_node() {
    check_module("assert");
}

#[test]
fn the_legacy_url_is_that_of_node() {
    check_module("url");
}

#[test]
fn timers_and_next_ticks_are_those_of_node() {
    check_module("timers");
}

#[test]
fn every_module_that_was_recorded_is_compared() {
    let node: Value = serde_json::from_str(NODE).expect("it was written as JSON");
    let recorded: Vec<_> = node.as_object().unwrap().keys().collect();
    let tests = include_str!("node_basics.rs");
    for module in &recorded {
        let call = format!("check_module(\"{module}\")");
        assert!(tests.contains(&call), "{module} has no test");
    }
    assert_eq!(recorded.len(), 8);
}

#[test]
fn a_next_tick_comes_before_what_the_lambda_has_promised() {
    let case = lambda(
        "const order = [];
         setTimeout(() => { order.push('timer'); callback(null, order); }, 1);
         Promise.resolve().then(() => order.push('job'));
         process.nextTick((...values) => order.push(...values), 'tick', 5);
         require('process').nextTick(() => order.push('next'));
         order.push('sync');",
    );
    check(
        case,
        returned(json!(["sync", "tick", 5, "next", "job", "timer"])),
    );
}

#[test]
fn a_next_tick_after_an_await_comes_before_the_next_timer() {
    let case = async_lambda(
        "await null;
         setTimeout(callback, 0, null, 'timer');
         process.nextTick(callback, null, 'tick');",
    );
    check(case, returned("tick"));
}

#[test]
fn an_error_of_a_next_tick_is_the_failure_and_the_others_still_run() {
    let case = lambda(
        "process.nextTick(() => { throw new Error('in a tick'); });
         process.nextTick(() => console.info('the next one'));",
    );
    let report = check(case, failed("in a tick"));
    let expected = [
        "Info the next one []",
        "Error Received Error - in a tick []",
    ];
    assert_eq!(log_lines(&report), expected);
}

#[test]
fn a_legacy_url_is_parsed_and_formatted_by_nodes_own_code() {
    check(
        lambda(
            "const url = require('url');
             const { href, host, pathname } = url.parse('HtTp://u:p@x.y.cOm;a/b c?d=\"e\"#f<g>');
             callback(null, [href, host, pathname, url.format({ protocol: 'http', host: 'h', query: { a: [1, 2] } }),
               url.urlToHttpOptions(new URL('https://a%40b:c%2Fd@h:1/p?q')).auth]);",
        ),
        returned(json!([
            "http://u:p@x.y.com/;a/b%20c?d=%22e%22#f%3Cg%3E",
            "x.y.com",
            ";a/b%20c",
            "http://h?a=1&a=2",
            "a@b:c/d"
        ])),
    );
}

#[test]
fn an_assertion_shows_how_values_differ() {
    check(
        lambda(
            "const assert = require('assert');
             try { assert.deepStrictEqual({ a: [1, 2], b: 'x' }, { a: [1, 3], b: 'x' }); } catch (error) { callback(null, error.message); }",
        ),
        returned(
            "Expected values to be strictly deep-equal:\n+ actual - expected\n\n  {\n    a: [\n      1,\n+     2\n-     3\n    ],\n    b: 'x'\n  }",
        ),
    );
}

#[test]
fn a_listener_for_aborts_is_called_no_matter_who_stops_the_event() {
    check(
        lambda(
            "const { addAbortListener } = require('events');
             const { signal } = globalThis.controller = new AbortController();
             signal.addEventListener('abort', (event) => event.stopImmediatePropagation());
             addAbortListener(signal, () => callback(null, 'told'));
             controller.abort();",
        ),
        returned("told"),
    );
}

#[test]
fn large_values_are_compared_to_their_end() {
    check(
        lambda(
            "const { isDeepStrictEqual } = require('util');
             const rows = (last) => Array.from({ length: 6000 }, (_, id) => ({ id: id < 5999 ? id : last }));
             callback(null, [isDeepStrictEqual(rows(1), rows(1)), isDeepStrictEqual(rows(1), rows(2))]);",
        ),
        returned(json!([true, false])),
    );
}

#[test]
fn keys_are_equal_by_what_they_hold() {
    check(
        lambda(
            "const { createSecretKey } = require('crypto'); const { isDeepStrictEqual, types } = require('util');
             const key = (byte) => createSecretKey(Buffer.alloc(8, byte));
             callback(null, [isDeepStrictEqual(key(1), key(1)), isDeepStrictEqual(key(1), key(2)), types.isKeyObject(key(1)), types.isKeyObject({})]);",
        ),
        returned(json!([true, false, true, false])),
    );
}

#[test]
fn punycode_is_that_of_node() {
    same_as_in_node(
        "const punycode = require('punycode'), names = ['mañana.com', '☃-⌘.com', 'example.com', 'ünïcode', '日本語.jp', 'джумла@ñoñó.com'];
         const said = (run) => { try { return run(); } catch (error) { return [error.name, error.message]; } };
         return [names.map(punycode.toASCII), names.map(punycode.toASCII).map(punycode.toUnicode), names.map(punycode.encode),
           names.map(punycode.encode).map(punycode.decode), punycode.ucs2.decode('a😀'), punycode.ucs2.encode([97, 0x1f600]),
           said(() => punycode.decode('ü')), said(() => punycode.decode('a-99999999999999')), typeof punycode.version, Object.keys(punycode)];",
    );
}
