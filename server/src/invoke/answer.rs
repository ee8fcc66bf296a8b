//! What does who called a lambda learn of it?

use bytes::Bytes;
use http::StatusCode;
use sandglass_runtime::LogEntry;
use serde::Serialize;

use crate::reply::{self, Reply};
use crate::status::{CUSTOMER_CODING, Generation, LambdaFailure};

/// What an invocation led to.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// JSON, or nothing.
    pub(crate) json: Bytes,
}

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// A system outside.
    System,
    /// The same, of the platform's second generation: errors have other names.
    SecondSystem,
    /// Somebody who tries the lambda out.
    Person,
}

#[derive(Serialize)]
struct Logs<'a> {
    logs: &'a [LogEntry],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failed<'a> {
    error_code: &'a str,
    error_msg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_logs: Option<&'a [LogEntry]>,
}

/// A failure in the words of the platform's second generation.
#[derive(Serialize)]
struct SecondFailed<'a> {
    code: &'a str,
    message: &'a str,
}

impl Answer {
    /// The answer over HTTP.
    pub(crate) fn reply(self) -> Reply {
        reply::json_text(self.status, self.json)
    }

    pub(super) fn of(status: StatusCode, value: &impl Serialize) -> Self {
        let json = serde_json::to_vec(value).expect("our answers have string keys");
        Self {
            status,
            json: json.into(),
        }
    }
}

pub(super) fn tried(result: Option<&Bytes>, logs: &[LogEntry]) -> Answer {
    // The result is JSON that the runtime checked; asking serde again would only cost time.
    let mut answer = Answer::of(StatusCode::OK, &Logs { logs });
    if let Some(result) = result {
        answer.json = [b"{\"result\":", &result[..], b",", &answer.json[1..]]
            .concat()
            .into();
    }
    answer
}

pub(super) fn failed(
    status: StatusCode,
    failure: &LambdaFailure,
    logs: &[LogEntry],
    audience: Audience,
) -> Answer {
    let (message, logs) = match audience {
        Audience::System => (CUSTOMER_CODING, None),
        Audience::SecondSystem => {
            let code = Generation::Second.code(failure.code);
            let message = CUSTOMER_CODING;
            return Answer::of(status, &SecondFailed { code, message });
        }
        Audience::Person => (failure.message.as_str(), Some(logs)),
    };
    let body = Failed {
        error_code: failure.code,
        error_msg: message,
        error_logs: logs,
    };
    Answer::of(status, &body)
}

#[cfg(test)]
mod tests {
    use super::super::record::note_failure;
    use super::*;

    fn shown(answer: &Answer) -> String {
        let status = answer.status.as_u16();
        format!("{status} {}", std::str::from_utf8(&answer.json).unwrap())
    }

    fn failure() -> LambdaFailure {
        let code = "com.liveperson.faas.handler.custom-failure";
        LambdaFailure {
            code,
            message: "no luck".to_owned(),
            stack: String::new(),
        }
    }

    #[test]
    fn a_person_sees_the_result_and_the_logs() {
        let result = Bytes::from_static(b"{\"a\": 1}");
        assert_eq!(
            shown(&tried(Some(&result), &[])),
            r#"200 {"result":{"a": 1},"logs":[]}"#
        );
        assert_eq!(shown(&tried(None, &[])), r#"200 {"logs":[]}"#);
    }

    #[test]
    fn a_system_learns_only_the_kind_of_failure() {
        let status = StatusCode::from_u16(901).unwrap();
        let mut logs = Vec::new();
        (0..2).for_each(|_| note_failure(&mut logs, &failure()));
        logs[0].timestamp = 5;
        assert_eq!(
            shown(&failed(status, &failure(), &logs, Audience::System)),
            r#"901 {"errorCode":"com.liveperson.faas.handler.custom-failure","errorMsg":"Function Invocation failed due to an issue caused by customer coding"}"#
        );
        assert_eq!(
            shown(&failed(status, &failure(), &logs, Audience::Person)),
            r#"901 {"errorCode":"com.liveperson.faas.handler.custom-failure","errorMsg":"no luck","errorLogs":[{"level":"Error","message":"Received Error - no luck","extras":[],"timestamp":5}]}"#
        );
    }
}
