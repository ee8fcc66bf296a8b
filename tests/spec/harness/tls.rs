//! How does a test speak TLS with a server? With a certificate that it made itself.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sandglass_server::TlsConfig;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{block_on, temporary};

/// An authority, the certificates that it signs, and their files.
pub(crate) struct Pki {
    directory: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Pki {
    /// A new authority, with a certificate for `localhost` and 127.0.0.1 in its files.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        let name = "an authority of the tests";
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        let pki = Self {
            directory: temporary::directory(),
            authority: CertifiedIssuer::self_signed(params, key).expect("it signs itself"),
        };
        fs::write(pki.ca_file(), pki.authority.pem()).expect("it can be written");
        pki.renew();
        pki
    }

    /// Puts a new certificate and its key into the files, and returns the certificate.
    pub(crate) fn renew(&self) -> CertificateDer<'static> {
        self.renew_with(|_| {})
    }

    /// The same with another certificate than usual.
    pub(crate) fn renew_with(
        &self,
        change: impl FnOnce(&mut CertificateParams),
    ) -> CertificateDer<'static> {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).expect("valid names");
        change(&mut params);
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.signed_by(&key, &self.authority).expect("it signs");
        let TlsConfig {
            certificate: certificate_file,
            key: key_file,
        } = self.files();
        fs::write(certificate_file, certificate.pem()).expect("it can be written");
        write_private(&key_file, &key.serialize_pem());
        certificate.der().clone()
    }

    /// Where the certificate and its key are.
    pub(crate) fn files(&self) -> TlsConfig {
        TlsConfig {
            certificate: self.directory.path().join("chain.pem"),
            key: self.directory.path().join("key.pem"),
        }
    }

    /// Where the authority's certificate is.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }

    /// A client that trusts the authority.
    pub(crate) fn http_client(&self) -> reqwest::Client {
        // Where another test was first, its provider is the same.
        let _ = ring::default_provider().install_default();
        let authority = reqwest::Certificate::from_der(self.authority.der()).expect("it is one");
        let builder = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([authority]);
        builder.build().expect("a client")
    }

    /// Shakes hands with the server at an address and offers it these versions of HTTP.
    pub(crate) fn shake_hands(
        &self,
        url: &str,
        alpn: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots
            .add(self.authority.der().clone())
            .expect("an authority's certificate");
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let address = url.trim_start_matches("https://").to_owned();
        block_on(async {
            let stream = TcpStream::connect(address).await?;
            let name = ServerName::try_from("localhost").expect("a valid name");
            TlsConnector::from(Arc::new(config))
                .connect(name, stream)
                .await
        })
    }
}

/// The certificate that the server showed in a handshake.
pub(crate) fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    let certificates = stream.get_ref().1.peer_certificates();
    certificates.expect("there was a handshake")[0]
        .clone()
        .into_owned()
}

/// The version of HTTP that the handshake agreed on.
pub(crate) fn agreed(stream: &TlsStream<TcpStream>) -> Option<&str> {
    let name = stream.get_ref().1.alpn_protocol();
    name.map(|name| std::str::from_utf8(name).expect("it is ASCII"))
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(file: &Path, text: &str) {
    fs::write(file, text).expect("it can be written");
    set_mode(file, 0o600);
}

/// Says who may read a file.
pub(crate) fn set_mode(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("it is ours");
}
