//! Cutting bytes into records.

use std::path::Path;
use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::FileError;
use crate::poll::json::JsonColumns;

/// Longest record, in bytes; most fields of one.
const RECORD_BYTES: usize = 1 << 20;
const FIELDS: usize = 4096;

/// A file format.
#[derive(Clone, Debug)]
pub(crate) enum Format {
    /// RFC 4180, with a header.
    Csv {
        /// What separates fields.
        delimiter: u8,
    },
    /// One JSON object a line.
    JsonLines {
        /// What is taken from each.
        columns: Arc<JsonColumns>,
    },
}

/// A record that was cut off the input, or the need for more.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// One record.
    Record,
    /// All input is used up within a record.
    More,
}

/// Cuts a stream of bytes into records, however the bytes come.
#[derive(Debug)]
pub(super) enum Cutter {
    Csv(Box<CsvCutter>),
    Lines(LineCutter),
}

#[derive(Debug)]
pub(super) struct CsvCutter {
    reader: Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    byte_count: usize,
    end_count: usize,
    is_done: bool,
}

#[derive(Debug, Default)]
pub(super) struct LineCutter {
    bytes: Vec<u8>,
    lines: u64,
    is_done: bool,
}

impl Cutter {
    /// For `format`, behind `lines` lines.
    pub(super) fn new(format: &Format, lines: u64) -> Self {
        match format {
            Format::Csv { delimiter } => {
                let mut reader = ReaderBuilder::new().delimiter(*delimiter).build();
                reader.set_line(lines + 1);
                let (bytes, ends) = (vec![0; 4096], vec![0; 64]);
                Self::Csv(Box::new(CsvCutter { reader, bytes, ends, byte_count: 0, end_count: 0, is_done: false }))
            }
            Format::JsonLines { .. } => Self::Lines(LineCutter { lines, ..LineCutter::default() }),
        }
    }

    /// Uses up some of `input`, none of which means its end; says how much.
    pub(super) fn cut(&mut self, input: &[u8]) -> Option<(Cut, usize)> {
        match self {
            Self::Csv(csv) => csv.cut(input),
            Self::Lines(lines) => lines.cut(input),
        }
    }

    /// Lines up to the end of the last record.
    pub(super) fn lines(&self) -> u64 {
        match self {
            Self::Csv(csv) => csv.reader.line().saturating_sub(1),
            Self::Lines(lines) => lines.lines,
        }
    }

    /// The last record's fields: of CSV all, of a line the line.
    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let (bytes, ends): (&[u8], &[usize]) = match self {
            Self::Csv(csv) => (&csv.bytes, &csv.ends[..csv.end_count]),
            Self::Lines(lines) => (&lines.bytes, &[]),
        };
        let whole = ends.is_empty().then_some(bytes);
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts.zip(ends).map(|(start, end)| &bytes[start..*end]).chain(whole)
    }
}

impl CsvCutter {
    fn cut(&mut self, input: &[u8]) -> Option<(Cut, usize)> {
        if std::mem::take(&mut self.is_done) {
            (self.byte_count, self.end_count) = (0, 0);
        }
        let mut used = 0;
        loop {
            let (bytes, ends) = (&mut self.bytes[self.byte_count..], &mut self.ends[self.end_count..]);
            let (result, read, byte_count, end_count) = self.reader.read_record(&input[used..], bytes, ends);
            used += read;
            self.byte_count += byte_count;
            self.end_count += end_count;
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return Some((Cut::More, used)),
                ReadRecordResult::OutputFull if self.bytes.len() >= RECORD_BYTES => return None,
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= FIELDS => return None,
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => {
                    self.is_done = true;
                    return Some((Cut::Record, used));
                }
            }
        }
    }
}

impl LineCutter {
    fn cut(&mut self, input: &[u8]) -> Option<(Cut, usize)> {
        if std::mem::take(&mut self.is_done) {
            self.bytes.clear();
        }
        let (line, used, is_ended) = match input.iter().position(|byte| *byte == b'\n') {
            Some(end) => (&input[..end], end + 1, true),
            None => (input, input.len(), input.is_empty() && !self.bytes.is_empty()),
        };
        if self.bytes.len() + line.len() > RECORD_BYTES {
            return None;
        }
        self.bytes.extend_from_slice(line);
        if !is_ended {
            return Some((Cut::More, used));
        }
        self.lines += 1;
        self.is_done = true;
        Some((Cut::Record, used))
    }
}

/// The error of a record that [`Cutter::cut`] gave up.
pub(super) fn endless(path: &Path, lines: u64) -> FileError {
    FileError::Endless { path: path.to_owned(), line: lines + 1, limit_bytes: RECORD_BYTES }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn csv() -> Format {
        Format::Csv { delimiter: b',' }
    }

    fn lines() -> Format {
        Format::JsonLines { columns: Arc::new(JsonColumns::new(&[]).unwrap()) }
    }

    /// Records of `text` that comes in pieces of so many bytes, and bytes up to the last.
    fn records(format: &Format, text: &[u8], piece: usize, at_end: bool) -> (Vec<Vec<String>>, usize) {
        let (mut cutter, mut records, mut offset, mut complete) = (Cutter::new(format, 0), Vec::new(), 0, 0);
        let pieces = text.chunks(piece).chain(at_end.then_some(&[][..]));
        for mut input in pieces {
            let is_end = input.is_empty();
            while !input.is_empty() || is_end {
                let (cut, used) = cutter.cut(input).unwrap();
                offset += used;
                input = &input[used..];
                if cut == Cut::More {
                    break;
                }
                records.push(cutter.fields().map(|field| String::from_utf8_lossy(field).into_owned()).collect());
                complete = offset;
            }
        }
        (records, complete)
    }

    #[test]
    fn csv_records_end_with_their_line() {
        let text = b"sku,qty\r\n\"A\n1\",\"1\"\"2\"\nB,2";
        let expected = vec![vec!["sku", "qty"], vec!["A\n1", "1\"2"]];
        assert_eq!(records(&csv(), text, 1, false), (expected.into_iter().map(strings).collect(), 22));
        assert_eq!(records(&csv(), text, 7, true).0.last().unwrap(), &["B", "2"]);
        assert_eq!(records(&csv(), b"a\n\"b\n", 9, false).1, 2);
    }

    fn strings(texts: Vec<&str>) -> Vec<String> {
        texts.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn json_lines_end_with_their_line() {
        let (found, complete) = records(&lines(), b"{\"a\":1}\n{\"a\":2}\n{\"a\"", 3, false);
        assert_eq!((found.len(), complete), (2, 16));
        assert_eq!(records(&lines(), b"{\"a\":1}\n{\"a\":2}", 3, true).0.len(), 2);
        assert_eq!(records(&lines(), b"{\"a\":1}\n", 3, true).0.len(), 1);
    }

    #[test]
    fn a_record_without_end_is_given_up() {
        for format in [csv(), lines()] {
            let mut cutter = Cutter::new(&format, 0);
            let block = vec![b'"'; 1].into_iter().chain(std::iter::repeat_n(b'x', 600_000)).collect::<Vec<_>>();
            assert!(cutter.cut(&block).is_some());
            assert!(cutter.cut(&block[1..]).is_none());
        }
        let commas = vec![b','; FIELDS + 1];
        assert!(Cutter::new(&csv(), 0).cut(&commas).is_none());
    }

    proptest! {
        /// How the bytes come makes no difference.
        #[test]
        fn pieces_make_no_difference(text in "[a,\"\r\n]{0,60}", piece in 1_usize..9, at_end: bool) {
            for format in [csv(), lines()] {
                prop_assert_eq!(
                    records(&format, text.as_bytes(), piece, at_end),
                    records(&format, text.as_bytes(), 100, at_end)
                );
            }
        }

        /// Going on behind the last record gives the same records as reading on.
        #[test]
        fn going_on_gives_the_rest(text in "[a,\"\r\n]{0,60}", more in "[a,\"\r\n]{0,60}") {
            for format in [csv(), lines()] {
                let (mut first, complete) = records(&format, text.as_bytes(), 100, false);
                let whole = format!("{text}{more}");
                first.extend(records(&format, &whole.as_bytes()[complete..], 100, false).0);
                prop_assert_eq!(first, records(&format, whole.as_bytes(), 100, false).0);
            }
        }
    }
}
