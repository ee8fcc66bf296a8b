//! Dropping the future of an invocation ends the guest at once.

use std::future::Future;
use std::sync::Arc;
use std::task::Poll;

use futures::future::poll_fn;
use serde_json::json;
use tokio::sync::Notify;

use crate::harness::upstream::{Upstream, answer};
use crate::harness::{async_lambda, block_on, builder, lambda, outcome, returned};

#[test]
fn dropping_the_future_of_a_busy_lambda_frees_its_sandbox() {
    block_on(async {
        let runtime = builder().instances_max(1).build().unwrap();
        let busy = lambda("for (;;) {}");
        let hello = lambda("callback(null, 'hello')");
        let (busy_lambda, hello_lambda) = (
            busy.load_into(&runtime).await,
            hello.load_into(&runtime).await,
        );
        for _ in 0..20 {
            let mut invocation = Box::pin(busy_lambda.invoke(busy.invocation()));
            // A few turns: it has yielded after some of its fuel and is in the middle of its loop.
            for _ in 0..3 {
                let turn = poll_fn(|context| Poll::Ready(invocation.as_mut().poll(context))).await;
                assert!(turn.is_pending());
            }
            assert_eq!(runtime.usage().instances, 1);
            drop(invocation);
            assert_eq!(runtime.usage().instances, 0);
            let report = hello_lambda.invoke(hello.invocation()).await.unwrap();
            assert_eq!(outcome(&report), returned("hello"));
        }
    });
}

#[test]
fn dropping_the_future_of_a_waiting_lambda_hangs_up_on_its_upstream() {
    let (arrived, hung_up) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let signals = (Arc::clone(&arrived), Arc::clone(&hung_up));
    let upstream = Upstream::start_async(move |_| {
        let (arrived, hung_up) = signals.clone();
        async move {
            // Dropped by the server when the client closes the connection.
            let _notice = NotifyOnDrop(hung_up);
            arrived.notify_one();
            std::future::pending::<()>().await;
            Some(answer(200, ""))
        }
    });
    let case = async_lambda("callback(null, await httpClient(input.payload))")
        .payload(json!(upstream.url("/")))
        .allow(&[&upstream.rule()]);
    let lambda = case.load();
    let invocation = case.invocation();
    block_on(async move {
        let running = tokio::spawn(async move { lambda.invoke(invocation).await });
        arrived.notified().await;
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        hung_up.notified().await;
    });
}

struct NotifyOnDrop(Arc<Notify>);

impl Drop for NotifyOnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}
