use std::path::PathBuf;

use jiff::Timestamp;
use ordertrace_api::keys::{Key, KeyError};
use ordertrace_collector::settings::SettingsError;

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
    /// The beginning of an id is that of several alerts.
    #[error("{prefix:?} is the beginning of several alerts' ids; write more of it:{}", lines(candidates))]
    Alerts {
        /// What was asked for.
        prefix: String,
        /// What it may mean.
        candidates: Vec<String>,
    },
    /// A configuration file cannot be read.
    #[error(transparent)]
    Settings(Box<SettingsError>),
    /// What stands in a file cannot be meant.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to write instead.
        reason: String,
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
            | Self::Alerts { .. }
            | Self::Settings(_)
            | Self::File { .. }
            | Self::Client(ClientError::Url { .. }) => 2,
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            Self::Client(_) | Self::Json(_) | Self::Output(_) => 3,
        }
    }
}

fn listed(candidates: &[Key]) -> String {
    lines(&candidates.iter().map(Key::to_string).collect::<Vec<_>>())
}

fn lines(candidates: &[String]) -> String {
    candidates.iter().map(|line| format!("\n  {}", crate::text::plain(line))).collect()
}
