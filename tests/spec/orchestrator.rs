//! A lambda calls other lambdas of its account, each in a sandbox of its own.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sandglass_runtime::{
    BoxFuture, InvocationContext, LambdaAnswer, LambdaCall, LambdaCallError, LambdaInvoker, Limit,
    Limits, Outcome,
};
use serde_json::{Value, json};

use crate::harness::server::{TestServer, start, start_with};
use crate::harness::{
    Expected, async_lambda, block_on, builder, check, exceeded, outcome, returned, source,
};

const STATUS: &str = "com.liveperson.faas.orchestrator-fn.invoke.status-code-error";
const TIMEOUT: &str = "com.liveperson.faas.orchestrator-fn.invoke.timeout";
const GENERAL: &str = "com.liveperson.faas.orchestrator-fn-general";

/// A lambda that passes its payload to `invoke` and returns what that resolves to, or the error.
const CONDUCTOR: &str =
    "async function lambda({ payload: [invocations, deadline, options] }, callback) {
    const { Toolbelt } = require('lp-faas-toolbelt');
    try {
        callback(null, await Toolbelt.OrchestratorClient().invoke(invocations, deadline, options));
    } catch ({ name, component, code, message, invocation }) {
        callback(null, { name, component, code, message, invocation });
    }
}";

/// A server with a conductor and a lambda `echo` that returns its input.
fn stage() -> TestServer {
    let server = start();
    server.deploy("conductor", CONDUCTOR);
    server.deploy_body("echo", "callback(null, input)");
    server
}

#[track_caller]
fn conduct(server: &TestServer, arguments: Value) -> Value {
    let reply = server.invoke("conductor", arguments).send();
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

#[test]
fn lambdas_are_called_in_order_with_payload_and_headers() {
    let server = stage();
    let uuid = server.deploy_body("upper", "callback(null, input.payload.toUpperCase())");
    let invocations = json!([
        { "uuid": uuid, "payload": "one" },
        { "uuid": "echo", "payload": { "n": 2 }, "headers": { "x-a": "b", "x-n": 5 } },
        { "uuid": "echo" },
    ]);
    let results = conduct(&server, json!([invocations, 5_000]));
    let [one, two, three] = results.as_array().unwrap().as_slice() else {
        panic!("{results}");
    };
    assert_eq!(
        (&one["uuid"], &one["body"], &one["statusCode"]),
        (&json!(uuid), &json!("ONE"), &json!(200))
    );
    assert_eq!(one["headers"]["content-type"], "application/json");
    assert!(one["headers"]["x-request-id"].as_str().unwrap().len() == 36);
    assert_eq!(one.get("error"), None);
    assert_eq!(two["body"]["payload"], json!({ "n": 2 }));
    assert_eq!(
        two["body"]["headers"],
        json!([{ "key": "x-a", "value": "b" }, { "key": "x-n", "value": "5" }])
    );
    assert!(two["body"]["timestamp"].as_u64().unwrap() > 1_700_000_000_000);
    assert_eq!(three["body"]["payload"], json!({}));
}

#[test]
fn a_body_that_is_not_to_be_parsed_stays_text() {
    let server = stage();
    server.deploy_body("nothing", "callback()");
    let invocations = json!([{ "uuid": "echo", "payload": 1 }, { "uuid": "nothing" }]);
    let results = conduct(&server, json!([invocations, 5_000, { "json": false }]));
    assert!(
        results[0]["body"]
            .as_str()
            .unwrap()
            .contains("\"payload\":1")
    );
    assert_eq!(results[1]["body"], "");
    let parsed = conduct(&server, json!([invocations, 5_000]));
    assert_eq!(parsed[1].get("body"), None, "{parsed}");
}

#[test]
fn lambdas_may_be_called_at_once() {
    let server = stage();
    server.deploy_body("slow", "setTimeout(callback, 300, null, input.payload)");
    let invocations: Vec<_> = (0..5)
        .map(|n| json!({ "uuid": "slow", "payload": n }))
        .collect();
    let begun = Instant::now();
    let results = conduct(
        &server,
        json!([invocations, 10_000, { "invokeParallel": true }]),
    );
    // One after the other they would take 1.5 s at least.
    assert!(begun.elapsed() < Duration::from_millis(1_400));
    let bodies: Vec<_> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["body"])
        .collect();
    assert_eq!(bodies, [0, 1, 2, 3, 4]);
}

#[test]
fn the_first_failure_ends_a_row_of_calls() {
    let server = stage();
    server.deploy_body(
        "broken",
        "console.info('called'); callback(new Error('no luck'))",
    );
    let after = server.deploy_body("after", "console.info('called'); callback()");
    let row = json!([{ "uuid": "broken", "payload": 1 }, { "uuid": "after" }]);
    let error = conduct(&server, json!([row, 5_000]));
    assert_eq!(error["name"], "ToolBeltError");
    assert_eq!(
        (&error["component"], &error["code"]),
        (&json!("OrchestratorFN"), &json!(STATUS))
    );
    assert_eq!(error["message"], "Invocation failed with a non 2XX error");
    assert_eq!(error["invocation"]["statusCode"], 901);
    // What an external system learns of a failure, and no more.
    assert_eq!(
        error["invocation"]["body"],
        json!({
            "errorCode": "com.liveperson.faas.handler.custom-failure",
            "errorMsg": "Function Invocation failed due to an issue caused by customer coding",
        })
    );
    let results = conduct(
        &server,
        json!([row, 5_000, { "errorStrategy": "ContinueOnError" }]),
    );
    assert_eq!(results[0]["error"]["code"], STATUS);
    assert_eq!(
        (&results[1]["statusCode"], results[1].get("error")),
        (&json!(200), None)
    );
    assert_eq!(
        server.logs(&after, 1).len(),
        1,
        "the first row ended before it"
    );
}

#[test]
fn what_a_lambdas_own_code_did_is_not_repeated_and_each_call_is_in_the_journal() {
    let server = stage();
    let uuid = server.deploy_body("broken", "console.info('called'); callback('no luck')");
    let row = json!([[{ "uuid": uuid }], 5_000]);
    conduct(&server, row.clone());
    conduct(&server, row);
    let logs = server.logs(&uuid, 4);
    let calls = logs.iter().filter(|entry| entry["message"] == "called");
    assert_eq!(calls.count(), 2, "{logs:?}");
}

#[test]
fn a_lambda_that_does_not_exist_answers_404() {
    let server = stage();
    let missing = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    let row = json!([[{ "uuid": missing }], 5_000, { "errorStrategy": "ContinueOnError" }]);
    let results = conduct(&server, row);
    assert_eq!(results[0]["statusCode"], 404, "{results}");
    assert_eq!(results[0]["error"]["code"], STATUS);
}

/// Lambdas that are named after the statuses with which they answer, one after the other; the last one stays.
#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<Vec<String>>>);

impl LambdaInvoker for Scripted {
    fn invoke<'a>(
        &'a self,
        _context: &'a InvocationContext,
        call: LambdaCall,
    ) -> BoxFuture<'a, Result<LambdaAnswer, LambdaCallError>> {
        let mut calls = self.0.lock().expect("nobody panics with it");
        let before = calls.iter().filter(|name| **name == call.lambda).count();
        let mut script = call.lambda.split('-');
        let status = script.clone().nth(before).or_else(|| script.next_back());
        let status = status.and_then(|status| status.parse().ok());
        calls.push(call.lambda.clone());
        let answer = LambdaAnswer {
            status: status.expect("a lambda is named after its statuses"),
            headers: Vec::new(),
            body: String::new(),
        };
        Box::pin(async { Ok(answer) })
    }
}

#[test]
fn only_what_may_pass_is_tried_again_and_three_times_at_most() {
    let lambdas = Scripted::default();
    let scripts = [
        ("500-502-504-200", 4, 200),
        ("429-200", 2, 200),
        ("500-500-500-500-200", 4, 500),
        ("404-200", 1, 404),
        ("901-200", 1, 901),
        ("503-200", 1, 503),
    ];
    let invocations = scripts.map(|(name, ..)| json!({ "uuid": name }));
    let options = json!({ "errorStrategy": "ContinueOnError", "invokeParallel": true });
    let case = source(CONDUCTOR).payload(json!([invocations, 20_000, options]));
    let report = block_on(async {
        let builder = builder().lambdas(lambdas.clone()).instances_max(2);
        let runtime = builder.build().expect("the runtime builds");
        let conductor = case.load_into(&runtime).await;
        conductor.invoke(case.invocation()).await.unwrap()
    });
    let Expected::Returned(results) = outcome(&report) else {
        panic!("{report:?}")
    };
    let calls = lambdas.0.lock().unwrap();
    let told: Vec<_> = scripts
        .iter()
        .zip(results.as_array().expect("a list"))
        .map(|((name, ..), result)| {
            let made = calls.iter().filter(|call| call == name).count();
            (*name, made, result["statusCode"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(told, scripts);
}

#[test]
fn attempts_are_repeated_as_often_as_told_after_growing_pauses() {
    let server = start();
    server.deploy_body("broken", "callback(new Error('no luck'))");
    server.deploy(
        "conductor",
        "async function lambda({ payload: retries }) {
            const { Toolbelt } = require('core-functions-toolbelt');
            const asked = [];
            const retryFunction = (statusCode, error) => asked.push([statusCode, error.code, Date.now()]) < 9;
            const begun = Date.now();
            const results = await Toolbelt.OrchestratorClient().invoke(
                [{ uuid: 'broken', retries, retryFunction }], 5000, { errorStrategy: 'ContinueOnError' });
            return { asked: asked.map(([status, code]) => [status, code]), took: Date.now() - begun, results };
        }",
    );
    let told = |retries: Value| {
        let reply = server.invoke("conductor", retries).send();
        let told = reply.json();
        assert_eq!(told["results"][0]["statusCode"], 901, "{told}");
        let asked = told["asked"].as_array().unwrap().clone();
        assert!(
            asked.iter().all(|asked| *asked == json!([901, STATUS])),
            "{told}"
        );
        (asked.len(), told["took"].as_u64().unwrap())
    };
    assert_eq!(told(json!(0)).0, 0);
    let (asked, took) = told(json!(2));
    assert_eq!(asked, 2);
    assert!(took >= 300, "100 ms and then 200 ms: {took}");
    // JSON has no undefined: without a number it would be null, which is none.
    let (asked, took) = told(json!(3));
    assert_eq!(asked, 3);
    assert!(took >= 600, "{took}");
}

#[test]
fn a_server_without_a_free_slot_is_asked_again_and_does_not_hang() {
    let server = start_with(|config| {
        config.max_concurrent_calls = 0;
        config.queue_max = 0;
    });
    server.deploy("conductor", CONDUCTOR);
    server.deploy_body("echo", "callback(null, input)");
    let row = json!([[{ "uuid": "echo" }], 5_000, { "errorStrategy": "ContinueOnError" }]);
    let begun = Instant::now();
    let results = conduct(&server, row);
    assert_eq!(results[0]["statusCode"], 429, "{results}");
    assert!(
        begun.elapsed() >= Duration::from_millis(600),
        "three more attempts"
    );
}

#[test]
fn a_lambda_that_waits_holds_no_place_that_those_it_calls_need() {
    let server = start_with(|config| {
        config.max_concurrent = 1;
        config.max_concurrent_calls = 1;
        config.queue_max = 0;
    });
    server.deploy("conductor", CONDUCTOR);
    server.deploy_body("echo", "callback(null, input.payload)");
    let row = json!([[{ "uuid": "echo", "payload": 1 }, { "uuid": "echo", "payload": 2 }], 5_000]);
    let results = conduct(&server, row);
    assert_eq!(
        (&results[0]["body"], &results[1]["body"]),
        (&json!(1), &json!(2))
    );
}

#[test]
fn when_the_deadline_has_passed_the_called_lambda_is_stopped() {
    let server = stage();
    let slow = server.deploy_body(
        "slow",
        "console.info('begun'); setTimeout(() => console.info('here'), 700); setTimeout(callback, 800)",
    );
    let row = json!([{ "uuid": "slow" }, { "uuid": "echo" }]);
    let error = conduct(&server, json!([row, 250]));
    assert_eq!(
        (&error["code"], &error["name"]),
        (&json!(TIMEOUT), &json!("ToolBeltError"))
    );
    assert_eq!(
        error["message"],
        "Invocations timed out after a deadline of 250 ms"
    );
    let results = conduct(
        &server,
        json!([row, 250, { "errorStrategy": "ContinueOnError" }]),
    );
    for (result, uuid) in results.as_array().unwrap().iter().zip(["slow", "echo"]) {
        assert_eq!(
            (&result["uuid"], &result["error"]["code"]),
            (&json!(uuid), &json!(TIMEOUT))
        );
    }
    std::thread::sleep(Duration::from_millis(900));
    let later = server.invoke(&slow, json!({})).send();
    assert_eq!(later.status, 200);
    // What was stopped is not journalled as ended; the whole one is.
    let logs = server.logs(&slow, 2);
    let here = logs.iter().filter(|entry| entry["message"] == "here");
    assert_eq!(here.count(), 1, "{logs:?}");
}

#[test]
fn a_timeout_bounds_each_attempt() {
    let server = stage();
    server.deploy_body("slow", "setTimeout(callback, 20000)");
    let row = json!([[{ "uuid": "slow", "retries": 1 }], 10_000,
        { "timeout": 100, "errorStrategy": "ContinueOnError" }]);
    let begun = Instant::now();
    let results = conduct(&server, row);
    let took = begun.elapsed();
    assert_eq!(results[0]["error"]["code"], "ESOCKETTIMEDOUT", "{results}");
    assert_eq!(results[0].get("statusCode"), None);
    assert!(
        took >= Duration::from_millis(300),
        "two attempts and a pause: {took:?}"
    );
    assert!(took < Duration::from_secs(8), "{took:?}");
}

#[test]
fn a_longer_deadline_is_cut_and_the_log_says_so() {
    let server = stage();
    let reply = server
        .test_run("conductor", json!([[{ "uuid": "echo" }], 25_001]))
        .send()
        .json();
    assert_eq!(reply["logs"][0]["level"], "Warn", "{reply}");
    let message = reply["logs"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("25001 ms") && message.contains("25000 ms"),
        "{message}"
    );
    let longest = json!([[{ "uuid": "echo" }], 25_000]);
    let reply = server.test_run("conductor", longest).send().json();
    assert_eq!(reply["logs"], json!([]));
}

#[test]
fn lambdas_that_call_one_another_without_end_are_stopped() {
    let server = start();
    server.deploy(
        "loop",
        "async function lambda() {
            const { Toolbelt } = require('lp-faas-toolbelt');
            const [{ body, statusCode, error }] = await Toolbelt.OrchestratorClient()
                .invoke([{ uuid: 'loop' }], 20000, { errorStrategy: 'ContinueOnError' });
            return error ? { depth: 0, statusCode, error } : { ...body, depth: body.depth + 1 };
        }",
    );
    let end = server.invoke("loop", json!({})).send().json();
    // The outermost is 0 deep, and each of eight calls goes one deeper.
    assert_eq!(
        (&end["depth"], &end["statusCode"]),
        (&json!(8), &json!(508)),
        "{end}"
    );
    assert_eq!(end["error"]["code"], GENERAL);
    let message = end["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("8 lambdas that call one another"),
        "{message}"
    );
}

#[test]
fn a_tree_of_calls_may_have_as_many_as_the_limit_and_not_one_more() {
    let server = start_with(|config| {
        config.limits.lambda_calls = 6;
    });
    server.deploy_body("leaf", "callback(null, 1)");
    let branch = "async function lambda({ payload }) {
        const { Toolbelt } = require('lp-faas-toolbelt');
        const invocations = payload.map((below) => (
            below === 0 ? { uuid: 'leaf' } : { uuid: 'branch', payload: new Array(below).fill(0) }));
        const results = await Toolbelt.OrchestratorClient()
            .invoke(invocations, 20000, { errorStrategy: 'ContinueOnError' });
        return results.map(({ statusCode, body }) => (statusCode === 200 ? body : statusCode));
    }";
    server.deploy("branch", branch);
    // Two branches with two leaves each are six calls.
    let fits = server.invoke("branch", json!([2, 2])).send();
    assert_eq!((fits.status, fits.text.as_str()), (200, "[[1,1],[1,1]]"));
    // With a third leaf it is the second branch that makes the seventh.
    let past = server.invoke("branch", json!([2, 3])).send();
    assert_eq!(
        (past.status, past.text.as_str()),
        (200, "[[1,1],901]"),
        "{past:?}"
    );
    let alone = server.invoke("branch", json!([0, 0, 0, 0, 0, 0, 0])).send();
    assert_eq!(alone.status, 901, "{alone:?}");
    let told = server
        .test_run("branch", json!([0, 0, 0, 0, 0, 0, 0]))
        .send()
        .json();
    let message = told["errorMsg"].as_str().unwrap();
    assert!(
        message.contains("more than 6 calls of other lambdas"),
        "{told}"
    );
}

#[test]
fn what_is_no_invocation_is_told() {
    let server = stage();
    let row = json!([{ "uuid": "echo" }]);
    for (arguments, message) in [
        (json!([[], 100]), "Please provide one or more invocations"),
        (json!([{}, 100]), "Please provide one or more invocations"),
        (
            json!([[{ "uuid": "echo" }, { "payload": 1 }], 100]),
            "Please provide the uuid of the lambda in invocation 1",
        ),
        (json!([row]), "Please provide a deadline in milliseconds"),
        (json!([row, 0]), "Please provide a deadline in milliseconds"),
        (
            json!([row, 100, { "timeout": "soon" }]),
            "Please provide the timeout in milliseconds",
        ),
        (
            json!([row, 100, { "errorStrategy": "Ignore" }]),
            "There is no error strategy Ignore",
        ),
    ] {
        let error = conduct(&server, arguments);
        assert_eq!(
            (&error["message"], &error["code"]),
            (&json!(message), &json!(GENERAL))
        );
    }
}

#[test]
fn an_input_may_be_as_long_as_a_payload_and_no_longer() {
    let small = |config: &mut sandglass_server::Config| {
        config.limits.payload = sandglass_runtime::ByteSize::kib(1);
    };
    let server = start_with(small);
    server.deploy_body("length", "callback(null, input.payload.length)");
    server.deploy(
        "conductor",
        "async function lambda({ payload }) {
            const { Toolbelt } = require('lp-faas-toolbelt');
            const frame = JSON.stringify({ timestamp: Date.now(), payload: '', headers: [] }).length;
            const [result] = await Toolbelt.OrchestratorClient().invoke(
                [{ uuid: 'length', payload: 'x'.repeat(payload - frame) }], 5000, { errorStrategy: 'ContinueOnError' });
            return result.error?.message ?? result.body;
        }",
    );
    let at = server.invoke("conductor", json!(1024)).send().json();
    assert!(at.as_u64().unwrap() > 900, "{at}");
    let past = server.invoke("conductor", json!(1025)).send().json();
    assert!(
        past.as_str()
            .unwrap()
            .contains("the input is longer than 1 KiB"),
        "{past}"
    );
}

#[test]
fn a_name_is_as_long_as_a_name_may_be() {
    let server = stage();
    let call = |bytes: usize| {
        let row =
            json!([[{ "uuid": "x".repeat(bytes) }], 5_000, { "errorStrategy": "ContinueOnError" }]);
        conduct(&server, row)[0].clone()
    };
    assert_eq!(call(256)["statusCode"], 404);
    assert_eq!(
        call(257)["error"]["message"],
        "the name of the lambda is longer than 256 bytes"
    );
}

#[test]
fn a_lambda_sees_its_own_line_when_a_call_fails() {
    let code = "async function lambda() {\n  const { Toolbelt } = require('lp-faas-toolbelt');\n  \
        await Toolbelt.OrchestratorClient().invoke([{ uuid: 'x' }], 1000);\n}";
    let Outcome::Threw(failure) = source(code).run().outcome else {
        panic!("it calls nobody");
    };
    assert!(failure.stack.contains("lambda.js:3:"), "{failure:?}");
}

/// Without a server there is nobody to call.
#[test]
fn an_embedder_without_other_lambdas_says_so() {
    let invoke = "const { Toolbelt } = require('lp-faas-toolbelt'); \
        callback(null, await Toolbelt.OrchestratorClient() \
            .invoke([{ uuid: 'x' }], 1000).catch(({ message }) => message))";
    check(
        async_lambda(invoke),
        returned("There are no other lambdas here"),
    );
}

#[test]
fn the_calls_of_one_invocation_are_bounded() {
    let calls = |n: u32| {
        let invoke = format!(
            "const {{ Toolbelt }} = require('lp-faas-toolbelt'); \
             const client = Toolbelt.OrchestratorClient(); \
             for (let i = 0; i < {n}; i += 1) await client.invoke([{{ uuid: 'x' }}], 1000).catch(() => 0); \
             callback(null, 'done')"
        );
        async_lambda(&invoke).limits(|limits: &mut Limits| limits.lambda_calls = 3)
    };
    check(calls(3), returned("done"));
    check(calls(4), exceeded(Limit::LambdaCalls));
}

#[test]
fn a_build_cannot_call_lambdas() {
    let code = "const { Toolbelt } = require('lp-faas-toolbelt');\n\
        await Toolbelt.OrchestratorClient().invoke([{ uuid: 'x' }], 5);\n\
        export default (input, callback) => callback();";
    let error = source(code).compile().unwrap_err().to_string();
    assert!(error.contains("other lambdas"), "{error}");
}
