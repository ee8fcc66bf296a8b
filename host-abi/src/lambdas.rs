//! How does a lambda call another one?

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{BoxFuture, InvocationContext};

/// A call of another lambda, within the caller's limits.
#[derive(Debug, Clone)]
pub struct LambdaCall {
    /// The lambda's UUID or name, as the caller gave it.
    pub lambda: String,
    /// The input, JSON text.
    pub input: String,
    /// What an HTTP request would say besides: `traceparent` and `tracestate` (W3C Trace Context),
    /// when the caller is part of a trace.
    pub headers: Vec<(String, String)>,
    /// Goes into the called lambda's invocation, so that loops end.
    pub chain: CallChain,
}

/// What the called lambda answered, as an external system would see it over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LambdaAnswer {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// Why a host could not carry out a call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LambdaCallError {
    /// The host failed.
    #[error("the host could not call the lambda")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Runs lambdas for other lambdas of the same account. Asked only within the caller's limits.
pub trait LambdaInvoker: Send + Sync + 'static {
    /// Runs one lambda in a sandbox of its own. Called in a task of its own, which is aborted when the
    /// caller ends: dropping the future must end the invocation.
    fn invoke<'a>(
        &'a self,
        context: &'a InvocationContext,
        call: LambdaCall,
    ) -> BoxFuture<'a, Result<LambdaAnswer, LambdaCallError>>;
}

/// Where an invocation stands among lambdas that call one another: how many called one another to get
/// here, and how many calls all that began with the same outside call have made together.
#[derive(Debug, Clone, Default)]
pub struct CallChain {
    depth: u32,
    calls: Arc<AtomicU32>,
}

impl CallChain {
    /// How many calls led here; 0 for an invocation from outside.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The place of a lambda that is called from here.
    #[must_use]
    pub fn called(&self) -> Self {
        Self {
            depth: self.depth + 1,
            calls: Arc::clone(&self.calls),
        }
    }

    /// Counts one more call; false, and not counted, when that would be more than `max`.
    pub fn count(&self, max: u32) -> bool {
        let next = |calls| (calls < max).then_some(calls + 1);
        let counted = self
            .calls
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        counted.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_tree_of_calls_is_counted_together() {
        let outside = CallChain::default();
        let (one, other) = (outside.called(), outside.called());
        assert_eq!((outside.depth(), one.called().depth()), (0, 2));
        assert!(outside.count(3) && one.count(3) && other.called().count(3));
        assert!(!one.count(3) && !outside.count(3));
        assert!(other.count(4), "what was refused was not counted");
        assert!(CallChain::default().count(1), "another tree");
    }
}
