//! How thorough is this run?

/// How thorough a run is. The rule is criterion's own, so that both kinds of bench obey the same
/// arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `cargo bench`: measures.
    Full,
    /// `cargo bench -- --test`, or a run under `cargo test`: every case once or a few times, only
    /// to see that it works. What it times means nothing.
    Smoke,
    /// `cargo bench -- --list`: runs nothing.
    List,
}

impl Mode {
    /// The mode that the command line asks for.
    pub fn from_args() -> Self {
        let has = |name: &str| std::env::args().any(|argument| argument == name);
        if has("--list") {
            Self::List
        } else if has("--bench") && !has("--test") {
            Self::Full
        } else {
            Self::Smoke
        }
    }

    /// A number of repetitions: `full` in a run that measures, `smoke` in one that only tries.
    pub fn pick(self, full: usize, smoke: usize) -> usize {
        match self {
            Self::Full => full,
            Self::Smoke | Self::List => smoke,
        }
    }
}
