//! What came of the tests within a file?
//!
//! The shims log each as it ends, so that a file which does not come to its end has told of those before.

use serde_json::Value;

use crate::reasons::Reason;
use crate::sandbox::Run;
use crate::verdict::{Subtests, Verdict};

/// How the line of a log begins with which a shim tells something.
pub(crate) const TOLD: &str = "#subtests ";

/// What the shim said of the subtests. A file has at least as many as Node.js counts: those that were not told of failed.
/// One that did not come to its end has at least one more.
pub(crate) fn of(run: &Run, total: u32) -> Subtests {
    let mut subtests = Subtests::default();
    let mut completed = false;
    for entry in &run.logs {
        let value = || serde_json::from_str::<Vec<Value>>(entry.extras.get()).ok();
        match entry.message.strip_prefix(TOLD) {
            Some("result") => subtests.add(value().and_then(|mut values| values.pop())),
            Some("completion") => completed = completion(value()) == Some(0),
            _ => {}
        }
    }
    if !completed {
        subtests.all += 1;
        let said = "the file did not come to its end".to_owned();
        subtests.failed.push(("(harness)".to_owned(), said));
    }
    subtests.all = subtests.all.max(total);
    subtests
}

/// A file that came to its end, but not with all subtests.
pub(crate) fn partly(subtests: &Subtests) -> Verdict {
    let said = subtests
        .failed
        .first()
        .map_or("", |(_, message)| message.as_str());
    let name = match said {
        said if said.contains("not a function") || said.contains("is not defined") => "TypeError",
        _ => "AssertionError",
    };
    let message = format!("{} of {} subtests passed", subtests.passed, subtests.all);
    Verdict::Failed {
        reason: Reason::of(name, said),
        message,
    }
}

fn completion(values: Option<Vec<Value>>) -> Option<u64> {
    values?.first()?["status"].as_u64()
}

impl Subtests {
    fn add(&mut self, result: Option<Value>) {
        let result = result.unwrap_or_default();
        self.all += 1;
        if result["status"] == 0 {
            self.passed += 1;
        } else {
            let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
            self.failed.push((text("name"), text("message")));
        }
    }
}
