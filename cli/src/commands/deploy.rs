//! `sandglass deploy`: put lambdas on the server.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sandglass_host_abi::{ByteSize, LambdaName};
use sandglass_server::{DeployRequest, Deployed};
use serde::Serialize;

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::report::short;
use crate::print::style::{BOLD, GREEN};
use crate::print::table::Table;
use crate::print::{Printer, curl};
use crate::source::SourceFile;
use crate::values::Assignment;

const EXAMPLES: &str = "\
Examples:
  sandglass deploy hello.js
  sandglass deploy lambdas/*.js
  sandglass deploy hello.js --name greeter --env GREETING=Hello

The lambda is built on the server and is live when the command ends. Deploying again makes a new
version. Without --env the lambda keeps its environment variables; with --env it has exactly those.";

/// Deploy lambdas to the server.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The JavaScript files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The lambda's name; by default the file's name without its extension.
    #[arg(long)]
    name: Option<LambdaName>,

    /// One line about what the lambda does.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// An environment variable, fixed at build time. Repeatable.
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<Assignment>,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeployedJson {
    #[serde(flatten)]
    deployed: Deployed,
    invoke_url: String,
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    if args.name.is_some() && args.files.len() > 1 {
        let hint = "deploy it with a command of its own, or leave --name out";
        return Err(Failure::usage("--name names one lambda, not several").with_hint(hint));
    }
    let client = Client::new(&args.connection, print)?;
    for file in &args.files {
        let file = SourceFile::read(file).await?;
        let name = match &args.name {
            Some(name) => name.clone(),
            None => file.lambda_name()?,
        };
        let deployed = deploy(&args, &client, &file, &name, print).await?;
        show(deployed, &client, print);
    }
    Ok(Exit::Success)
}

async fn deploy(
    args: &Args,
    client: &Client,
    file: &SourceFile,
    name: &LambdaName,
    print: Printer,
) -> Result<Deployed, Failure> {
    let variables = args
        .env
        .iter()
        .map(|env| (env.name.clone(), env.value.clone()));
    let lambda = DeployRequest {
        name: name.to_string(),
        description: args.description.clone(),
        file_name: file.file_name().to_owned(),
        code: file.code().to_owned(),
        bundle: file.bundle().cloned(),
        environment: (!args.env.is_empty()).then(|| variables.collect::<BTreeMap<_, _>>()),
    };
    let _progress = print.progress(format!("Deploying {name}"));
    client
        .deploy(&lambda)
        .await
        .map_err(|failure| file.at_its_path(failure))
}

fn show(deployed: Deployed, client: &Client, print: Printer) {
    let url = client.invoke_url(&deployed.uuid);
    let Deployed {
        uuid,
        name,
        version,
        digest,
        build_millis,
        artifact_bytes,
        ..
    } = &deployed;
    print.line(format_args!(
        "{GREEN}deployed{GREEN:#} {BOLD}{name}{BOLD:#}"
    ));
    let mut table = Table::new([]).indented(2);
    table.row(["uuid".into(), uuid.clone()]);
    table.row(["version".into(), format!("{version} ({})", short(digest))]);
    let size = ByteSize::bytes(*artifact_bytes);
    table.row([
        "artifact".into(),
        format!("{size}, built in {build_millis:.1} ms"),
    ]);
    print.table(table, "");
    // Outside of the table, which a narrow terminal would cut.
    let curl = curl::with_reference(&client.external_url(uuid, "curl"), client.token_source());
    print.line(format_args!("  {curl}"));
    print.value(&DeployedJson {
        invoke_url: url.into(),
        deployed,
    });
}
