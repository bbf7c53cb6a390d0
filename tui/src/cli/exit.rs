use jiff::Timestamp;
use ordertrace_api::keys::{Key, KeyError};

use crate::client::ClientError;

/// How a command that got an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Exit code 0.
    Answered,
    /// Exit code 1.
    NothingFound,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Answered => 0,
            Self::NothingFound => 1,
        }
    }
}

/// Why a command ends without an answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A flag that means nothing to this command.
    #[error("--since and --until do not apply here: {command} shows everything; leave them out")]
    Range {
        /// The command.
        command: &'static str,
    },
    /// A flag that means nothing to what never ends.
    #[error("--until does not apply here: tail shows what happens from --since, or now, on; leave it out")]
    Until,
    /// A range without any time in it.
    #[error("--since is {since} and --until is {until}; --since must be earlier")]
    Backwards {
        /// Its beginning.
        since: Timestamp,
        /// Its end.
        until: Timestamp,
    },
    /// The key stands in several journeys.
    #[error("{key:?} names several orders; ask for one of them:{}", listed(candidates))]
    Ambiguous {
        /// What was asked for.
        key: String,
        /// What it may mean.
        candidates: Vec<Key>,
    },
    /// The text is no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The collector gave no answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The answer cannot be written as JSON.
    #[error("cannot write the answer as JSON")]
    Json(#[from] serde_json::Error),
    /// Standard output cannot be written.
    #[error("cannot write to standard output")]
    Output(#[from] std::io::Error),
}

impl Failure {
    /// The process's exit code: 2 usage, 3 everything else; 0 when the reader of our output
    /// has had enough.
    pub fn code(&self) -> u8 {
        match self {
            Self::Range { .. }
            | Self::Backwards { .. }
            | Self::Until
            | Self::Key(_)
            | Self::Ambiguous { .. }
            | Self::Client(ClientError::Url { .. }) => 2,
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            Self::Client(_) | Self::Json(_) | Self::Output(_) => 3,
        }
    }
}

fn listed(candidates: &[Key]) -> String {
    candidates.iter().map(|key| format!("\n  {}", crate::text::plain(&key.to_string()))).collect()
}
