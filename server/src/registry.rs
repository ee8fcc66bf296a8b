//! What is deployed, and who may use it, right now?
//!
//! One immutable picture of everything that a request needs, swapped whole: a request works with
//! the picture that was current when it came. Only the store's thread swaps it, after the rows are
//! durable, so pictures follow each other in the order of the changes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arc_swap::ArcSwap;
use sandglass_runtime::allowed_hosts::HostRule;
use sandglass_runtime::{
    AccountId, AllowedHosts, ArtifactDigest, Lambda, LambdaName, Limits, Policy, Runtime,
    SecretGrants,
};
use uuid::Uuid;

use crate::admission::Holdings;
use crate::auth::{ContextKey, ContextKeyId, Token, TokenHash};
use crate::metrics::LambdaCounters;
use crate::oauth::{Apps, Sessions, SigningKeys};
use crate::store::LambdaRow;
use crate::users::Users;

/// The current picture.
pub(crate) type Current = ArcSwap<Registry>;

/// A picture of all accounts.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    accounts: HashMap<AccountId, Arc<Account>>,
    /// How many there are, for what is the same in every picture.
    accounts_count: Arc<AtomicU32>,
    tokens: HashMap<TokenHash, Arc<Token>>,
    context_keys: HashMap<TokenHash, Arc<ContextKey>>,
    users: Arc<Users>,
    apps: Arc<Apps>,
    /// The same in every picture: sessions come and go too often for a new one each.
    sessions: Arc<Sessions>,
    signing_keys: Arc<SigningKeys>,
}

/// One account.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) row: i64,
    /// Milliseconds since the Unix epoch.
    pub(crate) created_at: u64,
    /// Whether anything of it may be used.
    pub(crate) enabled: bool,
    /// What it holds of what all accounts share, the same in every picture.
    pub(crate) holdings: Arc<Holdings>,
    /// The whitelist, by rule.
    pub(crate) whitelist: BTreeMap<String, WhitelistRule>,
    /// The same rules, ready for use.
    allowed_hosts: AllowedHosts,
    lambdas: HashMap<Uuid, Arc<Entry>>,
    names: HashMap<LambdaName, Uuid>,
    /// The lambdas of each event that has any, in the order in which they were made.
    events: HashMap<String, Vec<Arc<Entry>>>,
}

/// What is known of a rule of the whitelist.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WhitelistRule {
    pub(crate) id: i64,
    pub(crate) created_at: u64,
}

/// One lambda.
pub(crate) struct Entry {
    pub(crate) row: LambdaRow,
    pub(crate) uuid: Uuid,
    pub(crate) name: LambdaName,
    pub(crate) state: State,
    pub(crate) counters: Arc<LambdaCounters>,
}

/// Whether a lambda can be invoked.
pub(crate) enum State {
    /// Deployed.
    Live(Lambda),
    /// It could not be built for the engine of this release, and has to be deployed anew.
    Broken,
    /// It was not deployed, or was undeployed.
    Idle,
}

/// A row that no registry entry can be made of: the database was edited by hand.
#[derive(Debug, thiserror::Error)]
#[error("the database row of lambda {0} is damaged")]
pub(crate) struct DamagedRow(i64);

impl Registry {
    /// The account of that id.
    pub(crate) fn account(&self, id: &str) -> Option<&Arc<Account>> {
        self.accounts.get(id)
    }

    /// Whether an account is there and enabled.
    pub(crate) fn is_open(&self, id: &AccountId) -> bool {
        self.accounts.get(id).is_some_and(|account| account.enabled)
    }

    /// The token with that hash.
    pub(crate) fn token(&self, hash: &TokenHash) -> Option<&Arc<Token>> {
        self.tokens.get(hash)
    }

    /// All accounts.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values().map(Arc::as_ref)
    }

    /// All tokens.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &Arc<Token>> {
        self.tokens.values()
    }

    /// The developer key with that hash.
    pub(crate) fn context_key(&self, hash: &TokenHash) -> Option<&Arc<ContextKey>> {
        self.context_keys.get(hash)
    }

    /// All developer keys.
    pub(crate) fn context_keys(&self) -> impl Iterator<Item = &Arc<ContextKey>> {
        self.context_keys.values()
    }

    /// All users.
    pub(crate) fn users(&self) -> &Users {
        &self.users
    }

    pub(crate) fn users_mut(&mut self) -> &mut Users {
        Arc::make_mut(&mut self.users)
    }

    /// All installed apps.
    pub(crate) fn apps(&self) -> &Apps {
        &self.apps
    }

    pub(crate) fn apps_mut(&mut self) -> &mut Apps {
        Arc::make_mut(&mut self.apps)
    }

    /// What is open right now, in whichever picture.
    pub(crate) fn sessions(&self) -> &Arc<Sessions> {
        &self.sessions
    }

    /// What signs right now, in whichever picture.
    pub(crate) fn signing_keys(&self) -> &Arc<SigningKeys> {
        &self.signing_keys
    }

    pub(crate) fn add_context_key(&mut self, hash: TokenHash, key: ContextKey) {
        self.context_keys.insert(hash, Arc::new(key));
    }

    pub(crate) fn remove_context_key(&mut self, id: &ContextKeyId) {
        self.context_keys.retain(|_, key| key.id != *id);
    }

    /// An account as it can be changed; made when it does not exist.
    pub(crate) fn account_mut(&mut self, id: &AccountId, row: i64) -> &mut Account {
        let count = &self.accounts_count;
        let account = self.accounts.entry(id.clone()).or_insert_with(|| {
            count.fetch_add(1, Ordering::Relaxed);
            Arc::new(Account {
                id: id.clone(),
                row,
                created_at: 0,
                enabled: true,
                holdings: Arc::new(Holdings::new(row, count)),
                whitelist: BTreeMap::new(),
                allowed_hosts: AllowedHosts::default(),
                lambdas: HashMap::new(),
                names: HashMap::new(),
                events: HashMap::new(),
            })
        });
        Arc::make_mut(account)
    }

    pub(crate) fn add_token(&mut self, hash: TokenHash, token: Token) {
        self.tokens.insert(hash, Arc::new(token));
    }

    /// Keeps the tokens for which `keep` holds.
    pub(crate) fn retain_tokens(&mut self, keep: impl Fn(&Token) -> bool) {
        self.tokens.retain(|_, token| keep(token));
    }
}

impl Account {
    /// The lambda of that UUID, or of that name.
    pub(crate) fn lambda(&self, text: &str) -> Option<&Arc<Entry>> {
        match parse_uuid(text) {
            Some(uuid) => self.lambdas.get(&uuid),
            None => self.lambdas.get(self.names.get(text)?),
        }
    }

    /// The lambda of that row.
    pub(crate) fn lambda_of(&self, row: i64) -> Option<&Arc<Entry>> {
        self.lambdas.values().find(|entry| entry.row.id == row)
    }

    /// All lambdas, by name.
    pub(crate) fn lambdas(&self) -> Vec<&Arc<Entry>> {
        let mut lambdas: Vec<_> = self.lambdas.values().collect();
        lambdas.sort_by(|one, other| one.name.cmp(&other.name));
        lambdas
    }

    /// The lambdas of an event, in the order in which they were made.
    pub(crate) fn of_event(&self, event: &str) -> &[Arc<Entry>] {
        self.events.get(event).map_or(&[], Vec::as_slice)
    }

    /// How many lambdas there are.
    pub(crate) fn len(&self) -> usize {
        self.lambdas.len()
    }

    /// Puts a lambda in the place of the one with its UUID.
    pub(crate) fn put(&mut self, entry: Entry) {
        let entry = Arc::new(entry);
        self.names.insert(entry.name.clone(), entry.uuid);
        if let Some(before) = self.lambdas.insert(entry.uuid, Arc::clone(&entry)) {
            self.leave_event(&before);
        }
        if let Some(event) = &entry.row.event_id {
            let lambdas = self.events.entry(event.clone()).or_default();
            let at = lambdas.partition_point(|other| other.row.id < entry.row.id);
            lambdas.insert(at, entry);
        }
    }

    /// Takes a lambda out of the list of its event.
    fn leave_event(&mut self, entry: &Entry) {
        let Some(event) = &entry.row.event_id else {
            return;
        };
        let Some(lambdas) = self.events.get_mut(event) else {
            return;
        };
        lambdas.retain(|other| other.uuid != entry.uuid);
        if lambdas.is_empty() {
            self.events.remove(event);
        }
    }

    pub(crate) fn remove(&mut self, uuid: &Uuid) {
        if let Some(entry) = self.lambdas.remove(uuid) {
            self.names.remove(&entry.name);
            self.leave_event(&entry);
        }
    }

    /// What a lambda of this account may do.
    pub(crate) fn policy(&self, lambda: &LambdaName, limits: &Limits) -> Policy {
        Policy {
            account: Some(self.id.clone()),
            lambda: Some(lambda.clone()),
            allowed_hosts: self.allowed_hosts.clone(),
            secrets: SecretGrants::all(),
            limits: *limits,
        }
    }

    /// Makes the whitelist effective: every lambda gets the policy that follows from it;
    /// invocations that already run keep the one that they began with.
    pub(crate) fn apply_whitelist(&mut self, limits: &Limits) {
        let rules = self
            .whitelist
            .keys()
            .filter_map(|rule| rule.parse::<HostRule>().ok());
        self.allowed_hosts = rules.collect();
        let entries: Vec<_> = self.lambdas.values().map(Arc::clone).collect();
        for entry in entries {
            let policy = self.policy(&entry.name, limits);
            let state = match &entry.state {
                State::Live(lambda) => State::Live(lambda.with_policy(policy)),
                State::Broken => State::Broken,
                State::Idle => State::Idle,
            };
            let counters = Arc::clone(&entry.counters);
            let (row, name, uuid) = (entry.row.clone(), entry.name.clone(), entry.uuid);
            self.put(Entry {
                row,
                uuid,
                name,
                state,
                counters,
            });
        }
    }
}

impl Entry {
    /// The entry of a database row. A deployment for another engine is broken until it is rebuilt.
    pub(crate) fn new(
        row: LambdaRow,
        account: &Account,
        runtime: &Runtime,
        limits: &Limits,
    ) -> Result<Self, DamagedRow> {
        let damaged = || DamagedRow(row.id);
        let uuid = parse_uuid(&row.uuid).ok_or_else(damaged)?;
        let name: LambdaName = row.name.parse().map_err(|_| damaged())?;
        let before = account.lambdas.get(&uuid);
        let state = match &row.live {
            Some(live) if !row.marked && live.engine == runtime.engine_digest().as_str() => {
                let digest: ArtifactDigest = live.digest.parse().map_err(|_| damaged())?;
                State::Live(match before.and_then(|entry| entry.serving(&digest)) {
                    Some(lambda) => lambda,
                    None => runtime.lambda(digest, account.policy(&name, limits)),
                })
            }
            Some(_) if !row.marked => State::Broken,
            _ => State::Idle,
        };
        let counters = match before {
            Some(before) => Arc::clone(&before.counters),
            None => Arc::default(),
        };
        Ok(Self {
            row,
            uuid,
            name,
            state,
            counters,
        })
    }

    /// The version that is live; 0 for none.
    pub(crate) fn live_version(&self) -> u64 {
        self.row.live.as_ref().map_or(0, |live| live.version)
    }

    /// What serves that artifact, when the entry does: it may be loaded.
    fn serving(&self, digest: &ArtifactDigest) -> Option<Lambda> {
        match &self.state {
            State::Live(lambda) if lambda.digest() == digest => Some(lambda.clone()),
            _ => None,
        }
    }
}

/// Reads a UUID in its usual form, and in no other that the `uuid` crate knows.
pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    if text.len() == 36 {
        Uuid::try_parse(text).ok()
    } else {
        None
    }
}

/// Swaps the picture for a changed one. Only to be called on the store's thread.
pub(crate) fn change<R>(current: &Current, change: impl FnOnce(&mut Registry) -> R) -> R {
    let mut next = Registry::clone(&current.load());
    let result = change(&mut next);
    current.store(Arc::new(next));
    result
}

#[cfg(test)]
impl Registry {
    /// An account `acc` with these tokens.
    pub(crate) fn sample(tokens: &[(&str, crate::auth::Permissions)]) -> Self {
        let mut registry = Self::default();
        let account: AccountId = "acc".parse().unwrap();
        registry.account_mut(&account, 1);
        for (text, permissions) in tokens {
            let token = Token {
                id: crate::auth::TokenId::generate(),
                account: account.clone(),
                name: permissions.to_string(),
                permissions: *permissions,
                created_at: 1,
                last_used_at: 0.into(),
                user: None,
            };
            registry.add_token(TokenHash::of(text.as_bytes()), token);
        }
        registry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_form_is_a_uuid() {
        let text = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        assert!(parse_uuid(text).is_some());
        assert!(parse_uuid(&text.to_uppercase()).is_some());
        for other in [
            text.replace('-', ""),
            format!("{{{text}}}"),
            format!("urn:uuid:{text}"),
        ] {
            assert!(parse_uuid(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_change_leaves_the_picture_that_others_hold() {
        let current = Current::from_pointee(Registry::sample(&[]));
        let before = current.load_full();
        change(&current, |next| {
            next.account_mut(&"acc".parse().unwrap(), 1)
                .whitelist
                .insert(
                    "a.com".to_owned(),
                    WhitelistRule {
                        id: 1,
                        created_at: 1,
                    },
                );
            next.account_mut(&"new".parse().unwrap(), 2);
        });
        assert!(before.account("new").is_none());
        assert!(before.account("acc").unwrap().whitelist.is_empty());
        assert_eq!(current.load().account("acc").unwrap().whitelist.len(), 1);
        assert_eq!(current.load().account("new").unwrap().row, 2);
    }
}
