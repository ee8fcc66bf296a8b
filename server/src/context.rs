//! What do conversations keep from one invocation to the next?
//!
//! The Context Session Store (spec 5.10). An account has namespaces, a namespace sessions, a session
//! properties: names with JSON values. A session whose namespace has a time to live is gone when so
//! much time has passed since something was saved in it. Whoever has a developer key of the account
//! may use all of its contexts, and nobody else any of them.
//!
//! Reads have a connection of their own and writes go to the store's thread, so invocations wait for
//! neither. A write that breaks a bound saves nothing.

mod names;
mod serve;

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;
use sandglass_runtime::ByteSize;
use serde_json::value::RawValue;

use crate::auth::ContextGrant;
use crate::clock::now_ms;
use crate::config::ContextConfig;
use crate::store::{self, NamespaceRow, OpenNamespace, Store, StoreError};

pub(crate) use names::NameError;
use names::{Namespace, Property, Session, is_built_in};
pub(crate) use serve::{ListedNamespace, NewNamespace, serve};

/// The longest time to live: ten years.
const TTL_SECONDS_MAX: u64 = 10 * 365 * 24 * 60 * 60;

/// The contexts of all accounts.
pub(crate) struct ContextStore {
    store: Arc<Store>,
    limits: ContextConfig,
}

/// Why contexts were not read or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContextError {
    #[error("there is no {0}")]
    NotFound(&'static str),
    #[error("the namespace {0} is built in: it is neither created nor deleted")]
    BuiltIn(String),
    #[error("ttlSecond must be a whole number of seconds, 1 to {TTL_SECONDS_MAX}")]
    Ttl,
    #[error("{place} can have {max} {things}")]
    TooMany {
        place: &'static str,
        max: u64,
        things: &'static str,
    },
    #[error("document too large: {what} can have {max}")]
    TooLarge { what: &'static str, max: ByteSize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is saved in one request, by name; the values are JSON.
type Properties = BTreeMap<Property, Box<RawValue>>;

impl ContextStore {
    pub(crate) fn new(store: Arc<Store>, limits: ContextConfig) -> Self {
        Self { store, limits }
    }

    /// Makes a namespace. One that exists is as it was, but for its time to live, which holds for
    /// what is saved from now on.
    async fn create_namespace(
        &self,
        grant: &ContextGrant,
        namespace: Namespace,
        ttl_seconds: Option<u64>,
    ) -> Result<(), ContextError> {
        if namespace.is_built_in() {
            return Err(ContextError::BuiltIn(namespace.as_str().to_owned()));
        }
        if ttl_seconds.is_some_and(|ttl| !(1..=TTL_SECONDS_MAX).contains(&ttl)) {
            return Err(ContextError::Ttl);
        }
        let (account, limits) = (grant.account_row(), self.limits.clone());
        self.change("create a namespace", move |tx, failed| {
            let id = find_or_add(tx, account, &namespace, &limits)?.id;
            Ok(store::set_ttl(tx, id, ttl_seconds).map_err(failed)?)
        })
        .await
    }

    /// Deletes a namespace with all that is in it.
    async fn delete_namespace(
        &self,
        grant: &ContextGrant,
        namespace: Namespace,
    ) -> Result<(), ContextError> {
        if namespace.is_built_in() {
            return Err(ContextError::BuiltIn(namespace.as_str().to_owned()));
        }
        let account = grant.account_row();
        self.change("delete a namespace", move |tx, failed| {
            let deleted = store::delete_namespace(tx, account, namespace.as_str());
            Ok(deleted.map_err(failed)?)
        })
        .await
    }

    /// The account's namespaces, but for those that are built in.
    async fn namespaces(&self, grant: &ContextGrant) -> Result<Vec<NamespaceRow>, ContextError> {
        let account = grant.account_row();
        let read = move |connection: &Connection| store::namespaces(connection, account);
        let mut namespaces = self.store.read_context("list namespaces", read).await?;
        namespaces.retain(|namespace| !is_built_in(&namespace.name));
        Ok(namespaces)
    }

    /// Saves properties beside those that are there, of which it replaces the ones of the same name.
    async fn save(
        &self,
        grant: &ContextGrant,
        (namespace, session): (Namespace, Session),
        properties: Properties,
    ) -> Result<(), ContextError> {
        self.check(&properties)?;
        let (account, limits) = (grant.account_row(), self.limits.clone());
        self.change("save properties", move |tx, failed| {
            let namespace = find_or_add(tx, account, &namespace, &limits)?;
            let id = open_session(tx, &namespace, &session, &limits)?;
            for (name, value) in &properties {
                store::set_property(tx, id, name.as_str(), value.get()).map_err(failed)?;
            }
            let sums = store::session_sums(tx, id).map_err(failed)?;
            check_count(
                "a session",
                "properties",
                sums.properties,
                limits.properties_max,
            )?;
            check_bytes("a session", sums.bytes, limits.session_bytes_max)?;
            let expires_at = namespace
                .ttl_seconds
                .map(|ttl| now_ms().saturating_add(ttl * 1_000));
            store::resize_session(tx, id, sums.bytes, expires_at).map_err(failed)?;
            let bytes = store::account_bytes(tx, account).map_err(failed)?;
            check_bytes("an account", bytes, limits.account_bytes_max)
        })
        .await
    }

    /// All properties of a session, by name.
    async fn properties(
        &self,
        grant: &ContextGrant,
        (namespace, session): (Namespace, Session),
    ) -> Result<Vec<(String, String)>, ContextError> {
        let account = grant.account_row();
        let read = move |connection: &Connection| {
            let place = (namespace.as_str(), session.as_str());
            store::properties(connection, account, place, now_ms())
        };
        let found = self.store.read_context("read properties", read).await?;
        found.ok_or(ContextError::NotFound("session of that name"))
    }

    /// The value of one property, JSON.
    async fn property(
        &self,
        grant: &ContextGrant,
        (namespace, session): (Namespace, Session),
        name: Property,
    ) -> Result<String, ContextError> {
        let account = grant.account_row();
        let read = move |connection: &Connection| {
            let place = (namespace.as_str(), session.as_str(), name.as_str());
            store::property(connection, account, place, now_ms())
        };
        let found = self.store.read_context("read a property", read).await?;
        found.ok_or(ContextError::NotFound("property of that name"))
    }

    /// Deletes a property, or with `None` the session with all of them.
    async fn delete(
        &self,
        grant: &ContextGrant,
        (namespace, session): (Namespace, Session),
        property: Option<Property>,
    ) -> Result<(), ContextError> {
        let account = grant.account_row();
        self.change("delete properties", move |tx, failed| {
            let found = store::namespace(tx, account, namespace.as_str()).map_err(failed)?;
            let Some(namespace) = found else {
                return Ok(());
            };
            let found = store::session(tx, namespace.id, session.as_str(), now_ms());
            let Some(session) = found.map_err(failed)? else {
                return Ok(());
            };
            let deleted = match property {
                Some(name) => store::delete_property(tx, session, name.as_str()),
                None => store::delete_session(tx, session),
            };
            Ok(deleted.map_err(failed)?)
        })
        .await
    }

    /// The names of the sessions of a namespace.
    async fn sessions(
        &self,
        grant: &ContextGrant,
        namespace: Namespace,
    ) -> Result<Vec<String>, ContextError> {
        let (account, built_in) = (grant.account_row(), namespace.is_built_in());
        let read = move |connection: &Connection| {
            store::sessions(connection, account, namespace.as_str(), now_ms())
        };
        match self.store.read_context("list sessions", read).await? {
            Some(sessions) => Ok(sessions),
            None if built_in => Ok(Vec::new()),
            None => Err(ContextError::NotFound("namespace of that name")),
        }
    }

    /// Checks what needs no look at what is saved already.
    fn check(&self, properties: &Properties) -> Result<(), ContextError> {
        let count = properties.len() as u64;
        check_count("a session", "properties", count, self.limits.properties_max)?;
        let longest = properties.values().map(|value| value.get().len()).max();
        let longest = longest.unwrap_or(0) as u64;
        check_bytes("a value", longest, self.limits.value_bytes_max)
    }

    async fn change(
        &self,
        change: &'static str,
        rows: impl FnOnce(&Connection, Failed) -> Result<(), ContextError> + Send + 'static,
    ) -> Result<(), ContextError> {
        let failed = move |source| StoreError::Sqlite { change, source };
        let rows = move |tx: &Connection| rows(tx, &failed);
        self.store.transact(change, rows, |()| ()).await
    }
}

/// Says what a change was doing when SQLite failed.
type Failed<'a> = &'a dyn Fn(rusqlite::Error) -> StoreError;

/// The namespace of that name. The platform makes a namespace that something is saved in, and the
/// built-in ones are there by their name alone.
fn find_or_add(
    tx: &Connection,
    account: i64,
    name: &Namespace,
    limits: &ContextConfig,
) -> Result<OpenNamespace, ContextError> {
    let failed = |source| StoreError::Sqlite {
        change: "find a namespace",
        source,
    };
    if let Some(found) = store::namespace(tx, account, name.as_str()).map_err(failed)? {
        return Ok(found);
    }
    if !name.is_built_in() {
        let mut others = store::namespaces(tx, account).map_err(failed)?;
        others.retain(|namespace| !is_built_in(&namespace.name));
        let count = others.len() as u64 + 1;
        check_count("an account", "namespaces", count, limits.namespaces_max)?;
    }
    Ok(store::add_namespace(tx, account, name.as_str(), now_ms()).map_err(failed)?)
}

/// The row of a session, made when there is none.
fn open_session(
    tx: &Connection,
    namespace: &OpenNamespace,
    name: &Session,
    limits: &ContextConfig,
) -> Result<i64, ContextError> {
    let failed = |source| StoreError::Sqlite {
        change: "find a session",
        source,
    };
    let found = store::session(tx, namespace.id, name.as_str(), now_ms()).map_err(failed)?;
    if let Some(session) = found {
        return Ok(session);
    }
    let count = store::count_sessions(tx, namespace.id).map_err(failed)? + 1;
    check_count("a namespace", "sessions", count, limits.sessions_max)?;
    Ok(store::add_session(tx, namespace.id, name.as_str()).map_err(failed)?)
}

fn check_count(
    place: &'static str,
    things: &'static str,
    count: u64,
    max: u64,
) -> Result<(), ContextError> {
    match count <= max {
        true => Ok(()),
        false => Err(ContextError::TooMany { place, max, things }),
    }
}

fn check_bytes(what: &'static str, bytes: u64, max: ByteSize) -> Result<(), ContextError> {
    match bytes <= max.get() {
        true => Ok(()),
        false => Err(ContextError::TooLarge { what, max }),
    }
}
