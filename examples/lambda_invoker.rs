//! How do I let lambdas call one another?
//!
//! The invoker is asked only within the caller's limits: so many calls, so many in a row, one payload
//! each. It runs the called lambda as it runs any other and passes the chain of calls on, so that loops end.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use futures::FutureExt;
use sandglass_compiler::{Compiler, Source};
use sandglass_runtime::{
    BoxFuture, Invocation, InvocationContext, Lambda, LambdaAnswer, LambdaCall, LambdaCallError,
    LambdaInvoker, Outcome, Policy, Runtime,
};

const SHOUT: &str = "lambda = ({ payload }, callback) => callback(null, payload.toUpperCase())";

const GREET: &str = r#"
    const { Toolbelt } = require('lp-faas-toolbelt');

    async function lambda({ payload }, callback) {
      const invocations = [{ uuid: 'shout', payload: `hello ${payload}` }];
      const [{ body }] = await Toolbelt.OrchestratorClient().invoke(invocations, 1000);
      callback(null, body);
    }
"#;

/// The lambdas by their names; filled when the runtime is there to load them.
#[derive(Clone, Default)]
struct Known(Arc<RwLock<HashMap<&'static str, Lambda>>>);

impl Known {
    fn find(&self, name: &str) -> Option<Lambda> {
        self.0.read().ok()?.get(name).cloned()
    }
}

impl LambdaInvoker for Known {
    fn invoke<'a>(
        &'a self,
        _context: &'a InvocationContext,
        call: LambdaCall,
    ) -> BoxFuture<'a, Result<LambdaAnswer, LambdaCallError>> {
        let failed = |error| LambdaCallError::Failed(error);
        async move {
            let Some(lambda) = self.find(&call.lambda) else {
                return Ok(answer(404, "\"there is no such lambda\""));
            };
            let invocation =
                Invocation::json(call.input).map_err(|error| failed(Box::new(error)))?;
            let invoked = lambda.invoke(invocation.with_chain(call.chain)).await;
            let report = invoked.map_err(|error| failed(Box::new(error)))?;
            Ok(match report.outcome {
                Outcome::Returned(result) => {
                    answer(200, result.as_ref().map_or("", |json| json.get()))
                }
                other => answer(901, &format!("{:?}", format!("{other:?}"))),
            })
        }
        .boxed()
    }
}

fn answer(status: u16, body: &str) -> LambdaAnswer {
    LambdaAnswer {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.into(),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let known = Known::default();
    let runtime = Runtime::builder().lambdas(known.clone()).build()?;
    let compiler = Compiler::new(&runtime);
    for (name, code) in [("shout", SHOUT), ("greet", GREET)] {
        let source = Source::new(format!("{name}.js"), code)?;
        let artifact = compiler.compile(&source).await?;
        let lambda = runtime.load(artifact, Policy::default()).await?;
        known
            .0
            .write()
            .expect("nobody panicked")
            .insert(name, lambda);
    }
    let greet = known.find("greet").expect("it was put there");
    let report = greet
        .invoke(Invocation::json(r#"{"payload":"Ada"}"#)?)
        .await?;
    println!("outcome  {:?}", report.outcome);
    Ok(())
}
