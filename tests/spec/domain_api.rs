//! The domain API says where each service of an account is: this server's own by themselves, others
//! as they are configured.

use std::collections::BTreeMap;

use reqwest::Method;
use sandglass_server::{Config, StartError};
use serde_json::{Value, json};

use crate::harness::server::{
    ACCOUNT, Reply, TestServer, check_error, config, open, start, start_with,
};
use crate::harness::temporary;

/// Asks as somebody who has no token.
fn ask(server: &TestServer, path: &str) -> Reply {
    let path = format!("/api/account/{ACCOUNT}/service/{path}");
    server.plain(Method::GET, &path).send()
}

/// What a server is itself.
const OWN: [&str; 5] = ["agentVep", "faasGW", "faasUI", "mavenContext", "sentinel"];

fn domain(service: &str, uri: &str) -> Value {
    json!({ "service": service, "account": ACCOUNT, "baseURI": uri })
}

#[test]
fn a_server_says_where_it_is_itself() {
    let server = start();
    for service in OWN {
        let reply = ask(&server, &format!("{service}/baseURI.json?version=1.0"));
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.json(), domain(service, &server.url));
    }
}

#[test]
fn all_services_are_listed_by_name() {
    let server = start();
    let expected = OWN.map(|name| domain(name, &server.url));
    for path in [
        "baseURI.json?version=1.0",
        "baseURI.json",
        "baseURI?version=1.0",
    ] {
        let reply = ask(&server, path);
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.json(), json!({ "baseURIs": expected }));
    }
}

#[test]
fn a_configured_service_is_where_the_operator_says() {
    let server = start_with(|config| {
        config.domains = BTreeMap::from([
            ("msgHist".to_owned(), "va.msghist.example.com".to_owned()),
            (
                "faasGW".to_owned(),
                "https://lambdas.example.com:8443".to_owned(),
            ),
        ]);
    });
    let expected = [
        domain("agentVep", &server.url),
        domain("faasGW", "https://lambdas.example.com:8443"),
        domain("faasUI", &server.url),
        domain("mavenContext", &server.url),
        domain("msgHist", "va.msghist.example.com"),
        domain("sentinel", &server.url),
    ];
    for expected in &expected {
        let service = expected["service"].as_str().unwrap();
        let reply = ask(&server, &format!("{service}/baseURI?version=1.0"));
        assert_eq!(&reply.json(), expected);
    }
    let all = ask(&server, "baseURI.json?version=1.0").json();
    assert_eq!(all, json!({ "baseURIs": expected }));
}

#[test]
fn a_service_that_is_not_there_is_400_and_named() {
    let server = start();
    // Names of services have a case.
    for service in ["nowhere", "faasgw", "faas%20GW"] {
        let reply = ask(&server, &format!("{service}/baseURI.json?version=1.0"));
        let message = check_error(&reply, 400, "es.badinput");
        let name = service.replace("%20", " ");
        assert_eq!(message, format!("Service \"{name}\" could not be found"));
    }
}

#[test]
fn what_is_not_asked_well_is_refused() {
    let server = start();
    for version in ["2.0", "1", ""] {
        let reply = ask(&server, &format!("baseURI.json?version={version}"));
        check_error(&reply, 400, "es.badinput");
    }
    let path = "/api/account/not%20one/service/baseURI.json";
    let reply = server.plain(Method::GET, path).send();
    check_error(&reply, 400, "es.badinput");
    for path in [
        "faasGW",
        "faasGW/other.json",
        "faasGW/baseURI.json/x",
        "baseURI.xml",
    ] {
        check_error(&ask(&server, path), 404, "es.notfound");
    }
    let path = format!("/api/account/{ACCOUNT}/service/baseURI.json");
    let reply = server.plain(Method::POST, &path).send();
    check_error(&reply, 405, "es.badmethod");
    assert_eq!(reply.header("allow"), "GET");
}

#[test]
fn nobody_learns_from_it_which_accounts_there_are() {
    let server = start();
    let path = "/api/account/other/service/faasGW/baseURI.json?version=1.0";
    let reply = server.plain(Method::GET, path).send();
    let expected = json!({ "service": "faasGW", "account": "other", "baseURI": server.url });
    assert_eq!((reply.status, reply.json()), (200, expected));
}

#[test]
fn a_domain_that_no_path_can_stand_behind_keeps_a_server_from_starting() {
    for uri in ["", "https://", "a.example.com/path", "ftp://a.example.com"] {
        let directory = temporary::directory();
        let bad = Config {
            domains: BTreeMap::from([("msgHist".to_owned(), uri.to_owned())]),
            ..config(directory.path())
        };
        let error = open(bad).err().expect("it is refused");
        assert!(matches!(error, StartError::Config(_)), "{uri}: {error:?}");
    }
}

#[test]
fn a_lambda_finds_the_services_of_its_account() {
    let server = start();
    let rule = server.url.strip_prefix("http://").expect("plain HTTP");
    let allow = server.call(Method::PUT, &format!("/whitelist/{rule}"));
    assert_eq!(allow.send().status, 204);
    let code = "const { Toolbelt } = require('core-functions-toolbelt');
        async function lambda(input) {
            const client = Toolbelt.CsdsClient();
            const missing = await client.get('nowhere').catch(({ message }) => message);
            return [await client.get('faasGW'), missing, await client.getAll()];
        }";
    let body = json!({
        "name": "domains", "fileName": "domains.js", "code": code,
        "environment": { "SANDGLASS_DOMAIN_API_URL": server.url },
    });
    let deployed = server.call(Method::POST, "/deploy").json(&body).send();
    assert_eq!(deployed.status, 200, "{deployed:?}");
    let url = &server.url;
    let own = OWN.map(|service| json!({ service: url }));
    let expected = json!([url, "Service \"nowhere\" could not be found.", own]);
    let found = server.test_run("domains", json!({})).send();
    assert_eq!(found.json()["result"], expected, "{found:?}");
}
