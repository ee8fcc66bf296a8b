//! The commands that talk to a server find it by its data directory and do what they say.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::harness::binary::{Ran, Serving, run, run_with_input, sandglass};
use crate::harness::temporary;

/// One server process for the tests of this file; each works with lambdas of its own names.
struct Shared {
    _directory: tempfile::TempDir,
    data_dir: PathBuf,
    serving: Serving,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let directory = temporary::directory();
        let data_dir = directory.path().join("data");
        let serving = Serving::start_for_all_tests(&data_dir);
        Shared {
            data_dir,
            serving,
            _directory: directory,
        }
    })
}

fn command(arguments: &[&str]) -> std::process::Command {
    let mut command = sandglass(arguments);
    command.env("SANDGLASS_DATA", &shared().data_dir);
    command
}

#[track_caller]
fn ok(arguments: &[&str]) -> Ran {
    let ran = run(command(arguments));
    assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
    ran
}

fn deploy(directory: &Path, name: &str, code: &str, options: &[&str]) -> Ran {
    let file = directory.join(format!("{name}.js"));
    fs::write(&file, code).unwrap();
    run(command(
        &[&["deploy", file.to_str().unwrap()], options].concat(),
    ))
}

#[test]
fn deploy_invoke_and_lambdas_work_together() {
    let directory = temporary::directory();
    let code = "function lambda(input, callback) { console.info('hi'); callback(null, `Hello ${input.payload.name} ${process.env.MARK}`); }";
    let deployed = deploy(
        directory.path(),
        "greeter",
        code,
        &["--env", "MARK=!", "--description", "greets"],
    );
    assert_eq!(deployed.code, 0, "{deployed:?}");
    assert!(
        deployed.out.contains("greeter") || deployed.err.contains("greeter"),
        "{deployed:?}"
    );
    let invoked = ok(&[
        "invoke",
        "greeter",
        "--input",
        r#"{"payload":{"name":"Ada"}}"#,
    ]);
    assert_eq!(invoked.out, "\"Hello Ada !\"\n");
    assert!(invoked.err.contains("hi"), "{invoked:?}");
    let list = ok(&["lambdas", "--json"]).json();
    let greeter = list
        .as_array()
        .unwrap()
        .iter()
        .find(|l| l["name"] == "greeter")
        .unwrap();
    assert_eq!(greeter["description"], "greets");
    assert_eq!(greeter["environment"], json!({ "MARK": "!" }));
}

#[test]
fn invoke_says_with_its_exit_code_how_it_went() {
    let directory = temporary::directory();
    deploy(
        directory.path(),
        "fails",
        "function lambda(input, callback) { callback(new Error('the cause')); }",
        &[],
    );
    let ran = run(command(&["invoke", "fails"]));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("the cause"), "{ran:?}");
    deploy(
        directory.path(),
        "chatty",
        "function lambda(input, callback) { for (;;) console.info('again'); }",
        &[],
    );
    assert_eq!(run(command(&["invoke", "chatty"])).code, 3);
    let missing = run(command(&["invoke", "never-deployed"]));
    assert!(
        missing.code >= 2 && missing.err.contains("never-deployed"),
        "{missing:?}"
    );
}

#[test]
fn a_build_error_is_shown_as_run_shows_it() {
    let directory = temporary::directory();
    let ran = deploy(
        directory.path(),
        "broken",
        "function lambda(input, callback) {\n  const a = ;\n}",
        &[],
    );
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("broken.js:2:13") && ran.err.contains("const a = ;"),
        "{ran:?}"
    );
}

#[test]
fn logs_shows_what_external_systems_made_the_lambda_say() {
    let directory = temporary::directory();
    let code =
        "function lambda(input, callback) { console.info('kept', { a: 1 }); callback(null, 1); }";
    deploy(directory.path(), "logger", code, &[]);
    assert!(ok(&["logs", "logger"]).err.contains("no logs"));
    let list = ok(&["lambdas", "--json"]).json();
    let uuid = list
        .as_array()
        .unwrap()
        .iter()
        .find(|l| l["name"] == "logger")
        .unwrap()["uuid"]
        .clone();
    let path = format!(
        "/lambdas/{}/invoke?v=1&externalSystem=x",
        uuid.as_str().unwrap()
    );
    let call = shared()
        .serving
        .call(reqwest::Method::POST, &path)
        .json(&json!({ "payload": {} }));
    assert_eq!(call.send().status, 200);
    let shown = (0..300).find_map(|_| {
        let ran = ok(&["logs", "logger"]);
        std::thread::sleep(std::time::Duration::from_millis(10));
        ran.out.contains("kept").then_some(ran)
    });
    assert!(shown.is_some_and(|ran| ran.out.contains("Info") || ran.out.contains("info")));
    let line = ok(&["logs", "logger", "--json"]).out;
    let entry: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&entry["message"], &entry["extras"]),
        (&json!("kept"), &json!([{ "a": 1 }]))
    );
}

#[test]
fn logs_follow_shows_entries_as_they_arrive() {
    let directory = temporary::directory();
    let code =
        "function lambda(input, callback) { console.info(input.payload); callback(null, 1); }";
    deploy(directory.path(), "followed", code, &[]);
    let mut follow = command(&["logs", "followed", "--follow"]);
    let mut following = follow
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    for n in 0..2 {
        let call = shared().serving.call(
            reqwest::Method::POST,
            "/lambdas/followed/invoke?v=1&externalSystem=x",
        );
        assert_eq!(
            call.json(&json!({ "payload": format!("entry {n}") }))
                .send()
                .status,
            200
        );
        let line = lines.next().unwrap().unwrap();
        assert!(line.contains(&format!("entry {n}")), "{line}");
    }
    following.kill().unwrap();
    following.wait().unwrap();
}

#[test]
fn a_lambda_is_undeployed_before_it_is_deleted() {
    let directory = temporary::directory();
    let code = "function lambda(input, callback) { callback(null, 1); }";
    deploy(directory.path(), "leaver", code, &[]);
    let refused = run(command(&["lambdas", "delete", "leaver"]));
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(refused.err.contains("undeploy it first"), "{refused:?}");
    assert_eq!(ok(&["invoke", "leaver"]).out, "1\n");
    ok(&["lambdas", "undeploy", "leaver"]);
    assert_ne!(run(command(&["invoke", "leaver"])).code, 0);
    ok(&["lambdas", "delete", "leaver"]);
    assert!(!ok(&["lambdas", "--json"]).out.contains("\"leaver\""));
}

#[test]
fn secrets_are_set_without_being_shown() {
    let set = run_with_input(
        command(&["secret", "set", "CLI_KEY", "-"]),
        "s3cret-value\n",
    );
    assert_eq!(set.code, 0, "{set:?}");
    let listed = ok(&["secret", "list"]);
    assert!(
        listed.out.contains("CLI_KEY") && !listed.out.contains("s3cret-value"),
        "{listed:?}"
    );
    let directory = temporary::directory();
    let code = "const { Toolbelt } = require('lp-faas-toolbelt');
                async function lambda(input, callback) { callback(null, (await Toolbelt.SecretClient().readSecret('CLI_KEY')).value); }";
    deploy(directory.path(), "reads-cli-key", code, &[]);
    assert_eq!(ok(&["invoke", "reads-cli-key"]).out, "\"s3cret-value\"\n");
    ok(&["secret", "delete", "CLI_KEY"]);
    assert_eq!(run(command(&["invoke", "reads-cli-key"])).code, 1);
}

#[test]
fn hosts_are_allowed_and_disallowed() {
    ok(&["allow", "add", "cli.example.com"]);
    assert!(ok(&["allow", "list"]).out.contains("cli.example.com"));
    ok(&["allow", "delete", "cli.example.com"]);
    assert!(!ok(&["allow", "list"]).out.contains("cli.example.com"));
    assert_eq!(run(command(&["allow", "add", "*.com"])).code, 2);
}

#[test]
fn changing_a_variable_deploys_the_lambda_again() {
    let directory = temporary::directory();
    deploy(
        directory.path(),
        "moody",
        "function lambda(input, callback) { callback(null, process.env.MOOD ?? 'none'); }",
        &[],
    );
    assert_eq!(ok(&["invoke", "moody"]).out, "\"none\"\n");
    ok(&["env", "set", "moody", "MOOD=good"]);
    assert_eq!(ok(&["invoke", "moody"]).out, "\"good\"\n");
    assert!(ok(&["env", "list", "moody"]).out.contains("good"));
    ok(&["env", "delete", "moody", "MOOD"]);
    assert_eq!(ok(&["invoke", "moody"]).out, "\"none\"\n");
}

#[test]
fn a_folder_with_typescript_and_packages_is_deployed_and_built_again() {
    let directory = temporary::directory();
    let folder = directory.path().join("several-files");
    for (file, text) in [
        (
            "index.ts",
            "import { mood } from './mood.js'; import { capitalize } from 'lodash';
             export async function lambda(): Promise<string> { return capitalize(mood()); }",
        ),
        (
            "mood.ts",
            "export const mood = (): string => process.env.MOOD ?? 'none';",
        ),
    ] {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(file), text).unwrap();
    }
    ok(&["deploy", folder.to_str().unwrap()]);
    assert_eq!(ok(&["invoke", "several-files"]).out, "\"None\"\n");
    fs::remove_dir_all(&folder).unwrap();
    ok(&["env", "set", "several-files", "MOOD=good"]);
    assert_eq!(ok(&["invoke", "several-files"]).out, "\"Good\"\n");
}

#[test]
fn a_folder_with_packages_of_its_own_is_deployed_without_node_and_needed_no_more() {
    let directory = temporary::directory();
    let folder = directory.path().join("own-packages");
    for (file, text) in [
        (
            "index.ts",
            "import { greet } from 'dep';
             export async function lambda(input: { payload: { name: string } }) { return greet(input.payload.name); }",
        ),
        (
            "node_modules/dep/index.js",
            "exports.greet = (name) => `Hello ${name}`;",
        ),
    ] {
        let file = folder.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let mut deploy = command(&["deploy", folder.to_str().unwrap()]);
    deploy.env("PATH", "/nonexistent");
    let deployed = run(deploy);
    assert_eq!(deployed.code, 0, "{deployed:?}");
    fs::remove_dir_all(&folder).unwrap();
    let input = r#"{"payload":{"name":"Ada"}}"#;
    let invoked = ok(&["invoke", "own-packages", "--input", input]);
    assert_eq!(invoked.out, "\"Hello Ada\"\n");
}

#[test]
fn packages_lists_what_comes_along() {
    let listed = ok(&["packages", "--json"]).json();
    for name in [
        "jsforce",
        "jsonwebtoken",
        "lodash",
        "luxon",
        "oauth-1.0a",
        "uuid",
    ] {
        assert!(listed[name].is_string(), "{name}: {listed}");
    }
}

#[test]
fn tokens_are_made_for_others() {
    let directory = temporary::directory();
    deploy(
        directory.path(),
        "for-others",
        "function lambda(input, callback) { callback(null, 1); }",
        &[],
    );
    let made = ok(&["token", "create", "crm", "--role", "developer"]);
    let token = made.out.trim();
    let mut invoke = command(&["invoke", "for-others"]);
    invoke.env("SANDGLASS_TOKEN", token);
    assert_eq!(run(invoke).out, "1\n");
    let mut refused = command(&["allow", "add", "example.com"]);
    refused.env("SANDGLASS_TOKEN", token);
    assert_eq!(run(refused).code, 4);
    let list = ok(&["token", "list", "--json"]);
    assert!(!list.out.contains(token), "{list:?}");
    let list = list.json();
    let crm = list
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["name"] == "crm")
        .unwrap();
    let id = crm["id"]
        .as_str()
        .map_or_else(|| crm["id"].to_string(), str::to_owned);
    ok(&["token", "delete", &id]);
}

#[test]
fn developer_keys_are_made_for_contexts() {
    let made = ok(&["context-key", "create", "bots"]);
    let key = made.out.trim();
    let serving = &shared().serving;
    let url = format!("{}/v1/account/10000001", serving.url);
    let list = || {
        let call = crate::harness::server::Call::new(reqwest::Method::GET, url.clone());
        call.header("maven-api-key", key).send()
    };
    assert_eq!(list().status, 200);
    let keys = ok(&["context-key", "list", "--json"]);
    assert!(!keys.out.contains(key), "{keys:?}");
    let keys = keys.json();
    let bots = keys
        .as_array()
        .unwrap()
        .iter()
        .find(|k| k["name"] == "bots");
    let id = bots.unwrap()["id"].as_str().unwrap().to_owned();
    assert!(ok(&["context-key", "list"]).out.contains(&id));
    ok(&["context-key", "delete", &id]);
    assert_eq!(list().status, 403);
}

#[test]
fn without_a_server_the_command_says_how_to_start_one() {
    let directory = temporary::directory();
    let mut lonely = sandglass(&["lambdas"]);
    lonely.env("SANDGLASS_DATA", directory.path());
    let ran = run(lonely);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.err.contains("sandglass up"), "{ran:?}");
}

#[test]
fn up_deploys_every_example_and_says_how_to_call_one() {
    let directory = temporary::directory();
    let data_dir = directory.path().join("data");
    crate::harness::server::share_code_cache(&data_dir);
    let mut up = sandglass(&["up", "--listen", "127.0.0.1:0", "--data-dir"]);
    up.arg(&data_dir);
    let serving = Serving::spawn(up, &data_dir);
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lambdas");
    let names = || fs::read_dir(&examples).unwrap().map(|e| e.unwrap().path());
    let count = names()
        .filter(|path| path.extension().is_some_and(|e| e == "js"))
        .count();
    // The server is ready before the last example is deployed.
    let up = (0..1_000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        serving.printed().contains("Sandglass is up")
    });
    let printed = serving.printed();
    assert!(up, "{printed}");
    let list = serving.call(reqwest::Method::GET, "/lambdas").send().json();
    assert_eq!(list.as_array().unwrap().len(), count);
    for lambda in list.as_array().unwrap() {
        assert!(
            printed.contains(lambda["uuid"].as_str().unwrap()),
            "{lambda} is not in:\n{printed}"
        );
    }
    let line = printed
        .lines()
        .find(|line| line.starts_with("curl "))
        .expect("a curl line");
    let pasted = std::process::Command::new("sh")
        .args(["-c", line])
        .output()
        .unwrap();
    let answer = String::from_utf8(pasted.stdout).unwrap();
    assert!(answer.contains("Hello"), "{line}\n{answer}");
    let body = json!({ "timestamp": 0, "headers": [], "payload": { "name": "Ada" } });
    let path = "/lambdas/hello/invoke?v=1&externalSystem=x";
    let reply = serving.call(reqwest::Method::POST, path).json(&body).send();
    assert_eq!(reply.text, "\"Hello Ada\"", "{reply:?}");
}

#[test]
fn logs_are_searched_and_metrics_are_shown() {
    let directory = temporary::directory();
    let code = "function lambda(input, callback) { console.info('all is well'); \
                console.error('order 17 failed'); callback(null, 1); }";
    deploy(directory.path(), "searched", code, &[]);
    let path = "/lambdas/searched/invoke?v=1&externalSystem=x";
    let call = shared().serving.call(reqwest::Method::POST, path);
    let body = json!({ "payload": {} });
    assert_eq!(call.json(&body).send().status, 200);
    let all = ok(&["logs", "searched", "--json"]).out;
    assert_eq!(all.lines().count(), 2, "{all}");
    for filter in [["--level", "error"], ["--text", "\"order 17\""]] {
        let found = ok(&[&["logs", "searched", "--json"], &filter[..]].concat()).out;
        let entry: Value = serde_json::from_str(found.trim()).unwrap();
        assert_eq!(entry["message"], "order 17 failed");
    }
    let none = ok(&["logs", "searched", "--text", "absent"]);
    assert!(none.err.contains("no such entry"), "{none:?}");
    let metrics = ok(&["metrics", "searched", "--last", "1h"]);
    assert!(metrics.out.contains("RUNS"), "{metrics:?}");
    let total = &ok(&["metrics", "searched", "--json"]).json()["total"];
    assert_eq!(
        (&total["invocations"], &total["failures"]),
        (&json!(1), &json!(0))
    );
    let unknown = run(command(&["metrics", "nobody"]));
    assert_eq!(unknown.code, 4, "{unknown:?}");
    assert!(
        unknown.err.contains("there is no lambda nobody"),
        "{unknown:?}"
    );
}
