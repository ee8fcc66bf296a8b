//! What stands between a lambda that is not running and its first result?
//!
//! The cases of the benches `cold_start` (criterion: mean and change since the last run) and
//! `latency` (median and 99th percentile). Each starts from another point and ends with a checked
//! result from a sandbox that did not exist before.

use anyhow::{Context, Result};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use sandglass_compiler::Source;
use sandglass_runtime::{Lambda, Policy, Runtime, RuntimeBuilder};

use crate::figures::skip;
use crate::workbench::{cached, greet};
use crate::{ArtifactDirectory, Mode, Scratch, Target, Workbench, lambdas};

/// One thing to time, with everything built that is not to be timed.
pub struct Case<'a> {
    /// Its name, such as `hello`.
    pub name: &'static str,
    /// How often it takes place for a percentile.
    pub rounds: usize,
    /// What its median should be, in microseconds.
    pub p50: Target,
    /// What its 99th percentile should be, in microseconds.
    pub p99: Target,
    action: Box<dyn FnMut(usize) -> LocalBoxFuture<'a, Result<()>> + 'a>,
}

const FAST_ROUNDS: usize = 20_000;
const SLOW_ROUNDS: usize = 500;
const FEW_ROUNDS: usize = 50;

impl<'a> Case<'a> {
    fn new(
        name: &'static str,
        action: impl FnMut(usize) -> LocalBoxFuture<'a, Result<()>> + 'a,
    ) -> Self {
        let action = Box::new(action);
        Self {
            name,
            rounds: FAST_ROUNDS,
            p50: Target::Open,
            p99: Target::Open,
            action,
        }
    }

    fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    fn p50(mut self, micros: f64) -> Self {
        self.p50 = Target::AtMost(micros);
        self
    }

    fn p99(mut self, micros: f64) -> Self {
        self.p99 = Target::AtMost(micros);
        self
    }

    /// Does it once. `round` differs from call to call.
    ///
    /// # Errors
    /// When there is no result, or another than expected.
    pub fn run(&mut self, round: usize) -> LocalBoxFuture<'a, Result<()>> {
        (self.action)(round)
    }
}

/// All cases.
///
/// # Errors
/// When one of them cannot be prepared.
pub fn cases<'a>(bench: &'a Workbench, scratch: &'a Scratch, mode: Mode) -> Result<Vec<Case<'a>>> {
    let mut cases = vec![
        instantiate(bench.lambda(lambdas::HELLO)?),
        greeting("hello", vec![bench.lambda(lambdas::HELLO)?])
            .p50(25.0)
            .p99(60.0),
        greeting("hello_of_200", bench.hello_variants(mode.pick(200, 3))?).p50(50.0),
        greeting("library_1_mb", vec![bench.lambda(lambdas::LIBRARY)?]).p50(150.0),
    ];
    match jsforce(bench) {
        Ok(case) => cases.push(case),
        Err(reason) => skip("cold_start/jsforce_core", &format!("{reason:#}")),
    }
    cases.push(artifact_on_disk(bench, scratch, mode)?);
    cases.push(artifact_without_native_code(bench, scratch, mode)?);
    cases.push(source("source", bench, lambdas::hello_variant).p50(5_000.0));
    cases.push(greeting("jsforce_required", vec![bench.lambda(lambdas::SALESFORCE)?]).p50(200.0));
    let salesforce = |number| format!("{}\nconst number = {number};\n", lambdas::SALESFORCE);
    let from_source = source("jsforce_source", bench, salesforce).p50(150_000.0);
    cases.push(from_source.rounds(FEW_ROUNDS));
    Ok(cases)
}

/// A loaded lambda whose top level evaluated the real library.
fn jsforce<'a>(bench: &Workbench) -> Result<Case<'a>> {
    let source = lambdas::jsforce()?.context("run `node benches/library/fetch.mjs` first")?;
    let lambda = bench.load(bench.compile(&source)?, Policy::default())?;
    bench.block_on(greet(&lambda))?;
    Ok(greeting("jsforce_core", vec![lambda]).p50(150.0))
}

/// A fresh sandbox, taken and given back.
fn instantiate<'a>(lambda: Lambda) -> Case<'a> {
    Case::new("instantiate", move |_| {
        let lambda = lambda.clone();
        async move {
            lambda
                .checkout()
                .await
                .map(drop)
                .context("taking a sandbox")
        }
        .boxed_local()
    })
}

/// From a loaded lambda to the result; several take turns.
fn greeting<'a>(name: &'static str, lambdas: Vec<Lambda>) -> Case<'a> {
    Case::new(name, move |round| {
        let lambda = lambdas[round % lambdas.len()].clone();
        async move { greet(&lambda).await }.boxed_local()
    })
}

/// From an artifact in a file, with its native code in the cache as on a server, to the result.
fn artifact_on_disk<'a>(bench: &Workbench, scratch: &Scratch, mode: Mode) -> Result<Case<'a>> {
    from_disk("artifact_on_disk", bench, cached(scratch), scratch, mode)
}

/// From an artifact in a file, whose native code has to be made again, to the result.
fn artifact_without_native_code<'a>(
    bench: &Workbench,
    scratch: &Scratch,
    mode: Mode,
) -> Result<Case<'a>> {
    let builder = Runtime::builder();
    from_disk(
        "artifact_without_native_code",
        bench,
        builder,
        scratch,
        mode,
    )
}

/// Calls lambdas in turns in a runtime that keeps only one of them loaded.
fn from_disk<'a>(
    name: &'static str,
    bench: &Workbench,
    builder: RuntimeBuilder,
    scratch: &Scratch,
    mode: Mode,
) -> Result<Case<'a>> {
    let artifacts = ArtifactDirectory::open(scratch.join(name))?;
    for number in 0..mode.pick(40, 2) {
        artifacts.write(&bench.compile_code(&lambdas::hello_variant(number))?)?;
    }
    let digests = artifacts.digests()?;
    let runtime = builder.artifacts(artifacts).loaded_lambdas_max(1).build()?;
    let lambdas = digests
        .into_iter()
        .map(|digest| runtime.lambda(digest, Policy::default()))
        .collect();
    Ok(greeting(name, lambdas).rounds(SLOW_ROUNDS))
}

/// From a source that was never seen before, in a warm process, to the result.
fn source<'a>(
    name: &'static str,
    bench: &'a Workbench,
    variant: impl Fn(usize) -> String + 'a,
) -> Case<'a> {
    let mut number = 1_000;
    let case = Case::new(name, move |_| {
        number += 1;
        let code = variant(number);
        async move {
            let source = Source::new("hello.js", code)?;
            let artifact = bench.compiler().compile(&source).await?;
            greet(&bench.runtime().load(artifact, Policy::default()).await?).await
        }
        .boxed_local()
    });
    case.rounds(SLOW_ROUNDS)
}
