//! `sandglass build`: source to artifact.

use std::path::{Path, PathBuf};

use sandglass_host_abi::{Artifact, ByteSize};
use serde::Serialize;

use crate::engine;
use crate::exit::{Exit, Explain as _, Failure};
use crate::print::Printer;
use crate::print::report::ArtifactJson;
use crate::print::style::GREEN;
use crate::print::time::span;
use crate::source::SourceFile;
use crate::values::Assignment;

const EXAMPLES: &str = "\
Examples:
  sandglass build hello.js
  sandglass build hello.js -o out/hello.sandglass --env GREETING=Hello

The same source, environment variables and engine give the same bytes. An artifact holds no native
code; it fits the engine of this release, and its source lies in it for later ones.";

/// Build a lambda into an artifact file.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The JavaScript file.
    file: PathBuf,

    /// Where to write the artifact; by default beside the source, ending in .sandglass.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,

    /// An environment variable, fixed at build time. Repeatable.
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<Assignment>,
}

#[derive(Serialize)]
struct Built<'a> {
    file: &'a Path,
    artifact: ArtifactJson<'a>,
}

pub(crate) async fn run(args: Args, print: Printer) -> Result<Exit, Failure> {
    let file = SourceFile::read(&args.file)
        .await?
        .with_environment(&args.env)?;
    let out = args
        .out
        .unwrap_or_else(|| args.file.with_extension("sandglass"));
    let runtime = engine::build(engine::builder(), print)?;
    let (artifact, build) = file.compile(&runtime).await?;

    write(&out, &artifact)?;
    let size = ByteSize::bytes(artifact.as_bytes().len() as u64);
    print.line(format_args!(
        "{GREEN}built{GREEN:#} {} ({size} in {})",
        out.display(),
        span(build)
    ));
    print.line(format_args!("sha256 {}", artifact.digest()));
    print.value(&Built {
        file: &out,
        artifact: ArtifactJson::of(&artifact, build),
    });
    Ok(Exit::Success)
}

fn write(out: &Path, artifact: &Artifact) -> Result<(), Failure> {
    std::fs::write(out, artifact.as_bytes())
        .doing(format!("cannot write {}", out.display()))
        .hint("choose another place with -o FILE")
        .blame_user()
}
