//! What came of a test?

use serde::Serialize;

use crate::reasons::Reason;

/// What came of a test of Node.js', or of a file of the web platform's tests.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub(crate) enum Verdict {
    /// It ran to its end, and everything held.
    Passed,
    /// It did not.
    Failed {
        /// Which kind of failure.
        reason: Reason,
        /// What it said.
        message: String,
    },
    /// It found out itself that it is not for this platform.
    Skipped {
        /// What it said.
        message: String,
    },
    /// No sandbox can pass it, by design.
    Unreachable {
        /// What it would need.
        reason: String,
    },
}

/// Something that is counted: a test of Node.js', or a file of the web platform's with its subtests.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Result {
    /// The module, or the folder with `web/` before it.
    pub(crate) group: String,
    /// The file's name, within the folder when it is the web platform's.
    pub(crate) name: String,
    /// What came of it.
    #[serde(flatten)]
    pub(crate) verdict: Verdict,
    /// What came of its subtests; none for a test of Node.js'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subtests: Option<Subtests>,
    /// How long it took.
    pub(crate) millis: u64,
}

/// The subtests of a file of the web platform's tests.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Subtests {
    /// How many passed.
    pub(crate) passed: u32,
    /// How many there were, as far as the file came.
    pub(crate) all: u32,
    /// The names of those that failed, with what they said.
    pub(crate) failed: Vec<(String, String)>,
}

impl Result {
    pub(crate) fn passed(&self) -> bool {
        matches!(self.verdict, Verdict::Passed)
    }

    /// Whether it counts.
    pub(crate) fn reachable(&self) -> bool {
        matches!(self.verdict, Verdict::Passed | Verdict::Failed { .. })
    }
}
