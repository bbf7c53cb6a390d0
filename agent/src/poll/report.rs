//! How a poll went.

use std::time::Duration;

/// Longest reason, in characters.
const REASON_CHARS: usize = 500;

/// What is thought of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The readings are as young as the interval.
    Ok,
    /// There are readings, and more that could not be read yet.
    Late,
    /// What the source holds now is not known.
    Failed,
}

impl Outcome {
    /// As on records and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Late => "late",
            Self::Failed => "failed",
        }
    }
}

/// The account of one poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollReport {
    /// How it went.
    pub outcome: Outcome,
    /// Why it failed or is late, and what to do; or the first row that was refused.
    pub reason: Option<String>,
    /// Readings in the spool.
    pub readings: u64,
    /// Rows, or parts of rows, that were no readings.
    pub refused: u64,
    /// Time it took, in milliseconds.
    pub duration_ms: u64,
}

/// What a poll gathered until it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Yield {
    /// Readings in the spool.
    pub readings: u64,
    /// Rows, or parts of rows, that were no readings.
    pub refused: u64,
    /// Place and fault of the first of them.
    pub first_refusal: Option<String>,
}

/// How a source was left that did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// All that is there was read.
    Complete,
    /// More is there, and why it was not read.
    More(String),
}

/// Decides how a poll went: `ended` is how its source was left, or why it failed.
pub(super) fn judge(gathered: Yield, ended: Result<Left, String>, took: Duration, interval: Duration) -> PollReport {
    let Yield { readings, refused, first_refusal } = gathered;
    let first = first_refusal.map(|first| format!("{refused} readings refused; the first: {first}"));
    let slow = || {
        let took_ms = took.as_millis();
        (took > interval).then(|| format!("the poll took {took_ms} ms, longer than its interval; make that longer"))
    };
    let (outcome, why) = match ended {
        Err(reason) => (Outcome::Failed, Some(reason)),
        Ok(_) if readings == 0 && refused > 0 => (Outcome::Failed, Some("no row could be read".to_owned())),
        Ok(Left::More(reason)) => (Outcome::Late, Some(reason)),
        Ok(Left::Complete) => slow().map_or((Outcome::Ok, None), |reason| (Outcome::Late, Some(reason))),
    };
    let reasons: Vec<_> = why.into_iter().chain(first).collect();
    let reason = Some(reasons.join("; ")).filter(|reason| !reason.is_empty());
    let reason = reason.map(|reason| shortened(&reason));
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    PollReport { outcome, reason, readings, refused, duration_ms }
}

fn shortened(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(REASON_CHARS) {
        Some((end, _)) => format!("{}…", &one_line[..end]),
        None => one_line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(60);

    fn gathered(readings: u64, refused: u64) -> Yield {
        let first_refusal = (refused > 0).then(|| "a.csv:2: value (column qty) is no decimal".to_owned());
        Yield { readings, refused, first_refusal }
    }

    fn outcome(readings: u64, refused: u64, ended: Result<Left, String>, seconds: u64) -> (Outcome, String) {
        let report = judge(gathered(readings, refused), ended, Duration::from_secs(seconds), INTERVAL);
        (report.outcome, report.reason.unwrap_or_default())
    }

    #[test]
    fn how_polls_are_judged() {
        assert_eq!(outcome(3, 0, Ok(Left::Complete), 1), (Outcome::Ok, String::new()));
        assert_eq!(outcome(0, 0, Ok(Left::Complete), 1), (Outcome::Ok, String::new()));
        let (some_refused, reason) = outcome(3, 1, Ok(Left::Complete), 1);
        assert_eq!(some_refused, Outcome::Ok);
        assert!(reason.contains("a.csv:2"), "{reason}");
        let (none_read, reason) = outcome(0, 7, Ok(Left::Complete), 1);
        assert_eq!(none_read, Outcome::Failed);
        assert!(reason.starts_with("no row could be read; 7 readings refused"), "{reason}");
        let (slow_and_refused, reason) = outcome(3, 1, Ok(Left::Complete), 61);
        assert_eq!(slow_and_refused, Outcome::Late);
        assert!(reason.contains("longer than its interval") && reason.contains("a.csv:2"), "{reason}");
        assert_eq!(outcome(3, 0, Ok(Left::More("more".into())), 1), (Outcome::Late, "more".into()));
        assert_eq!(outcome(3, 0, Ok(Left::Complete), 61).0, Outcome::Late);
        assert_eq!(outcome(3, 0, Err("gone".into()), 1), (Outcome::Failed, "gone".into()));
    }

    #[test]
    fn reasons_are_short_and_of_one_line() {
        let (_, reason) = outcome(0, 0, Err(format!("a\n b{}", "é".repeat(1000))), 1);
        assert!(reason.starts_with("a bé") && reason.ends_with('…'), "{reason}");
        assert_eq!(reason.chars().count(), REASON_CHARS + 1);
    }
}
