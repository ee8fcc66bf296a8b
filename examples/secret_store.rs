//! How do I keep secrets in a place of my own?
//!
//! The store is told which account and lambda are asking, and is asked only for names that the
//! policy grants. Updates are refused here.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use futures::FutureExt;
use sandglass_compiler::{Compiler, Source};
use sandglass_runtime::{
    BoxFuture, Invocation, InvocationContext, Policy, Runtime, Secret, SecretName, SecretStore,
    SecretStoreError,
};

const SOURCE: &str = r#"
    const { Toolbelt } = require('lp-faas-toolbelt');

    async function lambda(input, callback) {
      const { key, value } = await Toolbelt.SecretClient().readSecret('region');
      callback(null, `${key} is ${value}`);
    }
"#;

struct ByAccount;

impl SecretStore for ByAccount {
    fn read<'a>(
        &'a self,
        context: &'a InvocationContext,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretStoreError>> {
        let account = context
            .account
            .as_ref()
            .map_or("nobody", |account| account.as_str());
        let known = name.as_str() == "region";
        async move { Ok(known.then(|| Secret::from_text(&format!("the region of {account}")))) }
            .boxed()
    }

    fn update<'a>(
        &'a self,
        _context: &'a InvocationContext,
        _name: &'a SecretName,
        _value: Secret,
    ) -> BoxFuture<'a, Result<(), SecretStoreError>> {
        async {
            Err(SecretStoreError::Invalid(
                "these secrets are read-only".into(),
            ))
        }
        .boxed()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let runtime = Runtime::builder().secrets(ByAccount).build()?;
    let artifact = Compiler::new(&runtime)
        .compile(&Source::new("region.js", SOURCE)?)
        .await?;
    let secrets = ["region".parse()?].into();
    let policy = Policy {
        account: Some("10000001".parse()?),
        secrets,
        ..Policy::default()
    };
    let lambda = runtime.load(artifact, policy).await?;
    println!(
        "outcome  {:?}",
        lambda.invoke(Invocation::json("{}")?).await?.outcome
    );
    Ok(())
}
