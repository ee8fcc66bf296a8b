//! In whose name is something done?

use std::sync::Arc;

/// Somebody who does something, as the records of it name them. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor {
    /// What kind of somebody it is.
    pub(crate) kind: ActorKind,
    /// The id by which they are found; empty for the operator, of whom there is one.
    pub(crate) id: Arc<str>,
    /// What they are called: a login name, or what a token or app was named.
    pub(crate) name: Arc<str>,
}

/// The kinds of [`Actor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ActorKind {
    /// A person with a password.
    User,
    /// An account of a machine, without a password.
    ServiceUser,
    /// An app that got its token with its own credentials.
    App,
    /// A bearer token that an administrator made.
    Token,
    /// Whoever runs the server, from within its process.
    Operator,
}

impl Actor {
    pub(crate) fn new(kind: ActorKind, id: &str, name: &str) -> Self {
        Self {
            kind,
            id: id.into(),
            name: name.into(),
        }
    }

    /// Whoever holds an [`Admin`](crate::Admin) without having come over HTTP.
    pub(crate) fn operator() -> Self {
        Self::new(ActorKind::Operator, "", "operator")
    }
}

impl ActorKind {
    /// Its name in records.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ServiceUser => "service-user",
            Self::App => "app",
            Self::Token => "token",
            Self::Operator => "operator",
        }
    }
}
