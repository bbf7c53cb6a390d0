//! Why an engine could not be started.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use thiserror::Error;

use super::library::LibraryError;

/// What ClickHouse says when somebody else listens on a port it was told to use.
const ADDRESS_IN_USE: &str = "Address already in use";

/// Why an engine could not be started. The source, where there is one, says what the system answered.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The library was neither found nor fetched.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// A file or folder of the data directory could not be used.
    #[error("the engine's data at {} could not be {action}; check its permissions and the free space", path.display())]
    DataDir {
        /// What was tried: a past participle.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// Another engine, in this or another process, has this data directory.
    #[error("data directory {} is in use by {owner}; stop that one first or choose another data directory", path.display())]
    DataDirInUse {
        /// The data directory.
        path: PathBuf,
        /// What its lock file says of the owner.
        owner: String,
    },
    /// A path is of no use to the child process.
    #[error("the path `{}` cannot be handed to the engine: {reason}", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// A port that was asked for is taken.
    #[error(
        "port {port} on 127.0.0.1 ({protocol}) is not free for the engine; stop what listens there or choose another (0 = any free one)"
    )]
    PortBusy {
        /// The port.
        port: u16,
        /// `HTTP` or `native protocol`.
        protocol: &'static str,
        /// What the system answered.
        source: io::Error,
    },
    /// The executable to run again as the child is unknown.
    #[error("the path of the running executable, needed to start the engine's process, is unknown")]
    OwnExecutable {
        /// What the system answered.
        source: io::Error,
    },
    /// The child process could not be started.
    #[error("the engine's process {} could not be started", executable.display())]
    Spawn {
        /// The executable.
        executable: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The child ended before it answered.
    #[error("the engine ({}, data {}) ended at start with {status}; it said:\n{output}", library.display(), data_dir.display())]
    Died {
        /// The library it ran.
        library: PathBuf,
        /// Its data directory.
        data_dir: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// The last lines of its stderr.
        output: String,
    },
    /// The child runs and does not answer.
    #[error("the engine ({}) did not answer at {url} within {timeout_s} s; it said:\n{output}", library.display())]
    NotReady {
        /// The library it ran.
        library: PathBuf,
        /// Where it should have answered.
        url: String,
        /// How long it was given, in seconds.
        timeout_s: u64,
        /// The last lines of its stderr.
        output: String,
        /// The last answer.
        source: Box<clickhouse::error::Error>,
    },
}

impl EngineError {
    /// Whether the child died because a port that had been free was taken before it listened.
    pub(super) fn is_port_race(&self) -> bool {
        matches!(self, Self::Died { output, .. } if output.contains(ADDRESS_IN_USE))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn a_port_taken_under_the_child_is_told_from_other_deaths() {
        let died = |output: &str| EngineError::Died {
            library: "/lib".into(),
            data_dir: "/data".into(),
            status: ExitStatus::from_raw(1 << 8),
            output: output.to_owned(),
        };
        // What version 26.7.2.1 says.
        let race = "Code: 210. DB::Exception: Listen [127.0.0.1]:28126 failed: Poco::Exception. Code: 1000, e.code() = 98, \
                    Net Exception: Address already in use: 127.0.0.1:28126 (version 26.7.2.1). (NETWORK_ERROR)";
        assert!(died(race).is_port_race());
        assert!(!died("Code: 76. DB::Exception: Cannot lock file status").is_port_race());
    }
}
