//! Where do traces go?

use serde::Deserialize;

/// A collector of traces.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    /// The base URL of a collector that takes OTLP over HTTP, for instance `http://127.0.0.1:4318`.
    pub otlp_endpoint: String,
    /// Which part of the traces that begin here is recorded, 0 to 1. Who sends a `traceparent`
    /// decides for itself.
    #[serde(default = "all")]
    pub sample_ratio: f64,
    /// What this server is called in traces.
    #[serde(default = "sandglass")]
    pub service_name: String,
    /// How long spans are gathered before they are sent.
    #[serde(default = "two_seconds")]
    pub export_interval_ms: u64,
}

fn all() -> f64 {
    1.0
}

fn sandglass() -> String {
    "sandglass".to_owned()
}

fn two_seconds() -> u64 {
    2_000
}

impl TelemetryConfig {
    /// Sends all traces to this collector.
    pub fn to(otlp_endpoint: impl Into<String>) -> Self {
        Self {
            otlp_endpoint: otlp_endpoint.into(),
            sample_ratio: all(),
            service_name: sandglass(),
            export_interval_ms: two_seconds(),
        }
    }

    /// What the types cannot say: whether it holds, of which key, and the rule.
    pub(super) fn rules(&self) -> [(bool, &'static str, &'static str); 3] {
        [
            (
                is_http(&self.otlp_endpoint),
                "telemetry.otlp_endpoint",
                "must be a URL such as `http://127.0.0.1:4318`",
            ),
            (
                (0.0..=1.0).contains(&self.sample_ratio),
                "telemetry.sample_ratio",
                "must be 0 to 1",
            ),
            (
                self.export_interval_ms > 0,
                "telemetry.export_interval_ms",
                "must be at least 1",
            ),
        ]
    }
}

fn is_http(url: &str) -> bool {
    let uri = url.parse::<http::Uri>();
    uri.is_ok_and(|uri| {
        let scheme = uri.scheme_str().unwrap_or_default();
        matches!(scheme, "http" | "https") && uri.host().is_some_and(|host| !host.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn traces_go_to_a_url_and_a_part_of_them() {
        let check = |endpoint: &str, sample_ratio| {
            let telemetry = TelemetryConfig {
                sample_ratio,
                ..TelemetryConfig::to(endpoint)
            };
            let config = Config {
                telemetry: Some(telemetry),
                ..Config::default()
            };
            config.check().map_err(|error| error.key)
        };
        for endpoint in ["http://127.0.0.1:4318", "https://otlp.example.com/base"] {
            assert_eq!(check(endpoint, 0.5), Ok(()));
        }
        for endpoint in ["", "127.0.0.1:4318", "ftp://a", "http://"] {
            let wrong = Err("telemetry.otlp_endpoint");
            assert_eq!(check(endpoint, 0.5), wrong, "{endpoint}");
        }
        for (ratio, holds) in [(0.0, true), (1.0, true), (-0.1, false), (1.1, false)] {
            assert_eq!(check("http://a", ratio).is_ok(), holds, "{ratio}");
        }
        assert!(check("http://a", f64::NAN).is_err());
    }

    #[test]
    fn a_collector_is_all_that_is_needed() {
        let text = "[telemetry]\notlp_endpoint = 'http://a'";
        let telemetry = toml::from_str::<Config>(text).unwrap().telemetry.unwrap();
        assert_eq!(
            (telemetry.sample_ratio, telemetry.export_interval_ms),
            (1.0, 2_000)
        );
        let error = toml::from_str::<Config>("[telemetry]\nendpoint = 'x'").unwrap_err();
        assert!(error.to_string().contains("endpoint"), "{error}");
    }
}
