use base64::Engine as _;
use proptest::prelude::*;
use sandglass_host_abi::LogLevel;
use serde_json::{Value, json};

use super::*;

fn masks(secrets: &[Value]) -> Masks {
    let mut masks = Masks::default();
    for secret in secrets {
        masks.add(Secret::from_json(secret.to_string()).unwrap());
    }
    masks
}

fn masked(secrets: &[Value], message: &str, extras: &Value) -> (String, Value) {
    let mut entry = LogEntry {
        level: LogLevel::Info,
        message: message.to_owned(),
        extras: RawValue::from_string(extras.to_string()).unwrap(),
        timestamp: 0,
    };
    masks(secrets).entry(&mut entry);
    let extras = serde_json::from_str(entry.extras.get()).unwrap();
    (entry.message, extras)
}

fn message(secret: &str, message: &str) -> String {
    masked(&[json!(secret)], message, &json!([])).0
}

#[test]
fn a_secret_is_masked_where_it_stands() {
    let (message, extras) = masked(
        &[json!("s3cret!")],
        "it is s3cret!, s3cret! I say",
        &json!(["s3cret!", { "a": ["x s3cret!"], "s3cret!": 1 }, 5, null]),
    );
    assert_eq!(message, "it is ***, *** I say");
    assert_eq!(
        extras,
        json!(["***", { "a": ["x ***"], "***": 1 }, 5, null])
    );
}

#[test]
fn a_secret_is_masked_in_the_forms_that_programs_give_it() {
    let secret = "pä?s \"w\" 1";
    let quoted = json!(secret).to_string();
    assert_eq!(message(secret, &quoted), "\"***\"");
    let twice = json!(quoted).to_string();
    assert_eq!(message(secret, &twice), "\"\\\"***\\\"\"");
    let url = "https://x/?p=p%C3%A4%3Fs%20%22w%22%201&q";
    assert_eq!(message(secret, url), "https://x/?p=***&q");
    assert_eq!(message(secret, "p=p%C3%A4%3Fs+%22w%22+1"), "p=***");
}

#[test]
fn a_secret_is_masked_in_base64_wherever_it_begins() {
    for before in ["", "u", "us", "user:", "another"] {
        let basic = STANDARD.encode(format!("{before}correct horse~~??"));
        let shown = message("correct horse~~??", &format!("Basic {basic}"));
        assert!(shown.contains(MASK), "{before}: {shown}");
        let left = shown.replace(MASK, "").replace("Basic ", "");
        assert!(left.len() <= before.len().div_ceil(3) * 4 + 3, "{shown}");
    }
}

#[test]
fn of_an_object_the_values_are_secret_and_the_keys_are_not() {
    let secret = json!({ "user": "ada.l", "password": ["hunter22", 123456, true] });
    let (message, extras) = masked(
        &[secret],
        "user ada.l password hunter22 true",
        &json!([1234567, 123456.5, "user", true]),
    );
    assert_eq!(message, "user *** password *** true");
    assert_eq!(extras, json!(["***", "***", "user", true]));
}

#[test]
fn three_characters_are_left_alone_and_four_are_not() {
    assert_eq!(message("abc", "abc"), "abc");
    assert_eq!(message("äbc", "äbc"), "äbc");
    assert_eq!(message("abcd", "abcd"), "***");
    assert_eq!(masked(&[json!(123)], "123", &json!([123])).0, "123");
    assert_eq!(masked(&[json!(1234)], "1234", &json!([])).0, "***");
}

#[test]
fn the_longer_secret_wins_where_both_begin() {
    let secrets = [json!("pass"), json!("password")];
    assert_eq!(masked(&secrets, "password pass", &json!([])).0, "*** ***");
}

#[test]
fn more_secrets_than_can_be_looked_for_hide_everything() {
    let many = |bytes: usize| {
        let values = (0..bytes / 100).map(|number| json!(format!("{number:0>100}")));
        values.collect::<Vec<_>>()
    };
    assert_eq!(masked(&many(1_000), "hello", &json!(["x"])).0, "hello");
    let (message, extras) = masked(&many(100_000), "hello", &json!(["x", 1]));
    assert_eq!((message.as_str(), extras), ("***", json!(["***", "***"])));
}

#[test]
fn half_a_surrogate_pair_hides_nothing_else() {
    let mut entry = LogEntry {
        level: LogLevel::Info,
        message: String::new(),
        extras: RawValue::from_string(r#"["\ud800 s3cret!","s3cret!"]"#.to_owned()).unwrap(),
        timestamp: 0,
    };
    masks(&[json!("s3cret!")]).entry(&mut entry);
    assert_eq!(entry.extras.get(), r#"["***","***"]"#);
}

fn value() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 \"\\\\/+=?&äß€\n]{4,40}"
}

proptest! {
    #[test]
    fn no_form_of_a_secret_is_left(
        secret in value(), before in "[a-z ]{0,9}", after in "[A-Z.]{0,9}",
    ) {
        let plain = format!("{before}{secret}{after}");
        let json = json!({ "k": [plain] });
        let nested = json!(json.to_string());
        let (shown, extras) = masked(
            &[json!(secret)],
            &format!("{plain}|{}|{}", json!(plain), percent_encoded(&plain, b"-_.!~*'()", "%20")),
            &json!([plain, json, nested]),
        );
        for form in [
            secret.clone(),
            json_escaped(&secret),
            percent_encoded(&secret, b"-_.!~*'()", "%20"),
        ] {
            prop_assert!(!shown.contains(&form), "{shown}");
            prop_assert!(!extras.to_string().contains(&form), "{extras}");
        }
    }

    #[test]
    fn base64_of_a_secret_is_left_at_no_offset(secret in value(), before in "[a-z:]{0,9}") {
        let encoded = STANDARD.encode(format!("{before}{secret}"));
        prop_assume!(secret.len() >= 6);
        let shown = message(&secret, &encoded);
        prop_assert!(shown.contains(MASK), "{encoded}: {shown}");
    }

    #[test]
    fn what_is_not_secret_is_left_as_it_is(
        secret in "[A-Z]{6,20}", message in "[a-z 0-9]{0,60}", extra in "[a-z\"\\\\]{0,20}",
    ) {
        // Capitals only: no encoding of them is small letters and digits of more than a few.
        let extras = json!([extra, { "k": 1.5e3 }]);
        let (shown, kept) = masked(&[json!(secret)], &message, &extras);
        prop_assert_eq!((shown, kept), (message, extras));
    }

    #[test]
    fn the_pieces_of_json_are_the_json(text in "[a-z\"\\\\{}\\[\\]:, 0-9\n]{0,40}") {
        let json = json!({ "a": text, "b": [1, -2.5e-7, null, { text.clone(): true }] });
        for json in [json.to_string(), serde_json::to_string_pretty(&json).unwrap()] {
            let pieces = tokens(&json).map(|token| match token {
                Token::String { text, .. } | Token::Scalar(text) | Token::Between(text) => text,
            });
            prop_assert_eq!(pieces.collect::<String>(), json);
        }
    }
}
