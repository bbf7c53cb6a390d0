//! What a child process writes to stderr: split into lines, the last ones kept, in bounded memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::JoinHandle;

/// Lines kept.
const KEPT_LINES: usize = 40;

/// Bytes of a line kept; the rest of a longer one is dropped.
const LINE_BYTES: usize = 500;

/// How long a reader may still read after its process ended; a grandchild may hold the pipe open for ever.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// The last lines a process wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct Tail {
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Tail {
    fn push(&self, line: String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// The kept lines, oldest first; "(nothing)" if there are none.
    pub(super) fn text(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return "(nothing)".to_owned();
        }
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Reads `source` to its end, keeping the lines that `tells` finds telling; it is shown every line.
    pub(super) fn follow<R>(self, mut source: R, tells: impl Fn(&str) -> bool + Send + Sync + 'static) -> Reader
    where
        R: AsyncRead + Unpin + Send + 'static,
    {
        Reader(tokio::spawn(async move {
            let mut splitter = LineSplitter::default();
            let mut buffer = [0; 4096];
            let consider = |line: String| {
                if tells(&line) {
                    self.push(line);
                }
            };
            while let Ok(read @ 1..) = source.read(&mut buffer).await {
                splitter.feed(&buffer[..read], consider);
            }
            splitter.finish(consider);
        }))
    }
}

/// The task that reads a process's output.
#[derive(Debug)]
pub(super) struct Reader(JoinHandle<()>);

impl Reader {
    /// Waits until everything was read, for a bounded time.
    pub(super) async fn finish(mut self) {
        if tokio::time::timeout(DRAIN_TIMEOUT, &mut self.0).await.is_err() {
            self.0.abort();
        }
    }
}

/// Splits bytes into lines of bounded length, whatever pieces they come in. Empty lines are left out.
#[derive(Debug, Default)]
struct LineSplitter {
    partial: Vec<u8>,
}

impl LineSplitter {
    fn feed(&mut self, bytes: &[u8], mut emit: impl FnMut(String)) {
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        self.extend(pieces.next().unwrap_or_default());
        for piece in pieces {
            self.finish(&mut emit);
            self.extend(piece);
        }
    }

    fn extend(&mut self, piece: &[u8]) {
        let room = LINE_BYTES - self.partial.len();
        self.partial.extend_from_slice(&piece[..piece.len().min(room)]);
    }

    fn finish(&mut self, emit: impl FnOnce(String)) {
        let line = String::from_utf8_lossy(&self.partial).trim_end().to_owned();
        self.partial.clear();
        if !line.is_empty() {
            emit(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(pieces: &[&[u8]]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut splitter = LineSplitter::default();
        for piece in pieces {
            splitter.feed(piece, |line| lines.push(line));
        }
        splitter.finish(|line| lines.push(line));
        lines
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..2000), cut in 0..2000usize) {
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(split(&[head, tail]), split(&[&bytes]));
        }
    }

    #[test]
    fn long_lines_are_cut_and_empty_ones_left_out() {
        let lines = split(&[&b"x".repeat(10_000), b"\n\n\r\nend"]);
        assert_eq!(lines, ["x".repeat(LINE_BYTES), "end".to_owned()]);
    }

    #[tokio::test]
    async fn only_the_last_telling_lines_are_kept() {
        let tail = Tail::default();
        assert_eq!(tail.text(), "(nothing)");
        let text: String = (0..1000).map(|number| format!("line {number}\nnoise\n")).collect();
        tail.clone().follow(std::io::Cursor::new(text.into_bytes()), |line| line != "noise").finish().await;
        let kept = tail.text();
        assert_eq!(kept.lines().count(), KEPT_LINES);
        assert!(kept.starts_with("line 960\n") && kept.ends_with("line 999"), "{kept}");
    }
}
