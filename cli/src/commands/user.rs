//! `sandglass user`: the people and service users of the account.

use clap::Subcommand;
use sandglass_server::{NewUser, Permission, Permissions, UserChange, UserInfo};

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Failure};
use crate::print::Printer;
use crate::print::table::Table;
use crate::print::time::minute;
use crate::prompt;

const EXAMPLES: &str = "\
Examples:
  sandglass user add ada@example.com --role developer    asks for the password, without showing it
  sandglass user add bot --service --role invocation
  sandglass token create bot-token --role invocation --user bot
  sandglass user grant ada@example.com admin
  sandglass user revoke ada@example.com admin
  sandglass user password ada@example.com < password.txt
  sandglass user logout ada@example.com
  sandglass user list

A password has at least 12 characters, and is read from a prompt or from standard input only.";

/// Add, list, change or remove users.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a user; the password is asked for, or read from standard input.
    Add {
        /// The name to log in by.
        name: String,
        /// The name for people; by default the login name.
        #[arg(long)]
        display_name: Option<String>,
        /// What the user may do; roles add up: admin, developer or invocation.
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<Permission>,
        /// Make a service user, which has no password and acts by tokens.
        #[arg(long)]
        service: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// List the users.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Give a user roles, from the next request on.
    Grant {
        /// The login name or the id.
        name: String,
        /// The roles.
        #[arg(required = true, value_name = "ROLE")]
        roles: Vec<Permission>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Take roles from a user, from the next request on.
    Revoke {
        /// The login name or the id.
        name: String,
        /// The roles.
        #[arg(required = true, value_name = "ROLE")]
        roles: Vec<Permission>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Set a user's password and end its sessions.
    Password {
        /// The login name or the id.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// End everything that is open for a user.
    Logout {
        /// The login name or the id.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Remove a user with its sessions and tokens.
    Remove {
        /// The login name or the id.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        Action::Add {
            name,
            display_name,
            roles,
            service,
            connection,
        } => {
            let client = Client::new(&connection, print)?;
            let password = match service {
                true => None,
                false => Some(prompt::hidden(&format!("Password for {name}: "))?),
            };
            let new = NewUser {
                login_name: name,
                display_name,
                permissions: roles.into_iter().collect(),
                password,
            };
            let made = client.create_user(&new).await?;
            print.value(&made);
            print.done("added", described(&made));
        }
        Action::List { connection } => list(&connection, print).await?,
        Action::Grant {
            name,
            roles,
            connection,
        } => {
            let more = roles.into_iter().collect();
            change(
                &connection,
                print,
                (&name, |now: Permissions| now.with(more)),
            )
            .await?;
        }
        Action::Revoke {
            name,
            roles,
            connection,
        } => {
            let less = roles.into_iter().collect();
            change(
                &connection,
                print,
                (&name, |now: Permissions| now.without(less)),
            )
            .await?;
        }
        Action::Password { name, connection } => {
            let client = Client::new(&connection, print)?;
            let user = client.user(&name).await?;
            let question = format!("New password for {}: ", user.login_name);
            let password = prompt::hidden(&question)?;
            client.set_password(user.id.as_str(), &password).await?;
            print.done("set the password of", user.login_name);
        }
        Action::Logout { name, connection } => {
            let client = Client::new(&connection, print)?;
            let user = client.user(&name).await?;
            let open = client.sessions(user.id.as_str()).await?.len();
            client.end_sessions(user.id.as_str()).await?;
            print.done(
                "ended",
                format_args!("{open} sessions of {}", user.login_name),
            );
        }
        Action::Remove { name, connection } => {
            let client = Client::new(&connection, print)?;
            let user = client.user(&name).await?;
            client.delete_user(user.id.as_str()).await?;
            print.done("removed", user.login_name);
        }
    }
    Ok(Exit::Success)
}

async fn list(connection: &Connection, print: Printer) -> Result<(), Failure> {
    let users = Client::new(connection, print)?.users().await?;
    let mut table = Table::new(["LOGIN NAME", "ID", "ROLES", "KIND", "CHANGED"]);
    for user in &users {
        let kind = match (user.enabled, user.service_user) {
            (false, _) => "disabled",
            (true, true) => "service",
            (true, false) => "person",
        };
        table.row([
            user.login_name.clone(),
            user.id.as_str().to_owned(),
            user.permissions.to_string(),
            kind.to_owned(),
            minute(user.changed_at),
        ]);
    }
    print.table(table, "the account has no users");
    print.value(&users);
    Ok(())
}

async fn change(
    connection: &Connection,
    print: Printer,
    (name, change): (&str, impl FnOnce(Permissions) -> Permissions),
) -> Result<(), Failure> {
    let client = Client::new(connection, print)?;
    let user = client.user(name).await?;
    let change = UserChange {
        permissions: Some(change(user.permissions)),
        ..UserChange::default()
    };
    let changed = client.change_user(user.id.as_str(), &change).await?;
    print.value(&changed);
    print.done("changed", described(&changed));
    Ok(())
}

fn described(user: &UserInfo) -> String {
    let roles = match user.permissions.is_empty() {
        true => "no role".to_owned(),
        false => user.permissions.to_string(),
    };
    format!("{} ({roles}, id {})", user.login_name, user.id)
}
