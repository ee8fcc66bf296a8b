//! How does a lambda show a certificate of its own, and whom does it believe beside us?
//!
//! The server's certificate is checked in any case. Beside those whom the host trusts, the lambda
//! may trust authorities of its own, and certificates of the server itself: whoever has the key of
//! one of these is the server that the lambda means, under whatever name, as long as it is valid.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, InconsistentKeys, RootCertStore,
    SignatureScheme,
};
use sandglass_host_abi::{ClientIdentity, HttpError};

use super::{Tls, checked_by};

/// The certificates of one text, at most: a hostile server can have each of them tried.
const CERTIFICATES_MAX: usize = 16;
/// What the parts of an identity are called where they cannot be used.
const CHAIN: &str = "certificate chain";
const TRUSTED: &str = "text of trusted certificates";

impl Tls {
    /// A configuration that shows the identity to a server that asks for it, and keeps no session.
    pub(super) fn identified(&self, identity: &ClientIdentity) -> Result<ClientConfig, HttpError> {
        let certified = SingleCertAndKey::from(self.certified_key(identity)?);
        let verifier = match identity.trusted_certificates() {
            None => self.roots.clone(),
            Some(pem) => Some(Arc::new(self.trusting(pem)?) as Arc<dyn ServerCertVerifier>),
        };
        let mut config = checked_by(self.builder.clone(), verifier)
            .with_client_cert_resolver(Arc::new(certified));
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    fn certified_key(&self, identity: &ClientIdentity) -> Result<CertifiedKey, HttpError> {
        let chain = certificates(CHAIN, identity.certificate_chain())?;
        let unusable = |why: &str| HttpError::InvalidPrivateKey(why.to_owned());
        let key = PrivateKeyDer::from_pem_slice(identity.expose_private_key().as_bytes()).map_err(
            |_| {
                unusable(
                    "the private key holds no key in PEM that can be read: one in PKCS #8, \
                     PKCS #1 or SEC 1, without a passphrase, is needed",
                )
            },
        )?;
        let key = self.provider.key_provider.load_private_key(key);
        let key = key.map_err(|_| {
            unusable(
                "the private key is of none of the kinds that are supported: RSA of 2048 to 4096 \
                 bits, ECDSA over P-256 or P-384, Ed25519",
            )
        })?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(unusable(
                "the private key is not that of the first certificate of the chain",
            )),
            Err(Error::InvalidCertificate(CertificateError::BadEncoding)) => Err(unreadable(CHAIN)),
            // One of X.509's first version cannot be compared; the server judges it.
            _ => Ok(certified),
        }
    }

    fn trusting(&self, pem: &str) -> Result<Trusting, HttpError> {
        let certificates = certificates(TRUSTED, pem)?;
        let mut authorities = RootCertStore::empty();
        for certificate in &certificates {
            let added = authorities.add(certificate.clone());
            added.map_err(|_| unreadable(TRUSTED))?;
        }
        let provider = Arc::clone(&self.provider);
        let by_authorities =
            WebPkiServerVerifier::builder_with_provider(Arc::new(authorities), provider)
                .build()
                .map_err(|_| unreadable(TRUSTED))?;
        Ok(Trusting {
            certificates,
            by_authorities,
            by_roots: self.roots.clone(),
        })
    }
}

/// The certificates of a text, at least one.
fn certificates(part: &str, pem: &str) -> Result<Vec<CertificateDer<'static>>, HttpError> {
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let certificates = parsed.map_err(|_| unreadable(part))?;
    if certificates.len() > CERTIFICATES_MAX {
        let why = format!("the {part} holds more than {CERTIFICATES_MAX} certificates");
        return Err(HttpError::InvalidCertificate(why));
    }
    if certificates.is_empty() {
        let why = format!("the {part} holds no certificate in PEM");
        return Err(HttpError::InvalidCertificate(why));
    }
    Ok(certificates)
}

fn unreadable(part: &str) -> HttpError {
    let why = format!("the {part} holds a certificate that cannot be read");
    HttpError::InvalidCertificate(why)
}

/// Believes what the certificates of a lambda or the host's roots vouch for.
#[derive(Debug)]
struct Trusting {
    certificates: Vec<CertificateDer<'static>>,
    by_authorities: Arc<WebPkiServerVerifier>,
    by_roots: Option<Arc<dyn ServerCertVerifier>>,
}

impl Trusting {
    /// Whether the server showed one of the lambda's certificates and nothing but its place in a
    /// chain or its name spoke against it. webpki looks at a certificate's time before these.
    fn is_the_server_itself(&self, certificate: &CertificateDer<'_>, error: &Error) -> bool {
        let is_about_chain_or_name = matches!(
            error,
            Error::InvalidCertificate(
                CertificateError::UnknownIssuer
                    | CertificateError::BadSignature
                    | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
                    | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
                    | CertificateError::NotValidForName
                    | CertificateError::NotValidForNameContext { .. }
                    | CertificateError::Other(_)
            )
        );
        is_about_chain_or_name && self.certificates.iter().any(|known| known == certificate)
    }
}

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let by = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(certificate, intermediates, name, ocsp, now)
        };
        let error = match by(&*self.by_authorities) {
            Err(error) if !self.is_the_server_itself(certificate, &error) => error,
            _ => return Ok(ServerCertVerified::assertion()),
        };
        match self.by_roots.as_deref().map(by) {
            Some(Ok(verified)) => Ok(verified),
            // The lambda's own authority says more than that nobody else knows it.
            _ => Err(error),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by_authorities
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.by_authorities
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_authorities.supported_verify_schemes()
    }
}
