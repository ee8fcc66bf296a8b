//! How far is the run?

use std::io::{IsTerminal, Write, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A line on the terminal that says how far the run is; nothing elsewhere.
pub(crate) struct Progress {
    all: usize,
    done: AtomicUsize,
    passed: AtomicUsize,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(all: usize) -> Self {
        let (done, passed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let shown = stderr().is_terminal();
        Self {
            all,
            done,
            passed,
            shown,
        }
    }

    /// Counts a test that ended.
    pub(crate) fn count(&self, name: &str, passed: bool) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let passed = self
            .passed
            .fetch_add(usize::from(passed), Ordering::Relaxed)
            + usize::from(passed);
        if self.shown {
            let mut line = format!("{done}/{} {passed} passed  {name}", self.all);
            line.truncate(78);
            let _ = write!(stderr(), "\r\x1b[K{line}");
            let _ = stderr().flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
