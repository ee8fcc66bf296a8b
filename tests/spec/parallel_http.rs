//! Requests of one lambda are in flight together.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Barrier, Semaphore};

use crate::harness::upstream::{Upstream, answer};
use crate::harness::{async_lambda, block_on, check, returned};

#[test]
fn five_requests_run_concurrently() {
    let all_here = Arc::new(Barrier::new(5));
    let upstream = Upstream::start_async(move |received| {
        let all_here = Arc::clone(&all_here);
        async move {
            // Nobody is answered before all five have asked.
            all_here.wait().await;
            tokio::time::sleep(Duration::from_millis(100)).await;
            Some(answer(200, received.target))
        }
    });
    let code = "const ids = [1, 2, 3, 4, 5];
                callback(null, await Promise.all(ids.map(id => httpClient(`${input.payload}${id}`))))";
    let case = async_lambda(code)
        .payload(json!(upstream.url("/")))
        .allow(&[&upstream.rule()]);
    check(case, returned(json!(["/1", "/2", "/3", "/4", "/5"])));
}

#[test]
fn answers_may_arrive_in_any_order() {
    // The last one to be asked for is answered first; each answer that the lambda has seen makes it
    // release the one before.
    let held: Arc<[Semaphore; 4]> = Arc::new([0, 0, 0, 1].map(Semaphore::new));
    let upstream = Upstream::start_async(move |received| {
        let held = Arc::clone(&held);
        async move {
            let (action, n) = received.target[1..]
                .split_once('/')
                .expect("an action and a number");
            let turn = &held[n.parse::<usize>().expect("a number")];
            match action {
                "release" => turn.add_permits(1),
                _ => turn.acquire().await.expect("it is never closed").forget(),
            }
            Some(answer(200, n.to_owned()))
        }
    });
    let code = "const order = [];
                const ask = async n => {
                  order.push(await httpClient(`${input.payload}ask/${n}`));
                  if (n > 0) await httpClient(`${input.payload}release/${n - 1}`);
                  return n;
                };
                const all = await Promise.all([0, 1, 2, 3].map(ask));
                callback(null, [all.join(''), order.join('')])";
    let case = async_lambda(code)
        .payload(json!(upstream.url("/")))
        .allow(&[&upstream.rule()]);
    check(case, returned(json!(["0123", "3210"])));
}

#[test]
fn timers_run_while_a_request_is_in_flight() {
    let upstream = Upstream::start_async(|_| async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        Some(answer(200, "slow"))
    });
    let code = "let ticks = 0; const id = setInterval(() => { ticks += 1; }, 1);
                const body = await httpClient(input.payload); clearInterval(id);
                callback(null, [body, ticks > 3])";
    let case = async_lambda(code)
        .payload(json!(upstream.url("/")))
        .allow(&[&upstream.rule()]);
    check(case, returned(json!(["slow", true])));
}

#[test]
fn lambdas_that_wait_hold_no_thread() {
    const LAMBDAS: usize = 48;
    let all_here = Arc::new(Barrier::new(LAMBDAS));
    let upstream = Upstream::start_async(move |_| {
        let all_here = Arc::clone(&all_here);
        async move {
            all_here.wait().await;
            Some(answer(200, "together"))
        }
    });
    let case = async_lambda("callback(null, await httpClient(input.payload))")
        .payload(json!(upstream.url("/")))
        .allow(&[&upstream.rule()]);
    block_on(async {
        // A runtime of its own: other tests take sandboxes of the shared one meanwhile.
        let runtime = crate::harness::builder()
            .instances_max(LAMBDAS)
            .build()
            .unwrap();
        let lambda = case.load_into(&runtime).await;
        let all = (0..LAMBDAS).map(|_| lambda.invoke(case.invocation()));
        for report in futures::future::join_all(all).await {
            assert_eq!(
                crate::harness::outcome(&report.unwrap()),
                returned("together")
            );
        }
    });
}
