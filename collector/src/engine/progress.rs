//! Telling somebody how far fetching the library is.

use std::io::IsTerminal;
use std::sync::{Mutex, OnceLock, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

/// A step of fetching the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// npm downloads the package.
    Download,
    /// The package is compared with the pinned hash.
    Verify,
    /// The library is unpacked into the cache.
    Unpack,
}

impl Step {
    /// What is happening, for a person.
    pub fn label(self) -> &'static str {
        match self {
            Self::Download => "fetching the ClickHouse engine",
            Self::Verify => "verifying the ClickHouse engine",
            Self::Unpack => "unpacking the ClickHouse engine",
        }
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The step.
    pub step: Step,
    /// Bytes done; never more than `total_bytes`.
    pub done_bytes: u64,
    /// Bytes to do.
    pub total_bytes: u64,
}

/// Told how far fetching is. Calls come from one task, in order, at most some tens a second.
pub trait Progress: Send + Sync {
    /// A step moved on or began.
    fn advance(&self, advance: Advance);
    /// Nothing more follows, whether fetching succeeded or not.
    fn finish(&self);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn advance(&self, _: Advance) {}
    fn finish(&self) {}
}

/// A bar on stderr; painted from the first step on, gone at the end.
#[derive(Debug, Default)]
pub struct TerminalBar {
    bar: OnceLock<ProgressBar>,
}

impl Progress for TerminalBar {
    fn advance(&self, advance: Advance) {
        let bar = self.bar.get_or_init(|| {
            let template = "{msg} [{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec}";
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(advance.total_bytes).with_style(style.progress_chars("=> "))
        });
        if bar.message() != advance.step.label() {
            bar.set_message(advance.step.label());
            bar.reset();
        }
        bar.set_length(advance.total_bytes);
        bar.set_position(advance.done_bytes);
    }

    fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

/// A log line at every quarter of every step.
#[derive(Debug, Default)]
pub struct LogLines {
    last: Mutex<Option<(Step, u64)>>,
}

impl Progress for LogLines {
    fn advance(&self, advance: Advance) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mark) = due_mark(*last, advance) else { return };
        *last = Some(mark);
        tracing::info!(percent = mark.1, total_bytes = advance.total_bytes, "{}", advance.step.label());
    }

    fn finish(&self) {}
}

/// A bar when stderr is a terminal, else log lines.
pub fn automatic() -> Box<dyn Progress> {
    if std::io::stderr().is_terminal() { Box::new(TerminalBar::default()) } else { Box::new(LogLines::default()) }
}

/// The step and percentage (a multiple of 25) to log now, unless it was logged already.
fn due_mark(last: Option<(Step, u64)>, advance: Advance) -> Option<(Step, u64)> {
    let percent = advance.done_bytes.saturating_mul(4).checked_div(advance.total_bytes).unwrap_or(4).min(4) * 25;
    match last {
        Some((step, logged)) if step == advance.step && logged >= percent => None,
        _ => Some((advance.step, percent)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(step: Step, done_bytes: u64) -> Advance {
        Advance { step, done_bytes, total_bytes: 1000 }
    }

    #[test]
    fn logs_each_quarter_of_each_step_once() {
        let mut last = None;
        let mut logged = Vec::new();
        let advances = [0, 10, 250, 260, 255, 999, 1000, 1000].map(|done| at(Step::Download, done));
        for advance in advances.into_iter().chain([at(Step::Verify, 0)]) {
            if let Some(mark) = due_mark(last, advance) {
                logged.push(mark);
                last = Some(mark);
            }
        }
        let download = [0, 25, 75, 100].map(|percent| (Step::Download, percent));
        assert_eq!(logged, [&download[..], &[(Step::Verify, 0)]].concat());
    }

    #[test]
    fn a_step_of_no_bytes_is_done() {
        assert_eq!(
            due_mark(None, Advance { step: Step::Unpack, done_bytes: 0, total_bytes: 0 }),
            Some((Step::Unpack, 100))
        );
    }
}
