//! What is to be read of a file that was seen before.

use serde::{Deserialize, Serialize};

use crate::poll::config::FileChange;

/// By what it is seen that a file changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// Device and inode: another file under the same name has others.
    pub device: u64,
    /// See `device`.
    pub inode: u64,
    /// Length in bytes.
    pub length: u64,
    /// Last modification, seconds and nanoseconds since 1970.
    pub modified: (i64, i64),
}

/// How far a file was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileMark {
    /// As it was when that was read.
    pub stamp: Stamp,
    /// Bytes up to the end of the last record that was read.
    pub offset: u64,
    /// Lines up to there.
    pub lines: u64,
    /// CRC-32 of its first bytes and of those before the offset.
    pub edges: u32,
}

/// What to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing is new.
    Skip,
    /// Read from its start.
    Whole,
    /// Read from where it was left.
    Onward,
    /// Read from where it was left, and take the last record although its line has no end:
    /// nobody wrote to it since the last poll.
    Rest,
}

/// What to do with a file that is now as `now` says and was left at `mark`.
/// `is_same_up_to_mark` compares the edges; it is asked only where that decides.
pub(crate) fn step(
    mark: Option<&FileMark>,
    now: &Stamp,
    change: FileChange,
    is_same_up_to_mark: impl FnOnce(&FileMark) -> bool,
) -> Step {
    let Some(mark) = mark else { return Step::Whole };
    let was = &mark.stamp;
    match change {
        FileChange::Replaced if was != now => Step::Whole,
        FileChange::Replaced if mark.offset < now.length => Step::Rest,
        FileChange::Replaced => Step::Skip,
        FileChange::Appended => {
            let is_same_file = (was.device, was.inode) == (now.device, now.inode);
            if !is_same_file || now.length < mark.offset || !is_same_up_to_mark(mark) {
                Step::Whole
            } else if now.length == mark.offset || was == now {
                Step::Skip
            } else {
                Step::Onward
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp { device: 1, inode: 2, length: 100, modified: (5, 0) };

    fn mark(offset: u64) -> FileMark {
        FileMark { stamp: STAMP, offset, lines: 3, edges: 0 }
    }

    #[test]
    fn a_file_that_is_replaced() {
        let step =
            |mark: Option<&FileMark>, now: Stamp| step(mark, &now, FileChange::Replaced, |_| panic!("not asked"));
        assert_eq!(step(None, STAMP), Step::Whole);
        assert_eq!(step(Some(&mark(100)), STAMP), Step::Skip);
        assert_eq!(step(Some(&mark(90)), STAMP), Step::Rest);
        for now in [
            Stamp { inode: 3, ..STAMP },
            Stamp { device: 3, ..STAMP },
            Stamp { length: 101, ..STAMP },
            Stamp { modified: (5, 1), ..STAMP },
        ] {
            assert_eq!(step(Some(&mark(100)), now), Step::Whole, "{now:?}");
        }
    }

    #[test]
    fn a_file_that_is_appended_to() {
        let step = |offset, now: Stamp, same| step(Some(&mark(offset)), &now, FileChange::Appended, |_| same);
        let longer = Stamp { length: 150, modified: (6, 0), ..STAMP };
        assert_eq!(step(100, longer, true), Step::Onward);
        assert_eq!(step(90, longer, true), Step::Onward);
        assert_eq!(step(100, STAMP, true), Step::Skip);
        // A line without its end stays, however long.
        assert_eq!(step(90, STAMP, true), Step::Skip);
        assert_eq!(step(100, Stamp { modified: (6, 0), ..STAMP }, true), Step::Skip);
        assert_eq!(step(100, longer, false), Step::Whole);
        assert_eq!(step(100, Stamp { inode: 3, ..longer }, true), Step::Whole);
        assert_eq!(step(100, Stamp { length: 99, ..STAMP }, true), Step::Whole);
    }
}
