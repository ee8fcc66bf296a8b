//! How do I answer a lambda's HTTP requests myself?
//!
//! A client only ever receives a `PermittedRequest`: the whitelist has been asked before. Here the
//! answers come from the program itself; a real client could sign, cache or record.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use futures::FutureExt;
use sandglass_compiler::{Compiler, Source};
use sandglass_runtime::{
    BoxFuture, HttpClient, HttpError, HttpResponse, Invocation, PermittedRequest, Policy, Runtime,
};

const SOURCE: &str = r#"
    const { Toolbelt } = require('lp-faas-toolbelt');

    async function lambda(input, callback) {
      const httpClient = Toolbelt.HTTPClient();
      const stock = await httpClient('https://stock.internal/umbrellas', { json: true });
      callback(null, stock);
    }
"#;

struct Stock;

impl HttpClient for Stock {
    fn send(&self, request: PermittedRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        println!("asked    {} {}", request.request().method, request.url());
        async {
            Ok(HttpResponse {
                status: 200,
                reason: "OK".into(),
                headers: vec![("content-type".into(), b"application/json".into())],
                body: br#"{"left":3}"#.into(),
            })
        }
        .boxed()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let runtime = Runtime::builder().http_client(Stock).build()?;
    let artifact = Compiler::new(&runtime)
        .compile(&Source::new("stock.js", SOURCE)?)
        .await?;
    let allowed_hosts = ["stock.internal".parse()?].into_iter().collect();
    let lambda = runtime
        .load(
            artifact,
            Policy {
                allowed_hosts,
                ..Policy::default()
            },
        )
        .await?;
    let report = lambda.invoke(Invocation::json("{}")?).await?;
    println!("outcome  {:?}", report.outcome);
    Ok(())
}
