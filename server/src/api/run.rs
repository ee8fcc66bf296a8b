//! How is a lambda tried out over HTTP?

use std::collections::BTreeMap;

use sandglass_compiler::CompileError;
use sandglass_runtime::ByteSize;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Ask, Endpoint};
use crate::admin::Trial;
use crate::auth::Action;
use crate::reply::{Reply, not_stored, ok};
use crate::run::{self, RunReport};
use crate::status::Problem;

/// A source in the longest form that JSON has for it.
const SOURCE_MAX: ByteSize = ByteSize::mib(2);

/// A source that is to be run once. It is neither saved nor deployed.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DraftRun {
    /// JavaScript or TypeScript source.
    code: String,
    /// The file name that error stacks show; by default `index.js`.
    #[serde(default)]
    file_name: Option<String>,
    /// `process.env`.
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// The lambda that it is a draft of, by its UUID or name: it is called like that one.
    #[serde(default)]
    lambda: Option<String>,
    #[schemars(with = "RunInput")]
    input: Box<RawValue>,
}

/// The body of an invocation.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct RunInput {
    /// Any number; milliseconds since the Unix epoch by custom.
    timestamp: Option<f64>,
    headers: Option<Vec<RunHeader>>,
    /// What the event of the lambda says.
    payload: serde_json::Value,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct RunHeader {
    key: String,
    value: String,
}

/// A source to be checked.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SourceCheck {
    /// JavaScript or TypeScript source.
    code: String,
    /// The file name that mistakes are shown in; by default `index.js`.
    #[serde(default)]
    file_name: Option<String>,
}

/// What is wrong with a source.
#[derive(Serialize, JsonSchema)]
struct Checked {
    /// The mistakes that show without running it, in the order of their lines: at most 20.
    diagnostics: Vec<Diagnostic>,
}

/// A mistake.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Diagnostic {
    message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    file_name: String,
    /// From 1; 0 when there is no line to name.
    line: u32,
    /// In characters, from 1; 0 when there is no column to name.
    column: u32,
    severity: Severity,
}

/// How bad it is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Severity {
    /// It does not build.
    Error,
}

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::post(
        "/api/account/{account}/check",
        Action::ChangeLambdas,
        "Say what is wrong with a source, without running it or keeping anything",
        |ask| Box::pin(check(ask)),
    )
    .takes::<SourceCheck>()
    .answers::<Checked>(200)
    .fails(&[429]),
    Endpoint::post(
        "/api/account/{account}/run",
        Action::ChangeLambdas,
        "Run a source once, without saving or deploying it, and report everything",
        |ask| Box::pin(draft(ask)),
    )
    .takes::<DraftRun>()
    .answers::<RunReport>(200)
    .fails(&[429]),
    Endpoint::post(
        "/api/account/{account}/lambdas/{lambda}/run",
        Action::Invoke,
        "Run what is live of a lambda, and report everything",
        |ask| Box::pin(live(ask)),
    )
    .takes::<RunInput>()
    .answers::<RunReport>(200)
    .fails(&[429]),
];

async fn check(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let SourceCheck { code, file_name } = ask.json(SOURCE_MAX).await?;
    let found = ask.admin();
    let found = found.find_mistakes(ask.account(), file_name, code).await?;
    let diagnostics = found.into_iter().map(Diagnostic::from).collect();
    Ok(ok(&Checked { diagnostics }))
}

async fn draft(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    // The environment can have about as much as a source.
    let more = ask.app.settings.body_max.get() + 2 * SOURCE_MAX.get();
    let body: DraftRun = ask.json(ByteSize::bytes(more)).await?;
    let input = String::from(Box::<str>::from(body.input));
    let trial = Trial {
        code: body.code,
        file_name: body.file_name,
        environment: body.environment,
        lambda: body.lambda,
    };
    let run = run::draft(
        ask.app,
        ask.admin(),
        ask.account(),
        (trial, input.into()),
        ask.request(),
    );
    Ok(not_stored(ok(&run.await?)))
}

async fn live(mut ask: Ask<'_>) -> Result<Reply, Problem> {
    let body = ask.bytes(ask.app.settings.body_max).await?;
    let lambda = ask.path("lambda");
    let run = run::live(ask.app, ask.account(), lambda, body, ask.request());
    Ok(not_stored(ok(&run.await?)))
}

impl From<CompileError> for Diagnostic {
    fn from(error: CompileError) -> Self {
        Self {
            message: error.message,
            hint: Some(error.hint).filter(|hint| !hint.is_empty()),
            file_name: error.file,
            line: error.line,
            column: error.column,
            severity: Severity::Error,
        }
    }
}
