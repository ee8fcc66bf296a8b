//! Which files is the console made of?
//!
//! Whatever lies in `console/dist` becomes a table of the server: its path there and its bytes. A file
//! `NAME.br` is `NAME`, compressed. Without the directory the table is empty, and the server has no
//! console.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let dist = here.join("../console/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    if dist.is_dir() {
        collect(&dist, "", &mut files)?;
    }
    files.sort();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("console_files.rs"), table(&files))
}

/// The files of a directory and of those in it, but for hidden ones: their names there, and where they
/// are.
fn collect(directory: &Path, above: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{above}{name}");
        match entry.file_type()? {
            kind if kind.is_dir() => collect(&entry.path(), &format!("{name}/"), files)?,
            _ => files.push((name, entry.path().canonicalize()?)),
        }
    }
    Ok(())
}

/// The table as Rust: a slice of [`Embedded`] in the order of the names.
fn table(files: &[(String, PathBuf)]) -> String {
    let mut rust = String::from("&[\n");
    for (name, path) in files {
        let (name, compressed) = match name.strip_suffix(".br") {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        let path = path.display().to_string();
        writeln!(
            rust,
            "Embedded {{ name: {name:?}, compressed: {compressed}, bytes: include_bytes!({path:?}) }},"
        )
        .expect("writing to a string cannot fail");
    }
    rust.push_str("]\n");
    rust
}
