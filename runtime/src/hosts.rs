//! What answers the sandbox's imports?
//!
//! The bindings of `sandglass:toolbelt/lambda`, over the traits that an embedder may replace. Each
//! call is checked here first, so that a trait only ever receives something already permitted.

mod calls;
mod cryptography;
mod long_work;
mod record;
mod texts;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sandglass_host_abi::bindings::sandglass::toolbelt::{
    build, crypto, http, library, logging, outcome, secrets, time_zones, timers,
};
use sandglass_host_abi::{
    ByteSize, ClientIdentity, HttpClient, HttpError, HttpRequest, InvocationContext, LambdaInvoker,
    Limit, LogLevel, LogSink, PermittedRequest, Secret, SecretName, SecretStore, SecretStoreError,
};
use tokio::sync::Semaphore;
use wasmtime::component::{Accessor, HasSelf};

use crate::lambda::FUEL_SLICE;
use crate::repeat::{self, Import};
use crate::sandbox::{LimitReached, Sandbox};
use crate::signing;
use crate::trace::TraceContext;

pub(crate) use record::settle;
use record::{Begun, Refused};

/// The hosts of a runtime: once a process.
pub(crate) struct Hosts {
    pub(crate) http_client: Box<dyn HttpClient>,
    pub(crate) secrets: Option<Box<dyn SecretStore>>,
    pub(crate) lambdas: Option<Box<dyn LambdaInvoker>>,
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
    async fn load(&mut self, name: String) -> wasmtime::Result<Option<Vec<u8>>> {
        let hosts = self.hosts.clone();
        let module = hosts.library.get(&name);
        let bytes = name.len() + module.map_or(0, Vec::len);
        self.charge(bytes as u64 * COPY_FUEL_PER_BYTE).await?;
        Ok(module.cloned())
    }
}

impl timers::HostWithStore<Sandbox> for Own {
    async fn sleep(accessor: &Accessor<Sandbox, Self>, duration_ms: u32) -> wasmtime::Result<()> {
        let duration = Duration::from_millis(duration_ms.into());
        let until = accessor.with(|mut access| {
            let repeatable = access.get().repeatable.as_ref()?;
            Some(repeatable.passed() + duration)
        });
        match duration_ms {
            0 => tokio::task::yield_now().await,
            _ => tokio::time::sleep(duration).await,
        }
        if let Some(until) = until {
            accessor.with(|mut access| {
                let repeatable = access.get().repeatable.as_mut();
                repeatable.into_iter().for_each(|clock| clock.waited(until));
            });
        }
        Ok(())
    }
}

/// Fuel for a look into the time zone database, a microsecond or less.
const TIME_ZONE_FUEL: u64 = 10_000;

impl time_zones::Host for Sandbox {
    async fn offset(&mut self, zone: String, unix_seconds: i64) -> wasmtime::Result<Option<i32>> {
        self.charge(TIME_ZONE_FUEL + zone.len() as u64 * COPY_FUEL_PER_BYTE)
            .await?;
        Ok(crate::time_zones::offset(&zone, unix_seconds))
    }
}

/// Fuel for a byte that crosses the wall, so that calls which come to nothing are not free.
const COPY_FUEL_PER_BYTE: u64 = 1;
/// Work that takes longer is done on a thread of its own: about 2 milliseconds.
const LONG_FUEL: u64 = 30_000_000;
/// Fuel for a byte that is hashed, so that hashing costs no less than its time is worth.
pub(crate) const HASH_FUEL_PER_BYTE: u64 = 16;
impl Sandbox {
    /// Counts work that the host does on the guest's behalf.
    ///
    /// The guest's own fuel is not touched: setting it would start its slice anew, and a guest that
    /// called the host in a loop would never give way. So this alone stops a guest whose host work
    /// is past its limit; the sum of both is looked at when the guest has ended.
    async fn charge(&mut self, fuel: u64) -> wasmtime::Result<()> {
        let before = self.host_fuel;
        self.spend(fuel)?;
        if before / FUEL_SLICE != self.host_fuel / FUEL_SLICE {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// What is left of the memory that the lambda may have, in bytes.
    fn memory_left(&mut self) -> u64 {
        let used = self.memory.used();
        self.policy.limits.memory.get().saturating_sub(used)
    }

    /// Refuses work for which the host would need more memory than the lambda has left.
    fn fits(&mut self, bytes: u64) -> wasmtime::Result<()> {
        match bytes > self.memory_left() {
            true => Err(LimitReached(Limit::Memory).into()),
            false => Ok(()),
        }
    }

    /// Does work that was paid for, on a thread of its own when it takes long.
    async fn work<T: Send + 'static>(
        &mut self,
        fuel: u64,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> wasmtime::Result<T> {
        self.charge(fuel).await?;
        if fuel < LONG_FUEL {
            return Ok(work());
        }
        long_work::apart(work).await
    }

    /// The same for work that gives way by itself, such as a request.
    fn spend(&mut self, fuel: u64) -> Result<(), LimitReached> {
        self.host_fuel += fuel;
        if self.host_fuel > self.policy.limits.fuel.units() {
            return Err(LimitReached(Limit::Fuel));
        }
        Ok(())
    }
}

/// Keeps what a repeatable invocation asks; returns its place.
fn ask(
    accessor: &Accessor<Sandbox, Own>,
    import: Import,
    asked: impl FnOnce() -> serde_json::Value,
) -> Option<usize> {
    accessor.with(|mut access| {
        let repeatable = access.get().repeatable.as_mut()?;
        repeatable.ask(import, asked())
    })
}

/// Keeps what it is answered.
fn keep_answer(
    accessor: &Accessor<Sandbox, Own>,
    place: Option<usize>,
    answer: impl FnOnce() -> serde_json::Value,
) {
    let Some(place) = place else { return };
    accessor.with(|mut access| {
        if let Some(repeatable) = &mut access.get().repeatable {
            repeatable.answer(place, answer());
        }
    });
}

impl http::HostWithStore<Sandbox> for Own {
    async fn send(
        accessor: &Accessor<Sandbox, Self>,
        request: http::Request,
    ) -> wasmtime::Result<Result<http::Response, http::HttpError>> {
        let place = ask(accessor, Import::HttpSend, || repeat::request(&request));
        let answer = exchange(accessor, request).await?;
        keep_answer(accessor, place, || repeat::response(&answer));
        Ok(answer)
    }
}

/// Sends a request that is counted and permitted first.
async fn exchange(
    accessor: &Accessor<Sandbox, Own>,
    request: http::Request,
) -> wasmtime::Result<Result<http::Response, http::HttpError>> {
    let admitted = accessor.with(|mut access| admit(access.get(), request))?;
    let Admitted {
        hosts,
        request,
        in_flight,
        held,
        begun,
    } = match admitted {
        Ok(admitted) => admitted,
        Err(error) => return Ok(Err(to_guest(error)?)),
    };
    let answer = match in_flight.acquire().await {
        Ok(_slot) => hosts.http_client.send(request).await,
        Err(closed) => Err(HttpError::Failed(closed.to_string())),
    };
    accessor.with(|mut access| {
        let sandbox = access.get();
        sandbox.http.held -= held;
        if let Some(begun) = begun {
            begun.ended(sandbox, &answer);
        }
    });
    match answer {
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

/// A request that may be sent.
struct Admitted {
    hosts: Arc<Hosts>,
    request: PermittedRequest,
    in_flight: Arc<Semaphore>,
    /// What its body and its identity count for until it is answered.
    held: u64,
    /// Kept of it, when the trace is recorded or the invocation is.
    begun: Option<Begun>,
}

/// Counts a request and asks the whitelist.
fn admit(
    sandbox: &mut Sandbox,
    mut request: http::Request,
) -> Result<Result<Admitted, HttpError>, LimitReached> {
    let limits = &sandbox.policy.limits;
    if sandbox.http.requests >= limits.http_requests {
        return Err(LimitReached(Limit::HttpRequests));
    }
    let body_bytes = request.body.len();
    if body_bytes as u64 > limits.http_request_body.get() {
        return Err(LimitReached(Limit::HttpRequestBody));
    }
    sandbox.http.requests += 1;
    let trace = sandbox.trace.as_ref().map(TraceContext::child);
    if let Some(trace) = &trace {
        trace.add_to(&mut request.headers);
    }
    let refused = sandbox.recorded.then(|| Refused::new(&request));
    let permitted = from_guest(request, limits.http_response_body)
        .and_then(|request| sandbox.policy.allowed_hosts.permit(request));
    let request = match permitted {
        Ok(permitted) => permitted,
        Err(error) => {
            refused
                .into_iter()
                .for_each(|refused| refused.keep(sandbox, &error));
            return Ok(Err(error));
        }
    };
    let identity = request.request().identity.as_ref();
    let identity_bytes = identity.map_or(0, ClientIdentity::bytes);
    let fuel = identity.map_or(0, fuel_to_identify);
    let held = sandbox.http.hold(body_bytes + identity_bytes, limits)?;
    sandbox.http.bytes_sent += body_bytes as u64;
    let in_flight = sandbox.http.slots(limits);
    sandbox.spend(fuel)?;
    let begun = Begun::new(sandbox, trace, request.request());
    let hosts = sandbox.hosts.clone();
    Ok(Ok(Admitted {
        hosts,
        request,
        in_flight,
        held,
        begun,
    }))
}

/// The request in the host's own terms.
fn from_guest(
    request: http::Request,
    response_body_max: ByteSize,
) -> Result<HttpRequest, HttpError> {
    let identity = request.identity.map(|identity| {
        ClientIdentity::new(
            identity.certificate_chain,
            identity.private_key,
            identity.trusted_certificates,
        )
    });
    Ok(HttpRequest {
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: request.body,
        decompress: request.decompress,
        timeout: request
            .timeout_ms
            .map(|ms| Duration::from_millis(ms.into())),
        response_body_max,
        identity: identity.transpose()?,
    })
}

/// As much of a private key in PEM as any that can be used has.
const PRIVATE_KEY_BYTES: usize = 4_096;

/// Fuel for a handshake in which the lambda identifies itself: certificates are read, the key is
/// checked and signs. The work is that of an RSA key of this length, or of P-384 at least. Where the
/// lambda trusts authorities of its own, a server can have each of them tried.
fn fuel_to_identify(identity: &ClientIdentity) -> u64 {
    let key = identity.expose_private_key().as_bytes();
    let key = &key[..key.len().min(PRIVATE_KEY_BYTES)];
    let signing = [
        crypto::SignatureScheme::RsaPkcs1Sha256,
        crypto::SignatureScheme::EcdsaP384Sha384,
    ];
    let signing = signing.map(|scheme| 2 * signing::fuel_to_sign(scheme, key, &[]));
    let trying = match identity.trusted_certificates() {
        Some(_) => 8 * signing::fuel_to_sign(crypto::SignatureScheme::EcdsaP384Sha384, &[], &[]),
        None => 0,
    };
    let reading = identity.bytes() as u64 * HASH_FUEL_PER_BYTE;
    reading + trying + signing.into_iter().max().unwrap_or_default()
}

/// What the guest is told; a response that is too large ends the invocation instead.
fn to_guest(error: HttpError) -> Result<http::HttpError, LimitReached> {
    Ok(match error {
        HttpError::HostNotAllowed(host) => http::HttpError::HostNotAllowed(host),
        HttpError::AddressRefused(host) => http::HttpError::AddressRefused(host),
        HttpError::InvalidUrl(wrong) => http::HttpError::InvalidUrl(wrong),
        HttpError::InvalidRequest(wrong) => http::HttpError::InvalidRequest(wrong),
        HttpError::InvalidCertificate(wrong) => http::HttpError::InvalidCertificate(wrong),
        HttpError::InvalidPrivateKey(wrong) => http::HttpError::InvalidPrivateKey(wrong),
        HttpError::DnsFailed(host) => http::HttpError::DnsFailed(host),
        HttpError::ConnectionFailed(cause) => http::HttpError::ConnectionFailed(cause),
        HttpError::TlsFailed(cause) => http::HttpError::TlsFailed(cause),
        HttpError::TimedOut => http::HttpError::TimedOut,
        HttpError::ResponseTooLarge => return Err(LimitReached(Limit::HttpResponseBody)),
        other => http::HttpError::Failed(other.to_string()),
    })
}

/// The longest JSON text of a secret that a lambda may write.
const SECRET_BYTES_MAX: usize = 64 * 1024;

impl secrets::HostWithStore<Sandbox> for Own {
    async fn read(
        accessor: &Accessor<Sandbox, Self>,
        key: String,
    ) -> wasmtime::Result<Result<String, secrets::SecretError>> {
        let asked = || serde_json::json!({ "key": key });
        let place = ask(accessor, Import::SecretRead, asked);
        let read = read_secret(accessor, key).await?;
        let answer = || repeat::secret(read.as_ref().map(String::as_str));
        keep_answer(accessor, place, answer);
        Ok(read)
    }

    async fn update(
        accessor: &Accessor<Sandbox, Self>,
        key: String,
        value: String,
    ) -> wasmtime::Result<Result<(), secrets::SecretError>> {
        let asked = || serde_json::json!({ "key": key, "value": value });
        let place = ask(accessor, Import::SecretUpdate, asked);
        let updated = update_secret(accessor, key, value).await?;
        let answer = || repeat::secret(updated.as_ref().map(|()| ""));
        keep_answer(accessor, place, answer);
        Ok(updated)
    }
}

/// A secret that is granted.
async fn read_secret(
    accessor: &Accessor<Sandbox, Own>,
    key: String,
) -> wasmtime::Result<Result<String, secrets::SecretError>> {
    let Some((hosts, context, name)) = granted(accessor, key)? else {
        return Ok(Err(secrets::SecretError::NotFound));
    };
    let Some(store) = &hosts.secrets else {
        return Ok(Err(secrets::SecretError::NotFound));
    };
    Ok(match store.read(&context, &name).await {
        Ok(Some(secret)) => {
            let json = secret.expose_json().to_owned();
            accessor.with(|mut access| access.get().masks.add(secret));
            Ok(json)
        }
        Ok(None) => Err(secrets::SecretError::NotFound),
        Err(error) => Err(store_error(error)),
    })
}

/// Replaces a secret that is granted.
async fn update_secret(
    accessor: &Accessor<Sandbox, Own>,
    key: String,
    value: String,
) -> wasmtime::Result<Result<(), secrets::SecretError>> {
    let Some((hosts, context, name)) = granted(accessor, key)? else {
        return Ok(Err(secrets::SecretError::NotFound));
    };
    let Some(store) = &hosts.secrets else {
        return Ok(Err(secrets::SecretError::NotFound));
    };
    if value.len() > SECRET_BYTES_MAX {
        let rule = format!("the value is longer than {SECRET_BYTES_MAX} bytes");
        return Ok(Err(secrets::SecretError::Invalid(rule)));
    }
    let secret = match Secret::from_json(value) {
        Ok(secret) => secret,
        Err(_) => {
            return Ok(Err(secrets::SecretError::Invalid(
                "the value is not JSON".into(),
            )));
        }
    };
    accessor.with(|mut access| access.get().masks.add(secret.clone()));
    Ok(store
        .update(&context, &name, secret)
        .await
        .map_err(store_error))
}

/// What a call to the secret store needs.
type Granted = (Arc<Hosts>, InvocationContext, SecretName);

/// Counts a call and asks the policy; to the guest, a secret that is not granted is one that does
/// not exist.
fn granted(
    accessor: &Accessor<Sandbox, Own>,
    key: String,
) -> Result<Option<Granted>, LimitReached> {
    accessor.with(|mut access| {
        let sandbox = access.get();
        if sandbox.secret_calls >= sandbox.policy.limits.secret_calls {
            return Err(LimitReached(Limit::SecretCalls));
        }
        sandbox.secret_calls += 1;
        let name = SecretName::try_from(key).ok();
        let granted = name.filter(|name| sandbox.policy.secrets.grants(name));
        Ok(granted.map(|name| (sandbox.hosts.clone(), sandbox.context(), name)))
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
