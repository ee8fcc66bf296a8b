//! What a lambda logs is kept with its invocation, as it was said.

use std::sync::{Arc, Mutex};

use sandglass_runtime::{InvocationContext, LogEntry, LogLevel, LogSink};
use serde_json::json;

use crate::harness::{block_on, builder, check, lambda, log_lines, returned};

#[track_caller]
fn check_logs(body: &str, expected: &[&str]) {
    let report = check(
        lambda(&format!("{body}; callback(null, 'logged')")),
        returned("logged"),
    );
    assert_eq!(log_lines(&report), expected, "of {body}");
}

#[test]
fn each_level_has_its_method() {
    check_logs(
        "console.debug('d'); console.info('i'); console.warn('w'); console.error('e')",
        &["Debug d []", "Info i []", "Warn w []", "Error e []"],
    );
}

#[test]
fn console_log_is_info() {
    check_logs("console.log('l', 1)", &["Info l [1]"]);
}

#[test]
fn every_further_argument_is_an_extra() {
    check_logs(
        "console.info('m', 1, 'two', [3], { four: 4 }, null, true)",
        &[r#"Info m [1,"two",[3],{"four":4},null,true]"#],
    );
}

#[test]
fn extras_that_json_cannot_say_are_said_as_well_as_it_can() {
    let report = check(
        lambda(
            "const cycle = { name: 'cycle' }; cycle.self = cycle;
             console.info('m', undefined, 5n, () => 1, Symbol('s'), new Error('oops'), new Date(0), NaN, cycle, new Map([[1, 2]]));
             callback(null, 'ok')",
        ),
        returned("ok"),
    );
    let extras: serde_json::Value = serde_json::from_str(report.logs[0].extras.get()).unwrap();
    let extras = extras.as_array().unwrap();
    assert_eq!(extras.len(), 9, "{extras:?}");
    assert_eq!(extras[5], json!("1970-01-01T00:00:00.000Z"));
    assert!(extras[4].to_string().contains("oops"), "{}", extras[4]);
    assert!(extras[7].to_string().contains("circular"), "{}", extras[7]);
}

#[test]
fn a_message_that_is_not_a_string_is_shown_as_text() {
    let report = check(
        lambda(
            "console.info(5); console.info({ a: 1 }); console.info(new Error('oops')); console.info(); callback(null, 1)",
        ),
        returned(1),
    );
    let messages: Vec<_> = report
        .logs
        .iter()
        .map(|entry| entry.message.as_str())
        .collect();
    assert_eq!(messages.len(), 4);
    assert_eq!(messages[0], "5");
    assert!(
        messages[1].contains('a') && messages[1].contains('1'),
        "{messages:?}"
    );
    assert!(messages[2].contains("oops"), "{messages:?}");
    assert_eq!(messages[3], "");
}

#[test]
fn text_past_ascii_survives() {
    check_logs(
        "console.info('ä€😀\\u0000\\n', 'ü')",
        &["Info ä€😀\u{0}\n [\"ü\"]"],
    );
}

#[test]
fn methods_may_be_taken_off_the_console() {
    check_logs(
        "const { warn } = console; [1, 2].forEach(n => warn(`n ${n}`))",
        &["Warn n 1 []", "Warn n 2 []"],
    );
}

#[test]
fn logs_are_stamped_by_the_host_in_order() {
    let report = check(
        lambda(
            "Date.now = () => 0; console.info('a');
             setTimeout(() => { console.info('b'); callback(null, 1); }, 5)",
        ),
        returned(1),
    );
    let [first, second] = &report.logs[..] else {
        panic!("{:?}", report.logs)
    };
    assert!(first.timestamp > 1_700_000_000_000, "{first:?}");
    assert!(
        second.timestamp >= first.timestamp + 4,
        "{first:?} {second:?}"
    );
}

#[test]
fn a_failed_lambda_keeps_its_logs() {
    let report = lambda("console.info('before'); throw new Error('x')").run();
    assert_eq!(log_lines(&report)[..1], ["Info before []"]);
}

#[test]
fn logging_at_the_top_level_does_not_belong_to_an_invocation() {
    let case = crate::harness::source(
        "console.info('at build time');
         function lambda(input, callback) { console.info('at run time'); callback(null, 1); }",
    );
    let report = check(case, returned(1));
    assert_eq!(log_lines(&report), ["Info at run time []"]);
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(String, LogLevel, String)>>>);

impl LogSink for Heard {
    fn record(&self, context: &InvocationContext, entry: &LogEntry) {
        let line = (
            context.invocation.to_string(),
            entry.level,
            entry.message.clone(),
        );
        self.0.lock().unwrap().push(line);
    }
}

#[test]
fn a_log_sink_hears_every_entry_with_its_invocation() {
    let heard = Heard::default();
    block_on(async {
        let runtime = builder()
            .instances_max(2)
            .log_sink(heard.clone())
            .build()
            .unwrap();
        let case = lambda("console.debug('a'); console.error('b'); callback()");
        let lambda = case.load_into(&runtime).await;
        let invocation = case.invocation().with_id("request-7".parse().unwrap());
        lambda.invoke(invocation).await.unwrap();
    });
    let expected = [
        ("request-7".to_owned(), LogLevel::Debug, "a".to_owned()),
        ("request-7".to_owned(), LogLevel::Error, "b".to_owned()),
    ];
    assert_eq!(*heard.0.lock().unwrap(), expected);
}
