//! How do I run a lambda in my own program?
//!
//! Five nouns in the order in which they come to be. The slow calls (`compile`, `load`) are paid
//! once; `invoke` takes a brand-new sandbox each time.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use sandglass_compiler::{Compiler, Source};
use sandglass_runtime::{FixedSecrets, Invocation, Outcome, Policy, Runtime};

const HELLO: &str = r#"
    const { Toolbelt } = require('lp-faas-toolbelt');

    async function lambda(input, callback) {
      const { value: token } = await Toolbelt.SecretClient().readSecret('CRM_TOKEN');
      console.info('Saying hello', { tokenLength: token.length });
      callback(null, `Hello ${input.payload.name}`);
    }
"#;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let token = "a token";

    let runtime = Runtime::builder()
        .secrets(FixedSecrets::new([("CRM_TOKEN", token)])?)
        .build()?;
    let artifact = Compiler::new(&runtime)
        .compile(&Source::new("hello.js", HELLO)?)
        .await?;
    let policy = Policy {
        secrets: ["CRM_TOKEN".parse()?].into(),
        ..Policy::default()
    };
    let lambda = runtime.load(artifact, policy).await?;
    let report = lambda
        .invoke(Invocation::json(r#"{"payload":{"name":"Ada"}}"#)?)
        .await?;

    match &report.outcome {
        Outcome::Returned(Some(json)) => println!("returned {json}"),
        other => anyhow::bail!("{other:?}"),
    }
    for entry in &report.logs {
        println!(
            "logged   {} {} {}",
            entry.level.as_str(),
            entry.message,
            entry.extras
        );
    }
    println!("used     {} units of fuel", report.usage.fuel());
    Ok(())
}
