//! One HTTP exchange, from a plain JavaScript object and to one.

use rquickjs::{Array, Ctx, Object, Promise, Result, TypedArray};

use super::bytes_of;
use crate::sandglass::toolbelt::http::{self, ClientIdentity, HttpError, Request, Response};
use crate::{event_loop, phase};

/// Sends `{method, url, headers: [name, value, …], body?, decompress, timeout?, identity?}`; an
/// identity is `{certificateChain, privateKey, trustedCertificates?}`.
///
/// Resolves to `{status, reason, headers: [name, value, …], body}`, or to `{error, detail}` with
/// the name of the error case. Header values pass as Latin-1 text, a byte a character.
pub(super) fn send<'js>(ctx: Ctx<'js>, request: Object<'js>) -> Result<Promise<'js>> {
    phase::require_invocation(&ctx, "the network")?;
    let request = Request {
        method: request.get("method")?,
        url: request.get("url")?,
        headers: headers(&request.get("headers")?)?,
        body: match request.get::<_, Option<TypedArray<u8>>>("body")? {
            Some(body) => bytes_of(&ctx, &body)?.to_vec(),
            None => Vec::new(),
        },
        decompress: request.get("decompress")?,
        timeout_ms: request.get("timeout")?,
        identity: match request.get::<_, Option<Object>>("identity")? {
            Some(identity) => Some(client_identity(&identity)?),
            None => None,
        },
    };
    event_loop::promise(&ctx, http::send(request), |ctx, answer| {
        let object = Object::new(ctx.clone())?;
        match answer {
            Ok(response) => describe(&object, response)?,
            Err(error) => explain(&object, error)?,
        }
        Ok(Ok(object.into_value()))
    })
}

fn client_identity(identity: &Object<'_>) -> Result<ClientIdentity> {
    Ok(ClientIdentity {
        certificate_chain: identity.get("certificateChain")?,
        private_key: identity.get("privateKey")?,
        trusted_certificates: identity.get("trustedCertificates")?,
    })
}

fn headers(flat: &Array<'_>) -> Result<Vec<(String, Vec<u8>)>> {
    (0..flat.len())
        .step_by(2)
        .map(|at| Ok((flat.get(at)?, latin1(&flat.get::<String>(at + 1)?))))
        .collect()
}

fn latin1(text: &str) -> Vec<u8> {
    text.encode_utf16()
        .map(|unit| unit.to_le_bytes()[0])
        .collect()
}

fn describe<'js>(object: &Object<'js>, response: Response) -> Result<()> {
    let headers = Array::new(object.ctx().clone())?;
    for (at, (name, value)) in response.headers.into_iter().enumerate() {
        headers.set(2 * at, name)?;
        headers.set(
            2 * at + 1,
            value.into_iter().map(char::from).collect::<String>(),
        )?;
    }
    object.set("status", response.status)?;
    object.set("reason", response.reason)?;
    object.set("headers", headers)?;
    object.set(
        "body",
        TypedArray::<u8>::new(object.ctx().clone(), response.body)?,
    )
}

fn explain<'js>(object: &Object<'js>, error: HttpError) -> Result<()> {
    let (name, detail) = match error {
        HttpError::HostNotAllowed(host) => ("host-not-allowed", host),
        HttpError::AddressRefused(host) => ("address-refused", host),
        HttpError::InvalidUrl(wrong) => ("invalid-url", wrong),
        HttpError::InvalidRequest(wrong) => ("invalid-request", wrong),
        HttpError::InvalidCertificate(wrong) => ("invalid-certificate", wrong),
        HttpError::InvalidPrivateKey(wrong) => ("invalid-private-key", wrong),
        HttpError::DnsFailed(host) => ("dns-failed", host),
        HttpError::ConnectionFailed(cause) => ("connection-failed", cause),
        HttpError::TlsFailed(cause) => ("tls-failed", cause),
        HttpError::TimedOut => ("timed-out", String::new()),
        HttpError::Failed(what) => ("failed", what),
    };
    object.set("error", name)?;
    object.set("detail", detail)
}
