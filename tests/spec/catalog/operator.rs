//! An operator's directory adds events, templates and snippets, or replaces those that are built in.

use std::fs;
use std::path::Path;

use reqwest::Method;
use serde_json::json;

use super::{get, list, text};
use crate::harness::server::{config, open, start_with};
use crate::harness::temporary;

const EVENT: &str = r#"
id = "order_placed"
name = "Order Placed"
description = "An order was placed in the shop."
lambda_limit = 3
skills = false
headers = '[{ "key": "shop", "value": "books" }]'
payload = '{ "order": 7 }'
"#;

const TEMPLATE: &str = r#"
id = "confirm-order"
name = "Confirm Order"
description = "Confirms an order."
event = "order_placed"
source = '''
function lambda(input, callback) {
  callback(null, `${process.env.WORDS} for order ${input.payload.order}`);
}
'''

[environment]
WORDS = "Thank you"
"#;

/// Writes a file of an operator's directory.
fn write(directory: &Path, path: &str, text: &str) {
    let path = directory.join(path);
    fs::create_dir_all(path.parent().expect("it is in a directory")).expect("it can be made");
    fs::write(path, text).expect("it can be written");
}

/// Why a server does not start with a directory of this one file; the file's name is cut off.
#[track_caller]
fn refused(path: &str, text: &str) -> String {
    let (directory, data) = (temporary::directory(), temporary::directory());
    write(directory.path(), path, text);
    let mut config = config(data.path());
    config.catalog.directory = directory.path().to_owned();
    let Err(error) = open(config) else {
        panic!("the server starts")
    };
    let shown = directory.path().join(path).display().to_string();
    let said = error.to_string();
    let rest = said.strip_prefix(&shown);
    rest.unwrap_or_else(|| panic!("{said}")).to_owned()
}

#[test]
fn an_operators_event_and_template_are_there_beside_the_others() {
    let directory = temporary::directory();
    write(directory.path(), "events/order.toml", EVENT);
    write(directory.path(), "templates/order.toml", TEMPLATE);
    write(directory.path(), "templates/README.md", "ours");
    let server = start_with(|config| config.catalog.directory = directory.path().to_owned());
    assert_eq!(list(&server, "/events").len(), 17);
    let event = get(&server, "/events/order_placed");
    assert_eq!(event["lambdaLimit"], 3);
    let template = get(&server, "/templates/confirm-order");
    assert_eq!(template["samplePayload"], event["samplePayload"]);
    assert_eq!(
        template["environmentVariables"],
        json!([{ "key": "WORDS", "value": "Thank you" }])
    );
    let body = json!({
        "name": "confirm",
        "fileName": "confirm.js",
        "code": text(&template, "code"),
        "environment": { "WORDS": "Thank you" },
    });
    let deployed = server.call(Method::POST, "/deploy").json(&body).send();
    assert_eq!(deployed.status, 200, "{deployed:?}");
    let reply = server.invoke("confirm", json!({ "order": 7 })).send();
    assert_eq!(reply.json(), "Thank you for order 7");
}

#[test]
fn an_operators_file_replaces_what_is_built_in_by_its_id() {
    let directory = temporary::directory();
    let text = EVENT.replace("order_placed", "conversational_command");
    write(directory.path(), "events/ours.toml", &text);
    let snippet = "id = 'http'\ntitle = 'Ours'\ndescription = 'Ours.'\nsource = 'f();'\n";
    write(directory.path(), "snippets/ours.toml", snippet);
    let server = start_with(|config| config.catalog.directory = directory.path().to_owned());
    assert_eq!(list(&server, "/events").len(), 16);
    let event = get(&server, "/events/conversational_command");
    assert_eq!(event["eventName"], "Order Placed");
    let snippets = list(&server, "/snippets");
    let ours = snippets.iter().find(|snippet| snippet["id"] == "http");
    assert_eq!(ours.unwrap()["code"], "f();");
    assert_eq!(snippets.len(), 12);
}

#[test]
fn a_mistake_keeps_the_server_from_starting_and_is_told_with_its_file_and_line() {
    assert_eq!(
        refused("events/e.toml", &EVENT.replace("= 3", "= 101")),
        ":5: lambda_limit has to be 1 to 100"
    );
    let payload = refused("events/e.toml", &EVENT.replace("7 }", "7"));
    assert!(
        payload.starts_with(":8: payload is not JSON: "),
        "{payload}"
    );
    let key = refused("events/e.toml", &EVENT.replace("skills", "skils"));
    assert!(key.starts_with(":6: unknown field `skils`"), "{key}");
}

#[test]
fn a_template_that_does_not_build_is_told_with_the_line_of_its_source() {
    let text = TEMPLATE.replace("event = \"order_placed\"\n", "payload = '1'\n");
    let syntax = refused(
        "templates/t.toml",
        &text.replace("  callback(null,", "  callback(null, ="),
    );
    assert!(
        syntax.starts_with(":8: the source does not build: "),
        "{syntax}"
    );
    let none = refused(
        "templates/t.toml",
        &text.replace("function lambda", "function other"),
    );
    assert!(none.contains("the source does not build: "), "{none}");
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let data = temporary::directory();
    let mut config = config(data.path());
    config.catalog.directory = data.path().join("nowhere");
    let Err(error) = open(config) else {
        panic!("the server starts")
    };
    assert!(error.to_string().ends_with("/nowhere"), "{error}");
}
