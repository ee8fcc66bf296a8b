//! A lambda reads and updates the secrets that its policy grants, and no others.

use sandglass_runtime::{Secret, SecretGrants};
use serde_json::json;

use crate::harness::{Case, async_lambda, check, failed, returned};

const READ: &str = "callback(null, await secretClient.readSecret(input.payload))";

/// Reports an error's name, code and message as a result.
fn caught(code: &str) -> Case {
    async_lambda(&format!(
        "try {{ {code}; callback(null, 'no error'); }} \
         catch (error) {{ callback(null, [error.name, error.code, error.message]); }}"
    ))
}

#[test]
fn a_secret_is_read_with_its_key() {
    let case = async_lambda(READ)
        .secret("api-key", json!("s3cret"))
        .payload(json!("api-key"));
    check(
        case,
        returned(json!({ "key": "api-key", "value": "s3cret" })),
    );
}

#[test]
fn a_secret_may_be_any_json_value() {
    for value in [
        json!(5),
        json!({ "user": "u", "pass": ["p"] }),
        json!(null),
        json!(true),
        json!("ä€😀"),
    ] {
        let case = async_lambda(READ)
            .secret("key", value.clone())
            .payload(json!("key"));
        check(case, returned(json!({ "key": "key", "value": value })));
    }
}

#[test]
fn a_missing_secret_is_named() {
    let case = caught("await secretClient.readSecret('missing')").secret("other", json!(1));
    check(
        case,
        returned(json!([
            "SecretError",
            "com.liveperson.faas.secret.not-found",
            "There is no Secret missing for this account"
        ])),
    );
}

#[test]
fn a_secret_error_that_is_not_caught_is_the_outcome() {
    check(
        async_lambda("await secretClient.readSecret('missing')").secret("other", json!(1)),
        failed("There is no Secret missing for this account"),
    );
}

#[test]
fn nothing_is_granted_by_default() {
    let mut case = caught("await secretClient.readSecret('key')").secret("key", json!("s3cret"));
    case.policy.secrets = SecretGrants::default();
    let expected = "There is no Secret key for this account";
    check(
        case,
        returned(json!([
            "SecretError",
            "com.liveperson.faas.secret.not-found",
            expected
        ])),
    );
}

#[test]
fn only_what_is_granted_can_be_read() {
    let read =
        "const read = key => secretClient.readSecret(key).then(s => s.value, () => 'refused');
                callback(null, [await read('mine'), await read('theirs')])";
    let mut case = async_lambda(read)
        .secret("mine", json!(1))
        .secret("theirs", json!(2));
    case.policy.secrets = ["mine".parse().unwrap()].into();
    check(case, returned(json!([1, "refused"])));
}

#[test]
fn an_update_is_seen_by_the_next_read_and_the_next_invocation() {
    let case = async_lambda(
        "const { value } = await secretClient.readSecret('counter');
         const updated = await secretClient.updateSecret({ key: 'counter', value: value + 1 });
         const again = await secretClient.readSecret('counter');
         callback(null, [updated, again.value])",
    )
    .secret("counter", json!(1));
    check(
        case.clone(),
        returned(json!([{ "key": "counter", "value": 2 }, 2])),
    );
    check(case, returned(json!([{ "key": "counter", "value": 3 }, 3])));
}

#[test]
fn an_update_of_a_missing_secret_fails() {
    let case = caught("await secretClient.updateSecret({ key: 'missing', value: 1 })")
        .secret("other", json!(1));
    check(
        case,
        returned(json!([
            "SecretError",
            "com.liveperson.faas.secret.op-failed",
            "Updating Secret missing failed"
        ])),
    );
}

#[test]
fn an_update_without_a_grant_fails_and_changes_nothing() {
    let mut case = caught("await secretClient.updateSecret({ key: 'key', value: 'changed' })")
        .secret("key", json!("kept"));
    case.policy.secrets = SecretGrants::default();
    let expected = json!([
        "SecretError",
        "com.liveperson.faas.secret.op-failed",
        "Updating Secret key failed"
    ]);
    check(case.clone(), returned(expected));
    case.code = async_lambda(READ).code;
    case.policy.secrets = SecretGrants::all();
    check(
        case.payload(json!("key")),
        returned(json!({ "key": "key", "value": "kept" })),
    );
}

#[test]
fn a_value_may_have_ten_thousand_characters_and_not_one_more() {
    let update = |n: usize| {
        caught(&format!(
            "await secretClient.updateSecret({{ key: 'key', value: 'x'.repeat({n}) }})"
        ))
        .secret("key", json!("old"))
    };
    check(update(10_000), returned("no error"));
    check(
        update(10_001),
        returned(json!([
            "SecretError",
            "com.liveperson.faas.secret.invalid-format",
            "Provided Secret Value exceeds allowed length of 10000"
        ])),
    );
}

#[test]
fn a_client_knows_the_secrets_that_it_has_used_as_they_were_last() {
    let case = async_lambda(
        "const used = () => secretClient.getUsedSecrets();
         const first = used();
         await secretClient.readSecret('a');
         await secretClient.readSecret('b');
         await secretClient.updateSecret({ key: 'a', value: 3 });
         await secretClient.readSecret('missing').catch(() => {});
         used()[0].value = 'changed';
         callback(null, [first, used(), Toolbelt.SecretClient().getUsedSecrets()])",
    )
    .secret("a", json!(1))
    .secret("b", json!(2))
    .secret("unused", json!(0));
    check(
        case,
        returned(json!([
            [],
            [{ "key": "b", "value": 2 }, { "key": "a", "value": 3 }],
            []
        ])),
    );
}

#[test]
fn there_is_no_way_to_create_a_secret() {
    check(
        async_lambda(
            "callback(null, [typeof secretClient.writeSecret, typeof secretClient.deleteSecret])",
        ),
        returned(json!(["undefined", "undefined"])),
    );
}

#[test]
fn a_key_that_cannot_exist_is_just_missing() {
    for key in ["", "../other", "a b", "ä"] {
        let case = async_lambda(
            "try { await secretClient.readSecret(input.payload); callback(null, 'read') } \
             catch (e) { callback(null, e.name) }",
        );
        check(
            case.secret("key", json!(1)).payload(json!(key)),
            returned("SecretError"),
        );
    }
}

#[test]
fn a_secret_does_not_print_itself() {
    let secret = Secret::from_text("s3cret");
    assert_eq!(format!("{secret:?}"), "[redacted]");
}
