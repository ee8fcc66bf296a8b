//! Chooses the engine that is embedded: the committed one, or the one that `SANDGLASS_ENGINE_DIR`
//! names (a directory that `cargo xtask engine --check` wrote).

use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-env-changed=SANDGLASS_ENGINE_DIR");
    let committed = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("engine");
    let directory = std::env::var_os("SANDGLASS_ENGINE_DIR").map_or(committed, PathBuf::from);
    println!("cargo:rerun-if-changed={}", directory.display());
    println!("cargo:rustc-env=SANDGLASS_ENGINE={}", directory.display());
}
