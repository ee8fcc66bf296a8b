//! The console's client is made of the API that this server has.

use std::fs;
use std::path::Path;

use reqwest::Method;
use serde_json::Value;

use crate::harness::server::start;

#[test]
fn the_committed_document_is_that_of_the_server() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../console/openapi.json");
    let committed = fs::read_to_string(file).expect("it is committed");
    let committed: Value = serde_json::from_str(&committed).expect("it is JSON");
    let served = start().plain(Method::GET, "/openapi.json").send().json();
    for (path, operations) in served["paths"].as_object().expect("there are paths") {
        let known = &committed["paths"][path];
        assert_eq!(known, operations, "{path}: run `cargo xtask openapi`");
    }
    assert!(committed == served, "run `cargo xtask openapi`");
}
