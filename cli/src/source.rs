//! How does a file become a source, and a build error a failure?

use std::path::Path;
use std::time::{Duration, Instant};

use sandglass_compiler::{CompileError, CompileErrorKind, Compiler, Source, pack};
use sandglass_runtime::artifact::Bundle;
use sandglass_runtime::{Artifact, LambdaName, Runtime};

use crate::exit::{Explain as _, Failure};
use crate::print::diagnostic::Place;
use crate::values::Assignment;

/// A lambda of the user's.
pub(crate) struct SourceFile {
    /// As the user gave it, for messages.
    path: String,
    source: Source,
}

impl SourceFile {
    /// Reads a file, or a folder, with everything that it imports.
    pub(crate) async fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display().to_string();
        match pack(path).await {
            Ok(source) => Ok(Self {
                path: shown,
                source,
            }),
            Err(error) => {
                let own = path.file_name() == Some(error.file.as_ref());
                let failure = failure(error);
                Err(if own {
                    at_path(failure, &shown)
                } else {
                    failure
                })
            }
        }
    }

    /// The source with these environment variables.
    pub(crate) fn with_environment(self, variables: &[Assignment]) -> Result<Self, Failure> {
        let Self { path, source } = self;
        let source = variables.iter().try_fold(source, |source, variable| {
            source.env(&variable.name, &variable.value).map_err(failure)
        })?;
        Ok(Self { path, source })
    }

    /// As error stacks show it.
    pub(crate) fn file_name(&self) -> &str {
        self.source.file_name()
    }

    /// The source itself.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn code(&self) -> &str {
        self.source.code()
    }

    /// The source with everything that it imports.
    pub(crate) fn bundle(&self) -> Option<&Bundle> {
        self.source.bundle()
    }

    /// The lambda's name unless the user gives another: the file's, without its extension.
    pub(crate) fn lambda_name(&self) -> Result<LambdaName, Failure> {
        let path = Path::new(&self.path);
        let named = if path.is_dir() {
            path
        } else {
            Path::new(self.file_name())
        };
        let stem = named.file_stem().unwrap_or_default().to_string_lossy();
        stem.parse()
            .blame_user()
            .hint("give the lambda a name with --name")
    }

    /// Builds the artifact; says how long it took.
    pub(crate) async fn compile(&self, runtime: &Runtime) -> Result<(Artifact, Duration), Failure> {
        let begun = Instant::now();
        match Compiler::new(runtime).compile(&self.source).await {
            Ok(artifact) => Ok((artifact, begun.elapsed())),
            Err(error) => Err(self.at_its_path(failure(error))),
        }
    }

    /// The same failure, with the file as the user knows it.
    pub(crate) fn at_its_path(&self, failure: Failure) -> Failure {
        match &failure.place {
            Some(place) if place.file == self.file_name() => at_path(failure, &self.path),
            _ => failure,
        }
    }
}

/// The failure that says why there is no artifact.
fn failure(error: CompileError) -> Failure {
    if error.kind == CompileErrorKind::Host {
        return Failure::host(error.message).with_hint(error.hint);
    }
    let failure = Failure::build(error.message).with_hint(error.hint);
    if error.file.is_empty() {
        return failure;
    }
    failure.with_place(Place {
        file: error.file,
        line: error.line,
        column: error.column,
        source_line: error.source_line,
    })
}

fn at_path(mut failure: Failure, path: &str) -> Failure {
    if let Some(place) = failure.place.as_mut() {
        path.clone_into(&mut place.file);
    }
    failure
}
