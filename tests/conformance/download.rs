//! Where do the tests come from?
//!
//! From Debian's source package of Node.js, which holds Node.js' own tests and those of the web platform that it
//! vendors. Nothing of it is committed here; what is downloaded is checked against a pinned hash.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use ring::digest::{SHA256, digest};

/// Debian's name of the package's file.
const FILE: &str = "nodejs_20.19.2+dfsg.orig.tar.xz";
/// What it must be.
const DIGEST: &str = "5e5559381ad031d245a8efa403458abbb73755f74c3e6380f185a4dd342b7949";
/// Where it is. The first may drop it when a newer version comes, the second keeps everything.
const ADDRESSES: [&str; 2] = [
    "http://deb.debian.org/debian/pool/main/n/nodejs/nodejs_20.19.2+dfsg.orig.tar.xz",
    "https://snapshot.debian.org/archive/debian/20250601T000000Z/pool/main/n/nodejs/nodejs_20.19.2+dfsg.orig.tar.xz",
];
/// What of it is unpacked.
const PARTS: [&str; 4] = [
    "*/test/parallel",
    "*/test/common",
    "*/test/fixtures",
    "*/test/wpt",
];

/// The folder `test` of Node.js' sources, below `folder`; downloaded when it is not there.
///
/// # Errors
/// When no address has the file that was pinned, or it cannot be unpacked.
pub(crate) fn tests(folder: &Path, sources: Option<&str>) -> Result<PathBuf> {
    let unpacked = folder.join(format!("node-{}", &DIGEST[..16]));
    if unpacked.is_dir() {
        return Ok(unpacked.join("test"));
    }
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let archive = folder.join(FILE);
    if !is_pinned(&archive) {
        download(&archive, sources)?;
    }
    unpack(&archive, &unpacked)?;
    Ok(unpacked.join("test"))
}

fn download(archive: &Path, sources: Option<&str>) -> Result<()> {
    let addresses = sources.map_or(ADDRESSES.to_vec(), |address| vec![address]);
    for address in &addresses {
        eprintln!("downloading {address}");
        match fetch(address, archive) {
            Ok(()) if is_pinned(archive) => return Ok(()),
            Ok(()) => eprintln!("  it is not the file with the SHA-256 {DIGEST}"),
            Err(error) => eprintln!("  {error:#}"),
        }
    }
    bail!(
        "the tests could not be downloaded from {}: name a mirror of {FILE} with --sources ADDRESS \
         or SANDGLASS_NODE_SOURCES",
        addresses.join(" nor ")
    )
}

fn fetch(address: &str, archive: &Path) -> Result<()> {
    if !address.contains("://") {
        fs::copy(address, archive).with_context(|| format!("{address} cannot be copied"))?;
        return Ok(());
    }
    let status = Command::new("curl")
        .args(["--fail", "--location", "--silent", "--show-error"])
        .args(["--proto", "=http,https", "--connect-timeout", "20"])
        .args(["--retry", "3", "--max-time", "600", "--output"])
        .arg(archive)
        .arg(address)
        .status()
        .context("curl does not start: is it installed?")?;
    ensure!(status.success(), "curl ended with {status}");
    Ok(())
}

fn is_pinned(archive: &Path) -> bool {
    fs::read(archive).is_ok_and(|bytes| hex(digest(&SHA256, &bytes).as_ref()) == DIGEST)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Unpacks beside its place and moves it there, so that what is there is whole.
fn unpack(archive: &Path, to: &Path) -> Result<()> {
    let partial = to.with_extension(format!("{}.partial", std::process::id()));
    fs::create_dir_all(&partial)?;
    let status = Command::new("tar")
        .arg("--extract")
        .arg("--xz")
        .arg("--file")
        .arg(archive)
        .arg("--directory")
        .arg(&partial)
        .args(["--strip-components", "1", "--wildcards"])
        .args(PARTS)
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
