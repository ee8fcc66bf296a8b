//! Which colours mean what?

use anstyle::{AnsiColor, Color, Style};

const fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(colour)))
}

/// Errors.
pub(crate) const RED: Style = colour(AnsiColor::Red).bold();
/// Warnings.
pub(crate) const YELLOW: Style = colour(AnsiColor::Yellow).bold();
/// What went well.
pub(crate) const GREEN: Style = colour(AnsiColor::Green).bold();
/// Frames and labels.
pub(crate) const CYAN: Style = colour(AnsiColor::Cyan);
/// Strings in JSON.
pub(crate) const STRING: Style = colour(AnsiColor::Green);
/// What to try next.
pub(crate) const HINT: Style = colour(AnsiColor::Cyan).bold();
/// What matters on its line.
pub(crate) const BOLD: Style = Style::new().bold();
/// What matters less.
pub(crate) const DIM: Style = Style::new().dimmed();

/// The colours of `--help`, those of cargo's.
pub(crate) const HELP: clap::builder::Styles = clap::builder::Styles::styled()
    .header(colour(AnsiColor::Green).bold())
    .usage(colour(AnsiColor::Green).bold())
    .literal(colour(AnsiColor::Cyan).bold())
    .placeholder(colour(AnsiColor::Cyan));
