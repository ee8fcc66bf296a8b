//! Whom do we believe to be the host that was asked for?

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::EgressError;

/// TLS 1.2 and 1.3, certificates checked against the operating system's roots and `extra_roots`
/// (PEM).
pub(super) fn client_config(extra_roots: &[u8]) -> Result<ClientConfig, EgressError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| EgressError::Tls(e.into()))?;
    let builder = match verifier(&parse(extra_roots)?, provider)? {
        Some(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier)),
        None => builder.with_root_certificates(RootCertStore::empty()),
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
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

/// `None` on a machine without root certificates, such as an empty container: plain HTTP works
/// there, and every HTTPS request fails for want of trust.
fn verifier(
    extra_roots: &[CertificateDer<'static>],
    provider: Arc<CryptoProvider>,
) -> Result<Option<Verifier>, EgressError> {
    match Verifier::new_with_extra_roots(extra_roots.iter().cloned(), provider) {
        Ok(verifier) => Ok(Some(verifier)),
        Err(e) if extra_roots.is_empty() => {
            tracing::warn!(error = %e, "no root certificates: every HTTPS request will fail");
            Ok(None)
        }
        Err(e) => Err(EgressError::RootCertificates(e.into())),
    }
}
