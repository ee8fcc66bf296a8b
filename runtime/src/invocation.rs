//! What goes into a sandbox?

use std::sync::atomic::{AtomicU64, Ordering};

use sandglass_host_abi::{CallChain, InvocationId};

use crate::repeat::Conditions;
use crate::trace::TraceContext;

/// One call of a lambda: its input and its id.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub(crate) input: String,
    pub(crate) id: Option<InvocationId>,
    pub(crate) chain: Option<CallChain>,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) recorded: bool,
    pub(crate) conditions: Option<Conditions>,
}

/// Why a text is not an input.
#[derive(Debug, thiserror::Error)]
#[error("the input is not valid JSON")]
pub struct InvocationError(#[from] serde_json::Error);

impl Invocation {
    /// An invocation with this input, JSON text: by the platform's contract an object with
    /// `timestamp`, `headers` and `payload`.
    ///
    /// # Errors
    /// When the text is not valid JSON.
    pub fn json(input: impl Into<String>) -> Result<Self, InvocationError> {
        let input = input.into();
        serde_json::from_str::<&serde_json::value::RawValue>(&input)?;
        Ok(Self {
            input,
            id: None,
            chain: None,
            trace: None,
            recorded: false,
            conditions: None,
        })
    }

    /// Gives the invocation an id, for instance the caller's `x-request-id`. Without one, the
    /// runtime makes one that is unique in the process.
    #[must_use]
    pub fn with_id(mut self, id: InvocationId) -> Self {
        self.id = Some(id);
        self
    }

    /// The id, when it was given one.
    pub fn id(&self) -> Option<&InvocationId> {
        self.id.as_ref()
    }

    /// Says which calls of lambdas by lambdas led here, so that loops end. Without, the call comes from
    /// outside.
    #[must_use]
    pub fn with_chain(mut self, chain: CallChain) -> Self {
        self.chain = Some(chain);
        self
    }

    /// Says where in a trace the invocation is. The requests that it sends carry it on, unless the
    /// lambda sets `traceparent` itself.
    #[must_use]
    pub fn with_trace(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Has the report say which requests the invocation sent, and which it was not let send, up to
    /// 1,000 of them: for somebody who watches it.
    #[must_use]
    pub fn recorded(mut self) -> Self {
        self.recorded = true;
        self
    }

    /// Makes an invocation that can be done again elsewhere: under these conditions, with everything that it
    /// asks its host in the report. The report then shows secrets: in what was exchanged, and in its logs.
    #[must_use]
    pub fn repeatable(mut self, conditions: Conditions) -> Self {
        self.conditions = Some(conditions);
        self
    }

    /// The input, JSON text.
    pub fn input(&self) -> &str {
        &self.input
    }
}

/// An id that no other invocation of this process has.
pub(crate) fn next_id() -> InvocationId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("invocation-{number}")
        .parse()
        .expect("digits and a hyphen are visible ASCII")
}
