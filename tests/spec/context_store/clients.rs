//! The seed's samples and both toolbelts' clients save on the server itself.

use super::*;

/// Deploys an example or a lambda of the test's own that may reach the server, with a secret key.
#[track_caller]
fn deploy(store: &Store, (name, code): (&str, &str), environment: &Value) {
    let rule = store
        .server
        .url
        .strip_prefix("http://")
        .expect("plain HTTP");
    let allow = store
        .server
        .call(Method::PUT, &format!("/whitelist/{rule}"));
    assert_eq!(allow.send().status, 204);
    let secret = store.server.call(Method::PUT, "/secrets/mavenApiKey");
    let secret = secret.json(&json!({ "value": store.key })).send();
    assert_eq!(secret.status, 204, "{secret:?}");
    let file = format!("{name}.js");
    let body = json!({
        "name": name, "fileName": file, "code": code, "environment": environment,
    });
    let deployed = store
        .server
        .call(Method::POST, "/deploy")
        .json(&body)
        .send();
    assert_eq!(deployed.status, 200, "{deployed:?}");
}

/// One of the seed's samples, in the zone that is this server.
fn sample(store: &Store, name: &str) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lambdas");
    let code = fs::read_to_string(examples.join(format!("{name}.js"))).expect("it is there");
    let zone = "https://z1.context.liveperson.net";
    assert_eq!(code.matches(zone).count(), 1, "{code}");
    code.replace(zone, &store.server.url)
}

#[test]
fn the_seeds_samples_save_and_get_on_this_server() {
    let store = Store::start();
    let environment = json!({ "accountId": ACCOUNT });
    for name in ["context-store-save", "context-store-get"] {
        deploy(&store, (name, &sample(&store, name)), &environment);
    }
    check_done(&store.create("faas-demo-namespace", ""));
    let get = || store.server.invoke("context-store-get", json!({})).send();
    assert_eq!(get().status, 901, "nothing was saved yet");
    let save = |properties: &Value| {
        let payload = json!({ "properties": properties });
        store.server.invoke("context-store-save", payload).send()
    };
    let saved = save(&json!({ "agentNotes": "prefers mail", "vip": true }));
    assert_eq!((saved.status, saved.text.as_str()), (200, "null"));
    assert_eq!(save(&json!({ "vip": false })).status, 200);
    let expected = json!({ "agentNotes": "prefers mail", "vip": false });
    assert_eq!(get().json(), expected);
    assert_eq!(store.saved("/faas-demo-namespace/__default__"), expected);
}

/// What each method of the client gives, in a row.
const CLIENT_TOUR: &str = "
    const missing = async (promise) => { try { await promise; } catch (error) { return error.code; } };
    const made = await client.createNamespace('tour', { ttl: 600 });
    const all = [made.name, made.ttlSecond, made.createdAt.getTime() > 0];
    all.push(await client.setPropertiesInNamespace('tour', { vip: true, note: '12' }));
    all.push(await client.updatePropertiesInNamespace('tour', { vip: false }));
    all.push(await client.setPropertiesInNamespace('tour', { 'a/b': [1] }, 'visitor 1'));
    all.push(await client.getAllPropertiesInSession('tour', 'visitor 1'));
    all.push(await client.getPropertyInSession('tour', 'note'));
    all.push(await client.getPropertyInSession('tour', 'a/b', 'visitor 1'));
    all.push(await client.getSelectedPropertiesInSession('tour', ['vip', 'missing', 'note']));
    all.push(await client.getListOfSessions('tour'));
    await client.deletePropertyInSession('tour', 'note');
    all.push(await client.getAllPropertiesInSession('tour'));
    await client.deleteSession('tour', 'visitor 1');
    all.push(await client.getListOfSessions('tour'));
    all.push((await client.getListOfNamespaces()).map(({ name }) => name));
    await client.deleteNamespace('tour');
    all.push((await client.getListOfNamespaces()).length);
    all.push(await missing(client.getAllPropertiesInSession('tour')));
    all.push(await missing(other.getListOfNamespaces()));
    return all;";

fn what_the_tour_gives() -> Value {
    let code = |code: &str| format!("com.liveperson.context-service-sdk.{code}");
    json!([
        "tour",
        600,
        true,
        { "vip": true, "note": "12" },
        { "vip": false, "note": "12" },
        { "a/b": [1] },
        { "a/b": [1] },
        "12",
        [1],
        { "vip": false, "note": "12" },
        ["__default__", "visitor 1"],
        { "vip": false },
        ["__default__"],
        ["tour"],
        0,
        code("data.does-not-exist"),
        code("authorization.invalid"),
    ])
}

#[test]
fn the_toolbelts_client_does_all_that_it_can_on_this_server() {
    let store = Store::start();
    let code = format!(
        "const {{ Toolbelt }} = require('lp-faas-toolbelt');
         async function lambda(input) {{
             const {{ value }} = await Toolbelt.SecretClient().readSecret('mavenApiKey');
             const accountId = process.env.BRAND_ID;
             const client = Toolbelt.ContextServiceClient({{ accountId, apiKey: value }});
             const other = Toolbelt.ContextServiceClient({{ accountId, apiKey: 'not a key' }});
             {CLIENT_TOUR}
         }}"
    );
    let environment = json!({ "SANDGLASS_CONTEXT_SERVICE_URL": store.server.url });
    deploy(&store, ("tour", &code), &environment);
    let toured = store.server.test_run("tour", json!({})).send();
    assert_eq!(toured.json()["result"], what_the_tour_gives(), "{toured:?}");
}

#[test]
fn the_second_generations_client_finds_this_server_through_its_domain_api() {
    let store = Store::start();
    let code = format!(
        "const {{ ContextServiceClient, SecretClient }} = require('core-functions-toolbelt').Toolbelt;
         async function lambda(input) {{
             const {{ value }} = await SecretClient().readSecret('mavenApiKey');
             const client = ContextServiceClient(value);
             const other = ContextServiceClient('not a key');
             {CLIENT_TOUR}
         }}"
    );
    let environment = json!({ "SANDGLASS_DOMAIN_API_URL": store.server.url });
    deploy(&store, ("tour", &code), &environment);
    let toured = store.server.test_run("tour", json!({})).send();
    assert_eq!(toured.json()["result"], what_the_tour_gives(), "{toured:?}");
}
