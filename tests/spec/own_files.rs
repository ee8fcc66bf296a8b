//! A lambda reads its own files with `fs`, as Node.js does, and changes none.

use std::path::Path;

use reqwest::Method;
use sandglass_compiler::{CompileErrorKind, pack};
use sandglass_runtime::{ByteSize, Invocation, Limit, Outcome, Policy, Report};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::binary;
use crate::harness::node::{run_in_node, same_answers};
use crate::harness::server::start;
use crate::harness::{
    block_on, check, compiler, lambda, outcome, returned, runtime, temporary, tokio,
};

const LAMBDA: &str = include_str!("own_files/lambda.js");

/// A folder with these files and a `package.json` that names some.
fn project(named: &Value, files: &[(&str, &str)]) -> TempDir {
    let folder = temporary::directory();
    let package = json!({ "files": named }).to_string();
    for (name, text) in files.iter().chain([&("package.json", package.as_str())]) {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    folder
}

fn run_with(folder: &Path, policy: Policy) -> Report {
    let runtime = runtime();
    tokio().block_on(async {
        let source = pack(folder).await.expect("it can be packed");
        let artifact = compiler(runtime)
            .compile(&source)
            .await
            .expect("it compiles");
        let lambda = runtime.load(artifact, policy).await.unwrap();
        let invocation = Invocation::json(r#"{"payload":{}}"#).unwrap();
        lambda.invoke(invocation).await.unwrap()
    })
}

fn result(folder: &Path) -> Value {
    match run_with(folder, Policy::default()).outcome {
        Outcome::Returned(Some(value)) => serde_json::from_str(value.get()).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// A lambda that returns what an expression gives, with a file `a/b.txt` to read.
fn reading(expression: &str) -> Value {
    let code = format!(
        "const fs = require('fs');\n\
         function lambda(input, callback) {{\n\
           let answer; try {{ answer = {expression}; }} catch (error) {{ answer = error.code; }}\n\
           callback(null, answer);\n\
         }}"
    );
    let folder = project(&json!(["a"]), &[("index.js", &code), ("a/b.txt", "text")]);
    result(folder.path())
}

#[test]
fn a_lambda_reads_its_own_files_as_node_does() {
    let large = "0123456789".repeat(15_000);
    let folder = project(
        &json!(["mail", "prices.json", "large.txt"]),
        &[
            ("index.js", LAMBDA),
            ("mail/hello.html", "<p>Hello,\nAda – ä</p>\n"),
            ("mail/logo.bin", "\u{0}\u{1}\u{7f}"),
            ("mail/de/hello.html", "<p>Hallo</p>"),
            ("prices.json", r#"{ "tea": 3 }"#),
            ("large.txt", &large),
            ("secret.txt", "not named"),
        ],
    );
    let ours = result(folder.path());
    let node = run_in_node(folder.path(), "require('./index.js').lambda()");
    same_answers("own files", &ours, &node);
}

#[test]
fn reading_is_compared_with_node_by_the_command() {
    let files = [("mail/hello.html", "<p>Hello</p>"), ("prices.json", "{}")];
    let folder = project(
        &json!(["mail"]),
        &[&[("index.js", LAMBDA)], &files[..]].concat(),
    );
    for (index, code) in [
        (
            "index.js",
            "const fs = require('node:fs');\nasync function lambda() { return [fs.readFileSync(`${__dirname}/mail/hello.html`, 'utf8'), fs.readdirSync('/'), await fs.promises.readFile('mail/none').catch(String)]; }",
        ),
        (
            "index.mjs",
            "import { readFileSync } from 'fs';\nimport { stat } from 'node:fs/promises';\nexport async function lambda() { return [readFileSync(new URL('mail/hello.html', import.meta.url), 'utf8'), (await stat('/mail')).isDirectory()]; }",
        ),
    ] {
        let path = folder.path().join(index);
        std::fs::write(&path, code).unwrap();
        let path = path.to_string_lossy();
        let ran = binary::run(binary::sandglass(&["run", "--against-node", &path]));
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

#[test]
fn nothing_is_there_that_package_json_does_not_name() {
    assert_eq!(reading("fs.readdirSync('/')"), json!(["a"]));
    assert_eq!(reading("fs.readFileSync('/index.js')"), "ENOENT");
    assert_eq!(reading("fs.readFileSync('/etc/hostname')"), "ENOENT");
    assert_eq!(
        reading("fs.readFileSync('../../../etc/hostname')"),
        "ENOENT"
    );
}

#[test]
fn no_file_can_be_changed() {
    for call in [
        "fs.writeFileSync('/a/b.txt', 'x')",
        "fs.writeFileSync('/a/new.txt', 'x')",
        "fs.appendFileSync('/a/b.txt', 'x')",
        "fs.openSync('/a/b.txt', 'r+')",
        "fs.openSync('/a/new.txt', 'w')",
        "fs.unlinkSync('/a/b.txt')",
        "fs.rmSync('/a', { recursive: true })",
        "fs.rmdirSync('/a')",
        "fs.mkdirSync('/c')",
        "fs.mkdtempSync('/c')",
        "fs.renameSync('/a/b.txt', '/a/c.txt')",
        "fs.copyFileSync('/a/b.txt', '/a/c.txt')",
        "fs.linkSync('/a/b.txt', '/a/c.txt')",
        "fs.symlinkSync('/a/b.txt', '/a/c.txt')",
        "fs.truncateSync('/a/b.txt')",
        "fs.chmodSync('/a/b.txt', 0o777)",
        "fs.utimesSync('/a/b.txt', 1, 1)",
        "fs.accessSync('/a/b.txt', fs.constants.W_OK)",
    ] {
        assert_eq!(reading(call), "EROFS", "{call}");
    }
    assert_eq!(reading("fs.writeFileSync('/c/d.txt', 'x')"), "ENOENT");
    assert_eq!(reading("fs.mkdirSync('/a')"), "EEXIST");
    assert_eq!(
        reading("fs.writeSync(fs.openSync('/a/b.txt'), 'x')"),
        "EBADF"
    );
    // What reads a file has a copy of it.
    let twice = "fs.readFileSync('/a/b.txt').fill(0) && fs.readFileSync('/a/b.txt', 'utf8')";
    assert_eq!(reading(twice), "text");
}

#[test]
fn files_are_there_before_the_lambda_is_called() {
    let code = "import { readFileSync } from 'node:fs';\n\
                const page = readFileSync(new URL('./page.html', import.meta.url), 'utf8');\n\
                export const lambda = (input, callback) => callback(null, [page, import.meta.dirname, import.meta.filename]);";
    let folder = project(
        &json!(["*.html"]),
        &[("index.mjs", code), ("page.html", "<p>")],
    );
    assert_eq!(result(folder.path()), json!(["<p>", "/", "/index.mjs"]));
}

#[test]
fn each_file_knows_where_it_lies() {
    let code = "const { place } = require('./lib/place.js');\n\
                const packaged = require('placed');\n\
                function lambda(input, callback) {\n\
                  const { __dirname: own } = { __dirname };\n\
                  callback(null, [own, __filename, place, packaged, typeof __dirname]);\n\
                }";
    let folder = project(
        &json!([]),
        &[
            ("index.js", code),
            ("lib/place.js", "exports.place = [__dirname, __filename];"),
            (
                "node_modules/placed/package.json",
                r#"{ "main": "main.mjs" }"#,
            ),
            (
                "node_modules/placed/main.mjs",
                "import { fileURLToPath } from 'url'; export default fileURLToPath(new URL('.', import.meta.url));",
            ),
        ],
    );
    let mut found = result(folder.path());
    if let Some(packaged) = found[3].get("default").cloned() {
        found[3] = packaged;
    }
    assert_eq!(
        found,
        json!([
            "/",
            "/index.js",
            ["/lib", "/lib/place.js"],
            "/node_modules/placed/",
            "string"
        ])
    );
}

#[test]
fn a_lambda_without_files_knows_where_it_lies_and_finds_none() {
    let code = "const fs = require('fs'); callback(null, [__dirname, fs.readdirSync(__dirname), fs.existsSync(__filename)]);";
    check(lambda(code), returned(json!(["/", [], false])));
}

#[test]
fn what_never_reads_takes_no_files_along() {
    let code = "function lambda(input, callback) { callback(null, __dirname); }";
    let folder = project(
        &json!(["large.txt"]),
        &[("index.js", code), ("large.txt", &"x".repeat(5_000_000))],
    );
    assert_eq!(result(folder.path()), "/");
}

#[test]
fn files_have_four_megabytes_together() {
    let code = "const fs = require('fs');\n\
                function lambda(input, callback) { callback(null, fs.statSync('/large.txt').size); }";
    let of = |bytes: usize| {
        let large = "x".repeat(bytes);
        project(
            &json!(["large.txt"]),
            &[("index.js", code), ("large.txt", &large)],
        )
    };
    let most = of(4_000_000);
    assert_eq!(result(most.path()), 4_000_000);
    let more = of(4_000_001);
    let error = tokio().block_on(pack(more.path())).unwrap_err();
    assert_eq!(error.kind, CompileErrorKind::Source);
    assert!(error.message.contains("4,000,000 bytes"), "{error}");
    assert!(error.hint.contains("`files` of package.json"), "{error:?}");
}

#[test]
fn what_is_read_counts_as_memory() {
    let code = "const fs = require('fs');\n\
                function lambda(input, callback) { const kept = []; for (;;) kept.push(fs.readFileSync('/large.txt')); }";
    let folder = project(
        &json!(["large.txt"]),
        &[("index.js", code), ("large.txt", &"x".repeat(3_000_000))],
    );
    let mut policy = Policy::default();
    policy.limits.memory = ByteSize::mib(32);
    let report = run_with(folder.path(), policy);
    assert_eq!(outcome(&report), crate::harness::exceeded(Limit::Memory));
}

#[test]
fn the_same_files_give_the_same_artifact_and_others_another() {
    let digest = |text: &str| {
        let code = "require('fs'); function lambda(input, callback) { callback(); }";
        let folder = project(&json!(["a.txt"]), &[("index.js", code), ("a.txt", text)]);
        tokio().block_on(async {
            let source = pack(folder.path()).await.unwrap();
            let artifact = compiler(runtime()).compile(&source).await.unwrap();
            let again = compiler(runtime()).recompile(&artifact).await.unwrap();
            assert_eq!(artifact.digest(), again.digest());
            artifact.digest().clone()
        })
    };
    assert_eq!(digest("one"), digest("one"));
    assert_ne!(digest("one"), digest("two"));
}

#[test]
fn files_are_deployed_and_a_version_that_comes_back_has_them() {
    let server = start();
    let deploy = |text: &str| {
        let code = "const { readFileSync } = require('fs');\n\
                    function lambda(input, callback) { callback(null, readFileSync(`${__dirname}a.txt`, 'utf8')); }";
        let folder = project(&json!(["a.txt"]), &[("index.js", code), ("a.txt", text)]);
        let source = block_on(pack(folder.path())).unwrap();
        let bundle = source.bundle().unwrap();
        let lambda =
            json!({ "name": "reader", "fileName": "index.js", "code": code, "bundle": bundle });
        let reply = server.call(Method::POST, "/deploy").json(&lambda).send();
        assert_eq!(reply.status, 200, "{reply:?}");
        server.invoke("reader", json!({})).send().text
    };
    assert_eq!(deploy("first"), "\"first\"");
    assert_eq!(deploy("second"), "\"second\"");
    let reply = server
        .call(Method::POST, "/lambdas/reader/versions/1/rollback")
        .send();
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(server.invoke("reader", json!({})).send().text, "\"first\"");
}

#[test]
fn a_file_that_is_none_is_refused_with_its_name() {
    let server = start();
    let deploy = |path: &str, content: &str| {
        let bundle = json!({ "code": "", "map": "", "module": false, "requires": ["fs"], "files": { path: content } });
        let lambda = json!({ "name": "reader", "fileName": "index.js", "code": "function lambda() {}", "bundle": bundle });
        server.call(Method::POST, "/deploy").json(&lambda).send()
    };
    let outside = deploy("../a.txt", "");
    assert!(outside.status >= 400 && outside.status < 500, "{outside:?}");
    assert!(outside.text.contains("../a.txt"), "{outside:?}");
    let garbled = deploy("a.txt", "%");
    assert_eq!(garbled.status, 400, "{garbled:?}");
    assert!(garbled.text.contains("is not base64"), "{garbled:?}");
}
