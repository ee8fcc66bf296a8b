//! Each address has one form for what went wrong, whatever went wrong: problem details (RFC 9457) where no
//! client of the platform knows it, else the form of the caller's generation.

use reqwest::Method;
use serde_json::json;

use crate::harness::document::{NOBODY, Operation, operations, shape};
use crate::harness::server::{ACCOUNT, Reply, TestServer, start, start_with};

/// Below an account: what clients of the first generation alone know (spec 1.3).
const FIRST: &[(&str, &str)] = &[
    ("GET", "/lambdas"),
    ("POST", "/lambdas"),
    ("GET", "/lambdas/{lambda}"),
    ("PUT", "/lambdas/{lambda}"),
    ("GET", "/runtimes"),
    ("GET", "/reports/limitCounts"),
    ("GET", "/reports/lambdaCounts"),
    ("GET", "/logs/export"),
    ("GET", "/proxy-settings"),
    ("POST", "/proxy-settings"),
    ("DELETE", "/proxy-settings/{id}"),
    ("POST", "/login"),
    ("POST", "/refresh"),
    ("POST", "/logout"),
];

/// What those of the second alone know (spec 1.4), besides `/functions` and all below it.
const SECOND: &[(&str, &str)] = &[
    ("GET", "/deployments/count"),
    ("PATCH", "/deployments/{lambda}"),
];

/// What both know: the first says `v=1`.
const SHARED: &[(&str, &str)] = &[
    ("GET", "/deployments"),
    ("POST", "/deployments/{lambda}"),
    ("DELETE", "/deployments/{lambda}"),
    ("GET", "/events"),
    ("GET", "/schedules"),
    ("POST", "/schedules"),
    ("GET", "/reports/invocationCounts"),
    ("GET", "/reports/invocations/{uuid}"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Problem,
    First,
    Second,
}

impl Form {
    /// What an operation answers with, when the query has `v` and when not.
    fn of(operation: &Operation, has_v: bool) -> Self {
        let below = operation.path.strip_prefix("/api/account/{account}");
        let Some(below) = below else {
            return Self::Problem;
        };
        let is_in = |list: &[(&str, &str)]| list.contains(&(operation.method.as_str(), below));
        if below.starts_with("/functions") || is_in(SECOND) {
            return Self::Second;
        }
        match (is_in(FIRST), is_in(SHARED), has_v) {
            (true, ..) | (_, true, true) => Self::First,
            (_, true, false) => Self::Second,
            _ => Self::Problem,
        }
    }

    #[track_caller]
    fn check(self, reply: &Reply, status: u16) {
        assert_eq!(reply.status, status, "{reply:?}");
        let (kind, members) = shape(reply);
        let (expected, names): (_, &[&str]) = match self {
            Self::Problem => (
                "application/problem+json",
                &["type", "title", "status", "detail", "errorCode", "errorMsg"],
            ),
            Self::First => ("application/json", &["errorCode", "errorMsg"]),
            Self::Second => ("application/json", &["code", "message"]),
        };
        assert_eq!(kind, expected, "{reply:?}");
        let mut names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut members = members;
        names.sort();
        members.sort();
        assert_eq!(members, names, "{reply:?}");
        if self == Self::Problem {
            let body = reply.json();
            assert_eq!(body["status"], json!(status));
            assert_eq!(body["detail"], body["errorMsg"]);
        }
    }
}

/// Both ways to ask: as the second generation does, and as the first.
const QUERIES: [(&str, bool); 2] = [("", false), ("?v=1", true)];

fn all(server: &TestServer) -> Vec<Operation> {
    let all = operations(server);
    for (method, path) in [FIRST, SECOND, SHARED].concat() {
        let path = format!("/api/account/{{account}}{path}");
        let known = all.iter().any(|o| o.method == method && o.path == path);
        assert!(known, "{method} {path} is not in the document");
    }
    all
}

#[test]
fn who_is_not_let_in_is_told_so_in_the_form_of_the_address() {
    let server = start();
    let nothing = server.user("may nothing", &[]);
    let nothing = server.bearer(&nothing);
    let mut checked = 0;
    for operation in all(&server).iter().filter(|o| o.needs.is_some()) {
        for (query, has_v) in QUERIES {
            let form = Form::of(operation, has_v);
            let call = || operation.harmless(&server, query);
            form.check(&call().send(), 401);
            form.check(&call().bearer("sg_wrong").send(), 401);
            form.check(&call().bearer(&nothing).send(), 403);
            // Where no account is named, nobody of an account is let in.
            let path = format!("{}{query}", operation.filled("20000002"));
            let foreign = server.plain(operation.method.clone(), &path);
            form.check(&foreign.bearer(&server.admin_token).send(), 403);
            checked += 1;
        }
    }
    assert!(checked >= 2 * 60, "{checked}");
}

#[test]
fn what_is_no_method_or_no_address_is_told_so_in_the_form_of_the_address() {
    let server = start();
    let all = all(&server);
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    for operation in &all {
        let of_path: Vec<_> = all.iter().filter(|o| o.path == operation.path).collect();
        let wrong = methods
            .iter()
            .find(|method| of_path.iter().all(|o| o.method != **method));
        let wrong = wrong.expect("no path takes every method");
        for (query, has_v) in QUERIES {
            let path = format!("{}{query}", operation.filled(ACCOUNT));
            let reply = server.plain(wrong.clone(), &path).send();
            let forms: Vec<_> = of_path.iter().map(|o| Form::of(o, has_v)).collect();
            let told = match reply.header("content-type") {
                "application/problem+json" => Form::Problem,
                _ if reply.json()["code"].is_string() => Form::Second,
                _ => Form::First,
            };
            assert!(forms.contains(&told), "{wrong} {path}: {reply:?}");
            told.check(&reply, 405);
            assert!(!reply.header("allow").is_empty(), "{reply:?}");
        }
    }
    for path in [
        "/",
        "/nothing",
        "/api/account/10000001",
        "/api/account/10000001/nothing?v=1",
    ] {
        Form::Problem.check(&server.plain(Method::GET, path).send(), 404);
    }
}

#[test]
fn what_is_wrong_with_a_request_is_told_in_the_form_of_the_address() {
    let server = start();
    let admin = server.admin_token.clone();
    let ask = |method: Method, path: &str, body: &str| {
        let path = format!("/api/account/{ACCOUNT}{path}");
        let call = server.plain(method, &path).bearer(&admin);
        match body {
            "" => call.send(),
            body => call
                .header("content-type", "application/json")
                .body(body)
                .send(),
        }
    };
    let (get, post) = (Method::GET, Method::POST);
    Form::Problem.check(&ask(post.clone(), "/tokens", "[]"), 400);
    Form::Problem.check(&ask(get.clone(), &format!("/users/{NOBODY}"), ""), 404);
    Form::First.check(&ask(post.clone(), "/lambdas?v=1", "[]"), 400);
    Form::First.check(&ask(get.clone(), "/lambdas/nobody?v=1", ""), 404);
    Form::Second.check(&ask(post.clone(), "/functions", "[]"), 400);
    Form::Second.check(&ask(get, "/functions/nobody", ""), 404);
    for (query, form) in [("", Form::Second), ("?v=1", Form::First)] {
        form.check(
            &ask(post.clone(), &format!("/deployments/nobody{query}"), ""),
            404,
        );
        form.check(&ask(post.clone(), &format!("/schedules{query}"), "[]"), 400);
    }
}

#[test]
fn the_gateway_tells_the_second_generation_by_its_header() {
    let server = start();
    let invoke = |path: &str, is_second: bool| {
        let path = format!("/api/account/{ACCOUNT}{path}");
        let call = server
            .plain(Method::POST, &path)
            .json(&json!({ "payload": {} }));
        match is_second {
            true => call.header("lp-eventsource", "tests"),
            false => call,
        }
    };
    for path in ["/lambdas/nobody/invoke", "/events/nothing/invoke"] {
        Form::First.check(&invoke(&format!("{path}?v=1"), false).send(), 401);
        Form::Second.check(&invoke(path, true).send(), 401);
        Form::Second.check(&invoke(path, true).bearer("sg_wrong").send(), 401);
        let token = server.token("admin");
        Form::First.check(
            &invoke(&format!("{path}?v=1"), false).bearer(&token).send(),
            403,
        );
        Form::Second.check(&invoke(path, true).bearer(&token).send(), 403);
        // Neither of the two: what the query needs is said in the first one's words.
        let token = &server.admin_token;
        Form::First.check(&invoke(path, false).bearer(token).send(), 400);
        let path = format!("/api/account/{ACCOUNT}{path}");
        Form::First.check(&server.plain(Method::PUT, &path).send(), 405);
    }
    let asked = format!("/api/account/{ACCOUNT}/events/nothing/isImplemented");
    Form::Second.check(&server.plain(Method::GET, &asked).send(), 401);
    let asked = format!("{asked}?v=1");
    Form::First.check(&server.plain(Method::GET, &asked).send(), 401);
}

#[test]
fn who_may_begin_no_more_is_told_so_in_the_form_of_the_second_generation() {
    let server = start_with(|config| config.rates.lambda.per_second = 1);
    let lambda = server.deploy_body("hello", "callback(null, 1)");
    let path = format!("/lambdas/{lambda}/invoke");
    let invoke = || {
        let call = server
            .call(Method::POST, &path)
            .header("lp-eventsource", "tests");
        call.json(&json!({ "payload": {} })).send()
    };
    assert_eq!(invoke().status, 200);
    let limited = invoke();
    Form::Second.check(&limited, 429);
    assert_eq!(
        limited.json()["code"],
        "com.liveperson.faas.es.toomanyrequests"
    );
    let wait: u32 = limited.header("retry-after").parse().unwrap();
    assert!(wait >= 1, "{limited:?}");
}
