//! Which source maps are at hand?

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sandglass_host_abi::ArtifactDigest;
use tokio::sync::Semaphore;

use super::SourceMap;

/// Maps that are kept; the largest has a dozen megabytes, most have some kilobytes.
const KEPT_MAX: usize = 32;
/// How long an invocation that failed waits for its map before it is told without.
const PATIENCE: Duration = Duration::from_secs(1);

/// The source maps that failed invocations needed lately. One is read at a time: lambdas that fail
/// all the time cannot have all processors read their maps.
#[derive(Debug)]
pub(crate) struct SourceMaps {
    kept: Mutex<VecDeque<(ArtifactDigest, Option<Arc<SourceMap>>)>>,
    turn: Arc<Semaphore>,
}

impl Default for SourceMaps {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
        }
    }
}

impl SourceMaps {
    /// The map of that artifact, read unless it is kept; `None` when there is none, or none in time.
    pub(crate) async fn get(
        &self,
        artifact: &ArtifactDigest,
        read: impl FnOnce() -> Option<SourceMap> + Send + 'static,
    ) -> Option<Arc<SourceMap>> {
        if let Some(map) = self.find(artifact) {
            return map;
        }
        let reading = async {
            let turn = self.turn.clone().acquire_owned().await.ok()?;
            if let Some(map) = self.find(artifact) {
                return map;
            }
            // The turn is over when the map is read, also where nobody waits for it any more.
            let read = tokio::task::spawn_blocking(move || {
                let map = read();
                drop(turn);
                map
            });
            let map = read.await.ok()?.map(Arc::new);
            self.keep(artifact, map.clone());
            map
        };
        tokio::time::timeout(PATIENCE, reading).await.ok().flatten()
    }

    fn find(&self, artifact: &ArtifactDigest) -> Option<Option<Arc<SourceMap>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(digest, _)| digest == artifact)?;
        let found = kept.remove(at)?;
        let map = found.1.clone();
        kept.push_back(found);
        Some(map)
    }

    fn keep(&self, artifact: &ArtifactDigest, map: Option<Arc<SourceMap>>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((artifact.clone(), map));
        if kept.len() > KEPT_MAX {
            kept.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: usize) -> ArtifactDigest {
        format!("{n:064x}").parse().unwrap()
    }

    async fn get(maps: &SourceMaps, n: usize, read: bool) -> bool {
        let map = move || {
            assert!(read, "it is kept");
            SourceMap::parse(r#"{"version":3,"sources":[],"names":[],"mappings":""}"#)
        };
        maps.get(&digest(n), map).await.is_some()
    }

    #[tokio::test]
    async fn what_was_needed_last_is_kept() {
        let maps = SourceMaps::default();
        for n in 0..KEPT_MAX {
            assert!(get(&maps, n, true).await);
        }
        assert!(get(&maps, 0, false).await);
        assert!(get(&maps, KEPT_MAX, true).await, "this one needs room");
        assert!(get(&maps, 0, false).await, "it was needed after the first");
        assert!(get(&maps, 1, true).await, "it made room");
    }

    #[tokio::test]
    async fn that_there_is_no_map_is_kept_too() {
        let maps = SourceMaps::default();
        assert!(maps.get(&digest(1), || None).await.is_none());
        let read_again = || unreachable!("it is kept");
        assert!(maps.get(&digest(1), read_again).await.is_none());
    }
}
