//! How does somebody watch a deployment?
//!
//! Each step of each deployment is told to whoever listens, once it is durable. A watcher is told where the
//! deployment is, then of each step to come, until the last one; as server-sent events (WHATWG HTML,
//! section 9.2), each with the deployment as it is listed.

use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};

use crate::admin::DeploymentInfo;
use crate::store::DeploymentState;
use crate::tail::Place;

/// Steps that a watcher may be behind before it misses one.
const BEHIND_MAX: usize = 256;
/// How long a watcher that has nothing to say stays silent.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Tells of the steps of deployments.
pub(crate) struct Steps(Sender<DeploymentInfo>);

/// What a watcher goes on with.
pub(crate) struct Watcher {
    steps: Receiver<DeploymentInfo>,
    place: Place,
    /// Where the deployment is, once more; `None` when it is gone.
    now: Box<dyn Fn() -> Option<DeploymentInfo> + Send + Sync>,
    /// What is to be told first.
    first: Option<DeploymentInfo>,
    deployment: String,
    told: Option<DeploymentState>,
}

impl Default for Steps {
    fn default() -> Self {
        Self(channel(BEHIND_MAX).0)
    }
}

impl Steps {
    /// Whether anybody listens.
    pub(crate) fn are_watched(&self) -> bool {
        self.0.receiver_count() > 0
    }

    /// Tells of a step that is durable and in effect.
    pub(crate) fn tell(&self, step: DeploymentInfo) {
        // Whoever listened may have left.
        let _ = self.0.send(step);
    }

    /// Watches a deployment, from where `now` says that it is; `None` when there is none.
    pub(crate) fn watch(
        &self,
        now: impl Fn() -> Option<DeploymentInfo> + Send + Sync + 'static,
        place: Place,
    ) -> Option<Watcher> {
        // Listening comes first, so that no step falls between.
        let steps = self.0.subscribe();
        let first = now()?;
        Some(Watcher {
            steps,
            place,
            now: Box::new(now),
            deployment: first.uuid.clone(),
            first: Some(first),
            told: None,
        })
    }
}

/// The events of a deployment. They end after its last step, or when the server does.
pub(crate) fn events(watcher: Watcher) -> impl Stream<Item = Bytes> + Send {
    futures::stream::unfold(watcher, |mut watcher| async {
        let event = watcher.next().await?;
        Some((event, watcher))
    })
}

impl Watcher {
    async fn next(&mut self) -> Option<Bytes> {
        if self.told.is_some_and(DeploymentState::is_final) {
            return None;
        }
        loop {
            let step = match self.first.take() {
                Some(first) => first,
                None => match self.heard().await? {
                    Some(step) => step,
                    None => return Some(Bytes::from_static(b": nothing new\n\n")),
                },
            };
            if self.is_news(&step) {
                self.told = Some(step.deployment_state);
                let data = serde_json::to_string(&step).expect("a deployment has string keys");
                return Some(format!("event: state\ndata: {data}\n\n").into());
            }
        }
    }

    /// The next step of any deployment; `None` within when there was none for long, and `None` when there
    /// is nothing to wait for any more.
    async fn heard(&mut self) -> Option<Option<DeploymentInfo>> {
        tokio::select! {
            () = self.place.ended() => None,
            // A deployment is gone with its lambda, without a step of its own.
            () = tokio::time::sleep(HEARTBEAT) => (self.now)().map(|_| None),
            step = self.steps.recv() => match step {
                Ok(step) => Some(Some(step)),
                // It is told where the deployment is now instead of what it missed.
                Err(RecvError::Lagged(_)) => (self.now)().map(Some),
                Err(RecvError::Closed) => None,
            },
        }
    }

    /// Whether it is a later step of this deployment.
    fn is_news(&self, step: &DeploymentInfo) -> bool {
        let later = |told: DeploymentState| told.rank() < step.deployment_state.rank();
        step.uuid == self.deployment && self.told.is_none_or(later)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures::StreamExt as _;

    use super::*;
    use crate::config::JournalConfig;
    use crate::tail::Tails;

    const START: DeploymentState = DeploymentState::BuildStart;

    fn step(uuid: &str, state: DeploymentState) -> DeploymentInfo {
        DeploymentInfo {
            uuid: uuid.to_owned(),
            lambda_uuid: String::new(),
            lambda_name: String::new(),
            lambda_version: 1,
            steps: Vec::new(),
            deployment_state: state,
            deployment_error: None,
            live: false,
            digest: None,
            artifact_bytes: None,
            created_at: 1,
            created_by: String::new(),
            updated_at: 1,
            deployed_at: None,
            undeployed_at: None,
        }
    }

    fn watched(steps: &Steps, now: &Arc<Mutex<DeploymentState>>) -> Watcher {
        // Without them, the server would have ended.
        let tails = Box::leak(Box::new(Tails::new(&JournalConfig::default())));
        let place = tails.open().unwrap();
        let now = Arc::clone(now);
        let now = move || Some(step("a", *now.lock().unwrap()));
        steps.watch(now, place).unwrap()
    }

    async fn told(watcher: Watcher) -> Vec<String> {
        let events: Vec<_> = events(watcher).collect().await;
        let state = |event: Bytes| {
            let text = String::from_utf8(event.into()).unwrap();
            let json = text.strip_prefix("event: state\ndata: ").unwrap();
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            value["deploymentState"].as_str().unwrap().to_owned()
        };
        events.into_iter().map(state).collect()
    }

    #[tokio::test]
    async fn each_later_step_of_the_same_deployment_is_told_and_no_other() {
        use DeploymentState::{BuildFinish, DeployFinish, DeployStart};

        let steps = Steps::default();
        assert!(!steps.are_watched());
        let now = Arc::new(Mutex::new(START));
        let watcher = watched(&steps, &now);
        assert!(steps.are_watched());
        for (uuid, state) in [
            ("a", START),
            ("b", DeployFinish),
            ("a", BuildFinish),
            ("a", BuildFinish),
            ("a", START),
            ("a", DeployStart),
            ("a", DeployFinish),
        ] {
            steps.tell(step(uuid, state));
        }
        assert_eq!(
            told(watcher).await,
            [
                "Build Start",
                "Build Finish",
                "Deploy Start",
                "Deploy Finish"
            ]
        );
    }

    #[tokio::test]
    async fn who_is_too_far_behind_is_told_where_it_is_now() {
        let steps = Steps::default();
        let now = Arc::new(Mutex::new(START));
        let mut watcher = watched(&steps, &now);
        assert!(watcher.next().await.is_some());
        for _ in 0..=BEHIND_MAX {
            steps.tell(step("a", DeploymentState::BuildFinish));
        }
        *now.lock().unwrap() = DeploymentState::BuildError;
        assert_eq!(told(watcher).await, ["Build Error"]);
    }
}
