//! What has to be there before a server can listen?

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use sandglass_compiler::Compiler;
use sandglass_runtime::{AccountId, AddressPolicy, ByteSize, Egress, Runtime};
use tokio::sync::Semaphore;

use super::{Addresses, StartError};
use crate::admin::{
    Admin, NewUser, Parts, app, configured, context_key, create_token, session, token, user,
};
use crate::admission::{Admission, Room};
use crate::app::{App, Settings};
use crate::artifacts::Artifacts;
use crate::audit::{AuditAction, AuditEntry, DATABASE};
use crate::auth::{OperatorKey, Permissions, TokenHash, TokenText};
use crate::builds::{self, Builds};
use crate::calls::Calls;
use crate::catalog::Catalog;
use crate::clock::now_ms;
use crate::config::Config;
use crate::context::ContextStore;
use crate::directory::DataDir;
use crate::domains::Domains;
use crate::metrics::Metrics;
use crate::oauth::{Access, Opens, Sentinel};
use crate::once::Once;
use crate::queue::Queue;
use crate::rates::Rates;
use crate::rebuild::rebuild;
use crate::registry::{self, Current, Entry, Registry, WhitelistRule};
use crate::schedules::Schedules;
use crate::secrets::{SecretKey, Vault};
use crate::steps::Steps;
use crate::store::{
    self, AccountRow, AppRow, ContextKeyRow, LambdaRow, RuleRow, SessionRow, SessionTokenRow,
    SigningKeyRow, Store, StoreError, TokenKind, TokenRow, UserRow,
};
use crate::telemetry::Telemetry;
use crate::users::{Logins, Passwords};

/// Where the first admin token is, and what it is called in the list of tokens.
const FIRST_TOKEN: &str = "admin.token";
/// The first user, and where its first password is.
const FIRST_USER: &str = "admin";
const FIRST_PASSWORD: &str = "admin.password";
/// Where the key that seals secrets is, unless the operator gave one.
pub(super) const KEY_FILE: &str = "secret.key";
/// Where the operator's token is.
pub(super) const OPERATOR_TOKEN: &str = "operator.token";
const ARTIFACTS: &str = "artifacts";
const CODE_CACHE: &str = "code-cache";
/// Builds are never given less memory than this, whatever lambdas are given.
const BUILD_MEMORY: ByteSize = ByteSize::mib(256);
/// Sandboxes beyond those of invocations and builds.
const SPARE_INSTANCES: usize = 8;

/// Everything that stands behind the listener.
pub(super) async fn open(
    config: &Config,
    data: DataDir,
    addresses: &Addresses,
    calls: &Calls,
) -> Result<App, StartError> {
    let catalog = Catalog::open(config.catalog.directory())?;
    let store = Arc::new(Store::open(&data.private_file(DATABASE)?, &config.journal)?);
    let key = match &config.secret_key {
        Some(key) => key.clone(),
        None => key_file(&data)?,
    };
    let operator = operator_key(&data)?;
    let vault = Vault::open(Arc::clone(&store), &key, &config.accounts).await?;
    let artifacts = Artifacts::new(data.subdirectory(ARTIFACTS)?);
    let egress = egress(config)?;
    let runtime = runtime(config, &data, (&vault, &artifacts, calls, &egress)).await?;
    let registry = Arc::new(Current::from_pointee(Registry::default()));
    let metrics = Arc::new(Metrics::default());
    let compiler =
        builds::compiler(Compiler::new(&runtime), &config.builds).map_err(StartError::Builds)?;
    let passwords = Passwords::new();
    let queue = Arc::new(Queue::new(config.queue.clone()));
    let schedules = Arc::new(Schedules::new(config.schedules.clone()));
    let admin = Admin::new(Parts {
        store: Arc::clone(&store),
        registry: Arc::clone(&registry),
        artifacts,
        vault,
        compiler,
        runtime,
        egress,
        builds: Builds::new(config.builds_max, &config.builds),
        limits: config.limits,
        accounts: config.accounts.clone(),
        rates: config.rates.clone(),
        max_concurrent: config.max_concurrent,
        catalog,
        metrics: Arc::clone(&metrics),
        passwords: passwords.clone(),
        tallies: Arc::default(),
        rotating: tokio::sync::Mutex::default(),
        verifying: Arc::new(Semaphore::new(1)),
        configured: configured(config),
        queue: Arc::clone(&queue),
        schedules: Arc::clone(&schedules),
        steps: Steps::default(),
    });
    let Parts {
        catalog, compiler, ..
    } = admin.parts();
    catalog.check_sources(compiler).await?;
    load(&admin, &config.account).await?;
    load_identities(&admin).await?;
    first_user(&admin, &data, &config.account).await?;
    first_token(&admin, &data, &config.account).await?;
    tidy(&admin).await?;
    admin
        .resume_deployments()
        .await
        .map_err(StartError::Resume)?;
    let url = config.public_url(addresses.base_uri());
    let tallies = Arc::clone(&admin.parts().tallies);
    let logins = Logins::new(Arc::clone(&registry), passwords, tallies);
    let sentinel = Sentinel::new(logins, url);
    Ok(App {
        admin,
        registry,
        sentinel: sentinel.ok_or(StartError::Random)?,
        operator,
        admission: Admission::new(
            Room::Invocations,
            (config.max_concurrent, config.queue_max),
            config.queue_wait(),
        ),
        calls: Admission::new(
            Room::Calls,
            (config.max_concurrent_calls, config.queue_max),
            config.queue_wait(),
        ),
        drafts: Semaphore::new(config.builds.drafts_max),
        rates: Rates::new(config.rates.clone()),
        once: Once::new(&config.idempotency),
        queue,
        schedules,
        journal: Arc::clone(store.journal()),
        domains: Domains::new(&config.domains, &addresses.base_uri()),
        contexts: ContextStore::new(store, config.context.clone()),
        metrics,
        telemetry: telemetry(config).await?,
        limits: config.limits,
        settings: Settings {
            failure_status: config.failure_status(),
            body_max: config.body_bytes_max,
            body_timeout: config.body_timeout(),
            metrics_open: addresses.are_loopback(),
            console: config.console.enabled,
            proxies: config.proxies.clone(),
        },
        draining: AtomicBool::new(false),
        data,
    })
}

/// What sends traces, made on a thread where its client may block.
async fn telemetry(config: &Config) -> Result<Option<Telemetry>, StartError> {
    let Some(config) = config.telemetry.clone() else {
        return Ok(None);
    };
    match tokio::task::spawn_blocking(move || Telemetry::open(&config)).await {
        Ok(telemetry) => match telemetry {
            Ok(telemetry) => Ok(Some(telemetry)),
            Err(error) => Err(StartError::Telemetry(error.into())),
        },
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// The key in the data directory, made when there is none.
fn key_file(data: &DataDir) -> Result<SecretKey, StartError> {
    if let Some(bytes) = data.read_private(KEY_FILE)? {
        let text = String::from_utf8_lossy(&bytes);
        return text.parse().map_err(StartError::Key);
    }
    let key = SecretKey::generate().ok_or(StartError::Random)?;
    data.write_private(KEY_FILE, format!("{}\n", key.to_base64()).as_bytes())?;
    Ok(key)
}

/// The key of the operator's token, which is made when there is none. Deleting its file is the way to
/// replace it, as with the first token of the account.
fn operator_key(data: &DataDir) -> Result<OperatorKey, StartError> {
    if let Some(text) = data.read_private(OPERATOR_TOKEN)? {
        return OperatorKey::of(&text).ok_or(StartError::OperatorToken);
    }
    let (text, key) = OperatorKey::generate().ok_or(StartError::Random)?;
    data.write_private(OPERATOR_TOKEN, format!("{}\n", text.expose()).as_bytes())?;
    Ok(key)
}

/// What sends the requests of lambdas.
fn egress(config: &Config) -> Result<Arc<Egress>, StartError> {
    let addresses = match config.egress.allow_private_addresses {
        true => AddressPolicy::AllowPrivate,
        false => AddressPolicy::PublicOnly,
    };
    let egress = sandglass_runtime::EgressConfig {
        addresses,
        ..Default::default()
    };
    Ok(Arc::new(Egress::new(egress)?))
}

/// The runtime, on a thread where it may compile the engine.
async fn runtime(
    config: &Config,
    data: &DataDir,
    (vault, artifacts, calls, egress): (&Vault, &Artifacts, &Calls, &Arc<Egress>),
) -> Result<Runtime, StartError> {
    data.subdirectory(CODE_CACHE)?;
    let builder = Runtime::builder()
        .http_client(Arc::clone(egress))
        .secrets(vault.clone())
        .lambdas(calls.clone())
        .artifacts(artifacts.clone())
        .code_cache(data.path_of(CODE_CACHE))
        .code_cache_max(config.code_cache_bytes_max)
        .instances_max(
            config.max_concurrent
                + config.max_concurrent_calls
                + config.queue.concurrent_max
                + config.builds_max
                + SPARE_INSTANCES,
        )
        .loaded_lambdas_max(config.loaded_lambdas_max)
        .memory_max(config.limits.memory.max(BUILD_MEMORY));
    match tokio::task::spawn_blocking(move || builder.build()).await {
        Ok(runtime) => Ok(runtime?),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// All accounts, whitelist rules, tokens, developer keys and lambdas.
type Rows = (
    Vec<AccountRow>,
    Vec<RuleRow>,
    Vec<TokenRow>,
    Vec<ContextKeyRow>,
    Vec<LambdaRow>,
);

/// Fills the registry from the database, and makes the account when it does not exist.
async fn load(admin: &Admin, account: &AccountId) -> Result<(), StartError> {
    let store = &admin.parts().store;
    let name = account.as_str().to_owned();
    let made = AuditEntry::new(AuditAction::AccountCreate, account)
        .target(&name, &name)
        .by_operator();
    let rows = move |tx: &rusqlite::Connection| {
        let failed = |source| StoreError::Sqlite {
            change: "load the registry",
            source,
        };
        let before = store::accounts(tx).map_err(failed)?;
        if !before.iter().any(|account| account.name == name) {
            store::create_account(tx, &name, now_ms()).map_err(failed)?;
            made.write(tx)?;
        }
        let read = || {
            Ok((
                store::accounts(tx)?,
                store::rules(tx)?,
                store::tokens(tx)?,
                store::context_keys(tx)?,
                store::lambdas(tx)?,
            ))
        };
        read().map_err(failed)
    };
    let owner = admin.clone();
    let publish = move |(accounts, rules, tokens, context_keys, lambdas): Rows| {
        let Parts {
            registry,
            runtime,
            limits,
            ..
        } = owner.parts();
        let known: Vec<(i64, AccountId)> = accounts
            .iter()
            .filter_map(|row| Some((row.id, row.name.parse().ok()?)))
            .collect();
        let id_of = |row: i64| known.iter().find(|(id, _)| *id == row).map(|(_, id)| id);
        registry::change(registry, |next| {
            for row in rules {
                let Some(id) = id_of(row.account) else {
                    continue;
                };
                let kept = WhitelistRule {
                    id: row.id,
                    created_at: row.created_at,
                };
                let account = next.account_mut(id, row.account);
                account.whitelist.insert(row.rule, kept);
            }
            for (row, id) in &known {
                let account = next.account_mut(id, *row);
                account.apply_whitelist(limits);
                if let Some(kept) = accounts.iter().find(|kept| kept.id == *row) {
                    account.created_at = kept.created_at;
                    account.enabled = kept.disabled_at.is_none();
                }
            }
            for row in tokens {
                let (Some(id), Ok(permissions)) = (id_of(row.account), row.permissions.parse())
                else {
                    continue;
                };
                next.add_token(TokenHash(row.hash), token(row, id, permissions));
            }
            for row in context_keys {
                let Some(id) = id_of(row.account) else {
                    continue;
                };
                next.add_context_key(TokenHash(row.hash), context_key(row, id));
            }
            for row in lambdas {
                let Some(id) = id_of(row.account) else {
                    continue;
                };
                let account = next.account_mut(id, row.account);
                match Entry::new(row, account, runtime, limits) {
                    Ok(entry) => account.put(entry),
                    Err(error) => tracing::error!(%error, "a lambda was left out"),
                }
            }
        });
    };
    Ok(store
        .transact::<_, StoreError, _>("load the registry", rows, publish)
        .await?)
}

/// All users, apps, access tokens and signing keys.
type Identities = (
    Vec<UserRow>,
    Vec<AppRow>,
    Vec<(SessionTokenRow, SessionRow)>,
    Vec<SigningKeyRow>,
);

/// Fills the registry with who may come in.
async fn load_identities(admin: &Admin) -> Result<(), StartError> {
    let now = now_ms();
    let rows = move |tx: &rusqlite::Connection| {
        let read = || {
            Ok((
                store::users(tx)?,
                store::apps(tx)?,
                store::access_tokens(tx, now)?,
                store::signing_keys(tx)?,
            ))
        };
        read().map_err(|source| StoreError::Sqlite {
            change: "load the users",
            source,
        })
    };
    let owner = admin.clone();
    let publish = move |(users, apps, tokens, keys): Identities| {
        let registry = &owner.parts().registry;
        registry::change(registry, |next| {
            let known: Vec<_> = next.accounts().map(|a| (a.row, a.id.clone())).collect();
            let id_of = |row: i64| known.iter().find(|(id, _)| *id == row).map(|(_, id)| id);
            for row in users {
                let (Some(id), Ok(permissions)) = (id_of(row.account), row.permissions.parse())
                else {
                    continue;
                };
                next.users_mut().put(user(row, id, permissions));
            }
            for row in apps {
                let app = id_of(row.account).and_then(|id| app(row, id));
                app.into_iter().for_each(|app| next.apps_mut().put(app));
            }
        });
        let registry = registry.load();
        for (token, row) in tokens {
            let access = Access {
                session: Arc::new(session(row)),
                opens: match token.kind {
                    TokenKind::Invoke => Opens::Invocations,
                    _ => Opens::Everything,
                },
                expires_at: token.expires_at,
            };
            registry.sessions().add(TokenHash(token.hash), access, now);
        }
        owner.load_signing_keys(keys);
    };
    let store = &admin.parts().store;
    Ok(store
        .transact::<_, StoreError, _>("load the users", rows, publish)
        .await?)
}

/// Makes the first user of an account that has none, with every permission and a random password in
/// a file of its own.
async fn first_user(admin: &Admin, data: &DataDir, account: &AccountId) -> Result<(), StartError> {
    if !admin.parts().registry.load().users().of(account).is_empty() {
        return Ok(());
    }
    let password = TokenText::nonce().ok_or(StartError::Random)?;
    // The file first, as with the first token.
    data.write_private(
        FIRST_PASSWORD,
        format!("{}\n", password.expose()).as_bytes(),
    )?;
    let new = NewUser {
        login_name: FIRST_USER.to_owned(),
        display_name: Some("Administrator".to_owned()),
        permissions: Permissions::ALL,
        password: Some(password.expose().to_owned()),
    };
    admin.create_user(account, new).await?;
    Ok(())
}

/// Makes an admin token and writes it to its file, when there is no such file. Whoever can delete
/// that file owns the server, so deleting it is also the way to replace a lost token.
async fn first_token(admin: &Admin, data: &DataDir, id: &AccountId) -> Result<(), StartError> {
    if data.read_private(FIRST_TOKEN)?.is_some() {
        return Ok(());
    }
    let text = TokenText::generate().ok_or(StartError::Random)?;
    // The file first: a token in a file that opens nothing is replaced by deleting it; a token that
    // nobody has ever seen would be of no use.
    data.write_private(FIRST_TOKEN, format!("{}\n", text.expose()).as_bytes())?;
    let registry = admin.parts().registry.load_full();
    let account = registry
        .account(id.as_str())
        .expect("made when the registry was loaded")
        .row;
    let row = create_token(account, FIRST_TOKEN, Permissions::ALL, &text);
    let added = row.clone();
    let entry = AuditEntry::new(AuditAction::TokenCreate, id)
        .target(&row.id, FIRST_TOKEN)
        .detail("permissions", Permissions::ALL.to_string());
    let rows = move |tx: &rusqlite::Connection| {
        let change = "replace the first token";
        store::delete_tokens_named(tx, account, FIRST_TOKEN)
            .and_then(|()| store::add_token(tx, &added))
            .map_err(|source| StoreError::Sqlite { change, source })
    };
    let (owner, id) = (admin.clone(), id.clone());
    let publish = move |()| {
        registry::change(&owner.parts().registry, |next| {
            next.retain_tokens(|token| token.account != id || token.name != FIRST_TOKEN);
            next.add_token(text.hash(), token(row, &id, Permissions::ALL));
        });
    };
    Ok(admin
        .change::<_, StoreError, _>(entry, rows, publish)
        .await?)
}

/// Builds what does not fit this engine and removes the artifacts that nothing stands on.
async fn tidy(admin: &Admin) -> Result<(), StartError> {
    let present = admin
        .parts()
        .artifacts
        .digests()
        .map_err(StartError::Artifacts)?;
    rebuild(admin, &present).await?;
    let in_use = admin
        .parts()
        .store
        .read("list the artifacts", store::digests_in_use)
        .await?;
    let swept = admin
        .parts()
        .artifacts
        .sweep(&in_use)
        .map_err(StartError::Artifacts)?;
    if swept > 0 {
        tracing::info!(
            artifacts = swept,
            "removed artifacts that nothing stands on"
        );
    }
    Ok(())
}
