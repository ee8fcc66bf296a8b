//! `sandglass schedule`: lambdas that are invoked by the clock.

use clap::Subcommand;
use sandglass_server::{NewSchedule, RunState, ScheduleBody, ScheduleInfo};
use serde_json::value::RawValue;

use crate::args::Connection;
use crate::client::Client;
use crate::exit::{Exit, Explain as _, Failure};
use crate::print::Printer;
use crate::print::table::Table;

const EXAMPLES: &str = r#"Examples:
  sandglass schedule add refresh '*/30 * * * *'
  sandglass schedule add report '0 8 * * MON-FRI' --time-zone Europe/Berlin --payload '{"to":"team"}'
  sandglass schedule list
  sandglass schedule next '0 2 * * SUN' --time-zone Europe/Berlin
  sandglass schedule pause 5f1c9d1e-…
  sandglass schedule runs 5f1c9d1e-…

An expression has five fields: minute, hour, day of the month, month and day of the week; or it is
@hourly, @daily, @weekly, @monthly or @yearly."#;

/// Invoke lambdas by the clock: add, list, pause, resume or remove schedules.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a schedule.
    Add {
        /// The lambda's name or UUID.
        lambda: String,
        /// When it is to run: a cron expression in quotes.
        cron: String,
        /// Where that is so: a name of the IANA database. By default UTC.
        #[arg(long, value_name = "NAME")]
        time_zone: Option<String>,
        /// The payload that the lambda gets: JSON.
        #[arg(long, value_name = "JSON")]
        payload: Option<String>,
        /// What it is for.
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// List the schedules, with their last and next runs in UTC.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Say in words when an expression is due, and when next.
    Next {
        /// A cron expression in quotes.
        cron: String,
        /// Where that is so: a name of the IANA database. By default UTC.
        #[arg(long, value_name = "NAME")]
        time_zone: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Let a schedule rest.
    Pause {
        /// Its id, as the list shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Let a schedule run again.
    Resume {
        /// Its id, as the list shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Remove a schedule with its history.
    Remove {
        /// Its id, as the list shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show the latest runs of a schedule.
    Runs {
        /// Its id, as the list shows it.
        id: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    match args.action {
        Action::Add {
            lambda,
            cron,
            time_zone,
            payload,
            description,
            connection,
        } => {
            let new = NewSchedule {
                lambda: Some(lambda),
                cron_expression: Some(cron),
                time_zone,
                is_active: Some(true),
                description,
                invocation_body: payload.map(|json| body(&json)).transpose()?,
            };
            add(&Client::new(&connection, print)?, &new, print).await?;
        }
        Action::List { connection } => list(&Client::new(&connection, print)?, print).await?,
        Action::Next {
            cron,
            time_zone,
            connection,
        } => {
            let client = Client::new(&connection, print)?;
            let found = client.occurrences(&cron, time_zone.as_deref()).await?;
            print.note(format_args!("{} ({})", found.description, found.time_zone));
            found.next.iter().for_each(|at| print.line(short(at)));
            print.value(&found);
        }
        Action::Pause { id, connection } => {
            switch(&connection, &id, false, print).await?;
            print.done("paused", id);
        }
        Action::Resume { id, connection } => {
            switch(&connection, &id, true, print).await?;
            print.done("resumed", id);
        }
        Action::Remove { id, connection } => {
            Client::new(&connection, print)?
                .delete_schedule(&id)
                .await?;
            print.done("removed", id);
        }
        Action::Runs { id, connection } => {
            runs(&Client::new(&connection, print)?, &id, print).await?;
        }
    }
    Ok(Exit::Success)
}

fn body(json: &str) -> Result<ScheduleBody, Failure> {
    let payload = RawValue::from_string(json.to_owned());
    let payload = payload.doing("the payload is not JSON").blame_user()?;
    Ok(ScheduleBody {
        payload: Some(payload),
        ..ScheduleBody::default()
    })
}

async fn add(client: &Client, new: &NewSchedule, print: Printer) -> Result<(), Failure> {
    let made = client.add_schedule(new).await?;
    print.line(&made.uuid);
    print.value(&made);
    if let Some(next) = &made.next_execution {
        print.note(format_args!("the first run is at {} UTC", short(next)));
    }
    Ok(())
}

async fn switch(
    connection: &Connection,
    id: &str,
    active: bool,
    print: Printer,
) -> Result<(), Failure> {
    let change = NewSchedule {
        is_active: Some(active),
        ..NewSchedule::default()
    };
    let client = Client::new(connection, print)?;
    let changed = client.change_schedule(id, &change).await?;
    print.value(&changed);
    Ok(())
}

async fn list(client: &Client, print: Printer) -> Result<(), Failure> {
    let schedules = client.schedules().await?;
    let lambdas = client.lambdas().await?;
    let name = |uuid: &str| {
        let found = lambdas.iter().find(|lambda| lambda.uuid == uuid);
        found.map_or(uuid, |lambda| lambda.name.as_str()).to_owned()
    };
    let mut table = Table::new(["ID", "LAMBDA", "CRON", "TIME ZONE", "STATE", "LAST", "NEXT"]);
    for schedule in &schedules {
        table.row([
            schedule.uuid.clone(),
            name(&schedule.lambda_uuid),
            schedule.cron_expression.clone(),
            schedule.time_zone.clone(),
            state(schedule).to_owned(),
            schedule
                .last_execution
                .as_deref()
                .map_or("never".to_owned(), short),
            schedule
                .next_execution
                .as_deref()
                .map_or("-".to_owned(), short),
        ]);
    }
    print.table(table, "the account has no schedules");
    print.value(&schedules);
    Ok(())
}

fn state(schedule: &ScheduleInfo) -> &'static str {
    match schedule {
        ScheduleInfo {
            is_active: false, ..
        } => "paused",
        ScheduleInfo {
            paused_reason: Some(_),
            ..
        } => "not deployed",
        ScheduleInfo {
            did_last_execution_fail: true,
            ..
        } => "failed",
        _ => "active",
    }
}

async fn runs(client: &Client, id: &str, print: Printer) -> Result<(), Failure> {
    let runs = client.schedule_runs(id).await?;
    let mut table = Table::new(["DUE", "STATE", "INVOCATION", "NOTE"]);
    for run in &runs {
        let state = match run.state {
            RunState::Started => "running",
            RunState::Succeeded => "succeeded",
            RunState::Skipped => "skipped",
            RunState::Missed => "missed",
            _ => "failed",
        };
        table.row([
            short(&run.due_at),
            state.to_owned(),
            run.invocation.clone().unwrap_or_default(),
            run.note.clone().unwrap_or_default(),
        ]);
    }
    print.table(table, "it has not run yet");
    print.value(&runs);
    Ok(())
}

/// `2026-11-21 10:18` of ISO 8601.
fn short(at: &str) -> String {
    let minute: String = at.chars().take("2026-11-21T10:18".len()).collect();
    minute.replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_to_the_minute() {
        assert_eq!(short("2026-11-21T10:18:00Z"), "2026-11-21 10:18");
    }
}
