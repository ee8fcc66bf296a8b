//! The web console is a set of files in the server, served as browsers want them and bounded by a strict
//! policy.

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::Method;

use crate::harness::server::{Reply, TestServer, check_error, start, start_with};

/// The files that the server was built with.
fn dist() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../console/dist")
}

/// Their paths below `/console/`, and where they are.
fn files(directory: &Path, above: &str) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(directory).expect("the console's files are committed");
    let all = entries.flat_map(|entry| {
        let entry = entry.expect("it can be read");
        let name = entry.file_name().into_string().expect("names are text");
        match (name.starts_with('.'), entry.path().is_dir()) {
            (true, _) => Vec::new(),
            (false, true) => files(&entry.path(), &format!("{above}{name}/")),
            (false, false) => vec![(format!("{above}{name}"), entry.path())],
        }
    });
    all.collect()
}

fn get(server: &TestServer, path: &str) -> Reply {
    server.plain(Method::GET, path).send()
}

#[track_caller]
fn check_headers(reply: &Reply) {
    let policy = reply.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.split("; ").any(|known| known == part), "{policy}");
    }
    let scripts = policy
        .split("; ")
        .find(|part| part.starts_with("script-src"));
    assert_eq!(scripts, Some("script-src 'self'"));
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("vary", "accept-encoding"),
    ] {
        assert_eq!(reply.header(name), value, "{name}");
    }
    let permissions = reply.header("permissions-policy");
    let of = |feature| permissions.split(", ").find(|one| one.starts_with(feature));
    assert_eq!(of("clipboard-write"), Some("clipboard-write=(self)"));
    assert_eq!(of("camera"), Some("camera=()"));
}

#[test]
fn the_root_leads_to_the_console() {
    let server = start();
    for path in ["/", "/console"] {
        let reply = get(&server, path);
        assert_eq!((reply.status, reply.header("location")), (302, "/console/"));
    }
    let page = get(&server, "/console/");
    assert_eq!(page.status, 200, "{page:?}");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text.starts_with("<!doctype html>"), "{page:?}");
    check_headers(&page);
}

#[test]
fn a_path_of_the_app_is_its_page_and_a_missing_file_is_missing() {
    let server = start();
    let page = get(&server, "/console/");
    for path in [
        "/console/index.html",
        "/console/lambdas",
        "/console/lambdas/x/code?tab=1",
    ] {
        let reply = get(&server, path);
        assert_eq!((reply.status, &reply.text), (200, &page.text), "{path}");
        assert_eq!(reply.header("cache-control"), "no-cache");
    }
    for path in [
        "/console/missing.js",
        "/console/assets/missing",
        "/console/../index.html.br",
        "/console/%2e%2e/Cargo.toml",
        "/console/assets/../../Cargo.toml",
        "/consoles",
    ] {
        check_error(&get(&server, path), 404, "es.notfound");
    }
    let posted = server.plain(Method::POST, "/console/").send();
    check_error(&posted, 405, "es.badmethod");
    assert_eq!(posted.header("allow"), "GET, HEAD");
    let head = server.plain(Method::HEAD, "/console/").send();
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let length = page.text.len().to_string();
    assert_eq!(head.header("content-length"), length);
}

#[test]
fn every_file_is_sent_compressed_to_who_takes_that_and_whole_to_others() {
    let server = start();
    let files = files(&dist(), "");
    assert!(files.iter().any(|(name, _)| name == "index.html.br"));
    for (name, path) in files {
        let kept = fs::read(path).expect("it can be read");
        let Some(name) = name.strip_suffix(".br") else {
            continue;
        };
        let path = format!("/console/{name}");
        let asked = server.plain(Method::GET, &path);
        let small = asked.clone().header("accept-encoding", "gzip, br").send();
        assert_eq!(small.status, 200, "{name}");
        assert_eq!(small.header("content-encoding"), "br", "{name}");
        assert_eq!(small.header("content-length"), kept.len().to_string());
        let whole = asked.header("accept-encoding", "gzip").send();
        assert_eq!(whole.header("content-encoding"), "", "{name}");
        assert_ne!(whole.header("etag"), small.header("etag"), "{name}");
        check_headers(&whole);
        let lasting = match name.starts_with("assets/") {
            true => "public, max-age=31536000, immutable",
            false => "no-cache",
        };
        assert_eq!(whole.header("cache-control"), lasting, "{name}");
        if name.ends_with(".js") {
            let kind = "text/javascript; charset=utf-8";
            assert_eq!(whole.header("content-type"), kind);
        }
    }
}

#[test]
fn what_a_browser_has_is_not_sent_again() {
    let server = start();
    let page = get(&server, "/console/");
    let tag = page.header("etag").to_owned();
    let again = server.plain(Method::GET, "/console/");
    let again = again.header("if-none-match", &tag).send();
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(again.header("etag"), tag);
    check_headers(&again);
    let other = server.plain(Method::GET, "/console/");
    let other = other.header("if-none-match", "\"other\"").send();
    assert_eq!(other.status, 200);
}

#[test]
fn an_operator_switches_the_console_off() {
    let server = start_with(|config| config.console.enabled = false);
    for path in ["/", "/console", "/console/", "/console/lambdas"] {
        check_error(&get(&server, path), 404, "es.notfound");
    }
    assert_eq!(get(&server, "/healthz").status, 200);
}
