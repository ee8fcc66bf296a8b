//! How fast does the management API tell what there is?

mod asked;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Platform;
use crate::figures::millis;
use crate::{Figures, Mode, Request, Samples, Target};
use asked::{Asked, asked};

/// What a read may take at the 99th percentile, in milliseconds.
const P99_MS: f64 = 10.0;
/// A slow read is asked for less often than the others.
const EACH_WITHIN: Duration = Duration::from_secs(2);
const ROUNDS_MIN: usize = 50;
/// What is no read that ends, what the operator's token opens, what watches the server itself, and bundles,
/// which none of the lambdas has.
const NOT_ASKED: [&str; 10] = [
    "/api/account/{account}/deployments/{lambda}/events",
    "/api/account/{account}/lambdas/{lambda}/versions/{version}/bundle",
    "/api/account/{account}/logs/tail",
    "/api/accounts",
    "/api/accounts/{id}",
    "/console/",
    "/healthz",
    "/metrics",
    "/readyz",
    "/sentinel/api/account/{account}/authorize",
];
/// The Context Session Store, which is none of the management: lambdas read it, with a key of its own.
const CONTEXTS: &str = "/v1/account/";

/// Asks for everything that can be read, one thing after the other, with an administrator's token.
///
/// # Errors
/// When the server refuses something, or has something that is not asked for.
pub fn measure(mode: Mode, figures: &mut Figures, platform: &Platform) -> Result<()> {
    let asked = asked(platform)?;
    let mut all = Vec::new();
    for read in &asked {
        let durations = platform.tokio.block_on(sample(mode, platform, read))?;
        all.extend_from_slice(&durations);
        take(figures, &read.name, durations);
    }
    take(figures, "all", all);
    platform.tokio.block_on(none_is_forgotten(platform, &asked))
}

fn take(figures: &mut Figures, name: &str, durations: Vec<Duration>) {
    let samples = Samples::new(durations);
    for (percent, target) in [(50.0, Target::Open), (99.0, Target::AtMost(P99_MS))] {
        figures.take(
            format!("platform/management_reads/{name}/p{percent}"),
            millis(samples.percentile(percent)),
            "ms",
            target,
        );
    }
}

async fn sample(mode: Mode, platform: &Platform, read: &Asked) -> Result<Vec<Duration>> {
    let request = Request::new("GET", &read.path, platform.served.admin_token(), "");
    let mut connection = platform.connect().await?;
    let (rounds, begun) = (mode.pick(200, 1), Instant::now());
    let mut durations = Vec::with_capacity(rounds);
    for round in 0..rounds + rounds / 10 {
        if durations.len() >= ROUNDS_MIN && begun.elapsed() > EACH_WITHIN {
            break;
        }
        let start = Instant::now();
        let answer = connection.accepted(&request).await;
        let took = start.elapsed();
        let answer = answer.with_context(|| read.path.clone())?;
        ensure!(!answer.is_empty(), "{} answers nothing", read.path);
        if round >= rounds / 10 {
            durations.push(took);
        }
    }
    Ok(durations)
}

/// Holds what was asked for against the server's own document.
async fn none_is_forgotten(platform: &Platform, asked: &[Asked]) -> Result<()> {
    let mut connection = platform.connect().await?;
    let request = Request::new("GET", "/openapi.json", "", "");
    let document: Value = serde_json::from_slice(connection.accepted(&request).await?)?;
    let paths = document["paths"].as_object();
    for (template, methods) in paths.context("the document has no paths")? {
        let is_asked = || asked.iter().any(|read| fits(template, &read.path));
        let is_ours = !template.starts_with(CONTEXTS) && !NOT_ASKED.contains(&template.as_str());
        let reads = methods.get("get").is_some() && is_ours;
        ensure!(!reads || is_asked(), "nobody asks for {template}");
    }
    Ok(())
}

/// Whether a path with a query is one of a template's.
fn fits(template: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (mut wanted, mut found) = (template.split('/'), path.split('/'));
    wanted
        .by_ref()
        .zip(found.by_ref())
        .all(|(wanted, found)| wanted == found || (wanted.starts_with('{') && !found.is_empty()))
        && template.matches('/').count() == path.matches('/').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_its_template_and_no_other() {
        let template = "/api/{account}/lambdas/{lambda}";
        assert!(fits(template, "/api/1/lambdas/x?v=1"));
        for other in [
            "/api/1/lambdas",
            "/api/1/lambdas/",
            "/api/1/lambdas/x/logs",
            "/api/1/functions/x",
        ] {
            assert!(!fits(template, other), "{other}");
        }
    }
}
