//! Embeds the lambdas of `examples/lambdas`, so that `sandglass up` has them outside a checkout.
//!
//! Writes `examples.rs`: one `Embedded { name, code, sidecar }` a lambda, sorted by name.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it for build scripts");
    let out = env::var_os("OUT_DIR").expect("cargo sets it for build scripts");
    let directory = Path::new(&manifest).join("../examples/lambdas");
    println!("cargo:rerun-if-changed={}", directory.display());

    let entries: String = lambdas(&directory)?
        .iter()
        .map(|file| entry(file))
        .collect();
    fs::write(
        Path::new(&out).join("examples.rs"),
        format!("&[\n{entries}]\n"),
    )
}

fn lambdas(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for file in fs::read_dir(directory)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "js") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn entry(file: &Path) -> String {
    let name = file.file_stem().expect("it ends in .js").to_string_lossy();
    let sidecar = file.with_extension("json");
    let sidecar = match sidecar.exists() {
        true => format!("Some(include_str!({sidecar:?}))"),
        false => "None".to_owned(),
    };
    format!(
        "    Embedded {{ name: {name:?}, code: include_str!({file:?}), sidecar: {sidecar} }},\n"
    )
}
