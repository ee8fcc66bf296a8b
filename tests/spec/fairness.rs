//! A busy lambda cannot hold a worker thread, nor the engine's other lambdas.

use std::time::Duration;

use crate::harness::{block_on, builder, lambda, outcome, returned};

/// A tokio runtime of its own with two workers, both about to be kept busy.
fn two_workers() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn busy_lambdas_on_every_worker_do_not_stop_another_lambda() {
    let workers = two_workers();
    let runtime = workers.block_on(async { builder().instances_max(16).build().unwrap() });
    let busy = lambda("for (;;) {}").limits(|l| l.wall_clock = Duration::from_secs(600));
    let hello = lambda("setTimeout(callback, 1, null, 'hello')");

    let loops: Vec<_> = (0..6)
        .map(|_| {
            let (runtime, busy) = (runtime.clone(), busy.clone());
            workers.spawn(async move {
                busy.load_into(&runtime)
                    .await
                    .invoke(busy.invocation())
                    .await
            })
        })
        .collect();
    let greeting = workers.spawn({
        let (runtime, hello) = (runtime.clone(), hello.clone());
        async move {
            while runtime.usage().instances < 6 {
                tokio::task::yield_now().await;
            }
            let lambda = hello.load_into(&runtime).await;
            let mut reports = Vec::new();
            for _ in 0..5 {
                reports.push(lambda.invoke(hello.invocation()).await.unwrap());
            }
            reports
        }
    });

    let reports = block_on(greeting).unwrap();
    assert!(
        loops.iter().all(|task| !task.is_finished()),
        "the loops are still busy"
    );
    assert!(
        reports
            .iter()
            .all(|report| outcome(report) == returned("hello"))
    );
    loops.iter().for_each(tokio::task::JoinHandle::abort);
    for task in loops {
        assert!(block_on(task).unwrap_err().is_cancelled());
    }
}

#[test]
fn a_busy_lambda_does_not_stop_the_hosts_own_tasks() {
    let single = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    single.block_on(async {
        let runtime = builder().instances_max(4).build().unwrap();
        let busy = lambda("for (;;) {}").limits(|l| l.wall_clock = Duration::from_secs(600));
        let busy_lambda = busy.load_into(&runtime).await;
        let looping = tokio::spawn({
            let invocation = busy.invocation();
            async move { busy_lambda.invoke(invocation).await }
        });
        // One thread: each of these turns is one that the loop gave back.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(!looping.is_finished());
        looping.abort();
        assert!(looping.await.unwrap_err().is_cancelled());
    });
}
