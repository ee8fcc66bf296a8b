//! With what do the benches run lambdas in process?

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use sandglass_compiler::{Compiler, Source};
use sandglass_runtime::allowed_hosts::HostRule;
use sandglass_runtime::{
    AddressPolicy, AllowedHosts, Artifact, Egress, EgressConfig, Invocation, Lambda, Outcome,
    Policy, Report, Runtime, RuntimeBuilder, SecretGrants,
};

use crate::{Scratch, lambdas};

/// A runtime, its compiler, and a tokio runtime to run them on.
pub struct Workbench {
    tokio: tokio::runtime::Runtime,
    runtime: Runtime,
    compiler: Compiler,
}

impl Workbench {
    /// A workbench with a runtime of default settings.
    ///
    /// # Errors
    /// When the runtime cannot be built.
    pub fn new() -> Result<Self> {
        Self::with(Runtime::builder())
    }

    /// A workbench with a runtime that was put together for the case.
    ///
    /// # Errors
    /// When the runtime cannot be built.
    pub fn with(builder: RuntimeBuilder) -> Result<Self> {
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let runtime = {
            let _inside = tokio.enter();
            builder.build().context("building the runtime")?
        };
        let compiler = Compiler::new(&runtime);
        Ok(Self {
            tokio,
            runtime,
            compiler,
        })
    }

    /// The runtime that lambdas run in.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The compiler for that runtime.
    pub fn compiler(&self) -> &Compiler {
        &self.compiler
    }

    /// Runs a future to its end.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.tokio.block_on(future)
    }

    /// Compiles a source.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn compile(&self, source: &Source) -> Result<Artifact> {
        self.block_on(self.compiler.compile(source))
            .context("compiling a lambda")
    }

    /// Compiles code without an environment.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn compile_code(&self, code: &str) -> Result<Artifact> {
        self.compile(&Source::new("lambda.js", code)?)
    }

    /// Loads an artifact.
    ///
    /// # Errors
    /// When it does not load.
    pub fn load(&self, artifact: Artifact, policy: Policy) -> Result<Lambda> {
        self.block_on(self.runtime.load(artifact, policy))
            .context("loading a lambda")
    }

    /// Compiles and loads code under the default policy: all limits on, nothing allowed.
    ///
    /// # Errors
    /// When it does not compile or load.
    pub fn lambda(&self, code: &str) -> Result<Lambda> {
        self.load(self.compile_code(code)?, Policy::default())
    }

    /// That many different lambdas, loaded, each called once so that its pages are where they stay.
    ///
    /// # Errors
    /// When one does not compile, load or return.
    pub fn hello_variants(&self, count: usize) -> Result<Vec<Lambda>> {
        let lambdas = (0..count).map(|number| self.lambda(&lambdas::hello_variant(number)));
        let lambdas = lambdas.collect::<Result<Vec<_>>>()?;
        for lambda in &lambdas {
            self.block_on(invoke(lambda, &greeting()))?;
        }
        Ok(lambdas)
    }

    /// Times `rounds` repetitions one by one, after a tenth as many to warm up.
    ///
    /// # Errors
    /// When one fails.
    pub fn sample<F: AsyncFnMut(usize) -> Result<()>>(
        &self,
        rounds: usize,
        mut action: F,
    ) -> Result<Vec<Duration>> {
        self.block_on(async {
            let warm_up = rounds / 10;
            let mut durations = Vec::with_capacity(rounds);
            for round in 0..warm_up + rounds {
                let start = Instant::now();
                action(round).await?;
                let took = start.elapsed();
                if round >= warm_up {
                    durations.push(took);
                }
            }
            Ok(durations)
        })
    }
}

/// Invokes a lambda that must return.
///
/// # Errors
/// When the host fails, or the lambda does anything else than return.
pub async fn invoke(lambda: &Lambda, invocation: &Invocation) -> Result<Report> {
    let report = lambda
        .invoke(invocation.clone())
        .await
        .context("invoking a lambda")?;
    match &report.outcome {
        Outcome::Returned(_) => Ok(report),
        other => bail!("the lambda did not return: {other:?}"),
    }
}

/// Invokes a lambda that must return a greeting; makes sure that the right thing is timed.
///
/// # Errors
/// As [`invoke`], and when the result is another.
pub async fn greet(lambda: &Lambda) -> Result<()> {
    let report = invoke(lambda, &greeting()).await?;
    let Outcome::Returned(Some(result)) = &report.outcome else {
        bail!("there is no result")
    };
    ensure!(result.get().contains("Hello Ada"), "the result is {result}");
    Ok(())
}

/// An invocation with a name to greet.
///
/// # Panics
/// Never: the input is valid JSON.
pub fn greeting() -> Invocation {
    Invocation::json(lambdas::GREETING).expect("the greeting is JSON")
}

/// A builder with a cache of native code in `scratch`, as a server has it.
pub fn cached(scratch: &Scratch) -> RuntimeBuilder {
    Runtime::builder().code_cache(scratch.join("code"))
}

/// A client that may reach this machine, for lambdas that call an upstream on loopback.
///
/// # Errors
/// When it cannot be set up.
pub fn loopback_client() -> Result<Egress> {
    let addresses = AddressPolicy::AllowPrivate;
    let config = EgressConfig {
        addresses,
        ..EgressConfig::default()
    };
    Egress::new(config).context("setting the HTTP client up")
}

/// A policy that allows one host and every secret, under the default limits.
///
/// # Errors
/// When the rule is none.
pub fn policy_allowing(rule: &str) -> Result<Policy> {
    let rule: HostRule = rule.parse().context("reading a whitelist rule")?;
    Ok(Policy {
        allowed_hosts: AllowedHosts::from([rule]),
        secrets: SecretGrants::all(),
        ..Policy::default()
    })
}
