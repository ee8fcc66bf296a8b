//! What shows that something is going on?
//!
//! Nothing for the first moments, since most work is done by then. On a terminal, then a line
//! that counts the time and goes away at the end; elsewhere one plain line after a second.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::style::DIM;

const TERMINAL_AFTER: Duration = Duration::from_millis(250);
const PLAIN_AFTER: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// Whether the last line of the terminal is one of ours.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// Something that is going on. It is over when this is dropped.
pub(crate) struct Progress {
    what: Arc<Mutex<String>>,
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    pub(super) fn start(what: String, shown: bool) -> Self {
        let what = Arc::new(Mutex::new(what));
        let running = shown.then(|| {
            let (stop, stopped) = channel();
            let what = Arc::clone(&what);
            (stop, std::thread::spawn(move || show(&what, &stopped)))
        });
        Self { what, running }
    }

    /// Says what is going on now.
    pub(crate) fn update(&self, what: impl Into<String>) {
        *self.what.lock().unwrap_or_else(PoisonError::into_inner) = what.into();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            // A thread that only prints has nothing to say about its end.
            let _ = thread.join();
        }
    }
}

fn show(what: &Mutex<String>, stopped: &Receiver<()>) {
    let begun = Instant::now();
    let text = || what.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let goes_on = |time| stopped.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
    if !std::io::stderr().is_terminal() {
        if goes_on(PLAIN_AFTER) {
            let _ = writeln!(std::io::stderr(), "{} …", text());
        }
        return;
    }
    let mut wait = TERMINAL_AFTER;
    while goes_on(wait) {
        let seconds = begun.elapsed().as_secs_f64();
        erase_line();
        let mut stderr = anstream::stderr();
        let _ = write!(stderr, "{DIM}{} … {seconds:.1} s{DIM:#}", text());
        let _ = stderr.flush();
        SHOWN.store(true, Ordering::Relaxed);
        wait = TICK;
    }
    make_room();
}

/// Takes the line away, so that something else can be printed; it comes back with the next tick.
pub(crate) fn make_room() {
    if SHOWN.swap(false, Ordering::Relaxed) {
        erase_line();
    }
}

/// Goes past `anstream`, which would drop this control sequence together with the colours.
fn erase_line() {
    let mut stderr = std::io::stderr();
    let _ = stderr.write_all(b"\r\x1b[2K");
    let _ = stderr.flush();
}
