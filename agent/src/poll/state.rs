//! How far each source was read, on disk.
//!
//! It is written after the spool took the readings, in one step (a new file in the place of
//! the old): a crash repeats readings, it never loses any. A state that was written for
//! another definition of the poll, or that is damaged, counts as none: all is read again.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::config::PollConfig;
use super::file::FileMarks;
use super::http::PageMarks;
use super::sql::Cursor;

/// Folder of the states below the spool's.
const FOLDER: &str = "polls";

/// How far a source was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Progress {
    /// Nothing yet.
    #[default]
    Start,
    /// Rows up to here.
    Rows(Cursor),
    /// Pages as they were.
    Pages(PageMarks),
    /// Files as they were.
    Files(FileMarks),
}

#[derive(Serialize, Deserialize)]
struct Saved {
    definition: String,
    progress: Progress,
}

/// Why the state cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}, where it stands how far the source was read")]
pub(super) struct StateError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// The state of one source.
#[derive(Clone, Debug)]
pub(super) struct StateFile {
    path: PathBuf,
    definition: String,
}

impl StateFile {
    /// Of the poll `config`, whose agent spools to `spool_dir`.
    pub(super) fn new(spool_dir: &Path, config: &PollConfig) -> Self {
        Self { path: spool_dir.join(FOLDER).join(format!("{}.json", config.name)), definition: definition(config) }
    }

    /// Where it stands.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was saved last. Blocks.
    ///
    /// # Errors
    /// [`StateError`] when a file that is there cannot be read.
    pub(super) fn load(&self) -> Result<Progress, StateError> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Progress::Start),
            Err(source) => return Err(self.error("read", source)),
        };
        match serde_json::from_slice::<Saved>(&text) {
            Ok(saved) if saved.definition == self.definition => return Ok(saved.progress),
            Ok(_) => tracing::info!(path = %self.path.display(), "the poll was changed: its source is read anew"),
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "damaged state: the source is read anew");
            }
        }
        Ok(Progress::Start)
    }

    /// Saves, in one step. Blocks.
    ///
    /// # Errors
    /// [`StateError`]; what was saved before is still there.
    pub(super) fn save(&self, progress: &Progress) -> Result<(), StateError> {
        let saved = Saved { definition: self.definition.clone(), progress: progress.clone() };
        let written = serde_json::to_vec(&saved).map_err(io::Error::other).and_then(|text| self.replace(&text));
        written.map_err(|source| self.error("write", source))
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(text)?;
        file.sync_all()?;
        std::fs::rename(&new, &self.path)?;
        File::open(folder)?.sync_all()
    }

    pub(super) fn error(&self, action: &'static str, source: io::Error) -> StateError {
        StateError { action, path: self.path.clone(), source }
    }
}

/// A digest of what decides which readings there are. How often and how long it is polled
/// does not.
fn definition(config: &PollConfig) -> String {
    let decisive = (&config.system, &config.time_zone, &config.source, &config.readings);
    let text = serde_json::to_vec(&decisive).unwrap_or_default();
    hex::encode(&Sha256::digest(&text)[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::config::example_polls;
    use crate::poll::sql::Cursor;

    #[test]
    fn what_was_saved_is_loaded_and_only_for_the_same_definition() {
        let dir = tempfile::tempdir().unwrap();
        let config = example_polls().remove(0);
        let state = StateFile::new(dir.path(), &config);
        assert_eq!(state.load().unwrap(), Progress::Start);
        let progress = Progress::Rows(Cursor::Number(7));
        state.save(&progress).unwrap();
        assert_eq!(state.load().unwrap(), progress);
        let slower = PollConfig { interval: ordertrace_config::Duration::from_secs(7), ..config.clone() };
        assert_eq!(StateFile::new(dir.path(), &slower).load().unwrap(), progress);
        let other = PollConfig { system: "wms".to_owned(), ..config };
        assert_eq!(StateFile::new(dir.path(), &other).load().unwrap(), Progress::Start);
    }

    #[test]
    fn a_damaged_state_reads_all_again_and_an_unreadable_one_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateFile::new(dir.path(), &example_polls().remove(0));
        state.save(&Progress::Rows(Cursor::Number(7))).unwrap();
        std::fs::write(state.path(), "{\"definition\":").unwrap();
        assert_eq!(state.load().unwrap(), Progress::Start);
        std::fs::remove_file(state.path()).unwrap();
        std::fs::create_dir(state.path()).unwrap();
        assert!(state.load().unwrap_err().to_string().contains("erp-stock.json"));
        assert!(state.save(&Progress::Start).is_err());
    }
}
