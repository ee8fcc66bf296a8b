//! Which lambdas does `sandglass up` bring along?

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// One lambda of `examples/lambdas`.
#[derive(Debug)]
pub(crate) struct Embedded {
    pub(crate) name: &'static str,
    pub(crate) code: &'static str,
    sidecar: Option<&'static str>,
}

/// The part of the JSON file beside a lambda that matters to `sandglass up`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sidecar {
    pub(crate) description: String,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) secrets: BTreeMap<String, Box<RawValue>>,
    pub(crate) allow: Vec<String>,
    /// The body of a sample invocation.
    input: Option<Input>,
}

#[derive(Debug, Deserialize)]
struct Input {
    payload: serde_json::Value,
}

/// All of them, sorted by name; written by `build.rs`.
pub(crate) const ALL: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/examples.rs"));

impl Embedded {
    pub(crate) fn sidecar(&self) -> Sidecar {
        self.sidecar.map_or_else(Sidecar::default, |json| {
            serde_json::from_str(json).expect("a unit test reads every sidecar")
        })
    }

    /// The body of a sample invocation on one line, without what may be left out.
    pub(crate) fn sample_body(&self) -> String {
        let payload = self
            .sidecar()
            .input
            .map_or_else(|| serde_json::json!({}), |input| input.payload);
        serde_json::json!({ "payload": payload }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use sandglass_host_abi::LambdaName;

    use super::*;

    #[test]
    fn every_example_has_a_name_a_description_and_a_sample_body() {
        assert!(ALL.iter().any(|example| example.name == "hello-world"));
        for example in ALL {
            assert!(
                example.name.parse::<LambdaName>().is_ok(),
                "{}",
                example.name
            );
            assert!(
                !example.sidecar().description.is_empty(),
                "{}",
                example.name
            );
            assert!(!example.sample_body().contains('\n'), "{}", example.name);
        }
    }
}
