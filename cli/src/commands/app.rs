//! `sandglass app`: programs that get tokens by OAuth 2.

use clap::Subcommand;
use sandglass_server::{AppChange, Grant, InstalledAppSecret, NewApp};

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::table::Table;
use crate::print::time::minute;

const EXAMPLES: &str = "\
Examples:
  sandglass app install --name crm --grant client_credentials
  sandglass app install --name shop --grant authorization_code --redirect https://shop.example/callback
  sandglass app install --name phone --public --grant authorization_code --redirect com.example.phone:/cb
  sandglass app change 5f1c9d1e-… --redirect https://shop.example/back
  sandglass app list
  sandglass app rotate 5f1c9d1e-…
  sandglass app remove 5f1c9d1e-…

A secret is shown once; the server keeps only its hash.";

/// Install, list, change or remove apps, or give one another secret.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Install an app; its secret is printed on standard output, once.
    Install {
        /// What users see when it asks them for leave.
        #[arg(long)]
        name: String,
        /// What it says of itself.
        #[arg(long, default_value = "")]
        description: String,
        /// How it comes by its tokens: authorization_code, client_credentials, or both.
        #[arg(long = "grant", required = true, value_name = "GRANT")]
        grants: Vec<Grant>,
        /// Where browsers may be sent back to; may repeat.
        #[arg(long = "redirect", value_name = "URI")]
        redirects: Vec<String>,
        /// It cannot keep a secret, as a page or a phone cannot, and uses PKCE instead.
        #[arg(long)]
        public: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// List the apps.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Change what an app is called or where browsers may be sent back to; its secret stays.
    Change {
        /// Its id, as the list shows it.
        id: String,
        /// What users see when it asks them for leave.
        #[arg(long)]
        name: Option<String>,
        /// What it says of itself.
        #[arg(long)]
        description: Option<String>,
        /// Where browsers may be sent back to, in the place of all before; may repeat.
        #[arg(long = "redirect", value_name = "URI")]
        redirects: Vec<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Give an app another secret; the one before opens nothing any more.
    Rotate {
        /// Its id, as the list shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Remove an app; its tokens open nothing any more.
    Remove {
        /// Its id, as the list shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        Action::Install {
            name,
            description,
            grants,
            redirects,
            public,
            connection,
        } => {
            let new = NewApp {
                client_name: name,
                description,
                grant_types: grants.into_iter().collect(),
                response_types: None,
                scope: None,
                redirect_uris: redirects,
                token_endpoint_auth_method: public.then(|| "none".to_owned()),
            };
            let installed = Client::new(&connection, print)?.install_app(&new).await?;
            show(&installed, print);
        }
        Action::List { connection } => {
            let apps = Client::new(&connection, print)?.apps().await?;
            let mut table = Table::new(["CLIENT ID", "NAME", "GRANTS", "REDIRECTS", "CREATED"]);
            for app in &apps {
                table.row([
                    app.client_id.as_str().to_owned(),
                    app.client_name.clone(),
                    app.grant_types.to_string(),
                    app.redirect_uris.join(" "),
                    minute(app.created_at),
                ]);
            }
            print.table(table, "the account has no apps");
            print.value(&apps);
        }
        Action::Change {
            id,
            name,
            description,
            redirects,
            connection,
        } => {
            let change = AppChange {
                client_name: name,
                description,
                redirect_uris: Some(redirects).filter(|uris| !uris.is_empty()),
            };
            let client = Client::new(&connection, print)?;
            let changed = client.change_app(&id, &change).await?;
            print.value(&changed);
            print.done("changed", &changed.client_name);
        }
        Action::Rotate { id, connection } => {
            let rotated = Client::new(&connection, print)?.rotate_app(&id).await?;
            show(&rotated, print);
        }
        Action::Remove { id, connection } => {
            Client::new(&connection, print)?.remove_app(&id).await?;
            print.done("removed", id);
        }
    }
    Ok(Exit::Success)
}

fn show(installed: &InstalledAppSecret, print: Printer) {
    let InstalledAppSecret {
        app, client_secret, ..
    } = installed;
    print.line(format_args!("client_id={}", app.client_id));
    if let Some(secret) = client_secret {
        print.line(format_args!("client_secret={secret}"));
    }
    print.value(installed);
    let name = &app.client_name;
    match client_secret {
        Some(_) => print.note(format_args!("{name}: the secret is not shown again")),
        None => print.note(format_args!("{name} is a public client: it has no secret")),
    }
}
