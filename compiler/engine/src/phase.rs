//! Is this a build or an invocation?
//!
//! The network, secrets and fresh randomness exist only during an invocation. A top level that
//! reaches for them is remembered here and fails the build, even when the lambda catches the error
//! that it gets.

use std::cell::{Cell, RefCell};

use rquickjs::{Ctx, Exception, Result};

use crate::exceptions::Thrown;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Build,
    Invocation,
}

thread_local! {
    static PHASE: Cell<Phase> = const { Cell::new(Phase::Build) };
    static VIOLATION: RefCell<Option<Thrown>> = const { RefCell::new(None) };
}

/// Starts the invocation: from here on the host answers.
pub(crate) fn enter_invocation() {
    PHASE.set(Phase::Invocation);
}

/// Whether an invocation runs.
pub(crate) fn is_invocation() -> bool {
    PHASE.get() == Phase::Invocation
}

/// Refuses what needs a running invocation, such as "the network".
pub(crate) fn require_invocation(ctx: &Ctx<'_>, what: &str) -> Result<()> {
    if is_invocation() {
        return Ok(());
    }
    let message = format!(
        "{what} cannot be used while the lambda is being built: move this into the lambda function"
    );
    let error = Exception::throw_message(ctx, &message);
    let value = ctx.catch();
    VIOLATION.with_borrow_mut(|violation| {
        violation.get_or_insert_with(|| Thrown::from_value(ctx, &value));
    });
    ctx.throw(value);
    Err(error)
}

/// What the top level used although it may not.
pub(crate) fn take_violation() -> Option<Thrown> {
    VIOLATION.take()
}
