use proptest::prelude::*;

use super::*;
use crate::ByteSize;

fn request(url: String, headers: Vec<(String, Vec<u8>)>) -> HttpRequest {
    HttpRequest {
        method: "GET".into(),
        url,
        headers,
        body: Vec::new(),
        decompress: false,
        timeout: None,
        response_body_max: ByteSize::mib(1),
        identity: None,
    }
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,2}(\\.[a-c]{1,2}){0,3}",
        "(25[0-5]|1?[0-9]{1,2})(\\.(25[0-5]|1?[0-9]{1,2})){3}",
        any::<[u16; 8]>().prop_map(|a| format!("[{}]", std::net::Ipv6Addr::from(a))),
    ]
}

fn rule() -> impl Strategy<Value = HostRule> {
    let scheme = prop_oneof![Just(""), Just("http://"), Just("https://")];
    let port = prop_oneof![Just(None), Just(Some(443)), (1..=u16::MAX).prop_map(Some)];
    let port = port.prop_map(|port| port.map(|port| format!(":{port}")).unwrap_or_default());
    let host = prop_oneof![host(), "\\*(\\.[a-c]{1,2}){2,3}"];
    (scheme, host, port).prop_filter_map("a rule", |(scheme, host, port)| {
        format!("{scheme}{host}{port}").parse().ok()
    })
}

/// URLs that are nearly right: the parts that parsers have disagreed about.
fn odd_url() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("http:".to_owned()),
        Just("//".to_owned()),
        host(),
        "[/\\\\@:#?.%*\\[\\]\t ]",
        "%[0-9a-f]{2}",
        "[0-9x.]{1,6}",
        "\\PC",
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| format!("http://{}", parts.concat()))
}

/// The host of a rule's text, the slow way.
fn rule_allows_host(rule: &HostRule, url: &Url) -> bool {
    let text = rule.to_string();
    let pattern = text.split_once("://").map_or(&*text, |(_, rest)| rest);
    let pattern = match pattern.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !host.ends_with(':') => {
            if host.starts_with('[') && !host.ends_with(']') {
                pattern
            } else {
                host
            }
        }
        _ => pattern,
    };
    let host = url.host_str().unwrap();
    match pattern.strip_prefix("*") {
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => host == pattern,
    }
}

proptest! {
    #[test]
    fn parsing_a_rule_never_panics(text in "\\PC*") {
        let _ = text.parse::<HostRule>();
    }

    #[test]
    fn what_parses_as_a_rule_prints_as_the_same_rule(text in odd_url()) {
        for text in [text.as_str(), &text["http://".len()..]] {
            if let Ok(rule) = text.parse::<HostRule>() {
                prop_assert_eq!(rule.to_string().parse::<HostRule>(), Ok(rule));
            }
        }
    }

    #[test]
    fn a_rule_prints_as_itself(rule in rule()) {
        prop_assert_eq!(rule.to_string().parse::<HostRule>(), Ok(rule));
    }

    #[test]
    fn permitting_never_panics(url in "\\PC*", name in "\\PC*", value: Vec<u8>) {
        let _ = AllowedHosts::default().permit(request(url, vec![(name, value)]));
    }

    #[test]
    fn what_is_permitted_has_a_rule_and_keeps_it(
        rules in prop::collection::vec(rule(), 0..4),
        url in prop_oneof![odd_url(), host().prop_map(|host| format!("https://{host}/"))],
    ) {
        let allowed: AllowedHosts = rules.into_iter().collect();
        match allowed.permit(request(url, Vec::new())) {
            Ok(permitted) => {
                let rule = allowed.rule_for(permitted.url());
                prop_assert!(rule.is_some_and(|rule| rule_allows_host(rule, permitted.url())));
                let again = Url::parse(&permitted.request().url).unwrap();
                prop_assert_eq!(&again, permitted.url());
            }
            Err(HttpError::HostNotAllowed(missing)) => {
                prop_assert!(missing.parse::<HostRule>().is_ok(), "{}", missing);
            }
            Err(error) => prop_assert!(matches!(error, HttpError::InvalidUrl(_)), "{}", error),
        }
    }

    #[test]
    fn a_rule_allows_no_other_host(rule in rule(), host in host()) {
        for url in [format!("http://{host}/"), format!("https://{host}:8443/")] {
            if let Ok(url) = Url::parse(&url) && rule.matches(&url) {
                prop_assert!(rule_allows_host(&rule, &url), "{} {}", rule, url);
            }
        }
    }

    #[test]
    fn what_a_refusal_names_would_have_allowed_the_request(url in odd_url()) {
        let Err(HttpError::HostNotAllowed(missing)) =
            AllowedHosts::default().permit(request(url.clone(), Vec::new()))
        else {
            return Ok(());
        };
        let allowed = AllowedHosts::from([missing.parse::<HostRule>().unwrap()]);
        prop_assert!(allowed.permit(request(url, Vec::new())).is_ok());
    }

    #[test]
    fn no_header_that_survives_can_break_a_message(
        headers in prop::collection::vec(("[a-cA-C:\r\n -]{1,3}", any::<Vec<u8>>()), 0..4),
    ) {
        let allowed = AllowedHosts::from(["a.example".parse::<HostRule>().unwrap()]);
        if let Ok(permitted) = allowed.permit(request("http://a.example/".into(), headers)) {
            for (name, value) in &permitted.request().headers {
                prop_assert!(!name.contains([':', '\r', '\n', ' ']));
                prop_assert!(!value.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)));
            }
        }
    }

    #[test]
    fn every_address_has_one_answer(v4: [u8; 4], v6: [u8; 16]) {
        for address in [v4.into(), v6.into()] {
            let public = address::is_public(address);
            prop_assert_eq!(public, address::reach(address) == address::Reach::Public);
        }
        // An embedded address is never more public than by itself.
        let mapped = std::net::Ipv4Addr::from(v4).to_ipv6_mapped();
        prop_assert!(!address::is_public(mapped.into()));
    }
}
