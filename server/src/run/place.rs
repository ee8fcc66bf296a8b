//! Where in the user's source did it fail?

/// A place that a stack names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) file: &'a str,
    /// From 1.
    pub(super) line: u32,
    /// From 1; 0 when the stack does not say.
    pub(super) column: u32,
}

/// The innermost place of a JavaScript stack, whose lines are `at name (file:line:column)`.
pub(super) fn innermost(stack: &str) -> Option<Frame<'_>> {
    stack.lines().find_map(frame)
}

fn frame(line: &str) -> Option<Frame<'_>> {
    let line = line.trim().strip_prefix("at ")?;
    let place = match line.strip_suffix(')') {
        Some(line) => line.rsplit_once('(')?.1,
        None => line,
    };
    let (rest, last) = place.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    let frame = match rest.rsplit_once(':') {
        Some((file, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => Frame {
            file,
            line: line.parse().ok()?,
            column: last,
        },
        _ => Frame {
            file: rest,
            line: last,
            column: 0,
        },
    };
    (!frame.file.is_empty() && frame.line > 0).then_some(frame)
}

/// A line of a source, as much of it as anybody wants to see.
pub(super) fn line_of(source: &str, line: u32) -> Option<String> {
    const CHARS_MAX: usize = 1_000;
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    let line = source.lines().nth(at)?;
    Some(line.chars().take(CHARS_MAX).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_frame_with_a_place_is_found() {
        let place = |stack| innermost(stack).map(|at| (at.file, at.line, at.column));
        let stack = "    at native\n    at inner (hello.js:3:5)\n    at lambda (hello.js:9:1)\n";
        assert_eq!(place(stack), Some(("hello.js", 3, 5)));
        assert_eq!(place("at a:b.js:7:2"), Some(("a:b.js", 7, 2)));
        assert_eq!(place("at f (src/x y.ts:12)"), Some(("src/x y.ts", 12, 0)));
        for none in [
            "",
            "at native",
            "Error: a:1:2",
            "at f (native)",
            "at (:1:2)",
        ] {
            assert_eq!(place(none), None, "{none}");
        }
    }

    #[test]
    fn a_line_is_found_and_cut_at_its_length() {
        let long = format!("one\n{}", "x".repeat(1_001));
        assert_eq!(line_of(&long, 1).as_deref(), Some("one"));
        assert_eq!(line_of(&long, 2).map(|line| line.len()), Some(1_000));
        assert_eq!(line_of(&long, 0), None);
        assert_eq!(line_of(&long, 3), None);
    }
}
