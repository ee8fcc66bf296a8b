//! `sandglass run`: build a lambda and run it once, without a server.

mod against_node;

use std::path::PathBuf;
use std::time::Duration;

use sandglass_host_abi::allowed_hosts::HostRule;
use sandglass_host_abi::{ByteSize, Fuel, Limits, Policy, SecretName};
use sandglass_runtime::{FixedSecrets, Invocation, Runtime};

use against_node::Against;
pub(crate) use against_node::Verdict;

use crate::engine;
use crate::exit::{Exit, Explain as _, Failure};
use crate::print::Printer;
use crate::print::logs::LivePrinter;
use crate::print::report::Run;
use crate::source::SourceFile;
use crate::values::{Assignment, Input, duration};

const EXAMPLES: &str = r#"Examples:
  sandglass run hello.js --input '{"payload":{"name":"Ada"}}'
  sandglass run fetch.js --input @body.json --allow api.example.com --secret API_TOKEN=abc
  sandglass run heavy.js --fuel 1_000_000_000 --memory 64MiB --timeout 5s
  sandglass run hello.js --json | jq .usage
  sandglass run hello.js --against-node

Nothing is allowed that you do not allow: no host without --allow, no secret without --secret.
The result goes to standard output; logs and usage go to standard error.

Exit codes: 0 the lambda returned, 1 it failed or Node.js did something else, 2 bad usage or build error, 3 it ran into a limit,
4 this machine could not run it."#;

/// Build a lambda and run it once, without a server.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The JavaScript file.
    file: PathBuf,

    /// The body of the invocation: JSON, @FILE, or - for standard input. By default an empty
    /// payload.
    #[arg(long, short, value_name = "JSON|@FILE")]
    input: Option<Input>,

    /// A host that the lambda may talk to, such as api.example.com, *.example.com or
    /// `http://example.com:8080`. Repeatable.
    #[arg(long, value_name = "HOST")]
    allow: Vec<HostRule>,

    /// Lets allowed hosts be on this machine or in a private network.
    #[arg(long)]
    allow_private: bool,

    /// A secret that the lambda may read. Repeatable.
    #[arg(long, value_name = "NAME=VALUE")]
    secret: Vec<Assignment>,

    /// An environment variable, fixed at build time. Repeatable.
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<Assignment>,

    /// Execution time, in units of fuel.
    #[arg(long, value_name = "UNITS")]
    fuel: Option<Fuel>,

    /// Memory, such as 64MiB.
    #[arg(long, value_name = "SIZE")]
    memory: Option<ByteSize>,

    /// Time from start to result, such as 500ms or 5s.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,

    /// Runs the lambda in Node.js as well, with the same time, chance and answers, and shows the first
    /// difference. Node.js isolates nothing: use it for your own code only.
    #[arg(long)]
    against_node: bool,
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    let file = SourceFile::read(&args.file)
        .await?
        .with_environment(&args.env)?;
    let input = Input::read(args.input.as_ref())?;
    let policy = args.policy()?;
    let against = match args.against_node {
        true => Some(Against::prepare().await?),
        false => None,
    };
    let logs = LivePrinter::new(print);
    let runtime = args.runtime(print, logs.clone())?;
    let (artifact, build) = file.compile(&runtime).await?;
    logs.is_of(&artifact);

    let limits = policy.limits;
    let lambda = runtime.load(artifact.clone(), policy).await?;
    let mut invocation = Invocation::json(input.as_str())?;
    if let Some(against) = &against {
        invocation = invocation.repeatable(against.conditions);
    }
    let report = lambda.invoke(invocation).await?;
    let verdict = match against {
        Some(against) => {
            let verdict = against.compare(&file, &args.file, &input, &limits, &report);
            Some(verdict.await?)
        }
        None => None,
    };
    let run = Run {
        artifact: &artifact,
        build,
        limits: &limits,
        report: &report,
        against_node: verdict.as_ref(),
    };
    let exit = run.print(print);
    Ok(match &verdict {
        Some(verdict) => verdict.print(print, exit),
        None => exit,
    })
}

impl Args {
    fn policy(&self) -> Result<Policy, Failure> {
        let names = self
            .secret
            .iter()
            .map(|secret| secret.name.parse::<SecretName>().blame_user());
        Ok(Policy {
            allowed_hosts: self.allow.iter().cloned().collect(),
            secrets: names.collect::<Result<_, _>>()?,
            limits: self.limits(),
            ..Policy::default()
        })
    }

    fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        limits.fuel = self.fuel.unwrap_or(limits.fuel);
        limits.memory = self.memory.unwrap_or(limits.memory);
        limits.wall_clock = self.timeout.unwrap_or(limits.wall_clock);
        limits
    }

    /// A runtime with only what this lambda is given: setting up an HTTP client takes longer than
    /// running a lambda.
    fn runtime(&self, print: Printer, logs: LivePrinter) -> Result<Runtime, Failure> {
        let secrets = self
            .secret
            .iter()
            .map(|secret| (&secret.name, &secret.value));
        let mut builder = engine::builder()
            .log_sink(logs)
            .secrets(FixedSecrets::new(secrets).blame_user()?);
        if !self.allow.is_empty() {
            builder = builder.http_client(engine::egress(self.allow_private)?);
        }
        engine::build(builder, print)
    }
}
