//! Who is asking, and may they?
//!
//! One door: [`authenticate`] makes a [`Principal`] from a request's head, and nothing else does.
//! A principal becomes a [`Grant`] for one account and one kind of action; handlers demand it.
//! What concerns the whole server takes the operator's token ([`OperatorKey`]), which is of no account.
//! The Context Session Store has keys of its own, and [`authenticate_key`] is its door: no token
//! opens it, and no key opens anything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderName;
use http::header::AUTHORIZATION;
use http::request::Parts;
use sandglass_runtime::AccountId;

use crate::clock::now_ms;
use crate::oauth::{Access, Grant as AppGrant, InstalledApp, Opens, Session};
use crate::registry::Registry;
use crate::users::User;

mod actor;
mod context_key;
mod id;
mod ids;
mod operator;
mod permissions;
mod token;

pub(crate) use actor::{Actor, ActorKind};
pub(crate) use context_key::ContextKey;
pub use context_key::ContextKeyId;
pub use ids::{AppId, SessionId, UserId};
pub(crate) use operator::{Operator, OperatorKey};
pub(crate) use permissions::Action;
pub use permissions::{Permission, Permissions, UnknownPermission};
pub use token::TokenId;
pub(crate) use token::{INVOKE_PREFIX, Token, TokenHash, TokenText};

/// The header with a developer key.
const MAVEN_API_KEY: HeaderName = HeaderName::from_static("maven-api-key");
/// Last use is noted no finer than this, so that requests do not contend for it.
const USE_NOTED_MS: u64 = 1_000;

/// What an App JWT begins with: the base64 of `{"`. No token of another kind does.
const JWT: &[u8] = b"eyJ";

/// Somebody who proved who they are, with the permissions that they had then.
#[derive(Debug, Clone)]
pub(crate) struct Principal {
    who: Who,
    permissions: Permissions,
}

#[derive(Debug, Clone)]
enum Who {
    /// The holder of a bearer token, which may be a service user's.
    Token(Arc<Token>, Option<Arc<User>>),
    /// A user who logged in, or an app in the name of one; with the session, unless the token only invokes.
    User(Arc<User>, Option<Arc<Session>>),
    /// An app in its own name.
    App(Arc<InstalledApp>),
}

/// Leave to do one kind of action in one account.
#[derive(Debug)]
pub(crate) struct Grant(Principal);

/// Leave to use the contexts of one account.
#[derive(Debug)]
pub(crate) struct ContextGrant(Arc<ContextKey>);

/// Why the Context Session Store lets a request not in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    /// There is no developer key.
    #[error("this needs a developer key in the header maven-api-key")]
    Missing,
    /// The key is not one of ours, was deleted, or is another account's.
    #[error("the developer key is not valid for this account")]
    Invalid,
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthError {
    /// There is no bearer token.
    #[error("this needs a bearer token in the authorization header")]
    Missing,
    /// The token is not one of ours, or was deleted.
    #[error("the bearer token is not valid")]
    Invalid,
    /// The token is another account's.
    #[error("this token does not belong to that account")]
    OtherAccount,
    /// The operator disabled the account.
    #[error("the account is disabled: ask the operator of this server")]
    Disabled,
    /// Only the operator may.
    #[error("this needs the operator's token, which no account has")]
    Operator,
    /// The address names another user.
    #[error("userId is not the user of this token")]
    OtherUser,
    /// The caller has none of the permissions that allow it, which are these.
    #[error("this needs the permission {}", either(.0))]
    Permission(Permissions),
}

/// Finds out who sent a request.
pub(crate) fn authenticate(parts: &Parts, registry: &Registry) -> Result<Principal, AuthError> {
    let text = shown(parts)?;
    let hash = TokenHash::of(text);
    let found = match registry.token(&hash) {
        Some(token) => by_token(token, registry),
        None if text.starts_with(JWT) => by_app_jwt(text, &hash, registry),
        None => by_session(&hash, registry),
    };
    let principal = found.ok_or(AuthError::Invalid)?;
    match registry.is_open(principal.account()) {
        true => Ok(principal),
        false => Err(AuthError::Disabled),
    }
}

fn by_token(token: &Arc<Token>, registry: &Registry) -> Option<Principal> {
    let user = match &token.user {
        None => None,
        Some(id) => Some(enabled(id, registry)?),
    };
    note_use(&token.last_used_at);
    let permissions = match &user {
        None => token.permissions,
        Some(user) => token.permissions.and(user.permissions),
    };
    let who = Who::Token(Arc::clone(token), user);
    Some(Principal { who, permissions })
}

fn by_session(token: &TokenHash, registry: &Registry) -> Option<Principal> {
    let Access { session, opens, .. } = registry.sessions().get(token, now_ms())?;
    let user = enabled(&session.user, registry)?;
    let permissions = match &session.token {
        None => user.permissions,
        // A service user's session does what its token may, as long as there is that token.
        Some(hash) => {
            let token = registry.token(hash)?;
            note_use(&token.last_used_at);
            token.permissions.and(user.permissions)
        }
    };
    Some(match opens {
        Opens::Everything => Principal {
            who: Who::User(user, Some(session)),
            permissions,
        },
        Opens::Invocations => Principal {
            who: Who::User(user, None),
            permissions: permissions.to_invoke(),
        },
    })
}

/// An app may invoke, and nothing else (spec 3.2). One that was removed since has no token any more.
fn by_app_jwt(text: &[u8], hash: &TokenHash, registry: &Registry) -> Option<Principal> {
    let claims = registry.signing_keys().verify(text, hash, now_ms()).ok()?;
    let app = registry.apps().get(&claims.app)?;
    let fits =
        app.account.as_str() == claims.account && app.grants.has(AppGrant::ClientCredentials);
    fits.then(|| Principal {
        who: Who::App(Arc::clone(app)),
        permissions: Permissions::of(&[Permission::Invocation]),
    })
}

fn enabled(id: &UserId, registry: &Registry) -> Option<Arc<User>> {
    let user = registry.users().get(id)?;
    user.enabled.then(|| Arc::clone(user))
}

/// Finds out whether a request may use the contexts of an account, named as in the URL. Keys are
/// found by their hash, as tokens are; whether an account exists, a wrong key does not tell.
pub(crate) fn authenticate_key(
    parts: &Parts,
    account: &str,
    registry: &Registry,
) -> Result<ContextGrant, KeyError> {
    let header = parts.headers.get(MAVEN_API_KEY).ok_or(KeyError::Missing)?;
    let key = registry
        .context_key(&TokenHash::of(header.as_bytes()))
        .filter(|key| key.account.as_str() == account && registry.is_open(&key.account))
        .ok_or(KeyError::Invalid)?;
    note_use(&key.last_used_at);
    Ok(ContextGrant(Arc::clone(key)))
}

fn note_use(last_used_at: &AtomicU64) {
    let now = now_ms();
    if now.saturating_sub(last_used_at.load(Ordering::Relaxed)) > USE_NOTED_MS {
        last_used_at.store(now, Ordering::Relaxed);
    }
}

/// The platform's names of permissions of which one is enough.
fn either(permissions: &Permissions) -> String {
    let names: Vec<_> = permissions.iter().map(Permission::platform_name).collect();
    names.join(" or ")
}

/// The bearer token of a request.
fn shown(parts: &Parts) -> Result<&[u8], AuthError> {
    let header = parts.headers.get(AUTHORIZATION).ok_or(AuthError::Missing)?;
    bearer(header.as_bytes()).ok_or(AuthError::Missing)
}

/// The credentials of the `Bearer` scheme, whose name has no case (RFC 9110, section 11.1).
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, credentials) = header.split_first_chunk::<7>()?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| credentials.trim_ascii())
}

impl Principal {
    /// The account that the caller belongs to.
    pub(crate) fn account(&self) -> &AccountId {
        match &self.who {
            Who::Token(token, _) => &token.account,
            Who::User(user, _) => &user.account,
            Who::App(app) => &app.account,
        }
    }

    /// What the caller may do.
    pub(crate) fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// The user in whose name the caller acts, if any.
    pub(crate) fn user(&self) -> Option<&Arc<User>> {
        match &self.who {
            Who::Token(_, user) => user.as_ref(),
            Who::User(user, _) => Some(user),
            Who::App(_) => None,
        }
    }

    /// The session of a caller that has one, and may end it.
    pub(crate) fn session(&self) -> Option<&Session> {
        match &self.who {
            Who::User(_, session) => session.as_deref(),
            _ => None,
        }
    }

    /// Makes sure that the user whom an address names, if any, is the caller's (spec 3.1). A caller
    /// that is no user may be anybody's.
    pub(crate) fn must_be(&self, user_id: Option<&str>) -> Result<(), AuthError> {
        match (user_id, self.user()) {
            (Some(named), Some(user)) if !named.is_empty() && named != user.id.as_str() => {
                Err(AuthError::OtherUser)
            }
            _ => Ok(()),
        }
    }

    /// Makes sure that the caller belongs to an account, named as in the URL.
    pub(crate) fn in_account(&self, account: &str) -> Result<(), AuthError> {
        match self.account().as_str() == account {
            true => Ok(()),
            false => Err(AuthError::OtherAccount),
        }
    }

    /// Asks for leave to act in an account, named as in the URL.
    pub(crate) fn may(&self, action: Action, account: &str) -> Result<Grant, AuthError> {
        self.in_account(account)?;
        if !self.permissions.allow(action) {
            return Err(AuthError::Permission(action.needs()));
        }
        Ok(Grant(self.clone()))
    }

    /// In whose name the caller acts.
    pub(crate) fn actor(&self) -> Actor {
        match &self.who {
            Who::Token(token, None) => Actor::new(ActorKind::Token, token.id.as_str(), &token.name),
            Who::User(user, _) | Who::Token(_, Some(user)) => Actor::of_user(user),
            Who::App(app) => Actor::of_app(app),
        }
    }
}

impl Grant {
    /// The account that it holds for.
    pub(crate) fn account(&self) -> &AccountId {
        self.0.account()
    }

    /// In whose name what it allows is done.
    pub(crate) fn actor(&self) -> Actor {
        self.0.actor()
    }
}

impl ContextGrant {
    /// The row of the account that it holds for.
    pub(crate) fn account_row(&self) -> i64 {
        self.0.row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_has_no_case_and_must_be_bearer() {
        assert_eq!(bearer(b"Bearer abc"), Some(&b"abc"[..]));
        assert_eq!(bearer(b"bearer  abc "), Some(&b"abc"[..]));
        assert_eq!(bearer(b"Basic abc="), None);
        assert_eq!(bearer(b"Bearer"), None);
    }

    #[test]
    fn a_principal_acts_in_its_own_account_within_its_role() {
        let invocation = Permissions::of(&[Permission::Invocation]);
        let registry = Registry::sample(&[("sg_right", invocation)]);
        let parts = |header: &str| {
            http::Request::builder()
                .header(AUTHORIZATION, header)
                .body(())
                .unwrap()
                .into_parts()
                .0
        };
        let wrong = authenticate(&parts("Bearer sg_wrong"), &registry).unwrap_err();
        assert_eq!(wrong, AuthError::Invalid);
        let bare = http::Request::new(()).into_parts().0;
        assert_eq!(
            authenticate(&bare, &registry).unwrap_err(),
            AuthError::Missing
        );
        let principal = authenticate(&parts("Bearer sg_right"), &registry).unwrap();
        assert_eq!(
            principal
                .may(Action::Invoke, "acc")
                .unwrap()
                .account()
                .as_str(),
            "acc"
        );
        let other = principal.may(Action::Invoke, "acc2").unwrap_err();
        assert_eq!(other, AuthError::OtherAccount);
        let refused = principal.may(Action::ReadSecrets, "acc").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "this needs the permission FaaS-Admin or FaaS-Developer"
        );
        assert_eq!(principal.actor().kind, ActorKind::Token);
    }
}
