//! In whose name is something done?

use std::sync::Arc;

use crate::oauth::InstalledApp;
use crate::users::User;

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
    /// An installed app that showed its credentials.
    App,
    /// A bearer token that an administrator made.
    Token,
    /// Whoever runs the server, from within its process.
    Operator,
    /// Somebody who did not show who they are.
    Nobody,
}

impl Actor {
    pub(crate) fn new(kind: ActorKind, id: &str, name: &str) -> Self {
        Self {
            kind,
            id: id.into(),
            name: name.into(),
        }
    }

    /// A person, or the account of a machine.
    pub(crate) fn of_user(user: &User) -> Self {
        let kind = match user.is_service() {
            true => ActorKind::ServiceUser,
            false => ActorKind::User,
        };
        Self::new(kind, user.id.as_str(), &user.login_name)
    }

    /// An app, whether it acts for itself or for a user.
    pub(crate) fn of_app(app: &InstalledApp) -> Self {
        Self::new(ActorKind::App, app.id.as_str(), &app.name)
    }

    /// Somebody who did not show who they are.
    pub(crate) fn nobody() -> Self {
        Self::new(ActorKind::Nobody, "", "")
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
            Self::Nobody => "nobody",
        }
    }
}
