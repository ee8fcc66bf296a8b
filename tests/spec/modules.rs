//! A lambda is a script, a module, TypeScript, or a folder of files and packages.

use std::path::Path;

use sandglass_compiler::{CompileError, CompileErrorKind, pack};
use sandglass_runtime::{Invocation, Outcome, Policy, Report};
use serde_json::json;
use tempfile::TempDir;

use crate::harness::{check, compiler, outcome, returned, runtime, source, temporary, tokio};

/// A folder with these files, where a project begins: it has a `package.json`, so that one above the folder in which the
/// tests lie is none of its business.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = temporary::directory();
    std::fs::write(folder.path().join("package.json"), "{}").unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    folder
}

/// Builds a lambda of a folder and runs it once.
fn run(path: &Path) -> Result<Report, CompileError> {
    let runtime = runtime();
    tokio().block_on(async {
        let source = pack(path).await?;
        let artifact = compiler(runtime).compile(&source).await?;
        let lambda = runtime.load(artifact, Policy::default()).await.unwrap();
        let invocation = Invocation::json(r#"{"payload":{"name":"Ada"}}"#).unwrap();
        Ok(lambda.invoke(invocation).await.unwrap())
    })
}

#[track_caller]
fn check_project(files: &[(&str, &str)], entry: &str, expected: serde_json::Value) {
    let folder = project(files);
    let report = run(&folder.path().join(entry)).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(outcome(&report), returned(expected));
}

#[track_caller]
fn error_of(files: &[(&str, &str)], entry: &str) -> CompileError {
    let folder = project(files);
    match run(&folder.path().join(entry)) {
        Ok(report) => panic!("it compiles: {:?}", report.outcome),
        Err(error) => error,
    }
}

/// A lambda in one file with this name.
fn named(file_name: &str, code: &str) -> crate::harness::Case {
    let mut case = source(code);
    case.file_name = file_name.into();
    case
}

#[test]
fn a_module_exports_its_lambda_or_only_declares_it() {
    for code in [
        "export function lambda(input, callback) { callback(null, 1); }",
        "export default function (input, callback) { callback(null, 1); }",
        "export default (input, callback) => callback(null, 1);",
        "const handler = (input, callback) => callback(null, 1); export { handler as lambda };",
        "export const lambda = (input, callback) => callback(null, 1);",
        "import { createHash } from 'node:crypto'; function lambda(input, callback) { callback(null, createHash('md5').update('').digest().length - 15); }",
    ] {
        check(source(code), returned(1));
    }
}

#[test]
fn a_script_exports_its_lambda_as_node_modules_do() {
    for code in [
        "module.exports = (input, callback) => callback(null, 1);",
        "module.exports = { lambda: (input, callback) => callback(null, 1) };",
        "exports.lambda = (input, callback) => callback(null, 1);",
        "exports.default = (input, callback) => callback(null, 1);",
    ] {
        check(source(code), returned(1));
    }
}

#[test]
fn the_top_level_of_a_module_may_await_what_needs_no_network() {
    let code = "const one = await Promise.resolve(1);
                export function lambda(input, callback) { callback(null, one); }";
    check(source(code), returned(1));
    let never = "await new Promise(() => {}); export function lambda() {}";
    let error = source(never).compile().unwrap_err();
    assert_eq!(error.kind, CompileErrorKind::NotAtBuildTime, "{error:?}");
    assert!(error.message.contains("awaits something"), "{error:?}");
}

#[test]
fn modules_of_the_engine_are_imported_by_either_name_and_at_any_time() {
    let code = "import path from 'path';
                import { basename } from 'node:path';
                export async function lambda() {
                  const { format } = await import('node:util');
                  return format('%s %s', basename('/a/b'), path.extname('c.d'));
                }";
    check(source(code), returned("b .d"));
}

#[test]
fn types_are_stripped_and_what_is_more_than_a_type_is_compiled() {
    let code = "enum Colour { Red = 'red' }
                interface Input { payload: { name?: string } }
                function lambda(input: Input, callback: (error: Error | null, result?: unknown) => void): void {
                  callback(null, `${input.payload.name ?? 'nobody' as string} ${Colour.Red}`);
                }";
    for name in ["lambda.ts", "lambda.cts", "lambda.mts"] {
        check(named(name, code), returned("nobody red"));
    }
    let module = "import type { Buffer } from 'node:buffer';
                  import { basename } from 'node:path';
                  export async function lambda(input: unknown): Promise<string> {
                    return basename('/a/b' satisfies string);
                  }";
    check(named("lambda.ts", module), returned("b"));
}

#[test]
fn a_lambda_of_several_files_is_bundled() {
    let files = [
        (
            "index.js",
            "const { greet } = require('./lib/greet'); const data = require('./data.json');
             function lambda(input, callback) { callback(null, greet(input.payload.name) + data.mark); }",
        ),
        (
            "lib/greet.js",
            "const { upper } = require('../text.js'); exports.greet = (name) => `Hello ${upper(name)}`;",
        ),
        ("text.js", "exports.upper = (text) => text.toUpperCase();"),
        ("data.json", r#"{"mark":"!"}"#),
    ];
    check_project(&files, "index.js", json!("Hello ADA!"));
    check_project(&files, "", json!("Hello ADA!"));
}

#[test]
fn modules_and_typescript_import_each_other() {
    let files = [
        (
            "src/main.ts",
            "import { greet } from './greet.js'; import data from './data.json';
             export async function lambda(input: { payload: { name: string } }) {
               const { mark } = await import('./mark');
               return greet(input.payload.name) + mark + data.n;
             }",
        ),
        (
            "src/greet.ts",
            "export const greet = (name: string): string => `Hello ${name}`; export const unused = 1;",
        ),
        ("src/mark.mts", "export const mark: string = '?';"),
        ("src/data.json", r#"{"n":1}"#),
        ("package.json", r#"{"main":"src/main.ts"}"#),
    ];
    check_project(&files, "", json!("Hello Ada?1"));
}

#[test]
fn json_is_imported_by_attribute_and_later_and_an_imported_file_may_await() {
    let files = [
        (
            "index.mjs",
            "import data from './data.json' with { type: 'json' };
             import { three } from './later.js';
             export async function lambda() {
               const { default: again, n } = await import('./data.json', { with: { type: 'json' } });
               const plain = await import('./data.json');
               return [data.n, again.n, n, plain.default.n, three];
             }",
        ),
        (
            "later.js",
            "export const three = await new Promise((done) => queueMicrotask(() => done(3)));",
        ),
        ("data.json", r#"{"n":1}"#),
    ];
    check_project(&files, "index.mjs", json!([1, 1, 1, 1, 3]));
}

/// The image holds what the lambda uses, so the package is no part of the other one.
#[test]
fn a_package_is_part_of_the_artifacts_that_require_it_only() {
    let bytes = |requires: &str| {
        let hello =
            format!("{requires} function lambda(input, callback) {{ callback(null, 'hello'); }}");
        source(&hello).compile().unwrap().as_bytes().len()
    };
    let (hello, with_package) = (bytes(""), bytes("const jsforce = require('jsforce');"));
    assert!(hello * 5 < with_package, "{hello} and {with_package}");
}

#[test]
fn packages_come_from_node_modules_as_node_finds_them() {
    let files = [
        (
            "index.mjs",
            "import legacy from 'legacy'; import { modern } from 'modern'; import { deep } from '@scope/pkg/deep';
             export const lambda = async () => [legacy(), modern, deep];",
        ),
        (
            "node_modules/legacy/package.json",
            r#"{"name":"legacy","main":"./lib/main"}"#,
        ),
        (
            "node_modules/legacy/lib/main.js",
            "var util = require('util'); leaked = 1; module.exports = function () { return util.format('%s', leaked); };",
        ),
        (
            "node_modules/modern/package.json",
            r#"{"name":"modern","type":"module","exports":{"import":"./m.js","require":"./no.cjs"}}"#,
        ),
        (
            "node_modules/modern/m.js",
            "export const modern = 'modern'; export const unused = 'left out';",
        ),
        (
            "node_modules/@scope/pkg/package.json",
            r#"{"name":"@scope/pkg","exports":{"./deep":"./deep.js"}}"#,
        ),
        (
            "node_modules/@scope/pkg/deep.js",
            "try { require('not-there'); } catch { exports.deep = 'deep'; }",
        ),
    ];
    // Packages that are sloppy need a script around them: a module is strict.
    let sloppy = [
        (
            "index.js",
            "const legacy = require('legacy'); function lambda(input, callback) { callback(null, legacy()); }",
        ),
        files[1],
        files[2],
    ];
    check_project(&sloppy, "index.js", json!("1"));
    let mut strict = files;
    strict[2].1 = "module.exports = () => '1';";
    check_project(&strict, "index.mjs", json!(["1", "modern", "deep"]));
    let folder = project(&strict);
    let packed = tokio()
        .block_on(pack(&folder.path().join("index.mjs")))
        .unwrap();
    assert!(!packed.bundle().unwrap().code.contains("left out"));
}

#[test]
fn a_module_that_is_missing_is_named_at_the_line_that_asks_for_it() {
    let error = error_of(
        &[(
            "index.js",
            "const a = 1;\nconst pad = require('left-pad');\nfunction lambda() {}",
        )],
        "index.js",
    );
    assert_eq!(
        error.to_string(),
        "index.js:2:13: cannot find module 'left-pad'"
    );
    assert_eq!(error.source_line, "const pad = require('left-pad');");
    assert!(error.hint.contains("npm install left-pad"), "{error:?}");

    let error = source("import x from './other.js'; export function lambda() {}")
        .compile()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "lambda.js:1:1: cannot find module './other.js'"
    );
}

#[test]
fn a_module_that_cannot_work_says_so_in_the_own_file_and_in_a_package_when_it_is_used() {
    let files = [
        (
            "index.js",
            "import a, { spawn } from 'a';
             export async function lambda() {
               const told = (use) => { try { return use(); } catch (error) { return `${error.code} ${error.message}`; } };
               return [typeof a.exec, told(() => a.exec('ls')), told(() => new a.X()), told(spawn), a.tty, a.ip, a.main, a.spawns];
             }",
        ),
        ("node_modules/a/index.js", "module.exports = require('b');"),
        (
            "node_modules/b/index.js",
            "const cp = require('child_process'); const { Socket, isIP } = require('node:net');
             module.exports = { exec: cp.exec, X: class extends Socket {}, tty: require('tty').isatty(1),
               ip: ['1.2.3.4', '::1', '256.1.1.1', 'x'].map(isIP), main: require('worker_threads').isMainThread };
             Object.assign(module.exports, require('./module.mjs'));",
        ),
        (
            "node_modules/b/module.mjs",
            "import fs, { spawn } from 'child_process'; import * as all from 'child_process';
             export { spawn }; export const spawns = fs.spawn === undefined || all.spawn === undefined;",
        ),
    ];
    let refused = |what: &str, instead: &str| {
        format!("ERR_FEATURE_UNAVAILABLE_ON_PLATFORM '{what}' cannot work in a sandbox: {instead}")
    };
    let processes = "a lambda cannot start processes";
    check_project(
        &files,
        "index.js",
        json!([
            "function",
            refused("child_process.exec", processes),
            refused("net.Socket", "use the toolbelt's HTTP client or `fetch`"),
            refused("child_process.spawn", processes),
            false,
            [4, 6, 0, 0],
            true,
            false
        ]),
    );
    let own = source("const vm = require('vm'); function lambda() {}")
        .compile()
        .unwrap_err();
    assert_eq!(
        own.to_string(),
        "lambda.js:1:12: 'vm' cannot work in a sandbox"
    );
    assert!(own.hint.contains("sandbox of its own"), "{own:?}");
}

#[test]
fn native_code_cannot_work_and_the_package_that_brings_it_is_named() {
    const HINT: &str = "native code cannot run in a sandbox: use a package that is JavaScript only";
    for (asks, of) in [
        (
            "require('./build/Release/addon.node')",
            "./build/Release/addon.node",
        ),
        ("require('./build/Release/addon')", "./build/Release/addon"),
        ("require('./prebuilt')", "./prebuilt"),
        ("require('bindings')('addon')", "bindings"),
        ("require('node-gyp-build')(__dirname)", "node-gyp-build"),
        (
            "require('@mapbox/node-pre-gyp').find()",
            "@mapbox/node-pre-gyp",
        ),
        ("require('node-pre-gyp').find()", "node-pre-gyp"),
        ("require('prebuild-install')", "prebuild-install"),
    ] {
        let native = format!("const fs = require('fs');\nexports.hash = {asks};");
        let folder = project(&[
            (
                "index.js",
                "const hash = require('hash'); function lambda(input, callback) { callback(null, hash); }",
            ),
            (
                "node_modules/hash/index.js",
                "module.exports = require('native');",
            ),
            ("node_modules/native/index.js", &native),
            ("node_modules/native/prebuilt/index.node", ""),
            // Neither is blamed for the file system, which they look through for native code.
            (
                "node_modules/bindings/index.js",
                "const fs = require('fs');",
            ),
        ]);
        let release = folder.path().join("node_modules/native/build/Release");
        std::fs::create_dir_all(&release).unwrap();
        std::fs::write(release.join("addon.node"), b"\x7fELF\xff\xfe").unwrap();
        let error = run(folder.path()).expect_err(asks);
        assert_eq!(
            error.to_string(),
            format!(
                "node_modules/native/index.js:2:16: '{of}' cannot work in a sandbox, which \
                 node_modules/native/index.js asks for (required by node_modules/hash/index.js, \
                 required by index.js)"
            )
        );
        assert_eq!(error.source_line, format!("exports.hash = {asks};"));
        assert_eq!(error.hint, HINT);
    }
    let unbuilt = source("require('../build/Release/addon'); function lambda() {}").compile();
    assert_eq!(unbuilt.unwrap_err().hint, HINT);
}

#[test]
fn what_a_package_may_go_without_does_not_fail_the_build() {
    let files = [
        (
            "index.js",
            "const dep = require('dep'); function lambda(input, callback) { callback(null, dep); }",
        ),
        (
            "node_modules/dep/index.js",
            "let found = []; exports.found = found;
             try { require('vm'); found.push('vm'); } catch {}
             try { require('./build/Release/addon.node'); found.push('addon'); } catch {}
             try { require('node-gyp-build')(__dirname); found.push('node-gyp-build'); } catch {}
             try { require('node:dns/promises'); found.push('dns'); } catch {}
             if (found.length > 0) require('readline').createInterface();
             exports.load = () => require('bindings')('addon');",
        ),
        ("node_modules/dep/build/Release/addon.node", ""),
        (
            "node_modules/node-gyp-build/index.js",
            "const fs = require('fs');",
        ),
    ];
    check_project(&files, "index.js", json!({ "found": [] }));
    // What Node.js has only with `node:` before the name is a package without it.
    let files = [
        (
            "index.js",
            "const sqlite = require('sqlite'); function lambda(input, callback) { callback(null, sqlite); }",
        ),
        (
            "node_modules/sqlite/index.js",
            "module.exports = 'a package';",
        ),
    ];
    check_project(&files, "index.js", json!("a package"));
}

#[test]
fn an_imported_file_that_does_not_parse_is_shown_as_the_entry_would_be() {
    let entry = (
        "index.ts",
        "import { rate } from './lib/rate.ts';\nexport async function lambda() { return rate; }",
    );
    let broken = "type Rate = number;\n\nexport const rate: Rate = /* 😀 */ 1 +;\n";
    let error = error_of(&[entry, ("lib/rate.ts", broken)], "");
    let own = named("rate.ts", broken).compile().unwrap_err();
    assert_eq!(
        (error.kind, error.to_string().as_str()),
        (CompileErrorKind::Syntax, "lib/rate.ts:3:38: unexpected `;`")
    );
    assert_eq!(error.source_line, "export const rate: Rate = /* 😀 */ 1 +;");
    assert_eq!((&error.message, &error.hint), (&own.message, &own.hint));
    assert_eq!((error.line, error.column), (own.line, own.column));

    let typed = "const a = 1;\nlet rate: number = 2;\nexports.rate = rate;";
    let error = error_of(
        &[
            (
                "index.js",
                "exports.lambda = async () => require('./rate.js');",
            ),
            ("rate.js", typed),
        ],
        "",
    );
    assert_eq!(
        (error.file.as_str(), error.line),
        ("rate.js", 2),
        "{error:?}"
    );
    assert_eq!(error.source_line, "let rate: number = 2;");
    assert!(error.hint.contains("TypeScript"), "{error:?}");
}

#[test]
fn json_that_is_none_is_shown_at_its_line() {
    let error = error_of(
        &[
            (
                "index.js",
                "const data = require('./data.json'); function lambda() {}",
            ),
            ("data.json", "{\n  \"ä😀\": 'x'\n}"),
        ],
        "",
    );
    assert_eq!(error.to_string(), "data.json:2:9: expected value");
    assert_eq!(error.source_line, "  \"ä😀\": 'x'");
    assert!(error.hint.contains("double quotes"), "{error:?}");
}

#[test]
fn errors_name_the_files_that_people_wrote() {
    let files = [
        (
            "index.ts",
            "import { fail } from './lib/fail.ts';\n\ninterface Unused { a: string }\n\nexport async function lambda() {\n  return fail(1 as number);\n}",
        ),
        (
            "lib/fail.ts",
            "type Number = number;\n\nexport function fail(n: Number): never {\n  throw new TypeError(`no ${n}`);\n}",
        ),
    ];
    let folder = project(&files);
    let report = run(folder.path()).unwrap();
    let Outcome::Threw(failure) = &report.outcome else {
        panic!("{:?}", report.outcome)
    };
    let stack: Vec<&str> = failure.stack.lines().map(str::trim).collect();
    assert!(stack[0].contains("(lib/fail.ts:4:"), "{stack:?}");
    assert!(stack[1].contains("(index.ts:6:"), "{stack:?}");

    let error = error_of(
        &[
            (
                "index.ts",
                "import './lib/now.ts';\nexport async function lambda() {}",
            ),
            (
                "lib/now.ts",
                "type T = 1;\nconst t: T = 1;\nthrow new Error(`not ${t}`);",
            ),
        ],
        "index.ts",
    );
    assert_eq!(error.kind, CompileErrorKind::Threw);
    assert_eq!(error.to_string(), "lib/now.ts:3:7: Error: not 1");
}

#[test]
fn a_rejection_of_a_package_that_nobody_handles_names_every_file_line_and_column() {
    let folder = project(&[
        (
            "rej.ts",
            "import { boom } from 'dep';\n\ninterface Input {\n  payload: unknown;\n}\n\n\
             export function lambda(input: Input, callback: () => void): void {\n  if (input) boom(1 as number);\n}",
        ),
        (
            "node_modules/dep/package.json",
            r#"{"name":"dep","main":"i.js"}"#,
        ),
        (
            "node_modules/dep/i.js",
            "'use strict';\n\nexports.boom = async function boom(n) {\n  throw new RangeError(`boom ${n}`);\n};",
        ),
    ]);
    let report = run(&folder.path().join("rej.ts")).unwrap();
    let Outcome::Threw(failure) = &report.outcome else {
        panic!("{:?}", report.outcome)
    };
    assert_eq!(failure.message, "boom 1");
    let stack: Vec<&str> = failure.stack.lines().map(str::trim).collect();
    assert_eq!(
        stack[..2],
        [
            "at boom (node_modules/dep/i.js:4:9)",
            "at lambda (rej.ts:8:14)"
        ],
        "{stack:?}"
    );
}

#[test]
fn what_is_logged_names_the_files_that_people_wrote() {
    let files = [
        (
            "index.ts",
            "import { fail } from './lib/fail.ts';\n\ninterface Unused { a: string }\n\nexport async function lambda() {\n  try { fail(1); } catch (error) { console.error(error.stack, { error: error.stack, n: 1.50 }); }\n}",
        ),
        (
            "lib/fail.ts",
            "type Number = number;\n\nexport function fail(n: Number): never {\n  throw new TypeError(`no ${n}`);\n}",
        ),
    ];
    let folder = project(&files);
    let report = run(folder.path()).unwrap();
    let [entry] = &report.logs[..] else {
        panic!("{:?}", report.logs)
    };
    for text in [&entry.message, entry.extras.get()] {
        assert!(text.contains("(lib/fail.ts:4:"), "{text}");
        assert!(text.contains("(index.ts:6:"), "{text}");
    }
}

#[test]
fn a_project_begins_at_the_nearest_package_json() {
    let code = "import './nowhere.js'; export function lambda() {}";
    let inner = &[("deep/er/index.js", code)];
    assert_eq!(error_of(inner, "deep/er/index.js").file, "deep/er/index.js");
    let inner = &[("deep/package.json", "{}"), ("deep/er/index.js", code)];
    assert_eq!(error_of(inner, "deep/er/index.js").file, "er/index.js");
}

#[test]
fn an_export_that_does_not_exist_is_an_error_of_the_build() {
    let error = error_of(
        &[
            (
                "index.js",
                "import { a } from './a.js';\nexport async function lambda() { return a; }",
            ),
            ("a.js", "export const b = 1;"),
        ],
        "index.js",
    );
    assert_eq!(error.kind, CompileErrorKind::Import, "{error:?}");
    assert_eq!(
        (error.file.as_str(), error.line),
        ("index.js", 1),
        "{error:?}"
    );
}

/// Sources that are nested deeply, in every way that nests: each is bundled or refused, and the host
/// goes on.
#[test]
fn no_nesting_harms_the_host_that_bundles() {
    let (mut answered, mut refused) = (0, 0);
    for (before, unit, middle, close) in [
        ("export const a = ", "[", "", "]"),
        ("export const a = ", "(", "1", ")"),
        ("export const a = ", "{a:", "1", "}"),
        ("export const a = ", "!", "1", ""),
        ("export const a = ", "- ", "1", ""),
        ("export const a = ", "a(", "", ")"),
        ("export const a = ", "() => ", "1", ""),
        ("export const a = ", "function () { return ", "1", "}"),
        ("export const a = 1", " + 1", "", ""),
        ("export const a = 1", " + a", "", ""),
        ("export const a = b", ".a", "", ""),
        ("export const a = b", "?.a()", "", ""),
        ("export const a = ", "a ? b : ", "c", ""),
        ("export const a = ", "`${", "1", "}`"),
        ("export const a = ", "class { a = ", "1", "}"),
        ("export const a = ", "async () => await ", "1", ""),
        ("export let a;", "if (a) {", "", "}"),
        ("export let a;", "if (a) {} else ", "{}", ""),
        ("export let a;", "for (;;) ", "{}", ""),
        ("export let a; ", "a = ", "1", ""),
        ("export const ", "[", "a", "]"),
    ] {
        for count in [10, 400, 4_000, 25_000] {
            let room = (99_000 - before.len()) / (unit.len() + close.len());
            let count = count.min(room);
            let code = format!(
                "{before}{}{middle}{}",
                unit.repeat(count),
                close.repeat(count)
            );
            match named("lambda.mts", &code).compile() {
                Err(error) if error.message.contains("too deeply") => refused += 1,
                // Built, or told what is wrong with it by the parser or by its own top level.
                _ => answered += 1,
            }
        }
    }
    assert!(answered > 20 && refused > 20, "{answered} and {refused}");
    check(
        source("function lambda(input, callback) { callback(null, 1); }"),
        returned(1),
    );
}
