//! `Toolbelt.HTTPClient()` behaves as request-promise 4.2.6 over request 2.88.2 does.
//!
//! The expectations were measured with these packages against a server like the one used here.

mod errors;
mod requests;
mod responses;

use serde_json::json;

use crate::harness::upstream::Upstream;
use crate::harness::{Case, async_lambda};

/// An async lambda whose payload is the upstream's URL, in scope as `url`, and which may reach it.
fn calling(upstream: &Upstream, body: &str) -> Case {
    async_lambda(&format!("const url = input.payload; {body}"))
        .payload(json!(upstream.url("")))
        .allow(&[&upstream.rule()])
}

/// Calls back with what an expression resolves to.
fn resolving(upstream: &Upstream, expression: &str) -> Case {
    calling(upstream, &format!("callback(null, await {expression})"))
}

/// Calls back with what `error` expressions give for the rejection of an expression.
fn rejecting(upstream: &Upstream, expression: &str, of_error: &str) -> Case {
    let body = format!(
        "try {{ callback(null, ['resolved', await {expression}]); }} \
         catch (error) {{ callback(null, {of_error}); }}"
    );
    calling(upstream, &body)
}
