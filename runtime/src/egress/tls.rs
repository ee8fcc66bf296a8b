//! Whom do we believe to be the host that was asked for, and as whom do we ask?

mod identity;

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::Verifier;
use sandglass_host_abi::{ClientIdentity, HttpError};

use super::EgressError;

/// How requests speak TLS 1.2 and 1.3. Certificates are checked against the operating system's
/// roots and those that the operator adds.
#[derive(Debug)]
pub(super) struct Tls {
    provider: Arc<CryptoProvider>,
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    /// `None` on a machine without root certificates, such as an empty container: plain HTTP works
    /// there, and HTTPS requests fail for want of trust.
    roots: Option<Arc<dyn ServerCertVerifier>>,
    anonymous: ClientConfig,
}

impl Tls {
    /// Reads the operating system's roots; `extra_roots` are in PEM.
    pub(super) fn new(extra_roots: &[u8]) -> Result<Self, EgressError> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|e| EgressError::Tls(e.into()))?;
        let roots = roots(&parse(extra_roots)?, Arc::clone(&provider))?;
        let anonymous = checked_by(builder.clone(), roots.clone()).with_no_client_auth();
        Ok(Self {
            provider,
            builder,
            roots,
            anonymous: over_http(anonymous),
        })
    }

    /// For a request of this identity, or of none. Sessions are resumed, save those of an identity:
    /// what a server believes of one lambda must not answer for another.
    pub(super) fn of(&self, identity: Option<&ClientIdentity>) -> Result<ClientConfig, HttpError> {
        match identity {
            None => Ok(self.anonymous.clone()),
            Some(identity) => Ok(over_http(self.identified(identity)?)),
        }
    }
}

/// Without a verifier, no certificate is good enough.
fn checked_by(
    builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    verifier: Option<Arc<dyn ServerCertVerifier>>,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    match verifier {
        Some(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(verifier),
        None => builder.with_root_certificates(RootCertStore::empty()),
    }
}

fn over_http(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

fn parse(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, EgressError> {
    let error = |e: Box<dyn std::error::Error + Send + Sync>| EgressError::RootCertificates(e);
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = parsed.map_err(|e| error(e.into()))?;
    if certificates.is_empty() && !pem.trim_ascii().is_empty() {
        return Err(error("there is no certificate in the text".into()));
    }
    Ok(certificates)
}

fn roots(
    extra_roots: &[CertificateDer<'static>],
    provider: Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ServerCertVerifier>>, EgressError> {
    match Verifier::new_with_extra_roots(extra_roots.iter().cloned(), provider) {
        Ok(verifier) => Ok(Some(Arc::new(verifier))),
        Err(e) if extra_roots.is_empty() => {
            tracing::warn!(error = %e, "no root certificates: every HTTPS request will fail");
            Ok(None)
        }
        Err(e) => Err(EgressError::RootCertificates(e.into())),
    }
}
