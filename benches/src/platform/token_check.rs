//! What does the check of a token add to an invocation?

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use sandglass_server::measure::TokenCheck;

use super::Platform;
use crate::sandglass::ACCOUNT;
use crate::{Figures, Mode, Samples, Target};

/// Times what the invoke route does between reading a request's head and looking its lambda up, for
/// each kind of token: an administrator's bearer token, a user's access token, an app's JSON Web Token.
///
/// # Errors
/// When a token is refused, or one that is none is not.
pub fn measure(mode: Mode, figures: &mut Figures, platform: &Platform) -> Result<()> {
    let (server, account) = (platform.served.server(), &platform.account);
    let check = |token| TokenCheck::new(server, ACCOUNT, token).context("a request with a token");
    ensure!(!check("sg_none")?.run(), "a wrong token is let in");
    for (name, token) in [
        ("bearer_token", &account.token),
        ("access_token", &account.access_token),
        ("app_jwt", &account.app_jwt),
    ] {
        let check = check(token)?;
        let rounds = mode.pick(200_000, 10);
        let mut durations = Vec::with_capacity(rounds);
        for round in 0..rounds + rounds / 10 {
            let start = Instant::now();
            let may_invoke = check.run();
            let took = start.elapsed();
            ensure!(may_invoke, "the {name} is refused");
            if round >= rounds / 10 {
                durations.push(took);
            }
        }
        let samples = Samples::new(durations);
        let target = Target::AtMost(5.0);
        figures.take_percentiles(
            &format!("platform/token_check/{name}"),
            &samples,
            target,
            target,
        );
    }
    Ok(())
}
