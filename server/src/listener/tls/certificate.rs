//! Which certificate does the server show, and what if its files change?

use std::error::Error as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, RootCertStore};
use tokio::sync::watch;

use crate::config::TlsConfig;

/// How often the files are looked at. Two looks must agree, so that a change is taken up when it
/// is whole.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// More than any chain of certificates.
const FILE_MAX: u64 = 1024 * 1024;
const DAY: u64 = 24 * 60 * 60;

/// A certificate and its key, replaced when the files are.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: TlsConfig,
    current: ArcSwap<CertifiedKey>,
    /// The state of the files that was read last, whether it could be used or not.
    seen: Mutex<Stamp>,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
    /// The file of the key can be read by everybody.
    #[error(
        "{path} holds a private key and can be read by others: make it private with \
         `chmod 600 {path}`"
    )]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// A file is larger than any certificate.
    #[error("{path} is larger than 1 MiB")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A file holds no certificate.
    #[error("{path} holds no certificate in PEM, which begins with `-----BEGIN CERTIFICATE-----`")]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A file holds no private key.
    #[error(
        "{path} holds no private key in PEM that is not encrypted, which begins with \
         `-----BEGIN PRIVATE KEY-----`, or with EC or RSA before PRIVATE"
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key is of a kind that cannot be used, or damaged.
    #[error(
        "the private key in {path} cannot be used: it must be RSA, ECDSA on P-256 or P-384, or Ed25519"
    )]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// The certificate is damaged.
    #[error("the certificate in {path} cannot be used")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: rustls::Error,
    },
    /// The key is another certificate's.
    #[error(
        "the private key in {key} does not belong to the first certificate in {certificate}: a \
         chain begins with the server's own certificate"
    )]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
}

/// What tells one state of the files from another.
type Stamp = [Option<(u64, u64, i64, i64)>; 2];

impl Certificate {
    /// Reads a certificate and its key.
    pub(crate) fn load(files: &TlsConfig) -> Result<Arc<Self>, CertificateError> {
        // Before the files are read: what changes while they are is taken up later.
        let seen = stamp(files);
        let current = read(files)?;
        Ok(Arc::new(Self {
            files: files.clone(),
            current: ArcSwap::from_pointee(current),
            seen: Mutex::new(seen),
        }))
    }

    /// Reads the files again. When they cannot be used, what there was stays, and the log says why.
    pub(crate) async fn reload(&self) {
        let (seen, next) = on_disk(&self.files, |files| (stamp(files), read(files))).await;
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        match next {
            Ok(next) => {
                self.current.store(Arc::new(next));
                let path = self.files.certificate.display();
                tracing::info!(%path, "the certificate was replaced");
            }
            Err(error) => {
                let cause = error.source().map(ToString::to_string).unwrap_or_default();
                tracing::error!(%error, cause, "the certificate that there was stays in use");
            }
        }
    }

    /// Takes changes of the files up until told to stop.
    pub(crate) async fn follow(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut before = None;
        loop {
            tokio::select! {
                _ = stop.changed() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let now = on_disk(&self.files, stamp).await;
            let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if now != seen && Some(now) == before {
                self.reload().await;
            }
            before = Some(now);
        }
    }
}

/// Does what may wait for a disk on a thread that may wait.
async fn on_disk<T: Send + 'static>(
    files: &TlsConfig,
    work: impl FnOnce(&TlsConfig) -> T + Send + 'static,
) -> T {
    let files = files.clone();
    match tokio::task::spawn_blocking(move || work(&files)).await {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

fn stamp(files: &TlsConfig) -> Stamp {
    [&files.certificate, &files.key].map(|file| {
        let about = std::fs::metadata(file).ok()?;
        Some((about.ino(), about.size(), about.mtime(), about.mtime_nsec()))
    })
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn read(files: &TlsConfig) -> Result<CertifiedKey, CertificateError> {
    let TlsConfig { certificate, key } = files;
    let chain = chain(certificate)?;
    let key_der = private_key(key)?;
    let certified = CertifiedKey::from_der(chain, key_der, &ring::default_provider());
    let certified = certified.map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            CertificateError::Mismatch {
                certificate: certificate.clone(),
                key: key.clone(),
            }
        }
        rustls::Error::InvalidCertificate(_) => CertificateError::Certificate {
            path: certificate.clone(),
            source: error,
        },
        // What else it says is about the key, and no key belongs in a message.
        _ => CertificateError::Key { path: key.clone() },
    })?;
    for certificate in &certified.cert {
        if let Some(why) = out_of_date(certificate, SystemTime::now()) {
            let path = files.certificate.display();
            tracing::warn!(%path, "clients will refuse the certificate: {why}");
        }
    }
    Ok(certified)
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let none = || CertificateError::NoCertificate { path: path.into() };
    let text = text(path, |_| Ok(()))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    chain
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(none)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    let text = text(path, |file| match file.metadata() {
        Ok(about) if about.mode() & 0o007 != 0 => {
            Err(CertificateError::NotPrivate { path: path.into() })
        }
        Ok(_) => Ok(()),
        Err(source) => Err(unreadable(path, source)),
    })?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| CertificateError::NoKey { path: path.into() })
}

/// The bytes of a file that passes a check.
fn text(
    path: &Path,
    check: impl FnOnce(&File) -> Result<(), CertificateError>,
) -> Result<Vec<u8>, CertificateError> {
    let file = File::open(path).map_err(|source| unreadable(path, source))?;
    check(&file)?;
    let mut text = Vec::new();
    let read = file.take(FILE_MAX + 1).read_to_end(&mut text);
    match read {
        Ok(_) if text.len() as u64 > FILE_MAX => {
            Err(CertificateError::TooLarge { path: path.into() })
        }
        Ok(_) => Ok(text),
        Err(source) => Err(unreadable(path, source)),
    }
}

fn unreadable(path: &Path, source: io::Error) -> CertificateError {
    let path = path.into();
    CertificateError::Read { path, source }
}

/// What is wrong with the dates of a certificate, if anything. Nobody here vouches for it, but its
/// dates are looked at before that.
fn out_of_date(certificate: &CertificateDer<'_>, now: SystemTime) -> Option<String> {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let checked = verify_server_cert_signed_by_trust_anchor(
        &parsed,
        &RootCertStore::empty(),
        &[],
        UnixTime::since_unix_epoch(since),
        ring::default_provider()
            .signature_verification_algorithms
            .all,
    );
    let days = |from: UnixTime, to: UnixTime| to.as_secs().saturating_sub(from.as_secs()) / DAY;
    match checked {
        Err(rustls::Error::InvalidCertificate(rustls::CertificateError::ExpiredContext {
            time,
            not_after,
        })) => Some(format!("it expired {} days ago", days(not_after, time))),
        Err(rustls::Error::InvalidCertificate(rustls::CertificateError::NotValidYetContext {
            time,
            not_before,
        })) => Some(format!(
            "it is not valid for another {} days",
            days(time, not_before)
        )),
        _ => None,
    }
}
