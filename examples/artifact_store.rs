//! How do I serve many lambdas without loading them all?
//!
//! Artifacts are files named by their digest. A lambda is made from a digest alone; the runtime
//! asks the store when the lambda is first called, and again when it was unloaded since.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::io::ErrorKind;
use std::path::PathBuf;

use sandglass_compiler::{Compiler, Source};
use sandglass_runtime::{
    Artifact, ArtifactDigest, ArtifactStore, ArtifactStoreError, Invocation, Policy, Runtime,
};

struct Directory(PathBuf);

impl ArtifactStore for Directory {
    fn read(&self, digest: &ArtifactDigest) -> Result<Artifact, ArtifactStoreError> {
        println!("reading  {}", &digest.as_str()[..12]);
        // A digest is 64 hexadecimal digits: it cannot leave the directory.
        let bytes = std::fs::read(self.0.join(digest.as_str())).map_err(|e| match e.kind() {
            ErrorKind::NotFound => ArtifactStoreError::NotFound(digest.clone()),
            _ => ArtifactStoreError::Failed(e),
        })?;
        Ok(Artifact::from_stored(digest, bytes)?)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let store = Directory(directory.path().to_owned());
    let runtime = Runtime::builder()
        .artifacts(store)
        .loaded_lambdas_max(2)
        .build()?;

    let mut lambdas = Vec::new();
    for n in 1..=3 {
        let code = format!("function lambda(input, callback) {{ callback(null, {n}); }}");
        let source = Source::new(format!("lambda{n}.js"), code)?;
        let artifact = Compiler::new(&runtime).compile(&source).await?;
        std::fs::write(
            directory.path().join(artifact.digest().as_str()),
            artifact.as_bytes(),
        )?;
        lambdas.push(runtime.lambda(artifact.digest().clone(), Policy::default()));
    }

    for lambda in lambdas.iter().chain(&lambdas) {
        println!(
            "outcome  {:?}",
            lambda.invoke(Invocation::json("{}")?).await?.outcome
        );
    }
    println!("loaded   {} of 3", runtime.usage().loaded_lambdas);
    Ok(())
}
