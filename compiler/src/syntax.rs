//! Is it JavaScript, and what can be said about it without running it?
//!
//! The parser is ordinary native code that reads text which anybody may have written, so two
//! things are bounded before it starts: how often it may read the same text again
//! ([`speculation`]), and the stack, which is large enough for the most deeply nested source of
//! 100,000 characters. No source reaches past either.

mod findings;
mod hints;
mod mistakes;
mod speculation;

use std::cell::Cell;

use oxc::allocator::Allocator;
use oxc::parser::{Parser, ParserReturn};
use oxc::span::SourceType;

use crate::compile_error::Mistakes;
use crate::{CompileError, CompileErrorKind, Source};

pub(crate) use findings::Findings;
#[cfg(test)]
pub(crate) use findings::Require;

/// The parser and the walk recurse. This is more than twice what the worst source of 100,000
/// characters needs, in a build without optimisation too; only what is touched takes memory.
pub(crate) const STACK_BYTES: usize = 512 << 20;

thread_local! {
    static HAS_STACK: Cell<bool> = const { Cell::new(false) };
}

/// Says that this thread was started with a stack of [`STACK_BYTES`].
pub(crate) fn has_stack() {
    HAS_STACK.set(true);
}

/// Parses the source and looks around in it. By its name it is TypeScript (`.ts`, `.mts`, `.cts`), a
/// module (`.mjs`, `.mts`) or a script (`.cjs`, `.cts`); other names leave it to `import` and
/// `export` in the text, and without these it is a sloppy script.
///
/// # Errors
/// When it does not parse: with the first mistake, its place, and a hint where the mistake is a
/// common one; and with what else is wrong, as far as that shows.
pub(crate) fn check(source: &Source) -> Result<Findings, Mistakes> {
    speculation::check(source.code()).map_err(|offset| too_deep(source, offset))?;
    if HAS_STACK.get() {
        return parse(source);
    }
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("sandglass-parser".into())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || parse(source))
            .map_err(|error| {
                source.error(
                    CompileErrorKind::Host,
                    format!("no thread for the parser: {error}"),
                )
            })?
            .join()
            .unwrap_or_else(|_| {
                let message = "the parser broke down on this source";
                Err(source.error(CompileErrorKind::Exceeded, message).into())
            })
    })
}

fn source_type(file_name: &str) -> SourceType {
    match extension(file_name) {
        "mjs" => SourceType::mjs(),
        "mts" => SourceType::ts().with_module(true),
        "cjs" => SourceType::script(),
        "cts" => SourceType::ts().with_script(true),
        "ts" => SourceType::ts().with_unambiguous(true),
        _ => SourceType::unambiguous(),
    }
}

/// What a file's name ends with.
pub(crate) fn extension(file_name: &str) -> &str {
    file_name.rsplit_once('.').map_or("", |(_, end)| end)
}

fn parse(source: &Source) -> Result<Findings, Mistakes> {
    let arena = Allocator::default();
    let ParserReturn {
        program,
        diagnostics,
        panicked,
        ..
    } = Parser::new(&arena, source.code(), source_type(source.file_name())).parse();
    if let Some(found) = mistakes::told(source, diagnostics.errors()) {
        return Err(found);
    }
    if panicked {
        let error = source.error(CompileErrorKind::Syntax, "this is not JavaScript");
        return Err(error.into());
    }
    Ok(findings::collect(&program))
}

fn too_deep(source: &Source, offset: usize) -> CompileError {
    source
        .error(
            CompileErrorKind::Syntax,
            "assignments or default values in parentheses are nested too deeply to be parsed",
        )
        .at(source, source.place(offset))
        .with_hint("give the inner ones names of their own, outside of the parentheses")
}

#[cfg(test)]
mod tests;
