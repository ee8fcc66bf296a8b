//! How long does it take from the approval of a deployment until the lambda is live?

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Platform;
use crate::deploy::{api, greeting, text};
use crate::figures::millis;
use crate::sandglass::ACCOUNT;
use crate::{Connection, Figures, Mode, Samples, Target, lambdas};

/// How often it is looked whether it is live.
const LOOK: Duration = Duration::from_micros(500);
/// What is not live by then never will be.
const LIVE_WITHIN: Duration = Duration::from_secs(30);

/// Saves hello with another greeting each time, and times from the `POST` that deploys it, which is
/// what the platform's button sends, until an invocation is answered with the new greeting.
///
/// # Errors
/// When the server refuses something, or it is never live.
pub fn measure(mode: Mode, figures: &mut Figures, platform: &Platform) -> Result<()> {
    let rounds = mode.pick(200, 2);
    let durations = platform.tokio.block_on(async {
        let mut approving = Approving::begin(platform).await?;
        let mut durations = Vec::with_capacity(rounds);
        for number in 1..=rounds {
            approving.save(number).await?;
            durations.push(approving.approve(number).await?);
        }
        anyhow::Ok(durations)
    })?;
    let samples = Samples::new(durations);
    let name = "platform/approve_to_live";
    let p50 = millis(samples.percentile(50.0));
    figures.take(format!("{name}/p50"), p50, "ms", Target::Open);
    let p99 = millis(samples.percentile(99.0));
    figures.take(format!("{name}/p99"), p99, "ms", Target::AtMost(100.0));
    Ok(())
}

struct Approving<'a> {
    connection: Connection,
    token: &'a str,
    uuid: String,
    version: Value,
}

impl<'a> Approving<'a> {
    async fn begin(platform: &'a Platform) -> Result<Self> {
        let mut connection = platform.connect().await?;
        let token = platform.served.admin_token();
        let path = format!("/api/account/{ACCOUNT}/lambdas?v=1");
        let made = api(
            &mut connection,
            ("POST", &path),
            token,
            &hello(&json!(-1), 0),
        )
        .await?;
        Ok(Self {
            connection,
            token,
            uuid: text(&made, "uuid")?,
            version: made["version"].clone(),
        })
    }

    async fn save(&mut self, number: usize) -> Result<()> {
        let path = format!("/api/account/{ACCOUNT}/lambdas/{}?v=1", self.uuid);
        let change = hello(&self.version, number);
        let saved = api(&mut self.connection, ("PUT", &path), self.token, &change).await?;
        self.version = saved["version"].clone();
        Ok(())
    }

    async fn approve(&mut self, number: usize) -> Result<Duration> {
        let path = format!("/api/account/{ACCOUNT}/deployments/{}?v=1", self.uuid);
        let start = Instant::now();
        api(
            &mut self.connection,
            ("POST", &path),
            self.token,
            &Value::Null,
        )
        .await?;
        let (invoke, greeted) = (greeting(&self.uuid, self.token), format!("Hello {number} "));
        loop {
            let answer = self.connection.send(&invoke).await?;
            // Before the first time it is not deployed; what the server says of that is no greeting.
            let said = std::str::from_utf8(answer.body).context("the answer is no text")?;
            if said.contains(&greeted) {
                return Ok(start.elapsed());
            }
            ensure!(start.elapsed() < LIVE_WITHIN, "it is not live: {said}");
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn hello(version: &Value, number: usize) -> Value {
    json!({
        "name": "approved",
        "version": version,
        "implementation": { "code": lambdas::hello_with(number), "environmentVariables": [] },
    })
}
