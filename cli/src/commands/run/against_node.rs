//! `sandglass run --against-node`: the same in Node.js, and what came out otherwise.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use sandglass_compiler::against_node::{Difference, Node, NodeError, Repeated, first_difference};
use sandglass_runtime::{Conditions, Limits, Outcome, Report};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::print::style::{BOLD, CYAN, DIM, GREEN, RED};
use crate::print::{Printer, visible};
use crate::source::SourceFile;

/// What a comparison needs before the lambda runs.
pub(super) struct Against {
    node: Node,
    pub(super) conditions: Conditions,
}

/// What came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verdict {
    node: String,
    /// Whether both did the same; nothing when a limit ended the sandbox's run.
    same: Option<bool>,
    difference: Option<Difference>,
}

impl Against {
    /// Finds Node.js, so that it is missing before anything has run.
    pub(super) async fn prepare() -> Result<Self, Failure> {
        let node = Node::find().await.map_err(failure)?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let unix_ms = u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or_default();
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&unix_ms.to_le_bytes());
        let conditions = Conditions { unix_ms, seed };
        Ok(Self { node, conditions })
    }

    pub(super) async fn compare(
        self,
        source: &SourceFile,
        file: &Path,
        input: &str,
        limits: &Limits,
        report: &Report,
    ) -> Result<Verdict, Failure> {
        let mut verdict = Verdict {
            node: self.node.version().to_owned(),
            same: None,
            difference: None,
        };
        if matches!(report.outcome, Outcome::Exceeded(_)) {
            return Ok(verdict);
        }
        let repeated = Repeated {
            input,
            conditions: self.conditions,
            exchanges: &report.exchanges,
        };
        let run = self
            .node
            .run(source.source(), file, repeated, limits.wall_clock);
        verdict.difference = first_difference(report, &run.await.map_err(failure)?);
        verdict.same = Some(verdict.difference.is_none());
        Ok(verdict)
    }
}

fn failure(error: NodeError) -> Failure {
    let hint = error.hint();
    Failure::from(error).with_hint(hint)
}

impl Verdict {
    /// Prints it for people; gives the exit code, which is `otherwise` where nothing differs.
    pub(super) fn print(&self, print: Printer, otherwise: Exit) -> Exit {
        let Self { node, .. } = self;
        print.note("");
        let Some(difference) = &self.difference else {
            match self.same {
                Some(_) => print.note(format_args!(
                    "{GREEN}same{GREEN:#}: result, logs and requests are those of Node.js {node}"
                )),
                None => print.note(format_args!(
                    "{DIM}not compared: a limit ended it, and Node.js has none{DIM:#}"
                )),
            }
            return otherwise;
        };
        let Difference {
            path,
            sandbox,
            node: nodes,
            ..
        } = difference;
        let place = visible(path);
        print.note(format_args!("{RED}different{RED:#}{BOLD}: {place}{BOLD:#}"));
        let shown = |value: &Option<serde_json::Value>| match value {
            Some(value) => visible(&value.to_string()),
            None => "(nothing)".to_owned(),
        };
        print.note(format_args!("  {CYAN}sandbox{CYAN:#}  {}", shown(sandbox)));
        print.note(format_args!("  {CYAN}node{CYAN:#}     {}", shown(nodes)));
        Exit::LambdaFailed
    }
}
