//! Which hosts do lambdas under test reach, and which secrets?
//!
//! Requests go through the real HTTP client. Names that a test gave to its [`Upstream`] lead to
//! loopback, as a hosts file would; everything before that, the whitelist above all, saw the name
//! that the lambda used.
//!
//! [`Upstream`]: super::upstream::Upstream

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{LazyLock, Mutex, OnceLock};

use sandglass_runtime::{
    AccountId, AllowedHosts, BoxFuture, HttpClient, HttpError, HttpResponse, InvocationContext,
    PermittedRequest, Secret, SecretName, SecretStore, SecretStoreError,
};
use sandglass_runtime::{AddressPolicy, Egress, EgressConfig};

static NAMES: LazyLock<Mutex<HashMap<String, SocketAddr>>> = LazyLock::new(Mutex::default);
static SECRETS: LazyLock<Mutex<HashMap<(AccountId, SecretName), Secret>>> =
    LazyLock::new(Mutex::default);

/// Lets a host name lead to a server on loopback.
pub(crate) fn resolve_as(name: &str, address: SocketAddr) {
    NAMES
        .lock()
        .expect("no test panics with it")
        .insert(name.to_owned(), address);
}

/// Stores a secret in an account.
pub(crate) fn put_secret(account: AccountId, name: SecretName, value: Secret) {
    SECRETS
        .lock()
        .expect("no test panics with it")
        .insert((account, name), value);
}

/// The real HTTP client, with private addresses allowed and the tests' names.
pub(crate) struct Network;

/// The real HTTP client as an operator has it who allows private addresses.
pub(crate) fn egress() -> &'static Egress {
    static EGRESS: OnceLock<Egress> = OnceLock::new();
    EGRESS.get_or_init(|| {
        let addresses = AddressPolicy::AllowPrivate;
        let config = EgressConfig {
            addresses,
            ..EgressConfig::default()
        };
        Egress::new(config).expect("the client builds")
    })
}

impl HttpClient for Network {
    fn send(&self, request: PermittedRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        egress().send(to_loopback(request))
    }
}

/// The same request, to loopback when its host is one of the tests' names.
fn to_loopback(permitted: PermittedRequest) -> PermittedRequest {
    let host = permitted.url().host_str().unwrap_or_default();
    let Some(address) = NAMES
        .lock()
        .expect("no test panics with it")
        .get(host)
        .copied()
    else {
        return permitted;
    };
    let mut request = permitted.request().clone();
    let path = &permitted.url()[url::Position::BeforePath..];
    request.headers.push(("x-test-host".into(), host.into()));
    request.url = format!("http://{address}{path}");
    let rule = address.to_string().parse().expect("an address is a rule");
    AllowedHosts::from_iter([rule])
        .permit(request)
        .expect("the rule is for this address")
}

/// Secrets by account, as a server with several accounts keeps them.
pub(crate) struct AccountSecrets;

impl SecretStore for AccountSecrets {
    fn read<'a>(
        &'a self,
        context: &'a InvocationContext,
        name: &'a SecretName,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretStoreError>> {
        let key = key(context, name);
        let value = SECRETS
            .lock()
            .expect("no test panics with it")
            .get(&key)
            .cloned();
        Box::pin(async { Ok(value) })
    }

    fn update<'a>(
        &'a self,
        context: &'a InvocationContext,
        name: &'a SecretName,
        value: Secret,
    ) -> BoxFuture<'a, Result<(), SecretStoreError>> {
        let key = key(context, name);
        let mut secrets = SECRETS.lock().expect("no test panics with it");
        let updated = secrets.get_mut(&key).map(|secret| *secret = value);
        Box::pin(async move { updated.ok_or(SecretStoreError::NotFound) })
    }
}

fn key(context: &InvocationContext, name: &SecretName) -> (AccountId, SecretName) {
    let account = context.account.clone().expect("every case has an account");
    (account, name.clone())
}
