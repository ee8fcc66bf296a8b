//! The toolbelt's Salesforce client is jsforce, over the lambda's own way out.

use sandglass_runtime::FailureKind;
use serde_json::{Value, json};

use crate::harness::upstream::{Answer, Received, Upstream, answer, with_header};
use crate::harness::{Case, Expected, check, outcome, returned, source};

/// A small Salesforce: records, queries in batches, tokens.
fn salesforce(received: Received) -> Answer {
    let (path, query) = received
        .target
        .split_once('?')
        .unwrap_or((&received.target, ""));
    let last = path.rsplit('/').next().unwrap_or_default();
    let authorized = received.header("authorization") == "Bearer good";
    let (status, body) = match (received.method.as_str(), last) {
        ("POST", "token") => token(received.text()),
        _ if !authorized => error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        ("GET", "query") if query.contains("nonsense") => {
            error(400, "MALFORMED_QUERY", "unexpected token: nonsense")
        }
        ("GET", "query") if query.contains("FROM%20Contact") => batch(1),
        ("GET", "batch-2") => batch(2),
        ("GET", "batch-3") => batch(3),
        ("GET", "query") => (
            200,
            json!({ "totalSize": 3, "done": false, "nextRecordsUrl": "/services/data/v42.0/query/01g-2",
                    "records": [{ "Id": "1", "Name": "Ada" }, { "Id": "2", "Name": "Bob" }] }),
        ),
        ("GET", "01g-2") => (
            200,
            json!({ "totalSize": 3, "done": true, "records": [{ "Id": "3", "Name": "Cy" }] }),
        ),
        ("POST", "Account") if !received.text().contains("Name") => {
            let message = "Required fields are missing: [Name]";
            error(400, "REQUIRED_FIELD_MISSING", message)
        }
        ("POST", "Account") | ("PATCH", "42") => {
            (201, json!({ "id": "new", "success": true, "errors": [] }))
        }
        ("GET", "new") => (200, json!({ "Id": "new", "Name": "Acme" })),
        ("PATCH" | "DELETE", "new") => (204, Value::Null),
        (_, "missing") => error(404, "NOT_FOUND", "The requested resource does not exist"),
        (method, _) => panic!("{method} {}", received.target),
    };
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    with_header(answer(status, body), "content-type", "application/json")
}

/// A new access token for the refresh token `fresh` or the password `right`.
fn token(form: &str) -> (u16, Value) {
    let refreshed = form.contains("grant_type=refresh_token") && form.contains("=fresh");
    let authenticated = form.contains("grant_type=password") && form.contains("=right");
    if refreshed || authenticated {
        let id = "https://login.salesforce.com/id/00D0/0050";
        let answer = json!({ "access_token": "good", "token_type": "Bearer", "id": id });
        return (200, answer);
    }
    let message = "expired access/refresh token";
    (
        400,
        json!({ "error": "invalid_grant", "error_description": message }),
    )
}

fn error(status: u16, code: &str, message: &str) -> (u16, Value) {
    (
        status,
        json!([{ "errorCode": code, "message": message, "fields": [] }]),
    )
}

/// Four of sixteen contacts.
fn batch(number: u64) -> (u16, Value) {
    let records: Vec<Value> = (0..4)
        .map(|n| json!({ "Id": (number - 1) * 4 + n }))
        .collect();
    let next = format!("/services/data/v42.0/query/batch-{}", number + 1);
    let answer =
        json!({ "totalSize": 16, "done": false, "nextRecordsUrl": next, "records": records });
    (200, answer)
}

/// What was sent, as `METHOD path` lines without the version's prefix.
fn lines(sent: &[Received]) -> Vec<String> {
    let path = |request: &Received| request.target.replace("/services/data/v42.0", "");
    sent.iter()
        .map(|request| format!("{} {}", request.method, path(request)))
        .collect()
}

fn connected(upstream: &Upstream, options: &str, body: &str) -> Case {
    source(&format!(
        "const {{ Toolbelt }} = require('lp-faas-toolbelt');
         async function lambda(input, callback) {{
           const url = input.payload;
           const connection = Toolbelt.SFClient().connectToSalesforce({{ instanceUrl: url, version: '42.0', {options} }});
           {body}
         }}"
    ))
    .payload(json!(upstream.url("")))
    .allow(&[&upstream.rule()])
}

#[test]
fn a_query_gives_its_records_by_promise_and_by_callback() {
    let upstream = Upstream::start(salesforce);
    let promise = "const found = await connection.query('SELECT Id, Name FROM Account');
                   callback(null, [found.totalSize, found.done, found.records.map((r) => r.Name)]);";
    let expected = json!([3, false, ["Ada", "Bob"]]);
    check(
        connected(&upstream, "accessToken: 'good'", promise),
        returned(expected.clone()),
    );
    let by_callback = "connection.query('SELECT Id, Name FROM Account', (error, found) => {
                         callback(error, [found.totalSize, found.done, found.records.map((r) => r.Name)]); });";
    check(
        connected(&upstream, "accessToken: 'good'", by_callback),
        returned(expected),
    );
    let request = upstream.received().remove(0);
    assert_eq!(
        request.target,
        "/services/data/v42.0/query?q=SELECT%20Id%2C%20Name%20FROM%20Account"
    );
    assert_eq!(request.header("authorization"), "Bearer good");
}

#[test]
fn the_rest_of_a_query_is_fetched_when_it_is_asked_for() {
    let upstream = Upstream::start(salesforce);
    let more = "const first = await connection.query('SELECT Name FROM Account');
                const rest = await connection.queryMore(first.nextRecordsUrl);
                callback(null, rest.records.map((r) => r.Name));";
    check(
        connected(&upstream, "accessToken: 'good'", more),
        returned(json!(["Cy"])),
    );
    let all = "const found = await connection.query('SELECT Name FROM Account').execute({ autoFetch: true, maxFetch: 10 });
               callback(null, (found.records ?? found).map((r) => r.Name));";
    check(
        connected(&upstream, "accessToken: 'good'", all),
        returned(json!(["Ada", "Bob", "Cy"])),
    );
}

#[test]
fn a_query_may_fetch_several_batches_up_to_a_maximum() {
    let upstream = Upstream::start(salesforce);
    let options = "autoFetch: true, maxFetch: 10";
    let body = format!(
        "const found = await connection.query('SELECT Id FROM Contact', {{ {options} }});
         callback(null, [found.totalSize, found.records.map((r) => r.Id)]);"
    );
    check(
        connected(&upstream, "accessToken: 'good'", &body),
        returned(json!([16, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]])),
    );
    assert_eq!(
        lines(&upstream.received()),
        [
            "GET /query?q=SELECT%20Id%20FROM%20Contact",
            "GET /query/batch-2",
            "GET /query/batch-3",
        ]
    );
}

#[test]
fn records_are_created_read_changed_and_deleted() {
    let upstream = Upstream::start(salesforce);
    let body = "const account = connection.sobject('Account');
                const { id } = await account.create({ Name: 'Acme' });
                const { Name } = await account.retrieve(id);
                const updated = await account.update({ Id: id, Name: 'Other' });
                const destroyed = await account.destroy(id);
                callback(null, [id, Name, updated.success, destroyed.success]);";
    check(
        connected(&upstream, "accessToken: 'good'", body),
        returned(json!(["new", "Acme", true, true])),
    );
    let sent = upstream.received();
    assert_eq!(
        lines(&sent),
        [
            "POST /sobjects/Account",
            "GET /sobjects/Account/new",
            "PATCH /sobjects/Account/new",
            "DELETE /sobjects/Account/new",
        ]
    );
    assert_eq!(sent[0].text(), r#"{"Name":"Acme"}"#);
    assert_eq!(sent[2].text(), r#"{"Name":"Other"}"#);
}

#[test]
fn an_error_of_salesforce_carries_its_code_and_message() {
    let upstream = Upstream::start(salesforce);
    let body = "try { await connection.query('nonsense'); } catch (error) {
                  callback(null, [error.name, error.errorCode, error.message]); }";
    check(
        connected(&upstream, "accessToken: 'good'", body),
        returned(json!([
            "MALFORMED_QUERY",
            "MALFORMED_QUERY",
            "unexpected token: nonsense"
        ])),
    );
}

#[test]
fn an_error_about_a_record_says_which() {
    let upstream = Upstream::start(salesforce);
    let body = "const account = connection.sobject('Account');
                const told = ({ name, errorCode, message }) => [name === errorCode, errorCode, message];
                callback(null, await Promise.all([
                  account.create({}).catch(told),
                  account.retrieve('missing').catch(told),
                  account.update({ Id: 'missing', Name: 'Other' }).catch(told),
                  account.destroy('missing').catch(told),
                ]));";
    let not_found = json!([true, "NOT_FOUND", "The requested resource does not exist"]);
    check(
        connected(&upstream, "accessToken: 'good'", body),
        returned(json!([
            [
                true,
                "REQUIRED_FIELD_MISSING",
                "Required fields are missing: [Name]"
            ],
            not_found,
            not_found,
            not_found,
        ])),
    );
}

#[test]
fn records_are_created_read_changed_and_deleted_by_callback() {
    let upstream = Upstream::start(salesforce);
    for (target, first) in [
        ("connection.sobject('Account')", ""),
        ("connection", "'Account', "),
    ] {
        let body = format!(
            "const target = {target};
             const calls = [
               (done) => target.create({first}{{ Name: 'Acme' }}, done),
               (done) => target.insert({first}{{ Name: 'Acme' }}, {{}}, done),
               (done) => target.retrieve({first}'new', done),
               (done) => target.update({first}{{ Id: 'new', Name: 'Other' }}, done),
               (done) => target.upsert({first}{{ Number__c: 42, Name: 'Other' }}, 'Number__c', done),
               (done) => target.destroy({first}'new', done),
               (done) => target.delete({first}'new', done),
               (done) => target.del({first}'new', done),
             ];
             const results = [];
             const next = () => {{
               const call = calls.shift();
               if (call === undefined) return callback(null, results);
               return call((error, result) => {{
                 results.push(error === null ? result.Name ?? [result.id, result.success] : error);
                 next();
               }});
             }};
             next();"
        );
        let saved = json!(["new", true]);
        let result = json!([saved, saved, "Acme", saved, saved, saved, saved, saved]);
        check(
            connected(&upstream, "accessToken: 'good'", &body),
            returned(result),
        );
    }
    let sent = lines(&upstream.received());
    let (of_sobject, of_connection) = sent.split_at(8);
    assert_eq!(of_sobject, of_connection);
    assert_eq!(
        of_sobject[..5],
        [
            "POST /sobjects/Account",
            "POST /sobjects/Account",
            "GET /sobjects/Account/new",
            "PATCH /sobjects/Account/new",
            "PATCH /sobjects/Account/Number__c/42",
        ]
    );
    assert_eq!(of_sobject[5..], ["DELETE /sobjects/Account/new"; 3]);
}

#[test]
fn records_are_found_by_callback() {
    let upstream = Upstream::start(salesforce);
    let body = "const account = connection.sobject('Account');
                const told = (call) => new Promise((resolve) => { call((error, found) => resolve([error, found])); });
                callback(null, [
                  await told((done) => account.find({ Name: 'Ada' }, 'Id', done)),
                  await told((done) => account.find({ Name: 'Ada' }, 'Id').limit(2).execute(done)),
                  await told((done) => account.find().select('Id').exec({}, done)),
                  await told((done) => account.findOne({ Name: 'Ada' }, ['Id'], done)),
                  await told((done) => account.count(done)),
                ]);";
    let ada = json!({ "Id": "1", "Name": "Ada" });
    let both = json!([null, [ada, { "Id": "2", "Name": "Bob" }]]);
    check(
        connected(&upstream, "accessToken: 'good'", body),
        returned(json!([both, both, both, [null, ada], [null, 3]])),
    );
    let sent = upstream.received();
    let soql = |request: &Received| {
        let url = url::Url::parse(&format!("http://host{}", request.target)).expect("a URL");
        let (_, soql) = url.query_pairs().next().expect("a query");
        soql.into_owned()
    };
    assert_eq!(soql(&sent[0]), "SELECT Id FROM Account WHERE Name = 'Ada'");
    assert_eq!(
        soql(&sent[1]),
        "SELECT Id FROM Account WHERE Name = 'Ada' LIMIT 2"
    );
    assert_eq!(
        soql(&sent[3]),
        "SELECT Id FROM Account WHERE Name = 'Ada' LIMIT 1"
    );
}

#[test]
fn more_records_and_errors_come_by_callback_too() {
    let upstream = Upstream::start(salesforce);
    let body = "connection.query('SELECT Name FROM Account', (error, first) => {
                  connection.queryMore(first.nextRecordsUrl, (error, rest) => {
                    connection.query('nonsense', (failure, found) => {
                      callback(error, [rest.records.map((r) => r.Name), failure.name, failure.message, found === undefined]);
                    });
                  });
                });";
    check(
        connected(&upstream, "accessToken: 'good'", body),
        returned(json!([
            ["Cy"],
            "MALFORMED_QUERY",
            "unexpected token: nonsense",
            true
        ])),
    );
}

/// The methods that took a callback in jsforce 1, with arguments. All of them fail here, but for `toSOQL`.
const TOOK_A_CALLBACK: &str = "
    const id = '001'; const record = { Id: id, Name: 'A' }; const day = '2026-01-01';
    const crud = { create: [record], insert: [record], retrieve: [id], update: [record],
      upsert: [record, 'Name'], destroy: [id], delete: [id], del: [id] };
    const typed = Object.fromEntries(Object.entries(crud).map(([name, args]) => [name, ['Account', ...args]]));
    const account = (connection) => connection.sobject('Account');
    const METHODS = [
      [(connection) => connection, { ...typed,
        authorize: ['code'], login: ['u', 'p'], loginByOAuth2: ['u', 'p'], loginBySoap: ['u', 'p'],
        logout: [], logoutByOAuth2: [true], logoutBySoap: [], request: ['/x'], requestGet: ['/x'],
        requestPost: ['/x', {}], requestPut: ['/x', {}], requestPatch: ['/x', {}], requestDelete: ['/x'],
        query: ['SELECT'], queryMore: ['01g-2'], search: ['FIND'], describe: ['Account'], describe$: ['Account'],
        describeSObject: ['Account'], describeSObject$: ['Account'], describeGlobal: [], describeGlobal$: [],
        identity: [], recent: [], updated: ['Account', day, day], deleted: ['Account', day, day],
        tabs: [], limits: [], theme: [], quickActions: [] }],
      [(connection) => connection.oauth2,
        { refreshToken: ['r'], requestToken: ['c'], authenticate: ['u', 'p'], revokeToken: ['t'] }],
      [(connection) => connection.apex,
        { get: ['/x'], post: ['/x', {}], put: ['/x', {}], patch: ['/x', {}], delete: ['/x'], del: ['/x'] }],
      [account, { ...crud, find: [{}, 'Id'], findOne: [{}, 'Id'], select: ['Id'], count: [{}], recent: [],
        updated: [day, day], deleted: [day, day], describe: [], describe$: [], layouts: [], layouts$: [],
        compactLayouts: [], compactLayouts$: [], approvalLayouts: [], approvalLayouts$: [], listviews: [],
        quickActions: [] }],
      [(connection) => account(connection).record(id),
        { retrieve: [], update: [record], destroy: [], delete: [], del: [] }],
      [(connection) => account(connection).find({}, 'Id'),
        { execute: [], exec: [], run: [], explain: [], toSOQL: [], update: [{ N: 1 }], destroy: [], delete: [], del: [] }],
      [(connection) => account(connection).listview('1'), { results: [], describe: [], explain: [] }],
      [(connection) => connection.quickAction('n'), { describe: [], defaultValues: [], execute: [] }],
    ];";

#[test]
fn each_method_that_took_a_callback_in_jsforce_1_calls_it_once_and_returns_a_promise() {
    let upstream = Upstream::start(|_| {
        let (status, body) = error(404, "NOT_FOUND", "no");
        let answer = answer(status, body.to_string());
        with_header(answer, "content-type", "application/json")
    });
    let code = format!(
        "const {{ Toolbelt }} = require('lp-faas-toolbelt');
         {TOOK_A_CALLBACK}
         async function lambda(input, callback) {{
           const url = input.payload;
           const oauth2 = {{ clientId: 'i', clientSecret: 's', redirectUri: 'https://x' }};
           const connect = () => Toolbelt.SFClient().connectToSalesforce(
             {{ loginUrl: url, instanceUrl: url, accessToken: 'good', refreshToken: 'r', version: '42.0', oauth2 }});
           const wrong = [];
           let right = 0;
           for (const [of, methods] of METHODS) for (const [name, args] of Object.entries(methods)) {{
             const told = [];
             const settled = of(connect())[name](...args, (error, found) => told.push(error ?? found));
             const same = await settled.then((found) => found, (error) => error);
             await new Promise(setImmediate);
             const is = told.length === 1 && told[0] === same && (same instanceof Error || name === 'toSOQL');
             if (is) right += 1; else wrong.push([name, told.map(String), String(same)]);
           }}
           callback(null, [right, wrong]);
         }}"
    );
    let case = source(&code)
        .payload(json!(upstream.url("")))
        .allow(&[&upstream.rule()])
        .limits(|limits| limits.http_requests = 1_000);
    check(case, returned(json!([93, []])));
}

#[test]
fn what_a_callback_throws_fails_the_invocation() {
    let upstream = Upstream::start(salesforce);
    let body =
        "connection.sobject('Account').retrieve('new', (error, found) => found.Missing.Name);";
    let report = connected(&upstream, "accessToken: 'good'", body).run();
    let Expected::Threw(kind, message) = outcome(&report) else {
        panic!("{report:?}")
    };
    assert_eq!(kind, FailureKind::RuntimeError, "{message}");
}

#[test]
fn a_login_tells_its_callback_who_one_is() {
    let upstream = Upstream::start(salesforce);
    let options = "oauth2: { clientId: 'id', clientSecret: 'secret', loginUrl: url }";
    let body = "connection.login('ada', 'right', (error, user) => {
                  connection.query('SELECT Name FROM Account', (error, found) => {
                    callback(error, [user.id, user.organizationId, found.totalSize]);
                  });
                });";
    check(
        connected(&upstream, options, body),
        returned(json!(["0050", "00D0", 3])),
    );
    assert_eq!(
        upstream.received()[0].text(),
        "grant_type=password&username=ada&password=right&client_id=id&client_secret=secret"
    );
}

#[test]
fn an_access_token_that_expired_is_refreshed() {
    let upstream = Upstream::start(salesforce);
    let options = "accessToken: 'old', refreshToken: 'fresh',
                   oauth2: { clientId: 'id', clientSecret: 'secret', redirectUri: 'https://x', loginUrl: url }";
    let body = "const found = await connection.query('SELECT Name FROM Account');
                callback(null, [found.totalSize, connection.accessToken]);";
    check(
        connected(&upstream, options, body),
        returned(json!([3, "good"])),
    );
    let sent = upstream.received();
    let query = "GET /query?q=SELECT%20Name%20FROM%20Account";
    assert_eq!(
        lines(&sent),
        [query, "POST /services/oauth2/token", query],
        "refused, refreshed, asked again"
    );
    assert_eq!(sent[0].header("authorization"), "Bearer old");
    assert_eq!(
        sent[1].text(),
        "grant_type=refresh_token&refresh_token=fresh&client_id=id&client_secret=secret"
    );
    assert_eq!(
        sent[1].header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert_eq!(sent[2].header("authorization"), "Bearer good");
}

#[test]
fn a_refresh_that_fails_says_why() {
    let upstream = Upstream::start(salesforce);
    let options = "accessToken: 'old', refreshToken: 'stale',
                   oauth2: { clientId: 'id', clientSecret: 'secret', loginUrl: url }";
    let body =
        "connection.query('SELECT Name FROM Account', (error) => callback(null, error.message));";
    check(
        connected(&upstream, options, body),
        returned("Unable to refresh session due to: expired access/refresh token"),
    );
    assert_eq!(upstream.received().len(), 2, "it is not asked again");
}

#[test]
fn an_access_token_that_expired_without_a_refresh_token_is_told() {
    let upstream = Upstream::start(salesforce);
    let body = "connection.query('SELECT Name FROM Account')
                  .catch((error) => callback(null, [error.name, error.errorCode, error.message]));";
    check(
        connected(&upstream, "accessToken: 'old'", body),
        returned(json!([
            "INVALID_SESSION_ID",
            "INVALID_SESSION_ID",
            "Session expired or invalid"
        ])),
    );
    upstream.only_request();
}

#[test]
fn a_refresh_token_needs_its_client() {
    let upstream = Upstream::start(salesforce);
    let report = connected(&upstream, "accessToken: 'old', refreshToken: 'fresh'", "").run();
    let shown = format!("{:?}", outcome(&report));
    assert!(
        shown.contains(
            "Refresh token is specified without oauth2 client information or refresh function"
        ),
        "{shown}"
    );
}

#[test]
fn a_host_that_is_not_whitelisted_is_not_reached() {
    let upstream = Upstream::start(salesforce);
    let body = "connection.query('SELECT Id FROM Account', (error) => callback(null, [error?.name, error?.message]));";
    let mut case = connected(&upstream, "accessToken: 'good'", body);
    case.policy.allowed_hosts = Default::default();
    let rule = upstream.rule();
    let message =
        format!("Domain is not whitelisted: {rule}. Allow it with: sandglass allow add {rule}\n");
    check(case, returned(json!(["ERROR_HTTP_403", message])));
    assert!(upstream.received().is_empty());
}

#[test]
fn jsforce_is_required_and_imported_as_itself() {
    let upstream = Upstream::start(salesforce);
    let connect =
        "new jsforce.Connection({ instanceUrl: payload, accessToken: 'good', version: '42.0' })";
    for code in [
        format!(
            "const jsforce = require('jsforce');
             async function lambda({{ payload }}, callback) {{
               callback(null, (await {connect}.query('SELECT Name FROM Account')).records[0].Name);
             }}"
        ),
        format!(
            "import jsforce from 'jsforce';
             export async function lambda({{ payload }}) {{
               return (await {connect}.query('SELECT Name FROM Account')).records[0].Name;
             }}"
        ),
    ] {
        let case = source(&code).payload(json!(upstream.url("")));
        check(case.allow(&[&upstream.rule()]), returned("Ada"));
    }
}
