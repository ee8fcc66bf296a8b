//! How fast is the platform around the lambdas: what it checks, tells, makes live and remembers?
//!
//! The cases of the bench `platform`. All but the journal's are of one server, which has as much as a
//! busy one has: [`Platform::start`].

mod account;
pub mod approve;
pub mod journal;
pub mod reads;
pub mod redeploy;
pub mod token_check;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use sandglass_server::measure::{JournalBench, Past};

use crate::deploy::deploy_variants;
use crate::{Connection, Mode, Served};
use account::Account;

/// Log entries of each past invocation.
const LOGS_EACH: u64 = 2;

/// A server whose account has 1,000 lambdas, 1,000,000 log entries of six days, and something of
/// everything else.
pub struct Platform {
    tokio: tokio::runtime::Runtime,
    served: Served,
    account: Account,
    /// UUIDs of the lambdas.
    lambdas: Vec<String>,
    invocations: u64,
}

impl Platform {
    /// Starts a server, fills its account, and starts it again.
    ///
    /// # Errors
    /// When the server refuses something.
    pub fn start(mode: Mode, data: &Path) -> Result<Self> {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (count, invocations) = (mode.pick(1_000, 2), mode.pick(500_000, 500) as u64);
        let served = Served::start(data)?;
        let (address, token) = (served.address(), served.admin_token());
        let (account, lambdas) = tokio.block_on(async {
            let lambdas = deploy_variants(address, token, 0..count).await?;
            let account = Account::fill(&served, &lambdas, mode.pick(100, 2)).await?;
            anyhow::Ok((account, lambdas))
        })?;
        served.stop();
        tokio.block_on(remember(data, count as u64, invocations))?;
        Ok(Self {
            served: Served::start(data)?,
            tokio,
            account,
            lambdas,
            invocations,
        })
    }

    /// Stops the server.
    pub fn stop(self) {
        self.served.stop();
    }

    async fn connect(&self) -> Result<Connection> {
        Connection::open(self.served.address()).await
    }
}

/// Six days of invocations.
async fn remember(data: &Path, lambdas: u64, invocations: u64) -> Result<()> {
    const BATCHES: u64 = 100;
    let journal = JournalBench::open(&data.join("sandglass.db"))?;
    let each = (invocations / BATCHES).max(1);
    for batch in 0..BATCHES {
        let past = Past {
            invocations: each,
            logs_each: LOGS_EACH,
            lambdas,
            over: Duration::from_secs((BATCHES - batch) * 6 * 24 * 3_600 / BATCHES),
        };
        journal.record(batch * each, &past);
        journal.flush().await?;
    }
    journal.close().await;
    Ok(())
}
