//! The server's own log, passed on to ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::Level;

/// The target under which the server's lines appear in our log.
const TARGET: &str = "ordertrace::engine";

/// Passes lines on at their own level. While the server is ending on request everything goes to debug: it calls the
/// end of its own session an error.
#[derive(Clone, Debug, Default)]
pub(super) struct ServerLog {
    ending: Arc<AtomicBool>,
}

impl ServerLog {
    /// From now on the server is ending on request.
    pub(super) fn expect_end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Passes one line on, and tells whether it is worth keeping for a person.
    pub(super) fn pass(&self, line: &str) -> bool {
        match level(line) {
            _ if self.ending.load(Ordering::Relaxed) => tracing::debug!(target: TARGET, "{line}"),
            Some(Level::ERROR) => tracing::error!(target: TARGET, "{line}"),
            Some(Level::WARN) => tracing::warn!(target: TARGET, "{line}"),
            _ => tracing::debug!(target: TARGET, "{line}"),
        }
        !is_frame(line)
    }
}

/// The level in a line of ClickHouse's log: `2026.11.21 10:05:37.747569 [ 8181 ] {query id} <Error> Logger: text`.
fn level(line: &str) -> Option<Level> {
    let (_, after) = line.split_once("} <")?;
    match after.split_once('>')?.0 {
        "Fatal" | "Critical" | "Error" => Some(Level::ERROR),
        "Warning" => Some(Level::WARN),
        _ => None,
    }
}

/// Whether a line is a frame of a stack trace, `7. ? @ 0x00000000183b4d79`: the library has no names to show in them.
fn is_frame(line: &str) -> bool {
    let number_end = line.find(|character: char| !character.is_ascii_digit()).unwrap_or(0);
    number_end > 0 && line[number_end..].starts_with(". ") && line.contains(" @ 0x")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_level_from_a_log_line() {
        let line =
            |level: &str| format!("2026.11.21 10:05:37.747569 [ 81 ] {{d3815e0f}} <{level}> executeQuery: x <Error>");
        assert_eq!(level(&line("Error")), Some(Level::ERROR));
        assert_eq!(level(&line("Warning")), Some(Level::WARN));
        assert_eq!(level(&line("Debug")), None);
        assert_eq!(level("0. ? @ 0x000000001c8fa4b3"), None);
        assert_eq!(level("} <"), None);
    }

    #[test]
    fn frames_are_not_worth_keeping() {
        let log = ServerLog::default();
        assert!(!log.pass("0. ? @ 0x000000001c8fa4b3"));
        assert!(!log.pass("20. start_thread @ 0x00000000000891f5"));
        for line in ["Code: 210. DB::Exception: Listen failed", "2 @ 0x1", ". @ 0x", "", "ä"] {
            assert!(log.pass(line), "{line}");
        }
    }
}
