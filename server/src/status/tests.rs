use http_body_util::BodyExt as _;
use sandglass_runtime::{Failure, FailureKind, Limit, Limits, Outcome};

use super::*;

async fn shown(problem: Problem) -> String {
    let (parts, body) = problem.reply().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    format!(
        "{} {}",
        parts.status.as_u16(),
        std::str::from_utf8(&body).unwrap()
    )
}

#[tokio::test]
async fn a_lambda_that_is_not_deployed_is_named_as_the_platform_names_it() {
    let (lambda, account) = ("the-uuid".to_owned(), "acc".to_owned());
    assert_eq!(
        shown(Problem::LambdaMissing { lambda, account }).await,
        r#"404 {"errorCode":"com.liveperson.faas.es.missinglambda","errorMsg":"There is no the-uuid deployed on acc"}"#
    );
}

#[tokio::test]
async fn every_problem_has_a_fitting_status_and_a_code() {
    let problems = [
        (Problem::NoSuchAddress, 404),
        (Problem::Method("POST"), 405),
        (Problem::BadInput("x".to_owned()), 400),
        (Problem::Auth(AuthError::Missing), 401),
        (Problem::Auth(AuthError::Invalid), 401),
        (Problem::Auth(AuthError::OtherAccount), 403),
        (
            Problem::Auth(AuthError::Permission(crate::auth::Permissions::ALL)),
            403,
        ),
        (Problem::NotFound("x".to_owned()), 404),
        (Problem::BodyTimeout, 408),
        (Problem::Conflict("x".to_owned()), 409),
        (Problem::BodyTooLarge(ByteSize::mib(1)), 413),
        (Problem::Full, 429),
        (Problem::Host, 500),
        (Problem::Draining, 503),
    ];
    for (problem, status) in problems {
        let text = shown(problem).await;
        assert!(text.starts_with(&format!("{status} {{\"errorCode\":\"com.liveperson.faas.")));
    }
}

#[test]
fn headers_say_what_to_do_next() {
    let header = |problem: Problem, name| problem.reply().headers()[name].clone();
    assert_eq!(header(Problem::Full, RETRY_AFTER), "1");
    assert_eq!(header(Problem::Method("GET, HEAD"), ALLOW), "GET, HEAD");
    assert_eq!(
        header(AuthError::Missing.into(), WWW_AUTHENTICATE),
        "Bearer"
    );
}

#[test]
fn the_code_says_whose_mistake_it_was() {
    let threw = |kind| {
        Outcome::Threw(Failure {
            kind,
            name: String::new(),
            message: "m".to_owned(),
            stack: String::new(),
        })
    };
    let table = [
        (threw(FailureKind::Custom), "custom-failure"),
        (threw(FailureKind::RuntimeError), "runtime-exception"),
        (threw(FailureKind::Crashed), "runtime-exception"),
        (threw(FailureKind::Unfinished), "executiontime-exceeded"),
        (Outcome::Exceeded(Limit::Fuel), "executiontime-exceeded"),
        (
            Outcome::Exceeded(Limit::WallClock),
            "executiontime-exceeded",
        ),
        (Outcome::Exceeded(Limit::Log), "log-limit-reached"),
        (Outcome::Exceeded(Limit::LogEntries), "log-limit-reached"),
        (Outcome::Exceeded(Limit::Memory), "runtime-exception"),
        (Outcome::Exceeded(Limit::Stack), "runtime-exception"),
        (Outcome::Exceeded(Limit::Result), "runtime-exception"),
        (Outcome::Exceeded(Limit::HttpRequests), "runtime-exception"),
    ];
    for (outcome, code) in table {
        let failure = settle(outcome, &Limits::default()).unwrap_err();
        assert_eq!(failure.code, format!("com.liveperson.faas.handler.{code}"));
    }
}

#[test]
fn a_timeout_says_what_the_platform_says() {
    let failure = settle(Outcome::Exceeded(Limit::WallClock), &Limits::default()).unwrap_err();
    assert!(
        failure
            .message
            .starts_with("Lambda Execution is taking too long")
    );
}

#[test]
fn a_result_is_passed_on_as_it_is() {
    let json = serde_json::value::RawValue::from_string("{ \"a\" : 1 }".to_owned()).unwrap();
    let result = settle(Outcome::Returned(Some(json)), &Limits::default()).unwrap();
    assert_eq!(result.as_deref(), Some(&b"{ \"a\" : 1 }"[..]));
    assert!(
        settle(Outcome::Returned(None), &Limits::default())
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_build_error_has_its_place() {
    let code = "x".repeat(100_001);
    let error = sandglass_compiler::Source::new("a.js", code).unwrap_err();
    let text = shown(Problem::Build(Box::new(error))).await;
    assert!(text.starts_with("422 {\"errorCode\":\"com.liveperson.faas.fm.build-error\""));
    assert!(
        text.contains("\"file\":\"a.js\"") && text.contains("\"sourceLine\":"),
        "{text}"
    );
}
