//! How is somebody at the terminal asked, for instance for a value that nobody should see?

use std::io::{IsTerminal as _, Read as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::exit::{Explain as _, Failure};

/// Standard input to its end, without the line break that `echo` puts there.
pub(crate) fn from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .doing("cannot read standard input")?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// A line from the terminal that is not shown while it is typed; without a terminal, standard
/// input.
pub(crate) fn hidden(question: &str) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return from_stdin();
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "{question}").and_then(|()| stderr.flush())?;
    let mut line = String::new();
    {
        let _hidden = Hidden::begin().doing("cannot hide what is typed")?;
        stdin
            .read_line(&mut line)
            .doing("cannot read the terminal")?;
    }
    writeln!(stderr)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// Whether somebody at the terminal agrees. Without a terminal there is nobody to ask, and whoever wrote
/// the script has agreed.
pub(crate) fn confirmed(question: &str) -> Result<bool, Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Ok(true);
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush())?;
    let mut line = String::new();
    stdin
        .read_line(&mut line)
        .doing("cannot read the terminal")?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// Puts the terminal back when it is dropped.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> rustix::io::Result<Self> {
        let terminal = rustix::stdio::stdin();
        let before = tcgetattr(terminal)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that has gone away needs nothing.
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &self.0);
    }
}
