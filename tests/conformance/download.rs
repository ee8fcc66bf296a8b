//! Where do the tests come from?
//!
//! From Debian's source packages: that of Node.js holds Node.js' own tests and those of the web platform that it
//! vendors, those of packages of npm hold theirs. Nothing of them is committed here; what is downloaded is checked
//! against a pinned hash.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use ring::digest::{SHA256, digest};
use serde::Deserialize;

/// A file of Debian's, which holds tests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive {
    /// Debian's name of it.
    pub(crate) file: String,
    /// The SHA-256 that it must have.
    pub(crate) digest: String,
    /// Where it is below the servers' roots. The first server may drop it when a newer version comes, the second
    /// keeps everything.
    pool: String,
    /// What of it is unpacked.
    parts: Vec<String>,
}

/// The roots of Debian's servers.
const SERVERS: [&str; 2] = [
    "http://deb.debian.org/debian",
    "https://snapshot.debian.org/archive/debian/20250601T000000Z",
];

impl Archive {
    /// That of Node.js.
    pub(crate) fn of_node() -> Self {
        let parts = [
            "*/test/parallel",
            "*/test/common",
            "*/test/fixtures",
            "*/test/wpt",
        ];
        Self {
            file: "nodejs_20.19.2+dfsg.orig.tar.xz".to_owned(),
            digest: "5e5559381ad031d245a8efa403458abbb73755f74c3e6380f185a4dd342b7949".to_owned(),
            pool: "pool/main/n/nodejs".to_owned(),
            parts: parts.map(str::to_owned).to_vec(),
        }
    }

    /// Has its parts in `unpacked`, without the folder that holds all of it. The archive is kept in `folder`, and
    /// downloaded when it is not there: from `sources`, if that is said.
    ///
    /// # Errors
    /// When no address has the file that was pinned, or it cannot be unpacked.
    pub(crate) fn unpacked(
        &self,
        folder: &Path,
        unpacked: &Path,
        sources: Option<&str>,
    ) -> Result<()> {
        if unpacked.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let archive = folder.join(&self.file);
        if !self.is_pinned(&archive) {
            self.download(&archive, sources)?;
        }
        unpack(&archive, unpacked, &self.parts)
    }

    fn download(&self, archive: &Path, sources: Option<&str>) -> Result<()> {
        let Self {
            file, digest, pool, ..
        } = self;
        let pinned = SERVERS
            .map(|server| format!("{server}/{pool}/{file}"))
            .to_vec();
        let addresses = sources.map_or(pinned, |address| vec![address.to_owned()]);
        for address in &addresses {
            eprintln!("downloading {address}");
            match fetch(address, archive) {
                Ok(()) if self.is_pinned(archive) => return Ok(()),
                Ok(()) => eprintln!("  it is not the file with the SHA-256 {digest}"),
                Err(error) => eprintln!("  {error:#}"),
            }
        }
        bail!(
            "the tests could not be downloaded from {}: put {file} into {}, or name a mirror of Node.js' sources \
             with --sources ADDRESS or SANDGLASS_NODE_SOURCES",
            addresses.join(" nor "),
            archive.parent().unwrap_or(archive).display()
        )
    }

    fn is_pinned(&self, archive: &Path) -> bool {
        let digest = |bytes: Vec<u8>| hex(digest(&SHA256, &bytes).as_ref());
        fs::read(archive).is_ok_and(|bytes| digest(bytes) == self.digest)
    }
}

fn fetch(address: &str, archive: &Path) -> Result<()> {
    if !address.contains("://") {
        fs::copy(address, archive).with_context(|| format!("{address} cannot be copied"))?;
        return Ok(());
    }
    let status = Command::new("curl")
        .args(["--fail", "--location", "--silent", "--show-error"])
        .args(["--proto", "=http,https", "--connect-timeout", "20"])
        .args(["--retry", "5", "--retry-connrefused", "--retry-delay", "5"])
        .args(["--max-time", "600", "--output"])
        .arg(archive)
        .arg(address)
        .status()
        .context("curl does not start: is it installed?")?;
    ensure!(status.success(), "curl ended with {status}");
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Unpacks beside its place and moves it there, so that what is there is whole.
fn unpack(archive: &Path, to: &Path, parts: &[String]) -> Result<()> {
    let partial = to.with_extension(format!("{}.partial", std::process::id()));
    fs::create_dir_all(&partial)?;
    let status = Command::new("tar")
        .arg("--extract")
        .arg("--file")
        .arg(archive)
        .arg("--directory")
        .arg(&partial)
        .args(["--strip-components", "1", "--wildcards"])
        .args(parts)
        .status()
        .context("tar does not start: is it installed?")?;
    ensure!(
        status.success(),
        "{} cannot be unpacked: is xz installed (xz-utils)?",
        archive.display()
    );
    if fs::rename(&partial, to).is_err() {
        // Another process was faster.
        fs::remove_dir_all(&partial)?;
        ensure!(to.is_dir(), "{} cannot be made", to.display());
    }
    Ok(())
}
