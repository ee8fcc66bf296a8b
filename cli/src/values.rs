//! What do the values on the command line mean?

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;

use crate::exit::{Explain as _, Failure};

/// `NAME=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
            // The text is not repeated: what was meant as a value may be a secret.
            _ => Err("expected NAME=VALUE".to_owned()),
        }
    }
}

/// Reads `30s`, `500ms`, `2m` or `1.5s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let error = || format!("{text:?} is not a time such as 500ms, 30s or 2m");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" | "min" => 60_000.0,
        _ => return Err(error()),
    };
    let number: f64 = digits.parse().map_err(|_| error())?;
    let seconds = number * unit_ms / 1_000.0;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(error)
}

/// Reads an address to listen on: `127.0.0.1:8080`, or a port alone for loopback.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let port = || {
        text.parse()
            .map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    };
    let address = text.parse().or_else(|_| port());
    address.map_err(|_| "expected an IP address with a port, such as 127.0.0.1:8080".to_owned())
}

/// JSON for a lambda: on the command line, from `@file`, or from standard input with `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// The text itself.
    Json(String),
    /// A file.
    File(String),
    /// Standard input.
    Stdin,
}

impl FromStr for Input {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.strip_prefix('@') {
            Some(file) => Self::File(file.to_owned()),
            None if text == "-" => Self::Stdin,
            None => Self::Json(text.to_owned()),
        })
    }
}

impl Input {
    /// The JSON, checked; without an input, the platform's body with an empty payload.
    pub(crate) fn read(input: Option<&Self>) -> Result<String, Failure> {
        let (json, name) = match input {
            None => return Ok(empty_body()),
            Some(Self::Json(json)) => (json.clone(), "--input"),
            Some(Self::File(file)) => {
                let json = std::fs::read_to_string(file)
                    .doing(format!("cannot read the input {file}"))
                    .blame_user()?;
                (json, file.as_str())
            }
            Some(Self::Stdin) => {
                let json = std::io::read_to_string(std::io::stdin())
                    .doing("cannot read the input from standard input")?;
                (json, "standard input")
            }
        };
        serde_json::from_str::<&RawValue>(&json)
            .doing(format!("the input ({name}) is not valid JSON"))
            .hint(r#"for example --input '{"payload":{"name":"Ada"}}', or --input @body.json"#)
            .blame_user()?;
        Ok(json)
    }
}

fn empty_body() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!(
        r#"{{"timestamp":{},"headers":[],"payload":{{}}}}"#,
        now.as_millis()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_splits_at_the_first_equals_sign() {
        let assignment: Assignment = "URL=https://a.example/?b=c".parse().unwrap();
        assert_eq!(assignment.name, "URL");
        assert_eq!(assignment.value, "https://a.example/?b=c");
        assert_eq!("EMPTY=".parse::<Assignment>().unwrap().value, "");
    }

    #[test]
    fn a_refused_assignment_does_not_repeat_what_may_be_a_secret() {
        let error = "hunter2".parse::<Assignment>().unwrap_err();
        assert!(!error.contains("hunter2"));
        assert!("=value".parse::<Assignment>().is_err());
    }

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for bad in [
            "", "30", "s", "-1s", "0s", "1h", "1 s", "infs", "NaNs", "1e30s",
        ] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_port_alone_is_on_loopback() {
        assert_eq!(address("9090").unwrap().to_string(), "127.0.0.1:9090");
        assert_eq!(address("[::1]:80").unwrap().to_string(), "[::1]:80");
        assert!(
            address("localhost:8080")
                .unwrap_err()
                .contains("127.0.0.1:8080")
        );
    }

    #[test]
    fn an_input_is_json_a_file_or_standard_input() {
        assert_eq!("{}".parse(), Ok(Input::Json("{}".into())));
        assert_eq!("@a.json".parse(), Ok(Input::File("a.json".into())));
        assert_eq!("-".parse(), Ok(Input::Stdin));
        assert_eq!("-1".parse(), Ok(Input::Json("-1".into())));
    }

    #[test]
    fn input_that_is_not_json_is_the_users_mistake() {
        let failure = Input::read(Some(&Input::Json("{".into()))).unwrap_err();
        assert_eq!(failure.exit(), crate::exit::Exit::Usage);
        assert!(serde_json::from_str::<serde_json::Value>(&Input::read(None).unwrap()).is_ok());
    }
}
