//! What is done with a source in native code, before the sandbox has it?
//!
//! It is parsed and looked through, and bundled when it is more than one plain script. This is the
//! part of a build that fuel does not bound; [`Workers`](crate::Workers) bound it.

use crate::compile_error::Mistakes;
use crate::syntax::Findings;
use crate::{Source, bundle};

/// A source that can be evaluated, and what it says about itself.
pub(crate) struct Prepared {
    pub(crate) source: Source,
    pub(crate) findings: Findings,
}

/// Prepares a source in this process.
pub(crate) async fn prepare(source: &Source) -> Result<Prepared, Mistakes> {
    let findings = bundle::checked(source).await?;
    let source = bundle::alone(source.clone(), &findings).await?;
    Ok(Prepared { source, findings })
}
