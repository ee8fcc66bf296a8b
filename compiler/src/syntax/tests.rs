use std::time::{Duration, Instant};

use super::*;

fn findings(code: &str) -> Findings {
    check(&Source::new("a.js", code).unwrap()).unwrap()
}

fn error_of(code: &str) -> CompileError {
    check(&Source::new("a.js", code).unwrap())
        .unwrap_err()
        .into()
}

#[track_caller]
fn check_error(code: &str, shown: &str, hint: &str) {
    let error = error_of(code);
    assert_eq!(error.kind, CompileErrorKind::Syntax, "{code}");
    assert_eq!(error.to_string(), shown, "{code}");
    assert!(error.hint.contains(hint), "{code}: {}", error.hint);
}

#[test]
fn a_syntax_error_names_what_was_found_and_where() {
    check_error("let a;\nlet b = ;", "a.js:2:9: unexpected `;`", "");
    check_error("f(a b)", "a.js:1:5: expected `,` or `)` but found `b`", "");
    check_error("let a = 5 6;", "a.js:1:10: expected `;` but found `6`", "");
    check_error("let ä = '😀'; let b = ;", "a.js:1:22: unexpected `;`", "");
    let error = error_of("let a;\r\nlet b = ;\r\n");
    assert_eq!(
        (error.line, error.column, error.source_line.as_str()),
        (2, 9, "let b = ;")
    );
}

#[test]
fn an_end_that_comes_too_early_is_called_so() {
    let shown = "a.js:1:18: expected `}` but found the end of the file";
    check_error("function f() { a;", shown, "not closed");
    check_error("let a = ", "a.js:1:9: unexpected end of the file", "");
}

#[test]
fn common_mistakes_come_with_a_hint() {
    for (code, hint) in [
        ("function f() { await g(); }", "write `async`"),
        ("return 1;", "into a function"),
        ("const body = {\n  ...\n};", "placeholder"),
        ("function f() {\n  ...\n}", "placeholder"),
        ("f(a, ...)", "placeholder"),
        ("const a = [ ... ];", "placeholder"),
        ("p.then(response ==> {});", "`=>`"),
        ("let a = “x”;", "typographic"),
        ("let a: string = 1;", "TypeScript"),
        ("function f(a: string) {}", "TypeScript"),
        ("const f = (a: string) => 1;", "TypeScript"),
        ("const a = b as string;", "TypeScript"),
        ("interface A { }", "TypeScript"),
        ("type A = string;", "TypeScript"),
        ("enum A { B }", "TypeScript"),
        ("declare const a;", "TypeScript"),
        ("const a = <b>1</b>;", "JSX"),
        ("const a;", "add an initializer"),
    ] {
        let error = error_of(code);
        assert!(
            error.hint.contains(hint),
            "{code}: {error} [{}]",
            error.hint
        );
        assert!(!error.message.starts_with(char::is_uppercase), "{error}");
    }
}

#[test]
fn sloppy_code_parses() {
    for code in [
        "with (a) { b = 010; }",
        "var let = 1; yield = 2; async = 3; await = 4;",
        "a <!-- b\n--> c",
        "'use strict'; let a;",
        "#!/usr/bin/env node\nlet a;",
        "if (a) function f() {}",
    ] {
        check(&Source::new("a.js", code).unwrap()).unwrap();
    }
}

#[test]
fn literal_requires_are_found_wherever_they_stand() {
    let found = findings(
        "const a = require('a');\nfunction f() { return { b: require(\"b\").c, d: () => require('a') }; }\n\
         require(`c`); require('e' + 'f'); other.require('g'); // require('h')\n'require(\"i\")';",
    );
    let specifiers: Vec<&str> = found
        .requires
        .iter()
        .map(|r| r.specifier.as_str())
        .collect();
    assert_eq!(specifiers, ["a", "b"]);
    assert_eq!(found.requires[1].offset, 51);
}

#[test]
fn a_lambda_is_found_in_each_way_of_making_one() {
    for code in [
        "function lambda() {}",
        "async function lambda() {}",
        "const lambda = () => 1;",
        "var lambda = function () {};",
        "let lambda; lambda = f;",
        "exports.lambda = () => 1;",
        "module.exports.lambda = f;",
        "function f() {}\nmodule.exports = lambda;",
        "globalThis.lambda = f;",
        "if (a) { var lambda = f; }",
    ] {
        assert!(findings(code).lambda.is_some(), "{code}");
    }
    for code in [
        "",
        "function f() { function lambda() {} }",
        "// function lambda() {}",
        "lambda();",
    ] {
        assert_eq!(findings(code).lambda, None, "{code}");
    }
}

#[test]
fn the_declaration_says_whether_there_is_a_callback_and_who_sees_the_lambda() {
    for (code, module, takes_callback, exports_lambda, declares_lambda) in [
        ("function lambda(a, b) {}", false, Some(true), false, true),
        ("function lambda(a) {}", false, Some(false), false, true),
        ("function lambda(...a) {}", false, None, false, true),
        (
            "const lambda = async (a = {}, b = 1) => {};",
            false,
            Some(true),
            false,
            true,
        ),
        ("const lambda = wrap(() => {});", false, None, false, true),
        ("exports.lambda = (a) => {};", false, None, false, false),
        (
            "import 'x'; function lambda(a) {}",
            true,
            Some(false),
            false,
            true,
        ),
        (
            "export function lambda(a, b) {}",
            true,
            Some(true),
            true,
            true,
        ),
        (
            "export const lambda = (a) => {};",
            true,
            Some(false),
            true,
            true,
        ),
        (
            "export default function handler(a, b) {}",
            true,
            Some(true),
            true,
            false,
        ),
        (
            "export { a as lambda } from './a.js';",
            true,
            None,
            true,
            false,
        ),
        (
            "const a = 1; export { a as default };",
            true,
            None,
            true,
            false,
        ),
    ] {
        let found = findings(code);
        assert_eq!(found.module, module, "{code}");
        assert_eq!(found.takes_callback, takes_callback, "{code}");
        assert_eq!(found.exports_lambda, exports_lambda, "{code}");
        assert_eq!(found.declares_lambda, declares_lambda, "{code}");
    }
}

#[test]
fn a_missing_lambda_is_explained() {
    for (code, shown, hint) in [
        (
            "",
            "a.js: there is no function named `lambda`",
            "declare one",
        ),
        (
            "function f() {}\nfunction g() {}",
            "a.js: there is no function named `lambda`",
            "declare",
        ),
        (
            "\nasync function handler() {}",
            "a.js:2:16: there is no function named `lambda`",
            "rename `handler`",
        ),
        (
            "const Lambda = () => 1;",
            "a.js:1:7: there is no function named `lambda`",
            "rename `Lambda`",
        ),
        (
            "const lambda = 5;",
            "a.js:1:7: `lambda` is not a function",
            "declare it",
        ),
    ] {
        let source = Source::new("a.js", code).unwrap();
        let error = check(&source).unwrap().lambda_missing(&source);
        assert_eq!(error.to_string(), shown);
        assert!(error.hint.contains(hint), "{}", error.hint);
    }
}

/// `unit` as often as it fits into the longest source, around `middle`.
fn nested(before: &str, unit: &str, middle: &str, close: &str) -> String {
    let fixed = before.chars().count() + middle.chars().count();
    let times = (100_000 - fixed) / (unit.chars().count() + close.chars().count());
    format!(
        "{before}{}{middle}{}",
        unit.repeat(times),
        close.repeat(times)
    )
}

/// Whatever the answer, it comes, and soon.
#[track_caller]
fn check_survives(code: String) {
    let source = Source::new("a.js", code).unwrap();
    let begun = Instant::now();
    let answer = check(&source);
    let start: String = source.code().chars().take(40).collect();
    assert!(begun.elapsed() < Duration::from_secs(20), "{start}");
    if let Err(mistakes) = answer {
        let error = mistakes.first;
        assert_eq!(error.kind, CompileErrorKind::Syntax, "{start}: {error}");
    }
}

#[test]
fn no_nesting_of_brackets_harms_the_host() {
    for (before, unit, middle, close) in [
        ("", "(", "1", ")"),
        ("", "[", "1", "]"),
        ("", "{", "", "}"),
        ("x=", "{a:", "1", "}"),
        ("x=", "{[", "1", "]:1}"),
        ("x=", "{a(){", "", "}}"),
        ("", "a(", "1", ")"),
        ("", "a[", "1", "]"),
        ("a", "?.[", "1", "]"),
        ("", "new a(", "1", ")"),
        ("", "`${", "1", "}`"),
        ("", "[...", "1", "]"),
        ("", "a(...", "1", ")"),
        ("", "import(", "1", ")"),
        ("", "@(", "1", ")"),
        ("let ", "[", "a", "]"),
        ("let ", "{a:", "b", "}"),
        ("", "function a(){", "", "}"),
        ("", "class a{a(){", "", "}}"),
        ("", "class a{static{", "", "}}"),
        ("x=", "class{a=", "", "}"),
        ("", "()=>{", "", "}"),
        ("", "try{", "", "}finally{}"),
        ("", "switch(a){case 1:", "", "}"),
        ("(", "{a:[", "b", "]}"),
        ("", "[", "a", "]=1"),
        ("/", "(", "", ")"),
        ("", "await(", "1", ")"),
    ] {
        check_survives(nested(before, unit, middle, close));
        check_survives(nested(before, unit, "", ""));
    }
}

#[test]
fn no_chain_without_brackets_harms_the_host() {
    for (before, unit, after) in [
        ("", "!", "1"),
        ("", "~", "1"),
        ("", "- ", "1"),
        ("", "++ ", "a"),
        ("", "typeof ", "1"),
        ("", "void ", "1"),
        ("", "delete ", "a"),
        ("", "new ", "a"),
        ("", "await ", "a"),
        ("async function f(){", "await ", "a}"),
        ("function*f(){", "yield ", "a}"),
        ("function*f(){", "yield*", "a}"),
        ("", "a=>", "1"),
        ("", "(a)=>", "1"),
        ("", "async a=>", "1"),
        ("", "a?", "1"),
        ("", "a?1:", "1"),
        ("", "a?(a):(b)=>", "1"),
        ("", "if(a)", ";"),
        ("", "if(a);else ", ";"),
        ("", "for(;;)", ";"),
        ("", "while(a)", ";"),
        ("", "do ", ";"),
        ("", "with(a)", ";"),
        ("", "a:", ";"),
        ("a", ".a", ""),
        ("a", "?.a", ""),
        ("a", "[a]", ""),
        ("a", "()", ""),
        ("a", "``", ""),
        ("a", "+a", ""),
        ("a", "**a", ""),
        ("a", "&&a", ""),
        ("a", "??a", ""),
        ("a", "||a&&a", ""),
        ("a", ",a", ""),
        ("a", " in a", ""),
        ("a", "<a", ""),
        ("a", "<a>", ""),
        ("", "a=", "1"),
        ("", "a+=", "1"),
        ("x=", "class extends ", "a"),
        ("class a{#a;b(){", "#a in ", "a}}"),
        ("", "@", ""),
        ("", "0=1;", ""),
        ("", "#", ""),
        ("/a/", "g", ""),
        ("'", "\\n", "'"),
        ("`", "\\u{1}", "`"),
        ("", "/**/", ""),
        ("", "9", "n"),
        ("", "\u{10000}", ""),
        ("", "import a from'a';", ""),
        ("", "let a;", ""),
        ("", "a;", ""),
        ("", "<!--\n", ""),
        ("", "'use strict';", ""),
        ("class a{", "#a;", "}"),
        ("", "export ", ""),
    ] {
        check_survives(nested(before, unit, after, ""));
    }
}

#[test]
fn no_guessing_of_arrow_functions_harms_the_host() {
    for (unit, close) in [
        ("(a=", ")"),
        ("(a,b=", ")"),
        ("({a=", "})"),
        ("([a=", "])"),
        ("({[", "]:a})"),
        ("async(a=", ")"),
        ("as\\u0079nc(a=", ")"),
        ("(a,@(", "))"),
        ("(a=()=>{", "})"),
        ("a?(a=", "):1"),
        ("for((a=", ";;)"),
        ("if(a)(b=", ")"),
        ("(/**/a=", ")"),
        ("//f\n(a=", ")"),
        ("(a=", ",b.c)=>1"),
        ("case (a=", ")"),
        ("(a,", ")"),
        ("(a=b,", ")"),
        ("({a:", "})"),
        ("((a)=>", ")"),
        ("((a)=>{", "})"),
        ("(...[a=", "])"),
        ("(a=`${", "}`)"),
        ("(a=/[/(]/,b=", ")"),
        ("(a=')',b=", ")"),
        ("(a={}/1,b=", ")"),
        ("(", ")=>1"),
        ("({1.5:a=", "})"),
        ("({1e+5:a=", "})"),
        ("({'a':b=", "})"),
        ("({a:b.c,d:(", ")})"),
        ("([1,(", ")])"),
        ("({get a(){", "}})"),
        ("({a:{[", "]:b}})"),
        ("([", "])"),
    ] {
        check_survives(nested("", unit, "1", close));
        check_survives(nested("", unit, "", ""));
    }
    let error = error_of(&nested("", "(a=", "1", ")"));
    assert!(error.message.contains("nested too deeply"), "{error}");
}

#[test]
fn what_is_nested_as_deeply_as_programs_are_parses() {
    findings(&format!(
        "{}{}",
        "f({ then: (a = 1) => g(".repeat(200),
        ") })".repeat(200)
    ));
    findings(&format!("{}1{}", "(a = ".repeat(200), ")".repeat(200)));
    findings(&format!("{}1{}", "[(".repeat(2_000), ")]".repeat(2_000)));
}
