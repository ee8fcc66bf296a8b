//! `sandglass up`: a server on this machine, with lambdas to try.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use sandglass_server::{Config, DeployRequest, EgressConfig, LambdaInfo};
use serde::Serialize;

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::style::{BOLD, DIM, GREEN};
use crate::print::table::Table;
use crate::print::{Printer, curl};
use crate::server::{self, Stop};
use crate::values::address;
use crate::{config, examples};

const EXAMPLES: &str = "\
Examples:
  sandglass up
  sandglass up --listen 127.0.0.1:9090
  sandglass up --data-dir /tmp/sandglass

The first start makes the data directory with the account, a token, and the example lambdas. While the
server runs, every other command finds it from the same directory. Ctrl-C stops it; nothing is lost.";

/// The example to try first.
const FIRST: &str = "hello-world";

/// Start a server on this machine, with example lambdas to try.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where to listen.
    #[arg(
        long,
        env = "SANDGLASS_LISTEN", value_parser = address,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080"
    )]
    #[arg(hide_env_values = true)]
    listen: SocketAddr,

    /// Where everything is kept.
    #[arg(
        long,
        env = "SANDGLASS_DATA",
        value_name = "DIR",
        default_value = "./.sandglass"
    )]
    #[arg(hide_env_values = true)]
    data_dir: PathBuf,

    /// Lets whitelisted hosts be on this machine or in a private network.
    #[arg(long)]
    allow_private: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Up {
    url: String,
    token_file: PathBuf,
    password_file: PathBuf,
    console_url: String,
    lambdas: Vec<UpLambda>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UpLambda {
    name: String,
    uuid: String,
    description: String,
    invoke_url: String,
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    let config = Config {
        listen: args.listen,
        data_dir: args.data_dir.clone(),
        egress: EgressConfig {
            allow_private_addresses: args.allow_private,
        },
        secret_key: config::secret_key()?,
        ..Config::default()
    };
    let account = config.account.clone();

    let mut stop = Stop::listen(&config)?;
    let server = server::start(config, &mut stop, print).await?;
    let url = server.url().to_owned();
    let connection = Connection {
        server: Some(url),
        token: None,
        ca: None,
        data_dir: args.data_dir,
        account,
    };
    let ready = tokio::select! {
        ready = introduce(&connection, print) => ready,
        () = stop.wanted() => return Ok(stop.shut_down(server, print).await),
    };
    if let Err(failure) = ready {
        server.shutdown().await;
        return Err(failure);
    }
    stop.wanted().await;
    Ok(stop.shut_down(server, print).await)
}

/// Deploys the examples on the first start, and shows what there is.
async fn introduce(connection: &Connection, print: Printer) -> Result<(), Failure> {
    let client = Client::new(connection, print)?;
    let mut lambdas = client.lambdas().await?;
    if lambdas.is_empty() {
        deploy_examples(&client, print).await?;
        lambdas = client.lambdas().await?;
    }
    show(&client, connection, &lambdas, print);
    Ok(())
}

/// Deploys what `examples/lambdas` held when this command was built.
async fn deploy_examples(client: &Client, print: Printer) -> Result<(), Failure> {
    let progress = print.progress("Deploying the examples");
    for (number, example) in examples::ALL.iter().enumerate() {
        progress.update(format!(
            "Deploying the examples, {} of {}",
            number + 1,
            examples::ALL.len()
        ));
        let sidecar = example.sidecar();
        for (key, value) in &sidecar.secrets {
            client.set_secret(key, value.get()).await?;
        }
        for rule in &sidecar.allow {
            client.add_rule(rule).await?;
        }
        let lambda = DeployRequest {
            bundle: None,
            name: example.name.to_owned(),
            description: Some(sidecar.description),
            file_name: format!("{}.js", example.name),
            code: example.code.to_owned(),
            environment: Some(sidecar.env),
        };
        client.deploy(&lambda).await?;
    }
    Ok(())
}

fn show(client: &Client, connection: &Connection, lambdas: &[LambdaInfo], print: Printer) {
    let url = client.server_url();
    let data_dir = &connection.data_dir;
    print.value(&Up {
        url: url.clone(),
        token_file: data_dir.join("admin.token"),
        password_file: data_dir.join("admin.password"),
        console_url: console_url(&url),
        lambdas: lambdas
            .iter()
            .map(|lambda| UpLambda::of(lambda, client))
            .collect(),
    });
    let mut table = Table::new(["LAMBDA", "UUID", "WHAT IT DOES"]);
    for LambdaInfo {
        name,
        uuid,
        description,
        ..
    } in lambdas
    {
        table.row([name.clone(), uuid.clone(), description.clone()]);
    }
    print.table(
        table,
        "No lambda is deployed; `sandglass deploy FILE` deploys one.",
    );
    print.line("");
    if let Some((lambda, body)) = sample(lambdas) {
        let line = curl::with_token(
            &client.external_url(&lambda.uuid, "curl"),
            client.token(),
            &body,
        );
        print.line(format_args!("{BOLD}Try{BOLD:#}\n{line}\n"));
    }
    let account = &connection.account;
    print.line(format_args!(
        "{GREEN}Sandglass is up{GREEN:#} at {BOLD}{url}{BOLD:#} for account {account}."
    ));
    let console = console_url(&url);
    print.line(format_args!(
        "Its console is at {BOLD}{console}{BOLD:#}. {}",
        sign_in(data_dir)
    ));
    let shown = data_dir.display();
    print.line(format_args!(
        "{DIM}Data and the admin token are in {shown}. Ctrl-C stops.{DIM:#}"
    ));
}

fn console_url(url: &str) -> String {
    format!("{}/console/", url.trim_end_matches('/'))
}

/// How to sign in to the console: as the first user, as long as there is the file with its password.
fn sign_in(data_dir: &Path) -> String {
    let file = data_dir.join("admin.password");
    match std::fs::read_to_string(&file) {
        Ok(password) => format!(
            "Sign in as {BOLD}admin{BOLD:#} with the password {BOLD}{}{BOLD:#}, until it is changed \
             (it is in {}).",
            password.trim(),
            file.display()
        ),
        Err(_) => "Sign in as one of the account's users.".to_owned(),
    }
}

/// The lambda to try first, and what to send to it.
fn sample(lambdas: &[LambdaInfo]) -> Option<(&LambdaInfo, String)> {
    let deployed = |name: &str| lambdas.iter().find(|lambda| lambda.name == name);
    let example = examples::ALL.iter().find(|example| example.name == FIRST)?;
    let known = deployed(FIRST).map(|lambda| (lambda, example.sample_body()));
    known.or_else(|| Some((lambdas.first()?, r#"{"payload":{}}"#.to_owned())))
}

impl UpLambda {
    fn of(lambda: &LambdaInfo, client: &Client) -> Self {
        let LambdaInfo {
            name,
            uuid,
            description,
            ..
        } = lambda;
        Self {
            name: name.clone(),
            uuid: uuid.clone(),
            description: description.clone(),
            invoke_url: client.invoke_url(uuid).into(),
        }
    }
}
