//! `lpf`, the platform's command line: from a login to a lambda that runs and is watched.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::binary::Ran;
use crate::harness::clients::{Platform, finish, try_to};
use crate::harness::sentinel::PASSWORD;
use crate::harness::server::ACCOUNT;

/// Where the command keeps which release is the newest, which it asks npm for.
const NEWEST: &str = ".cache/liveperson-functions-cli";

/// A project of the command, whose user is logged in.
struct Project {
    platform: Platform,
}

impl Project {
    /// Starts a platform, makes a user of it, and logs in.
    fn start() -> Self {
        let project = Self::without_login();
        let name = ["admin", "developer", "invocation"];
        project.platform.server.user("ada@example.com", &name);
        let said = project.login(PASSWORD);
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.contains("Welcome to"), "{said:?}");
        project
    }

    fn without_login() -> Self {
        let project = Self {
            platform: Platform::start(),
        };
        let home = project.platform.home();
        fs::create_dir_all(home.join(NEWEST)).expect("it can be made");
        let newest = json!({ "current": "1.31.13", "latest": "1.31.13" });
        fs::write(home.join(NEWEST).join("version"), newest.to_string()).expect("it can be made");
        // The command knows the root of a project by this folder and `functions`.
        fs::create_dir(home.join("bin")).expect("it can be made");
        project
    }

    fn login(&self, password: &str) -> Ran {
        let user = ["-u", "ada@example.com", "-p", password];
        self.lpf(&[&["login", "-a", ACCOUNT], &user[..]].concat())
    }

    /// Runs a command of `lpf`, however it ends.
    fn lpf(&self, arguments: &[&str]) -> Ran {
        let mut command = self.platform.program("liveperson-functions-cli/bin/run");
        command.args(arguments).env("TZ", "UTC");
        try_to(command)
    }

    /// Runs a command of `lpf` that has to end well; what it prints.
    #[track_caller]
    fn lpf_well(&self, arguments: &[&str]) -> String {
        let said = self.lpf(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        said.out
    }

    /// Creates a function with this code, and pushes it.
    #[track_caller]
    fn push(&self, name: &str, code: &str) {
        let create = [
            "create:function",
            "-n",
            name,
            "-d",
            "A test",
            "-e",
            "No Event",
        ];
        let said = self.lpf_well(&create);
        assert_eq!(said, format!("The function \"{name}\" has been created\n"));
        self.write(name, code);
        let said = self.lpf_well(&["push", name, "-y"]);
        assert!(
            said.contains(&format!("Pushing {name} [completed]")),
            "{said}"
        );
    }

    fn write(&self, name: &str, code: &str) {
        let file = self.platform.home().join("functions").join(name);
        fs::write(file.join("index.js"), code).expect("it can be written");
    }

    /// The same, and deploys it.
    #[track_caller]
    fn deploy(&self, name: &str, code: &str) {
        self.push(name, code);
        let said = self.lpf_well(&["deploy", name, "-y"]);
        assert!(
            said.contains(&format!("Deploying {name} [completed]")),
            "{said}"
        );
    }

    /// The state of a lambda.
    fn state(&self, name: &str) -> Value {
        let path = format!("/lambdas/{name}");
        let reply = self.platform.server.call(Method::GET, &path).send();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["state"].clone()
    }

    /// Invokes a lambda as a system outside.
    #[track_caller]
    fn invoke(&self, name: &str) -> u16 {
        self.platform.server.invoke(name, json!({})).send().status
    }
}

const GREETING: &str = "function lambda(input, callback) {
  console.info('asked by', input.payload.name);
  console.debug('in detail');
  callback(null, `Hello ${input.payload.name}`);
}
";

#[test]
fn a_wrong_password_is_refused_and_the_right_one_is_welcome() {
    let project = Project::without_login();
    project
        .platform
        .server
        .user("ada@example.com", &["developer"]);
    let said = project.login("wrong");
    assert_ne!(said.code, 0, "{said:?}");
    assert!(
        said.out
            .contains("Looks like something went wrong during the login"),
        "{said:?}"
    );
    let said = project.login(PASSWORD);
    assert!(said.out.contains("Welcome to"), "{said:?}");
}

#[test]
fn a_function_is_created_and_pushed_and_what_did_not_change_is_skipped() {
    let project = Project::start();
    project.push("greeting", GREETING);
    assert_eq!(project.state("greeting"), "Draft");
    let said = project.lpf_well(&["push", "greeting", "-y"]);
    let skipped = "Push Skipped: The update contained no changes compared to the server version.";
    assert!(said.contains(skipped), "{said}");
    project.write("greeting", &GREETING.replace("Hello", "Goodbye"));
    let said = project.lpf_well(&["push", "greeting", "-y"]);
    assert!(said.contains("Pushing greeting [completed]"), "{said}");
    let reply = project
        .platform
        .server
        .call(Method::GET, "/lambdas/greeting")
        .send();
    let code = reply.json()["implementation"]["code"].clone();
    assert_eq!(code, GREETING.replace("Hello", "Goodbye"));
}

#[test]
fn what_is_not_a_lambda_is_not_pushed() {
    let project = Project::start();
    project.push("greeting", GREETING);
    project.write(
        "greeting",
        "function lambda(input, callback) { callback(null, ",
    );
    let said = project.lpf(&["push", "greeting", "-y"]);
    assert_ne!(said.code, 0, "{said:?}");
    let why =
        "Push Error: The code of function 'greeting' you are trying to push is not a valid lambda.";
    assert!(
        format!("{}{}", said.out, said.err).contains(why),
        "{said:?}"
    );
}

#[test]
fn a_function_is_deployed_invoked_pulled_and_undeployed() {
    let project = Project::start();
    project.deploy("greeting", GREETING);
    assert_eq!(project.state("greeting"), "Productive");

    let file = project
        .platform
        .home()
        .join("functions/greeting/config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    config["input"]["payload"] = json!({ "name": "Ada" });
    fs::write(&file, config.to_string()).unwrap();
    let said = project.lpf_well(&["invoke", "greeting"]);
    let (_, said) = said.split_once("{\n").expect("it prints JSON");
    let said: Value = serde_json::from_str(&format!("{{{said}")).unwrap();
    assert_eq!(said["result"], "Hello Ada");
    let logs = said["logs"].as_array().unwrap();
    let logs: Vec<_> = logs
        .iter()
        .map(|log| (&log["level"], &log["message"]))
        .collect();
    assert_eq!(
        logs,
        [
            (&json!("Info"), &json!("asked by")),
            (&json!("Debug"), &json!("in detail"))
        ]
    );

    project.write("greeting", "lost");
    project.lpf_well(&["pull", "greeting", "-y"]);
    let index = project.platform.home().join("functions/greeting/index.js");
    assert_eq!(fs::read_to_string(index).unwrap(), GREETING);

    let said = project.lpf_well(&["undeploy", "greeting", "-y"]);
    assert!(said.contains("Undeploying greeting [completed]"), "{said}");
    assert_eq!(project.invoke("greeting"), 404);
}

#[test]
fn a_lambda_that_fails_is_shown_with_its_words_and_logs() {
    let project = Project::start();
    project.deploy(
        "fails",
        "function lambda(input, callback) { callback(new Error('no luck')); }",
    );
    let said = project.lpf(&["invoke", "fails"]);
    assert!(
        format!("{}{}", said.out, said.err).contains("no luck"),
        "{said:?}"
    );
}

#[test]
fn logs_are_downloaded_by_level_with_and_without_their_header() {
    let project = Project::start();
    let code = GREETING.replace("console.debug", "console.warn");
    project.deploy("greeting", &code);
    assert_eq!(project.invoke("greeting"), 200);
    project.platform.server.logs("greeting", 2);
    let header = "lambdaUUID;requestID;timestamp;level;message;extras\n";
    let start = now_ms() - 600_000;
    let download = |more: &[&str]| {
        let start = start.to_string();
        project.lpf_well(&[&["logs", "greeting", "-s", &start], more].concat())
    };
    let all = download(&[]);
    let (first, rows) = all.split_at(header.len());
    assert_eq!(first, header);
    assert_eq!(rows.lines().count(), 2, "{rows}");
    assert!(
        rows.lines().next().unwrap().contains(";Info;asked by;"),
        "{rows}"
    );
    assert!(
        rows.lines().nth(1).unwrap().contains(";Warn;in detail;"),
        "{rows}"
    );
    assert_eq!(download(&["-r"]), rows);
    let warnings = download(&["-r", "-l", "Warn"]);
    assert_eq!(
        warnings.lines().collect::<Vec<_>>(),
        [rows.lines().nth(1).unwrap()]
    );
}

fn now_ms() -> u128 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("it is later than 1970").as_millis()
}

#[test]
fn metrics_count_what_succeeded_and_what_failed() {
    let project = Project::start();
    let code =
        "function lambda(input, callback) { callback(input.payload.fail && new Error('x'), 1); }";
    project.deploy("counted", code);
    for payload in [json!({}), json!({}), json!({ "fail": true })] {
        project.platform.server.invoke("counted", payload).send();
    }
    // Counts come a moment after the answer.
    let sums = |_| {
        let table = project.lpf_well(&["metrics", "counted", "-l", "1h", "-o", "csv"]);
        let (head, rows) = table.split_once("\r\n").expect("CSV has lines");
        assert_eq!(
            head,
            "From,To,Code-based Errors,Platform Failures,Successful Invocations,Timeout Errors,Unknown Errors"
        );
        let rows = rows.trim().split("\r\n").map(|row| {
            let fields: Vec<u64> = row.split(',').map(|one| one.parse().unwrap()).collect();
            (fields[2], fields[4])
        });
        rows.fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1))
    };
    assert!((0..5).map(sums).any(|sums| sums == (1, 2)), "{:?}", sums(0));
}

#[test]
fn the_account_is_shown_with_its_functions_deployments_and_events() {
    let project = Project::start();
    project.deploy("greeting", GREETING);
    let functions = project.lpf_well(&["get", "functions"]);
    let line = functions
        .lines()
        .find(|line| line.contains("greeting"))
        .unwrap();
    assert!(
        line.contains("Productive") && line.contains("ada@example.com"),
        "{line}"
    );
    let deployments = project.lpf_well(&["get", "deployments"]);
    assert!(deployments.contains("Deploy Finish"), "{deployments}");
    let account = project.lpf_well(&["get", "account"]);
    assert!(account.contains("Deployed Functions:   1 / "), "{account}");
    let events = project.lpf_well(&["get", "events"]);
    assert!(events.contains("controllerbot_messaging_ttr"), "{events}");
}

#[test]
fn a_domain_is_added_to_the_whitelist() {
    let project = Project::start();
    let said = project.lpf_well(&["add:domain", "example.com", "*.example.org"]);
    for domain in ["example.com", "*.example.org"] {
        let added = format!("Domain {domain} was added to your account successfully.");
        assert!(said.contains(&added), "{said}");
    }
    let server = &project.platform.server;
    let listed = server.call(Method::GET, "/proxy-settings").send().json();
    let listed = listed.as_array().expect("a list").iter();
    let mut listed: Vec<_> = listed.map(|one| one["domain"].clone()).collect();
    listed.sort_by_key(Value::to_string);
    assert_eq!(listed, [json!("*.example.org"), json!("example.com")]);
    let said = project.lpf(&["add:domain", "https://example.com/path"]);
    let both = format!("{}{}", said.out, said.err);
    assert!(both.contains("malformatting in url"), "{both}");
}

#[test]
fn a_schedule_is_created_for_a_lambda_that_is_live() {
    let project = Project::start();
    project.deploy("greeting", GREETING);
    let create = ["create:schedule", "-f", "greeting", "-c", "0 3 * * *"];
    let said = project.lpf_well(&create);
    let server = &project.platform.server;
    let schedules = server.call(Method::GET, "/schedules").send().json();
    let schedule = &schedules[0];
    assert_eq!(
        (&schedule["cronExpression"], &schedule["isActive"]),
        (&json!("0 3 * * *"), &json!(true))
    );
    let lambda = server.call(Method::GET, "/lambdas/greeting").send().json();
    assert_eq!(schedule["lambdaUUID"], lambda["uuid"]);
    let next = schedule["nextExecution"].as_str().expect("it will run");
    let created = format!("The schedule has been created. Next execution: {next}");
    assert!(said.contains(&created), "{said}");
    let create = ["create:schedule", "-f", "greeting", "-c", "every day"];
    let said = project.lpf(&create);
    assert_eq!(said.code, 1, "{said:?}");
}

#[test]
fn who_may_not_is_told_so() {
    let project = Project::without_login();
    project.platform.server.user("ada@example.com", &["admin"]);
    project.login(PASSWORD);
    let create = [
        "create:function",
        "-n",
        "mine",
        "-d",
        "A test",
        "-e",
        "No Event",
    ];
    project.lpf_well(&create);
    let said = project.lpf(&["push", "mine", "-y"]);
    assert_ne!(said.code, 0, "{said:?}");
    let both = format!("{}{}", said.out, said.err);
    assert!(
        both.contains("this needs the permission FaaS-Developer"),
        "{both}"
    );
}

#[test]
fn a_command_that_needs_no_server_runs_without_one() {
    let project = Project::without_login();
    let mut command = project.platform.program("liveperson-functions-cli/bin/run");
    command.arg("--version");
    assert!(
        finish(command)
            .out
            .starts_with("liveperson-functions-cli/1.31.13 ")
    );
}
