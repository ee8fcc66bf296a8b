//! A source that cannot become a lambda says where and why.

use sandglass_compiler::{CompileError, CompileErrorKind, Source};
use serde_json::json;

use crate::harness::{check, returned, source};

#[track_caller]
fn error_of(code: &str) -> CompileError {
    match source(code).compile() {
        Ok(_) => panic!("it compiles: {code}"),
        Err(error) => error,
    }
}

/// What a compile error says: kind, line, column, source line.
#[track_caller]
fn check_place(code: &str, kind: CompileErrorKind, line: u32, column: u32) -> CompileError {
    let error = error_of(code);
    assert_eq!(error.kind, kind, "{error:?}");
    assert_eq!(
        (error.file.as_str(), error.line, error.column),
        ("lambda.js", line, column),
        "{error:?}"
    );
    let expected = code.lines().nth(line as usize - 1).unwrap();
    assert_eq!(error.source_line, expected, "{error:?}");
    let shown = error.to_string();
    assert!(
        shown.starts_with(&format!("lambda.js:{line}:{column}: ")),
        "{shown}"
    );
    error
}

#[test]
fn a_syntax_error_names_its_file_line_and_column_and_shows_the_line() {
    let code = "function lambda(input, callback) {\n  const a = ;\n  callback();\n}";
    check_place(code, CompileErrorKind::Syntax, 2, 13);
}

#[test]
fn the_seeds_typing_errors_are_found_where_they_are() {
    let arrow = "function lambda(input, callback) {\n  p.then(response ==> {\n  });\n}";
    let error = error_of(arrow);
    assert_eq!(
        (error.kind, error.line),
        (CompileErrorKind::Syntax, 2),
        "{error:?}"
    );
    let placeholder = "function lambda(input, callback) {\n  const body = {\n    ...\n  };\n}";
    let error = error_of(placeholder);
    assert_eq!(error.kind, CompileErrorKind::Syntax, "{error:?}");
    assert!((3..=4).contains(&error.line), "{error:?}");
}

#[test]
fn an_exception_at_the_top_level_names_its_place_and_shows_the_line() {
    let code = "const a = 1;\nthrow new Error('not today');\nfunction lambda(input, callback) {}";
    let error = error_of(code);
    assert_eq!(
        (error.kind, error.line),
        (CompileErrorKind::Threw, 2),
        "{error:?}"
    );
    assert!(error.column > 0, "{error:?}");
    assert_eq!(error.source_line, "throw new Error('not today');");
    assert!(error.message.contains("not today"), "{error:?}");
}

#[test]
fn a_property_of_undefined_at_the_top_level_names_its_line() {
    let code = "const environments = { live: { host: 'example.com' } };\n\n\
                // The environment that nobody set up.\n\
                const cfg = environments.test;\nconst host = cfg.host;\n\n\
                function lambda(input, callback) {}";
    let error = check_place(code, CompileErrorKind::Threw, 5, 18);
    assert!(error.message.contains("'host' of undefined"), "{error:?}");
}

#[test]
fn an_exception_in_a_function_that_the_top_level_calls_names_its_line() {
    let code = "function setUp() {\n  undefined.missing();\n}\nsetUp();\nfunction lambda() {}";
    let error = error_of(code);
    assert_eq!(
        (error.kind, error.line),
        (CompileErrorKind::Threw, 2),
        "{error:?}"
    );
    assert!(error.message.contains("TypeError"), "{error:?}");
}

#[test]
fn a_module_that_does_not_exist_is_named() {
    let code = "const left = require('left-pad');\nfunction lambda(input, callback) {}";
    let error = error_of(code);
    assert_eq!(
        (error.kind, error.line),
        (CompileErrorKind::Import, 1),
        "{error:?}"
    );
    assert!(error.message.contains("left-pad"), "{error:?}");
}

#[test]
fn a_top_level_that_never_ends_is_stopped() {
    for code in [
        "for (;;) {}",
        "while (true) [1, 2, 3].sort();",
        "/^(a+)+$/.test('a'.repeat(80) + 'b');",
    ] {
        let error = error_of(&format!("{code}\nfunction lambda(input, callback) {{}}"));
        assert_eq!(error.kind, CompileErrorKind::Exceeded, "{error:?}");
        assert!(error.message.contains("top level"), "{error:?}");
    }
}

#[test]
fn a_top_level_that_allocates_without_bound_is_stopped() {
    let code =
        "const a = []; for (;;) a.push(new Uint8Array(1048576).fill(1));\nfunction lambda() {}";
    let error = error_of(code);
    assert_eq!(error.kind, CompileErrorKind::Exceeded, "{error:?}");
    assert!(error.message.contains("memory"), "{error:?}");
}

#[test]
fn a_top_level_that_uses_the_network_is_stopped() {
    let code = "const { Toolbelt } = require('lp-faas-toolbelt');\n\
                Toolbelt.HTTPClient()('https://example.com/');\nfunction lambda(input, callback) {}";
    let error = error_of(code);
    assert_eq!(error.kind, CompileErrorKind::NotAtBuildTime, "{error:?}");
    assert!(error.message.contains("network"), "{error:?}");
}

#[test]
fn a_top_level_that_uses_a_secret_is_stopped() {
    let code = "const { Toolbelt } = require('lp-faas-toolbelt');\n\
                Toolbelt.SecretClient().readSecret('key');\nfunction lambda(input, callback) {}";
    let error = error_of(code);
    assert_eq!(error.kind, CompileErrorKind::NotAtBuildTime, "{error:?}");
    assert!(error.message.to_lowercase().contains("secret"), "{error:?}");
}

#[test]
fn a_top_level_cannot_swallow_that_it_was_stopped() {
    let code = "const { Toolbelt } = require('lp-faas-toolbelt');\n\
                try { Toolbelt.HTTPClient()('https://example.com/').catch(() => {}); } catch {}\n\
                function lambda(input, callback) {}";
    assert_eq!(error_of(code).kind, CompileErrorKind::NotAtBuildTime);
    let code = "try { for (;;) {} } catch {}\nfunction lambda(input, callback) {}";
    assert_eq!(error_of(code).kind, CompileErrorKind::Exceeded);
}

#[test]
fn the_clients_may_be_made_at_the_top_level() {
    let case = source(
        "const { Toolbelt } = require('lp-faas-toolbelt');
         const clients = [Toolbelt.HTTPClient(), Toolbelt.SecretClient()];
         function lambda(input, callback) { callback(null, clients.length); }",
    );
    check(case, returned(2));
}

#[test]
fn a_source_without_a_lambda_is_refused() {
    for code in [
        "",
        "function handler(input, callback) {}",
        "const lambda = 5;",
        "// function lambda() {}",
    ] {
        let error = error_of(code);
        assert_eq!(
            error.kind,
            CompileErrorKind::LambdaMissing,
            "{code}: {error:?}"
        );
        assert!(error.message.contains("lambda"), "{error:?}");
    }
}

#[test]
fn a_lambda_may_be_declared_in_each_way_that_javascript_has() {
    for code in [
        "function lambda(input, callback) { callback(null, 1); }",
        "async function lambda(input, callback) { callback(null, 1); }",
        "const lambda = (input, callback) => callback(null, 1);",
        "const lambda = async (input, callback) => { callback(null, 1); };",
        "var lambda = function (input, callback) { callback(null, 1); };",
        "let lambda; lambda = function (input, callback) { callback(null, 1); };",
        "function lambda(input, callback) { callback(null, 1); }\nmodule.exports = lambda;",
        "'use strict';\nfunction lambda(input, callback) { callback(null, 1); }",
        "\u{feff}function lambda(input, callback) { callback(null, 1); }",
    ] {
        check(source(code), returned(1));
    }
}

#[test]
fn sloppy_code_of_the_time_still_works() {
    let case = source(
        "function lambda(input, callback) { implicit = 010; with ({ x: 1 }) { implicit += x; } callback(null, implicit); }",
    );
    check(case, returned(9));
}

fn padded(characters: usize, filler: char) -> String {
    let code = "function lambda(input, callback) { callback(null, 1); }//";
    code.chars()
        .chain(std::iter::repeat(filler))
        .take(characters)
        .collect()
}

#[test]
fn a_source_may_have_a_hundred_thousand_characters() {
    check(source(&padded(100_000, 'x')), returned(1));
    check(source(&padded(100_000, 'ä')), returned(1));
}

#[test]
fn a_source_of_one_character_more_is_refused() {
    let error = Source::new("lambda.js", padded(100_001, 'x')).unwrap_err();
    assert_eq!(error.kind, CompileErrorKind::Source, "{error:?}");
    assert!(error.message.contains("100,000"), "{error:?}");
}

#[test]
fn positions_count_characters_not_bytes() {
    let code = "function lambda(input, callback) {\n  const ä = '😀'; const b = ;\n}";
    let error = error_of(code);
    let column = "  const ä = '😀'; const b = ;"
        .encode_utf16()
        .take_while(|unit| *unit != 0)
        .count();
    assert_eq!(
        (error.kind, error.line),
        (CompileErrorKind::Syntax, 2),
        "{error:?}"
    );
    assert!(
        (column as u32 - 1..=column as u32).contains(&error.column),
        "{error:?}"
    );
}

#[test]
fn an_environment_name_that_is_not_one_is_refused() {
    for (name, value) in [("", "x"), ("A B", "x"), ("A=B", "x"), ("1A", "x")] {
        let code = "function lambda(input, callback) {}";
        let refused = Source::new("lambda.js", code).unwrap().env(name, value);
        assert_eq!(
            refused.unwrap_err().kind,
            CompileErrorKind::Source,
            "{name:?}"
        );
    }
}

#[test]
fn a_failed_build_does_not_harm_the_next() {
    for _ in 0..3 {
        error_of("for (;;) {}\nfunction lambda() {}");
        error_of("throw 1;\nfunction lambda() {}");
        check(
            source("function lambda(input, callback) { callback(null, 'ok'); }"),
            returned(json!("ok")),
        );
    }
}

#[test]
fn what_the_top_level_left_pending_is_over_when_the_lambda_is_built() {
    let case = source(
        "let ready = 'no'; Promise.resolve().then(() => null).then(() => { ready = 'yes'; });
         function lambda(input, callback) { callback(null, ready); }",
    );
    check(case, returned("yes"));
}
