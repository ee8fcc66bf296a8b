//! Is a request lost, or does one mix versions, while a lambda is deployed again and again under load?

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;
use tokio::task::JoinSet;

use super::Platform;
use crate::deploy::{api, greeting, text};
use crate::figures::millis;
use crate::sandglass::ACCOUNT;
use crate::{Connection, Figures, Mode, Request, Samples, Target, lambdas};

/// How long after one another requests are sent, whether or not those before were answered.
const EVERY: Duration = Duration::from_millis(1);
/// How long after one deployment was answered the next is asked for.
const PAUSE: Duration = Duration::from_millis(50);

/// Sends 1,000 requests a second while the lambda that they are for is deployed repeatedly.
///
/// # Errors
/// When a deployment is refused, or no request was answered.
pub fn measure(mode: Mode, figures: &mut Figures, platform: &Platform) -> Result<()> {
    let requests = mode.pick(10_000, 50);
    let (sums, deployments) = platform.tokio.block_on(run(platform, requests))?;
    let mut take = |what: &str, value: f64, unit, target| {
        let name = format!("platform/redeploy_under_load/{what}");
        figures.take(name, value, unit, target);
    };
    let rate = requests as f64 / sums.sent_within.as_secs_f64();
    take("sent", rate, "requests/s", Target::Open);
    take("deployments", deployments as f64, "", Target::Open);
    take("lost", sums.lost as f64, "requests", Target::AtMost(0.0));
    take("mixed", sums.mixed as f64, "requests", Target::AtMost(0.0));
    take(
        "outdated",
        sums.outdated as f64,
        "requests",
        Target::AtMost(0.0),
    );
    let samples = Samples::new(sums.latencies);
    for percent in [50.0, 99.0] {
        let latency = millis(samples.percentile(percent));
        take(&format!("p{percent}"), latency, "ms", Target::Open);
    }
    Ok(())
}

async fn run(platform: &Platform, requests: usize) -> Result<(Sums, usize)> {
    let token = platform.served.admin_token();
    let mut deploying = Deploying {
        connection: platform.connect().await?,
        token,
        live: Arc::default(),
    };
    let uuid = deploying.deploy(0).await?;
    let load = Load {
        address: platform.served.address(),
        request: greeting(&uuid, token),
        idle: Mutex::default(),
        live: Arc::clone(&deploying.live),
    };
    let loading = Arc::new(load).send(requests);
    tokio::pin!(loading);
    let mut version = 0;
    loop {
        version += 1;
        let deployed = async {
            deploying.deploy(version).await?;
            tokio::time::sleep(PAUSE).await;
            anyhow::Ok(())
        };
        tokio::select! {
            sums = &mut loading => return Ok((sums, version - 1)),
            deployed = deployed => deployed?,
        }
    }
}

struct Deploying<'a> {
    connection: Connection,
    token: &'a str,
    /// The version that was answered to be live last.
    live: Arc<AtomicUsize>,
}

impl Deploying<'_> {
    async fn deploy(&mut self, version: usize) -> Result<String> {
        let text_of_version = version.to_string();
        let body = json!({
            "name": "redeployed", "fileName": "versioned.js",
            "code": lambdas::VERSIONED.replace("VERSION", &text_of_version),
            "environment": { "V": text_of_version },
        });
        let path = format!("/api/account/{ACCOUNT}/deploy");
        let deployed = api(&mut self.connection, ("POST", &path), self.token, &body).await?;
        self.live.store(version, Ordering::Relaxed);
        text(&deployed, "uuid")
    }
}

/// A client with as many connections as it needs.
struct Load {
    address: SocketAddr,
    request: Request,
    idle: Mutex<Vec<Connection>>,
    live: Arc<AtomicUsize>,
}

/// How one request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// There was no answer, or none with a result.
    Lost,
    /// Parts of one answer are of different versions.
    Mixed,
    /// The answer is of an earlier version than was live when it was asked for.
    Outdated,
    Well,
}

#[derive(Default)]
struct Sums {
    lost: usize,
    mixed: usize,
    outdated: usize,
    /// From when each request was due.
    latencies: Vec<Duration>,
    sent_within: Duration,
}

impl Load {
    /// Sends that many requests, each when it is due.
    async fn send(self: Arc<Self>, requests: usize) -> Sums {
        let (start, mut sent) = (Instant::now(), JoinSet::new());
        for number in 0..requests {
            let due = start + EVERY * number as u32;
            tokio::time::sleep_until(due.into()).await;
            let load = Arc::clone(&self);
            sent.spawn(async move { (load.one().await, due.elapsed()) });
        }
        let mut sums = Sums {
            sent_within: start.elapsed(),
            ..Sums::default()
        };
        for (ended, latency) in sent.join_all().await {
            sums.latencies.push(latency);
            match ended {
                Ended::Lost => sums.lost += 1,
                Ended::Mixed => sums.mixed += 1,
                Ended::Outdated => sums.outdated += 1,
                Ended::Well => {}
            }
        }
        sums
    }

    async fn one(&self) -> Ended {
        let live = self.live.load(Ordering::Relaxed);
        match self.ask().await {
            Ok(answer) => judge(&answer, live),
            Err(_) => Ended::Lost,
        }
    }

    /// Sends the request on a connection that nobody uses, or on a new one.
    async fn ask(&self) -> Result<Vec<u8>> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let free = idle().pop();
        let mut connection = match free {
            Some(connection) => connection,
            None => Connection::open(self.address).await?,
        };
        let answer = connection.accepted(&self.request).await.context("asking")?;
        let answer = answer.to_vec();
        idle().push(connection);
        Ok(answer)
    }
}

/// How a request went that was sent when that version was live, by its answer.
fn judge(answer: &[u8], live: usize) -> Ended {
    match serde_json::from_slice::<[usize; 3]>(answer) {
        Err(_) => Ended::Lost,
        Ok([top, code, environment]) if top != code || code != environment => Ended::Mixed,
        Ok([version, ..]) if version < live => Ended::Outdated,
        Ok(_) => Ended::Well,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_wrong_is_seen() {
        for (answer, ended) in [
            ("[3,3,3]", Ended::Well),
            ("[4,4,4]", Ended::Well),
            ("[2,2,2]", Ended::Outdated),
            ("[3,3,4]", Ended::Mixed),
            ("[3,4,3]", Ended::Mixed),
            ("[2,3,3]", Ended::Mixed),
            ("[3,3]", Ended::Lost),
            ("{}", Ended::Lost),
            ("", Ended::Lost),
        ] {
            assert_eq!(judge(answer.as_bytes(), 3), ended, "{answer}");
        }
    }

    #[tokio::test]
    async fn a_request_that_nobody_answers_is_lost() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let load = Load {
            address: listener.local_addr().unwrap(),
            request: Request::new("GET", "/", "", ""),
            idle: Mutex::default(),
            live: Arc::default(),
        };
        drop(listener);
        let sums = Arc::new(load).send(3).await;
        assert_eq!((sums.lost, sums.latencies.len()), (3, 3));
    }
}
