//! More lambdas may be deployed than are loaded: those used least recently make room.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sandglass_runtime::{
    Artifact, ArtifactDigest, ArtifactStore, ArtifactStoreError, Invocation, InvokeError, Lambda,
    Policy,
};

use crate::harness::{block_on, builder, lambda, outcome, returned};

#[derive(Clone, Default)]
struct Shelf {
    artifacts: Arc<Mutex<HashMap<ArtifactDigest, Artifact>>>,
    reads: Arc<AtomicUsize>,
    reading: Arc<AtomicUsize>,
    reading_most: Arc<AtomicUsize>,
}

impl ArtifactStore for Shelf {
    fn read(&self, digest: &ArtifactDigest) -> Result<Artifact, ArtifactStoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let reading = self.reading.fetch_add(1, Ordering::SeqCst) + 1;
        self.reading_most.fetch_max(reading, Ordering::SeqCst);
        // Others that may read now get the time to begin.
        thread::sleep(Duration::from_millis(20));
        self.reading.fetch_sub(1, Ordering::SeqCst);
        let artifacts = self.artifacts.lock().expect("no test panics with it");
        artifacts
            .get(digest)
            .cloned()
            .ok_or_else(|| ArtifactStoreError::NotFound(digest.clone()))
    }
}

/// A shelf with `n` lambdas that return their number, and a runtime that keeps two loaded.
async fn shelf(n: usize) -> (Shelf, sandglass_runtime::Runtime, Vec<Lambda>) {
    let shelf = Shelf::default();
    let runtime = builder()
        .instances_max(8)
        .loaded_lambdas_max(2)
        .artifacts(shelf.clone())
        .build()
        .unwrap();
    let mut lambdas = Vec::new();
    for i in 0..n {
        let case = lambda(&format!("callback(null, {i})"));
        let artifact = case.compile_for(&runtime).await.unwrap();
        lambdas.push(runtime.lambda(artifact.digest().clone(), case.policy));
        shelf
            .artifacts
            .lock()
            .unwrap()
            .insert(artifact.digest().clone(), artifact);
    }
    (shelf, runtime, lambdas)
}

#[test]
fn lambdas_are_loaded_when_they_are_called() {
    block_on(async {
        let (shelf, runtime, lambdas) = shelf(5).await;
        assert_eq!(shelf.reads.load(Ordering::SeqCst), 0);
        for _ in 0..3 {
            for (i, lambda) in lambdas.iter().enumerate() {
                let report = lambda
                    .invoke(Invocation::json("{}").unwrap())
                    .await
                    .unwrap();
                assert_eq!(outcome(&report), returned(i));
                assert!(runtime.usage().loaded_lambdas <= 2, "{:?}", runtime.usage());
            }
        }
        assert_eq!(
            shelf.reads.load(Ordering::SeqCst),
            15,
            "each was unloaded before its next turn"
        );
    });
}

#[test]
fn a_lambda_in_use_stays_loaded() {
    block_on(async {
        let (shelf, _runtime, lambdas) = shelf(3).await;
        let call = async |i: usize| {
            let invocation = Invocation::json("{}").unwrap();
            let report = lambdas[i].invoke(invocation).await.unwrap();
            assert_eq!(outcome(&report), returned(i));
            shelf.reads.load(Ordering::SeqCst)
        };
        // 2 takes the place of 1, not that of 0, which was loaded first but used last.
        for (i, reads) in [(0, 1), (1, 2), (0, 2), (2, 3), (0, 3), (1, 4)] {
            assert_eq!(call(i).await, reads, "after a call of {i}");
        }
    });
}

#[test]
fn a_lambda_that_many_call_at_once_is_loaded_once() {
    block_on(async {
        let (shelf, _runtime, lambdas) = shelf(1).await;
        let all = (0..8).map(|_| lambdas[0].invoke(Invocation::json("{}").unwrap()));
        for report in futures::future::join_all(all).await {
            assert_eq!(outcome(&report.unwrap()), returned(0));
        }
        assert_eq!(shelf.reads.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn as_many_lambdas_are_loaded_at_once_as_there_are_processors() {
    block_on(async {
        let (shelf, _runtime, lambdas) = shelf(8).await;
        let all = lambdas
            .iter()
            .map(|lambda| lambda.invoke(Invocation::json("{}").unwrap()));
        for (i, report) in futures::future::join_all(all).await.into_iter().enumerate() {
            assert_eq!(outcome(&report.unwrap()), returned(i));
        }
        let processors = thread::available_parallelism().unwrap().get();
        assert_eq!(
            shelf.reading_most.load(Ordering::SeqCst),
            processors.min(lambdas.len())
        );
    });
}

#[test]
fn a_lambda_whose_artifact_is_gone_is_an_error_of_the_host() {
    block_on(async {
        let (_shelf, runtime, _lambdas) = shelf(0).await;
        let lambda = runtime.lambda(ArtifactDigest::of(b"gone"), Policy::default());
        let error = lambda
            .invoke(Invocation::json("{}").unwrap())
            .await
            .unwrap_err();
        assert!(matches!(error, InvokeError::Load(_)), "{error:?}");
    });
}

#[test]
fn the_same_artifact_under_another_policy_is_not_loaded_again() {
    block_on(async {
        let (shelf, runtime, lambdas) = shelf(1).await;
        lambdas[0]
            .invoke(Invocation::json("{}").unwrap())
            .await
            .unwrap();
        let other = lambdas[0].with_policy(Policy::default());
        other.invoke(Invocation::json("{}").unwrap()).await.unwrap();
        assert_eq!(shelf.reads.load(Ordering::SeqCst), 1);
        assert_eq!(runtime.usage().loaded_lambdas, 1);
    });
}

#[test]
fn when_every_sandbox_is_in_use_the_host_says_so() {
    block_on(async {
        let runtime = builder().instances_max(1).build().unwrap();
        let hello = lambda("callback(null, 'hello')");
        let lambda = hello.load_into(&runtime).await;
        let taken = lambda.checkout().await.unwrap();
        let error = lambda
            .checkout()
            .await
            .err()
            .expect("there is no second sandbox");
        assert!(matches!(error, InvokeError::Busy), "{error:?}");
        drop(taken);
        let report = lambda.invoke(hello.invocation()).await.unwrap();
        assert_eq!(outcome(&report), returned("hello"));
    });
}
