//! The console has every method of Node.js's; what it shows is in the log.

use crate::harness::{check, lambda, log_lines, returned};

/// What a lambda logs.
#[track_caller]
fn logs(code: &str, expected: &[&str]) {
    let report = check(lambda(&format!("{code}; callback(null, 1);")), returned(1));
    assert_eq!(log_lines(&report), expected);
}

#[test]
fn a_table_is_drawn_as_node_draws_it() {
    logs(
        "console.table([{ a: 1, b: 'x' }, { a: 2, c: [1] }]); console.table(new Map([['k', 1]])); console.table([1, 'é'], ['a']); console.table('text')",
        &[
            "Info ┌─────────┬───┬─────┬───────┐\n│ (index) │ a │ b   │ c     │\n├─────────┼───┼─────┼───────┤\n\
             │ 0       │ 1 │ 'x' │       │\n│ 1       │ 2 │     │ [ 1 ] │\n└─────────┴───┴─────┴───────┘ []",
            "Info ┌───────────────────┬─────┬────────┐\n│ (iteration index) │ Key │ Values │\n\
             ├───────────────────┼─────┼────────┤\n│ 0                 │ 'k' │ 1      │\n\
             └───────────────────┴─────┴────────┘ []",
            "Info ┌─────────┬───┐\n│ (index) │ a │\n├─────────┼───┤\n│ 0       │   │\n│ 1       │   │\n└─────────┴───┘ []",
            "Info text []",
        ],
    );
}

#[test]
fn a_group_moves_what_follows_to_the_right() {
    logs(
        "console.group('outer', 1); console.info('a\\nb'); console.group(); console.warn('c'); console.groupEnd(); console.groupEnd(); console.groupEnd(); console.log('d')",
        &[
            "Info outer [1]",
            "Info   a\n  b []",
            "Warn     c []",
            "Info d []",
        ],
    );
}

#[test]
fn counts_are_kept_by_label() {
    logs(
        "console.count(); console.count('x'); console.count(); console.countReset(); console.count(); console.countReset('y')",
        &[
            "Info default: 1 []",
            "Info x: 1 []",
            "Info default: 2 []",
            "Info default: 1 []",
            "Warn Warning: Count for 'y' does not exist []",
        ],
    );
}

#[test]
fn a_time_is_shown_with_its_unit() {
    let report = check(
        lambda(
            "console.time('t'); console.timeLog('t', 1); console.timeEnd('t'); console.timeEnd('t'); setTimeout(callback, 1, null, 1)",
        ),
        returned(1),
    );
    let lines = log_lines(&report);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[0].starts_with("Info t: ") && lines[0].ends_with("ms [1]"),
        "{lines:?}"
    );
    assert!(lines[1].ends_with("ms []"), "{lines:?}");
    assert_eq!(
        lines[2],
        "Warn Warning: No such label 't' for console.timeEnd() []"
    );
}

#[test]
fn an_assertion_that_fails_is_an_error_and_no_exception() {
    logs(
        "console.assert(true, 'no'); console.assert(false); console.assert(0, 'of %s', 1); console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 })",
        &[
            "Error Assertion failed []",
            "Error Assertion failed: of %s [1]",
            "Info { a: [Object] } []",
        ],
    );
}

#[test]
fn a_console_can_be_made_for_any_stream() {
    check(
        lambda(
            "const { Console } = require('console'), { Writable } = require('stream');
             const lines = [], write = mark => new Writable({ write(chunk, _, done) { lines.push(mark + chunk); done(); } });
             const mine = new Console({ stdout: write('o:'), stderr: write('e:'), groupIndentation: 1 });
             mine.log('a %d', 1, { b: 2 }); mine.error(new Error('x').message); mine.group('g'); mine.info('in'); mine.groupEnd();
             mine.table([1]); mine.assert(false, 'no %s', 'way');
             callback(null, [lines, console instanceof Console, mine instanceof Console]);",
        ),
        returned(serde_json::json!([
            [
                "o:a 1 { b: 2 }\n", "e:x\n", "o:g\n", "o: in\n",
                "o:┌─────────┬────────┐\n│ (index) │ Values │\n├─────────┼────────┤\n│ 0       │ 1      │\n└─────────┴────────┘\n",
                "e:Assertion failed: no way\n"
            ],
            true,
            true
        ])),
    );
}

#[test]
fn what_is_printed_goes_where_a_lambda_has_standard_output_go() {
    logs(
        "const { write } = process.stdout; let seen = '';
         process.stdout.write = (text) => { seen += text; return true; };
         console.log('%s is %d', 'a', 1, { b: 2 }); console.error('logged');
         process.stdout.write = write;
         console.log('again'); console.log(JSON.stringify(seen))",
        &[
            "Error logged []",
            "Info again []",
            r#"Info "a is 1 { b: 2 }\n" []"#,
        ],
    );
}

#[test]
fn a_write_that_passes_its_text_on_is_not_called_by_itself() {
    logs(
        "const { write } = process.stderr; let count = 0;
         process.stderr.write = function (text, ...rest) { count += 1; return write.call(this, text, ...rest); };
         console.error('once'); console.log(String(count))",
        &["Error once []", "Info 1 []"],
    );
}

#[test]
fn the_console_writes_to_a_stream_that_it_is_given() {
    logs(
        "const { Writable } = require('stream'); let seen = '';
         console._stderr = new Writable({ write(chunk, encoding, done) { seen += chunk; done(); } });
         console.warn('warned'); console.log(JSON.stringify(seen))",
        &[r#"Info "warned\n" []"#],
    );
}
