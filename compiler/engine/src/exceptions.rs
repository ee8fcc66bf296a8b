//! What was thrown, and where in the user's source?

use javy::val_to_string;
use rquickjs::{Ctx, Object, Value};

/// A thrown value, taken out of the engine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Thrown {
    /// The error's `name`; empty when the value is not an object.
    pub(crate) name: String,
    /// The error's `message`, or the value as text.
    pub(crate) message: String,
    /// The frames of the stack; empty when there is none.
    pub(crate) stack: String,
}

impl Thrown {
    /// Takes the pending exception.
    pub(crate) fn catch<'js>(ctx: &Ctx<'js>) -> Self {
        Self::from_value(ctx, &ctx.catch())
    }

    /// Describes a value that was thrown. Never throws itself: a getter that does counts as absent.
    pub(crate) fn from_value<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Self {
        match value.as_object() {
            Some(object) => Self {
                name: text(ctx, object, "name").unwrap_or_default(),
                message: text(ctx, object, "message").unwrap_or_else(|| to_text(ctx, value)),
                stack: frames(&text(ctx, object, "stack").unwrap_or_default()),
            },
            None => Self {
                message: to_text(ctx, value),
                ..Self::default()
            },
        }
    }

    /// The first place of the stack that lies in `file`: line and column from 1, or zeros.
    pub(crate) fn place_in(&self, file: &str) -> (u32, u32) {
        self.stack
            .lines()
            .find_map(|frame| place(frame, file))
            .unwrap_or_default()
    }
}

/// Reads `…file:line:column…` out of one line of a stack.
fn place(frame: &str, file: &str) -> Option<(u32, u32)> {
    let start = frame.find(&format!("{file}:"))? + file.len() + 1;
    let mut numbers = frame[start..].trim_end_matches(')').split(':');
    let line = numbers.next()?.parse().ok()?;
    let column = numbers
        .next()
        .and_then(|column| column.parse().ok())
        .unwrap_or(0);
    Some((line, column))
}

/// A stack without its first lines, which repeat the error's name and message.
fn frames(stack: &str) -> String {
    let is_frame = |line: &&str| line.trim_start().starts_with("at ");
    stack
        .lines()
        .filter(is_frame)
        .collect::<Vec<_>>()
        .join("\n")
}

fn text<'js>(ctx: &Ctx<'js>, object: &Object<'js>, key: &str) -> Option<String> {
    match object.get::<_, Value>(key) {
        Ok(value) if value.is_undefined() || value.is_null() => None,
        Ok(value) => Some(to_text(ctx, &value)),
        Err(_) => {
            ctx.catch();
            None
        }
    }
}

fn to_text<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> String {
    val_to_string(ctx, value.clone()).unwrap_or_else(|_| {
        ctx.catch();
        "[a value that cannot be shown as text]".to_owned()
    })
}
