//! How does a command end?

use std::fmt::Display;
use std::process::ExitCode;

use serde::Serialize;

use crate::print::diagnostic::Place;

/// How a command ended, for scripts. Part of the command's promises: do not renumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what was asked.
    Success = 0,
    /// The lambda failed.
    LambdaFailed = 1,
    /// The arguments, a file or the lambda's source are wrong.
    Usage = 2,
    /// The lambda ran into a limit.
    Limit = 3,
    /// This machine or the server could not do it.
    Host = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What stopped a command, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) error: anyhow::Error,
    pub(crate) hint: Option<String>,
    pub(crate) place: Option<Place>,
}

/// Whose mistake it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FailureKind {
    /// The arguments or a file of the user's are wrong.
    Usage,
    /// The lambda's source does not build.
    Build,
    /// This machine or the server could not do it.
    Host,
}

impl Failure {
    /// The user asked for something that cannot be.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// The lambda's source does not build.
    pub(crate) fn build(message: impl Display) -> Self {
        Self::new(FailureKind::Build, message)
    }

    /// This machine or the server failed.
    pub(crate) fn host(message: impl Display) -> Self {
        Self::new(FailureKind::Host, message)
    }

    fn new(kind: FailureKind, message: impl Display) -> Self {
        let error = anyhow::Error::msg(message.to_string());
        Self {
            kind,
            error,
            hint: None,
            place: None,
        }
    }

    /// The exit code that stands for it.
    pub(crate) const fn exit(&self) -> Exit {
        match self.kind {
            FailureKind::Usage | FailureKind::Build => Exit::Usage,
            FailureKind::Host => Exit::Host,
        }
    }

    /// Says what was being done; the failure so far becomes the cause.
    #[must_use]
    pub(crate) fn while_doing(self, what: impl Display) -> Self {
        Self {
            error: self.error.context(what.to_string()),
            ..self
        }
    }

    /// Makes it the user's mistake.
    #[must_use]
    pub(crate) fn into_usage(self) -> Self {
        Self {
            kind: FailureKind::Usage,
            ..self
        }
    }

    /// Says what to do about it. An empty hint is none.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        self
    }

    /// Points at a place in a file.
    #[must_use]
    pub(crate) fn with_place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            kind: FailureKind::Host,
            error: error.into(),
            hint: None,
            place: None,
        }
    }
}

/// Adds to the failure of a result what only the caller knows.
pub(crate) trait Explain<T> {
    /// Says what was being done; the failure becomes the cause.
    fn doing(self, what: impl Display) -> Result<T, Failure>;
    /// Says what to do about it.
    fn hint(self, hint: impl Into<String>) -> Result<T, Failure>;
    /// Makes it the user's mistake.
    fn blame_user(self) -> Result<T, Failure>;
}

impl<T, E: Into<Failure>> Explain<T> for Result<T, E> {
    fn doing(self, what: impl Display) -> Result<T, Failure> {
        self.map_err(|error| error.into().while_doing(what))
    }

    fn hint(self, hint: impl Into<String>) -> Result<T, Failure> {
        self.map_err(|error| error.into().with_hint(hint))
    }

    fn blame_user(self) -> Result<T, Failure> {
        self.map_err(|error| error.into().into_usage())
    }
}
