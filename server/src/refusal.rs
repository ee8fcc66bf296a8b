//! In which form does a caller read what went wrong?
//!
//! The form belongs to the address and to the caller's generation, not to the reason: who has no
//! token is told so in the same words as who sent a wrong body. What no client of the platform knows,
//! addresses without anything included, is answered as RFC 9457 says.

use http::request::Parts;

use crate::api::Form;
use crate::invoke::event;
use crate::reply::Reply;
use crate::route::{self, is_context, parameter};
use crate::status::{Generation, Problem};

/// The answer to a request that led to a problem.
pub(crate) fn tell(problem: &Problem, parts: &Parts) -> Reply {
    let path = parts.uri.path();
    if is_context(path) {
        return problem.context_reply();
    }
    match route::form(&parts.method, path) {
        None | Some(Form::Problem) => problem.details(),
        Some(Form::Platform) => problem.reply_to(Generation::First),
        Some(Form::Second) => problem.reply_to(Generation::Second),
        Some(Form::Shared) => problem.reply_to(by_version(parts)),
        Some(Form::Gateway) => {
            let generation = event::generation(parts).unwrap_or(Generation::First);
            problem.reply_to(generation)
        }
    }
}

/// The first generation says its version in the query, the second one nothing (spec 1.3 and 1.4).
fn by_version(parts: &Parts) -> Generation {
    match parameter(parts.uri.query(), "v") {
        Ok(None) => Generation::Second,
        _ => Generation::First,
    }
}
