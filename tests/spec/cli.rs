//! The `sandglass` command does what its help says, and says with its exit code how it went.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use crate::harness::binary::{Ran, Serving, run, run_with_input, sandglass};
use crate::harness::temporary;

/// A directory with one lambda in it.
struct Workspace {
    directory: TempDir,
    file: PathBuf,
}

fn file(name: &str, code: &str) -> Workspace {
    let directory = temporary::directory();
    let file = directory.path().join(name);
    fs::write(&file, code).expect("the lambda can be written");
    Workspace { directory, file }
}

fn lambda(body: &str) -> Workspace {
    file(
        "lambda.js",
        &format!("function lambda(input, callback) {{ {body} }}"),
    )
}

impl Workspace {
    /// `sandglass run` of the lambda.
    fn run(&self, options: &[&str]) -> Ran {
        let file = self.file.to_str().expect("it is UTF-8");
        let mut command = sandglass(&["run", file]);
        command.args(options).current_dir(self.directory.path());
        run(command)
    }
}

#[test]
fn run_prints_the_result_and_exits_with_0() {
    let ran = lambda("console.info('hi', 1); callback(null, { hello: input.payload.name })")
        .run(&["--input", r#"{"payload":{"name":"Ada"}}"#]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "{\"hello\":\"Ada\"}\n"),
        "{ran:?}"
    );
    assert!(
        ran.err.contains("hi"),
        "logs are shown beside the result: {ran:?}"
    );
    assert!(ran.err.contains("fuel"), "so is the usage: {ran:?}");
}

#[test]
fn run_takes_its_input_from_a_file_or_from_standard_input() {
    let lambda = lambda("callback(null, input.payload)");
    fs::write(
        lambda.directory.path().join("body.json"),
        r#"{"payload":"from a file"}"#,
    )
    .unwrap();
    assert_eq!(
        lambda.run(&["--input", "@body.json"]).out,
        "\"from a file\"\n"
    );
    let command = sandglass(&["run", lambda.file.to_str().unwrap(), "--input", "-"]);
    let ran = run_with_input(command, r#"{"payload":"from stdin"}"#);
    assert_eq!(ran.out, "\"from stdin\"\n", "{ran:?}");
}

#[test]
fn run_without_an_input_has_an_empty_payload() {
    assert_eq!(lambda("callback(null, input.payload)").run(&[]).out, "{}\n");
}

#[test]
fn run_of_a_failing_lambda_exits_with_1() {
    let ran = lambda("callback(new Error('the cause'))").run(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
    assert!(ran.err.contains("the cause"), "{ran:?}");
    let ran = lambda("null.x").run(&[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.err.contains("TypeError") && ran.err.contains("lambda.js:1"),
        "{ran:?}"
    );
}

#[test]
fn run_of_a_source_that_does_not_build_exits_with_2_and_shows_the_line() {
    let ran = file(
        "broken.js",
        "function lambda(input, callback) {\n  const a = ;\n}",
    )
    .run(&[]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for part in ["broken.js:2:13", "const a = ;", "^"] {
        assert!(ran.err.contains(part), "{part} is not in {}", ran.err);
    }
}

#[test]
fn wrong_usage_exits_with_2_and_a_hint() {
    for arguments in [
        &["run"][..],
        &["run", "does-not-exist.js"],
        &["run", "a.js", "--fuel", "much"],
        &["frobnicate"],
        &["run", "a.js", "--allow", "*.com"],
    ] {
        let ran = run(sandglass(arguments));
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
    let invalid = lambda("callback()").run(&["--input", "{nonsense"]);
    assert_eq!(invalid.code, 2, "{invalid:?}");
}

#[test]
fn a_malformed_secret_key_exits_with_2_and_a_hint() {
    let directory = temporary::directory();
    let data_dir = directory.path().join("data");
    for key in [
        "",
        "short",
        "not base64 at all, and long enough!",
        "c2hvcnQ=",
    ] {
        let mut command = sandglass(&["serve", "--listen", "127.0.0.1:0"]);
        command
            .args(["--data-dir".as_ref(), data_dir.as_os_str()])
            .env("SANDGLASS_SECRET_KEY", key);
        let ran = run(command);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{key}: {ran:?}");
        for part in [
            "SANDGLASS_SECRET_KEY",
            "32 bytes",
            "openssl rand -base64 32",
        ] {
            assert!(ran.err.contains(part), "{part} is not in {}", ran.err);
        }
        assert!(key.is_empty() || !ran.err.contains(key), "{ran:?}");
        assert!(!data_dir.exists(), "nothing was made");
    }
}

#[test]
fn a_secret_key_from_the_environment_is_not_written() {
    let directory = temporary::directory();
    let data_dir = directory.path().join("data");
    crate::harness::server::share_code_cache(&data_dir);
    let mut command = sandglass(&["serve", "--listen", "127.0.0.1:0"]);
    command
        .args(["--data-dir".as_ref(), data_dir.as_os_str()])
        .env("SANDGLASS_SECRET_KEY", format!("{}=", "A".repeat(43)));
    let serving = Serving::spawn(command, &data_dir);
    assert!(!data_dir.join("secret.key").exists());
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn run_into_a_limit_exits_with_3_and_names_it() {
    for (body, options, name) in [
        ("for (;;) {}", &["--fuel", "5_000_000"][..], "fuel"),
        (
            "setTimeout(callback, 60000)",
            &["--timeout", "50ms"],
            "50 ms",
        ),
        (
            "const a = []; for (;;) a.push(new Uint8Array(65536).fill(1))",
            &["--memory", "16MiB"],
            "16 MiB",
        ),
    ] {
        let ran = lambda(body).run(options);
        assert_eq!(ran.code, 3, "{body}: {ran:?}");
        assert!(ran.err.contains(name), "{name} is not in {}", ran.err);
    }
}

#[test]
fn run_passes_environment_secrets_and_hosts_on() {
    let lambda = file(
        "all.js",
        "const { Toolbelt } = require('lp-faas-toolbelt');
         async function lambda(input, callback) {
           const { value } = await Toolbelt.SecretClient().readSecret('TOKEN');
           const r = await Toolbelt.HTTPClient()(input.payload, { simple: false, resolveWithFullResponse: true });
           callback(null, [process.env.MODE, value, r.statusCode]);
         }",
    );
    let upstream =
        crate::harness::upstream::Upstream::start(|_| crate::harness::upstream::answer(200, "ok"));
    let input = json!({ "payload": upstream.url("/") }).to_string();
    let options = [
        "--env",
        "MODE=fast",
        "--secret",
        "TOKEN=s3=cret",
        "--input",
        &input,
    ];
    assert_eq!(lambda.run(&options).out, "[\"fast\",\"s3=cret\",403]\n");
    let rule = upstream.rule();
    let allowed = [&options[..], &["--allow", &rule, "--allow-private"]].concat();
    assert_eq!(lambda.run(&allowed).out, "[\"fast\",\"s3=cret\",200]\n");
    let public = [&options[..], &["--allow", &rule]].concat();
    let refused = lambda.run(&public);
    assert_eq!(refused.out, "[\"fast\",\"s3=cret\",403]\n", "{refused:?}");
}

#[test]
fn json_is_for_scripts() {
    let lambda_json = |body: &str, options: &[&str]| {
        let ran = lambda(body).run(&[&["--json"], options].concat());
        assert_eq!(ran.err, "", "nothing beside the JSON");
        (ran.code, ran.json())
    };
    let (code, ran) = lambda_json("console.warn('w', 1); callback(null, [1])", &[]);
    assert_eq!(
        (code, &ran["outcome"], &ran["result"]),
        (0, &json!("returned"), &json!([1]))
    );
    assert_eq!(
        (&ran["logs"][0]["level"], &ran["logs"][0]["extras"]),
        (&json!("Warn"), &json!([1]))
    );
    assert!(ran["usage"]["fuel"].as_u64().unwrap() > 0, "{ran}");
    let (code, ran) = lambda_json("callback(new Error('x'))", &[]);
    assert_eq!(
        (code, &ran["outcome"], &ran["error"]["message"]),
        (1, &json!("threw"), &json!("x"))
    );
    let (code, ran) = lambda_json("for (;;) {}", &["--fuel", "5000000"]);
    assert_eq!(
        (code, &ran["outcome"], &ran["error"]["limit"]),
        (3, &json!("exceeded"), &json!("fuel"))
    );
    let ran = file("broken.js", "function lambda(\n").run(&["--json"]);
    assert_eq!(
        (ran.code, &ran.json()["error"]["kind"]),
        (2, &json!("build")),
        "{ran:?}"
    );
}

#[test]
fn build_writes_the_same_artifact_every_time() {
    let lambda = lambda("callback(null, process.env.A)");
    let build = |out: &str, env: &str| {
        let mut command = sandglass(&[
            "build",
            lambda.file.to_str().unwrap(),
            "-o",
            out,
            "--env",
            env,
        ]);
        command.current_dir(lambda.directory.path());
        let ran = run(command);
        assert_eq!(ran.code, 0, "{ran:?}");
        fs::read(lambda.directory.path().join(out)).unwrap()
    };
    let first = build("one.sandglass", "A=1");
    assert_eq!(build("two.sandglass", "A=1"), first);
    assert_ne!(build("three.sandglass", "A=2"), first);
    let artifact = sandglass_runtime::Artifact::from_bytes(first).unwrap();
    assert_eq!(artifact.header().environment["A"], "1");
}

#[test]
fn a_folder_with_packages_runs_and_builds_the_same_bytes_without_node() {
    let directory = temporary::directory();
    let folder = directory.path().join("greeter");
    for (file, text) in [
        (
            "index.ts",
            "import { greet } from 'dep';
             export async function lambda(input: { payload: { name: string } }) { return greet(input.payload.name); }",
        ),
        (
            "node_modules/dep/package.json",
            r#"{"name":"dep","version":"1.0.0","main":"lib/greet.js"}"#,
        ),
        (
            "node_modules/dep/lib/greet.js",
            "const { mark } = require('mark'); exports.greet = (name) => `Hello ${name}${mark}`;",
        ),
        ("node_modules/mark/index.js", "exports.mark = '!';"),
    ] {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let without_node = |arguments: &[&str]| {
        let mut command = sandglass(arguments);
        command
            .env("PATH", "/nonexistent")
            .current_dir(directory.path());
        let ran = run(command);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran
    };
    let input = r#"{"payload":{"name":"Ada"}}"#;
    let ran = without_node(&["run", "greeter", "--input", input]);
    assert_eq!(ran.out, "\"Hello Ada!\"\n");
    let build = |out: &str| {
        without_node(&["build", "greeter", "-o", out]);
        fs::read(directory.path().join(out)).unwrap()
    };
    assert!(build("one.sandglass") == build("two.sandglass"));
}

#[test]
fn help_teaches_each_command() {
    let help = run(sandglass(&["--help"]));
    assert_eq!(help.code, 0);
    for command in [
        "up",
        "serve",
        "build",
        "run",
        "deploy",
        "invoke",
        "logs",
        "metrics",
        "secret",
        "allow",
        "env",
        "user",
        "app",
        "token",
        "context-key",
    ] {
        assert!(help.out.contains(command), "{command} is not in the help");
        let own = run(sandglass(&[command, "--help"]));
        assert!(
            own.code == 0 && own.out.contains("Examples:"),
            "{command}: {own:?}"
        );
    }
}

#[test]
fn the_version_is_that_of_the_workspace() {
    let ran = run(sandglass(&["--version"]));
    assert!(ran.out.contains(env!("CARGO_PKG_VERSION")), "{ran:?}");
}

#[test]
fn colours_are_only_for_terminals() {
    let ran = file("broken.js", "function lambda(").run(&[]);
    assert!(
        !ran.err.contains('\u{1b}') && !ran.out.contains('\u{1b}'),
        "{ran:?}"
    );
    let ran = file("broken.js", "function lambda(").run(&["--color", "always"]);
    assert!(ran.err.contains('\u{1b}'), "{ran:?}");
}
