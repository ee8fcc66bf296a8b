//! What does it mean when the server refuses?

use reqwest::StatusCode;
use serde::Deserialize;

use super::TokenSource;
use crate::exit::Failure;
use crate::print::diagnostic::Place;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refusal {
    /// The second generation's name for it is what shared addresses answer with.
    #[serde(alias = "code")]
    error_code: String,
    #[serde(alias = "message")]
    error_msg: String,
    #[serde(flatten)]
    place: Option<BuildPlace>,
}

/// Where a source does not build.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildPlace {
    file: String,
    line: u32,
    column: u32,
    source_line: String,
    hint: String,
}

/// The failure for an error answer.
pub(super) fn refused(status: StatusCode, body: &str, token: &TokenSource) -> Failure {
    let Ok(refusal) = serde_json::from_str::<Refusal>(body) else {
        return Failure::host(format!("the server answered {status}"));
    };
    if let Some(BuildPlace {
        file,
        line,
        column,
        source_line,
        hint,
    }) = refusal.place
    {
        return Failure::build(refusal.error_msg)
            .with_hint(hint)
            .with_place(Place {
                file,
                line,
                column,
                source_line,
            });
    }
    let hint = match status {
        StatusCode::UNAUTHORIZED => token.hint(),
        StatusCode::FORBIDDEN if refusal.error_msg.starts_with("this needs the permission") => {
            "`sandglass token create NAME --role ROLE`, as an admin, makes a token that may".into()
        }
        StatusCode::NOT_FOUND if refusal.error_code.ends_with(".missinglambda") => {
            "`sandglass lambdas` lists what is deployed".into()
        }
        _ => String::new(),
    };
    match status {
        StatusCode::BAD_REQUEST => Failure::usage(refusal.error_msg).with_hint(hint),
        _ => Failure::host(refusal.error_msg).with_hint(hint),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_error_keeps_its_place() {
        let body = r#"{"errorCode":"com.liveperson.faas.fm.build-error","errorMsg":"unexpected `)`",
            "file":"a.js","line":2,"column":3,"sourceLine":"x)","hint":"remove it"}"#;
        let failure = refused(StatusCode::UNPROCESSABLE_ENTITY, body, &TokenSource::Given);
        assert_eq!(failure.place.unwrap().column, 3);
        assert_eq!(failure.hint.as_deref(), Some("remove it"));
    }

    #[test]
    fn an_answer_that_is_not_ours_is_named_by_its_status() {
        let failure = refused(StatusCode::BAD_GATEWAY, "<html>", &TokenSource::Given);
        assert_eq!(
            failure.error.to_string(),
            "the server answered 502 Bad Gateway"
        );
    }
}
