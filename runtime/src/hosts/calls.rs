//! May a lambda call another one, and what does it get?

use std::sync::Arc;
use std::time::Duration;

use sandglass_host_abi::bindings::sandglass::toolbelt::lambdas::{self, Answer, Call, CallError};
use sandglass_host_abi::{InvocationContext, LambdaAnswer, LambdaCall, Limit};
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wasmtime::component::Accessor;

use super::{Hosts, Own, ask, keep_answer};
use crate::repeat::{self, Import};
use crate::sandbox::{LimitReached, Sandbox};

impl lambdas::Host for Sandbox {}

impl lambdas::HostWithStore<Sandbox> for Own {
    async fn invoke(
        accessor: &Accessor<Sandbox, Self>,
        call: Call,
    ) -> wasmtime::Result<Result<Answer, CallError>> {
        let place = ask(accessor, Import::LambdaInvoke, || repeat::call(&call));
        let answer = make(accessor, call).await?;
        keep_answer(accessor, place, || repeat::called(&answer));
        Ok(answer)
    }
}
/// Makes a call that is counted first.
async fn make(
    accessor: &Accessor<Sandbox, Own>,
    call: Call,
) -> wasmtime::Result<Result<Answer, CallError>> {
    let admitted = accessor.with(|mut access| admit(access.get(), call))?;
    let Admitted {
        hosts,
        context,
        call,
        timeout,
        in_flight,
        held,
    } = match admitted {
        Ok(admitted) => admitted,
        Err(error) => return Ok(Err(error)),
    };
    let answer = async {
        let _slot = in_flight.acquire().await.map_err(|error| failed(&error))?;
        // A task of its own, since no sandbox can run within another one's turn, and its time is
        // not the caller's. It ends when the caller does.
        let mut task = JoinSet::new();
        task.spawn(call_lambda(hosts, context, call));
        let ended = task.join_next().await.expect("one was spawned");
        ended.unwrap_or_else(|error| Err(failed(&error)))
    };
    let answer = match timeout {
        Some(timeout) => tokio::time::timeout(timeout, answer)
            .await
            .unwrap_or(Err(CallError::TimedOut)),
        None => answer.await,
    };
    accessor.with(|mut access| access.get().http.held -= held);
    Ok(answer.map(to_guest))
}

async fn call_lambda(
    hosts: Arc<Hosts>,
    context: InvocationContext,
    call: LambdaCall,
) -> Result<LambdaAnswer, CallError> {
    let invoker = hosts.lambdas.as_ref().ok_or(CallError::Unavailable)?;
    let answer = invoker.invoke(&context, call).await;
    answer.map_err(|error| failed(&error))
}

/// Longer than any name or UUID of a lambda, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// A call that may be made.
struct Admitted {
    hosts: Arc<Hosts>,
    context: InvocationContext,
    call: LambdaCall,
    timeout: Option<Duration>,
    in_flight: Arc<Semaphore>,
    /// What its input counts for until it is answered.
    held: u64,
}

/// Checks a call and counts it, in the whole tree of calls that it belongs to.
fn admit(sandbox: &mut Sandbox, call: Call) -> Result<Result<Admitted, CallError>, LimitReached> {
    let limits = sandbox.policy.limits;
    let chain = sandbox.chain.get_or_insert_default();
    // Calls that are refused count too: looking at them costs time.
    if !chain.count(limits.lambda_calls) {
        return Err(LimitReached(Limit::LambdaCalls));
    }
    if chain.depth() >= limits.call_depth {
        return Ok(Err(CallError::TooDeep(limits.call_depth)));
    }
    if call.lambda.len() > NAME_BYTES_MAX {
        let rule = format!("the name of the lambda is longer than {NAME_BYTES_MAX} bytes");
        return Ok(Err(CallError::InvalidInput(rule)));
    }
    let input_max = limits.payload;
    if call.input.len() as u64 > input_max.get() {
        let rule = format!("the input is longer than {input_max}");
        return Ok(Err(CallError::InvalidInput(rule)));
    }
    if let Err(error) = serde_json::from_str::<&RawValue>(&call.input) {
        return Ok(Err(CallError::InvalidInput(error.to_string())));
    }
    let chain = chain.called();
    let trace = sandbox.trace.as_ref();
    let headers = trace.map_or_else(Vec::new, |trace| trace.headers().collect());
    let held = sandbox.http.hold(call.input.len(), &limits)?;
    Ok(Ok(Admitted {
        hosts: sandbox.hosts.clone(),
        context: sandbox.context(),
        call: LambdaCall {
            lambda: call.lambda,
            input: call.input,
            headers,
            chain,
        },
        timeout: call.timeout_ms.map(|ms| Duration::from_millis(ms.into())),
        in_flight: sandbox.http.slots(&limits),
        held,
    }))
}

fn failed(error: &(dyn std::error::Error + 'static)) -> CallError {
    tracing::error!(error, "a lambda could not be called by another one");
    CallError::Failed("the host could not call the lambda".to_owned())
}

fn to_guest(answer: LambdaAnswer) -> Answer {
    let LambdaAnswer {
        status,
        headers,
        body,
    } = answer;
    Answer {
        status,
        headers,
        body,
    }
}
