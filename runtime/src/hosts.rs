//! What answers the sandbox's imports?
//!
//! The bindings of `sandglass:toolbelt/lambda`, over the traits that an embedder may replace. Each
//! call is checked here first, so that a trait only ever receives something already permitted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sandglass_host_abi::bindings::sandglass::toolbelt::{
    build, crypto, http, library, logging, outcome, secrets, timers,
};
use sandglass_host_abi::{
    HttpClient, HttpError, HttpRequest, Limit, LogLevel, LogSink, PermittedRequest, Secret,
    SecretName, SecretStore, SecretStoreError,
};
use tokio::sync::Semaphore;
use wasmtime::component::{Access, Accessor, HasSelf};

use crate::sandbox::{LimitReached, Sandbox, charge};

/// The hosts of a runtime: once a process.
pub(crate) struct Hosts {
    pub(crate) http_client: Box<dyn HttpClient>,
    pub(crate) secrets: Option<Box<dyn SecretStore>>,
    pub(crate) log_sink: Option<Box<dyn LogSink>>,
    pub(crate) library: HashMap<String, Vec<u8>>,
}

/// Host state that is the whole sandbox.
type Own = HasSelf<Sandbox>;

impl build::Host for Sandbox {}
impl outcome::Host for Sandbox {}
impl http::Host for Sandbox {}
impl secrets::Host for Sandbox {}
impl timers::Host for Sandbox {}
impl crypto::Host for Sandbox {}

impl logging::Host for Sandbox {
    fn log(
        &mut self,
        level: logging::Level,
        message: String,
        extras: String,
    ) -> wasmtime::Result<()> {
        let level = match level {
            logging::Level::Debug => LogLevel::Debug,
            logging::Level::Info => LogLevel::Info,
            logging::Level::Warn => LogLevel::Warn,
            logging::Level::Error => LogLevel::Error,
        };
        Ok(Sandbox::log(self, level, message, extras)?)
    }
}

impl library::Host for Sandbox {
    fn load(&mut self, name: String) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.hosts.library.get(&name).cloned())
    }
}

impl timers::HostWithStore<Sandbox> for Own {
    async fn sleep(_accessor: &Accessor<Sandbox, Self>, duration_ms: u32) -> wasmtime::Result<()> {
        tokio::time::sleep(Duration::from_millis(duration_ms.into())).await;
        Ok(())
    }
}

/// Fuel for a byte that is hashed, so that hashing costs no less than its time is worth.
const HASH_FUEL_PER_BYTE: u64 = 16;
/// Fuel for a call into the host.
const HASH_FUEL: u64 = 2_000;

impl crypto::HostWithStore<Sandbox> for Own {
    fn digest(
        mut access: Access<'_, Sandbox, Self>,
        algorithm: crypto::Algorithm,
        data: Vec<u8>,
    ) -> wasmtime::Result<Vec<u8>> {
        charge_hashing(&mut access, data.len())?;
        Ok(crate::hashing::digest(algorithm, &data))
    }

    fn hmac(
        mut access: Access<'_, Sandbox, Self>,
        algorithm: crypto::Algorithm,
        key: Vec<u8>,
        data: Vec<u8>,
    ) -> wasmtime::Result<Vec<u8>> {
        charge_hashing(&mut access, key.len() + data.len())?;
        Ok(crate::hashing::hmac(algorithm, &key, &data))
    }
}

fn charge_hashing(access: &mut Access<'_, Sandbox, Own>, bytes: usize) -> wasmtime::Result<()> {
    use wasmtime::AsContextMut as _;
    charge(
        access.as_context_mut(),
        HASH_FUEL + bytes as u64 * HASH_FUEL_PER_BYTE,
    )
}

impl http::HostWithStore<Sandbox> for Own {
    async fn send(
        accessor: &Accessor<Sandbox, Self>,
        request: http::Request,
    ) -> wasmtime::Result<Result<http::Response, http::HttpError>> {
        let admitted = accessor.with(|mut access| admit(access.get(), request))?;
        let (hosts, request, in_flight) = match admitted {
            Ok(admitted) => admitted,
            Err(error) => return Ok(Err(to_guest(error)?)),
        };
        let _slot = in_flight.acquire().await?;
        match hosts.http_client.send(request).await {
            Ok(response) => {
                accessor.with(|mut access| {
                    access.get().http.bytes_received += response.body.len() as u64;
                });
                let sandglass_host_abi::HttpResponse {
                    status,
                    reason,
                    headers,
                    body,
                } = response;
                Ok(Ok(http::Response {
                    status,
                    reason,
                    headers,
                    body,
                }))
            }
            Err(error) => Ok(Err(to_guest(error)?)),
        }
    }
}

/// Counts a request and asks the whitelist.
fn admit(
    sandbox: &mut Sandbox,
    request: http::Request,
) -> Result<Result<(Arc<Hosts>, PermittedRequest, Arc<Semaphore>), HttpError>, LimitReached> {
    let limits = &sandbox.policy.limits;
    if sandbox.http.requests >= limits.http_requests {
        return Err(LimitReached(Limit::HttpRequests));
    }
    if request.body.len() as u64 > limits.http_request_body.get() {
        return Err(LimitReached(Limit::HttpRequestBody));
    }
    let sent = request.body.len() as u64;
    let request = HttpRequest {
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: request.body,
        decompress: request.decompress,
        timeout: request
            .timeout_ms
            .map(|ms| Duration::from_millis(ms.into())),
        response_body_max: limits.http_response_body,
    };
    let permitted = match sandbox.policy.allowed_hosts.permit(request) {
        Ok(permitted) => permitted,
        Err(error) => return Ok(Err(error)),
    };
    sandbox.http.requests += 1;
    sandbox.http.bytes_sent += sent;
    let slots = limits.http_in_flight.max(1) as usize;
    let in_flight = sandbox
        .http
        .in_flight
        .get_or_insert_with(|| Arc::new(Semaphore::new(slots)));
    Ok(Ok((sandbox.hosts.clone(), permitted, in_flight.clone())))
}

/// What the guest is told; a response that is too large ends the invocation instead.
fn to_guest(error: HttpError) -> Result<http::HttpError, LimitReached> {
    Ok(match error {
        HttpError::HostNotAllowed(host) => http::HttpError::HostNotAllowed(host),
        HttpError::AddressRefused(host) => http::HttpError::AddressRefused(host),
        HttpError::InvalidUrl(wrong) => http::HttpError::InvalidUrl(wrong),
        HttpError::InvalidRequest(wrong) => http::HttpError::InvalidRequest(wrong),
        HttpError::DnsFailed(host) => http::HttpError::DnsFailed(host),
        HttpError::ConnectionFailed(cause) => http::HttpError::ConnectionFailed(cause),
        HttpError::TlsFailed(cause) => http::HttpError::TlsFailed(cause),
        HttpError::TimedOut => http::HttpError::TimedOut,
        HttpError::ResponseTooLarge => return Err(LimitReached(Limit::HttpResponseBody)),
        other => http::HttpError::Failed(other.to_string()),
    })
}

impl secrets::HostWithStore<Sandbox> for Own {
    async fn read(
        accessor: &Accessor<Sandbox, Self>,
        key: String,
    ) -> wasmtime::Result<Result<String, secrets::SecretError>> {
        let Some((hosts, context, name)) = granted(accessor, key) else {
            return Ok(Err(secrets::SecretError::NotFound));
        };
        let Some(store) = &hosts.secrets else {
            return Ok(Err(secrets::SecretError::NotFound));
        };
        Ok(match store.read(&context, &name).await {
            Ok(Some(secret)) => Ok(secret.expose_json().to_owned()),
            Ok(None) => Err(secrets::SecretError::NotFound),
            Err(error) => Err(store_error(error)),
        })
    }

    async fn update(
        accessor: &Accessor<Sandbox, Self>,
        key: String,
        value: String,
    ) -> wasmtime::Result<Result<(), secrets::SecretError>> {
        let Some((hosts, context, name)) = granted(accessor, key) else {
            return Ok(Err(secrets::SecretError::NotFound));
        };
        let Some(store) = &hosts.secrets else {
            return Ok(Err(secrets::SecretError::NotFound));
        };
        let secret = match Secret::from_json(value) {
            Ok(secret) => secret,
            Err(_) => {
                return Ok(Err(secrets::SecretError::Invalid(
                    "the value is not JSON".into(),
                )));
            }
        };
        Ok(store
            .update(&context, &name, secret)
            .await
            .map_err(store_error))
    }
}

/// The name of a secret that the policy grants; to the guest, one that it does not grant is one
/// that does not exist.
fn granted(
    accessor: &Accessor<Sandbox, Own>,
    key: String,
) -> Option<(
    Arc<Hosts>,
    Arc<sandglass_host_abi::InvocationContext>,
    SecretName,
)> {
    let name = SecretName::try_from(key).ok()?;
    accessor.with(|mut access| {
        let sandbox = access.get();
        let granted = sandbox.policy.secrets.grants(&name);
        granted.then(|| (sandbox.hosts.clone(), sandbox.context.clone(), name))
    })
}

fn store_error(error: SecretStoreError) -> secrets::SecretError {
    match error {
        SecretStoreError::NotFound => secrets::SecretError::NotFound,
        SecretStoreError::Invalid(rule) => secrets::SecretError::Invalid(rule),
        other => {
            tracing::error!(
                error = &other as &dyn std::error::Error,
                "a secret store failed"
            );
            secrets::SecretError::Failed("the secret store failed".to_owned())
        }
    }
}
