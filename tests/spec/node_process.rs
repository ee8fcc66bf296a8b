//! A lambda hears of what nobody caught, of warnings and of its end, as a process does in Node.js.

use serde_json::json;

use crate::harness::{
    async_lambda, check, crashed, failed, lambda, log_lines, result_of, returned,
};

#[test]
fn a_rejection_that_is_listened_to_does_not_fail_the_lambda() {
    check(
        lambda(
            "const seen = [];
             process.on('unhandledRejection', (reason, promise) => seen.push([reason.message, promise instanceof Promise]));
             process.on('rejectionHandled', () => seen.push('handled'));
             const late = Promise.reject(new Error('one'));
             Promise.reject(new Error('two'));
             setTimeout(() => late.catch(() => {}), 1);
             setTimeout(() => callback(null, seen), 3);",
        ),
        returned(json!([["one", true], ["two", true], "handled"])),
    );
}

#[test]
fn a_rejection_that_nobody_listens_to_is_an_uncaught_exception() {
    check(
        lambda(
            "process.on('uncaughtException', (error, origin) => callback(null, [error.name, error.code ?? null, origin]));
             Promise.reject('a text');",
        ),
        returned(json!([
            "UnhandledPromiseRejection",
            "ERR_UNHANDLED_REJECTION",
            "unhandledRejection"
        ])),
    );
}

#[test]
fn an_exception_that_is_listened_to_does_not_fail_the_lambda() {
    check(
        lambda(
            "const seen = [];
             process.once('uncaughtException', (error, origin) => seen.push(error.message, origin));
             setTimeout(() => { throw new Error('of a timer'); }, 1);
             setTimeout(() => callback(null, seen), 2);",
        ),
        returned(json!(["of a timer", "uncaughtException"])),
    );
}

#[test]
fn what_a_listener_to_exceptions_throws_fails_the_lambda() {
    check(
        lambda(
            "process.on('uncaughtException', () => { throw new TypeError('of the listener'); });
             setTimeout(() => { throw new Error('of a timer'); }, 1);",
        ),
        crashed("of the listener"),
    );
}

#[test]
fn a_lambda_that_throws_fails_whoever_listens() {
    check(
        async_lambda(
            "process.on('unhandledRejection', () => {}); process.on('uncaughtException', () => {});
             await null; throw new Error('its own')",
        ),
        failed("its own"),
    );
}

#[test]
fn the_end_is_told_and_may_still_be_an_answer() {
    let report = check(
        lambda("process.on('exit', code => console.info('ended', code)); callback(null, 1);"),
        returned(1),
    );
    assert_eq!(log_lines(&report), ["Info ended [0]"]);
    check(
        lambda(
            "const seen = [];
             process.on('beforeExit', () => { if (seen.push('before') < 2) setTimeout(() => seen.push('timer'), 1); });
             process.on('exit', () => callback(null, seen));",
        ),
        returned(json!(["before", "timer", "before"])),
    );
}

#[test]
fn a_timer_that_is_unreferred_keeps_no_lambda_waiting() {
    check(
        lambda(
            "const timer = setInterval(() => {}, 60_000).unref();
             process.on('exit', () => callback(null, timer.hasRef()));",
        ),
        returned(false),
    );
}

#[test]
fn to_exit_ends_the_invocation_and_nothing_catches_it() {
    let report = lambda(
        "try { process.exit(3); } catch { callback(null, 'caught'); } finally { console.info('finally'); }",
    )
    .run();
    let outcome = format!("{:?}", report.outcome);
    assert!(
        outcome.contains("process.exit(3) was called before the lambda settled"),
        "{outcome}"
    );
    check(
        lambda("callback(null, 'settled'); process.exit(0);"),
        returned("settled"),
    );
}

#[test]
fn a_warning_is_logged_and_told() {
    let report = check(
        lambda(
            "process.on('warning', ({ name, message, code, detail }) => callback(null, [name, message, code, detail]));
             process.emitWarning('old', { type: 'DeprecationWarning', code: 'DEP1', detail: 'more' });",
        ),
        returned(json!(["DeprecationWarning", "old", "DEP1", "more"])),
    );
    assert_eq!(
        log_lines(&report),
        ["Warn [DEP1] DeprecationWarning: old\nmore []"]
    );
}

#[test]
fn a_process_is_an_emitter_and_tells_what_it_uses() {
    let answer = result_of(&lambda(
        "const { EventEmitter } = require('events'), { rss, heapUsed } = process.memoryUsage();
         callback(null, {
           emitter: process instanceof EventEmitter, same: require('process') === process,
           memory: rss >= heapUsed && heapUsed > 100_000, cpu: process.cpuUsage().user >= 0,
           time: process.hrtime().length, type: Object.prototype.toString.call(process),
           module: process.getBuiltinModule('node:fs-none') === undefined && process.getBuiltinModule('path') === require('path'),
         })",
    ));
    assert_eq!(
        answer,
        json!({
            "emitter": true, "same": true, "memory": true, "cpu": true, "time": 2,
            "type": "[object process]", "module": true,
        })
    );
}

#[test]
fn the_environment_takes_texts_only() {
    check(
        lambda(
            "process.env.A = 1; process.env.B = undefined;
             let thrown; try { Object.defineProperty(process.env, 'C', { get() {} }); } catch (error) { thrown = error.code; }
             callback(null, [process.env.A, process.env.B, thrown, 'C' in process.env]);",
        ),
        returned(json!(["1", "undefined", "ERR_INVALID_OBJECT_DEFINE_PROPERTY", false])),
    );
}

#[test]
fn what_is_written_to_standard_output_is_logged_by_lines() {
    let report = check(
        lambda(
            "process.stdout.write('a\\nb'); process.stdout.write('c\\n'); process.stderr.write('d'); setTimeout(callback, 1, null, 1);",
        ),
        returned(1),
    );
    assert_eq!(
        log_lines(&report),
        ["Info a []", "Info bc []", "Error d []"]
    );
}

#[test]
fn an_exception_is_heard_of_whichever_module_came_first() {
    check(
        lambda(
            "require('stream').Readable.from([1]);
             process.on('uncaughtException', (error) => callback(null, error.message));
             setTimeout(() => { throw new Error('late'); }, 1);",
        ),
        returned("late"),
    );
}
