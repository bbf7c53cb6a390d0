use std::borrow::Cow;

use super::column::Column;
use super::parts::{Parts, put_length};

/// `String`: each value behind its length.
#[derive(Debug, Default)]
pub struct Text {
    bytes: Vec<u8>,
    rows: usize,
}

impl Text {
    /// Adds a row.
    pub fn push(&mut self, value: &str) {
        put_length(&mut self.bytes, value.len());
        self.bytes.extend_from_slice(value.as_bytes());
        self.rows += 1;
    }

    /// Where the next row begins; for [`repeat`](Self::repeat).
    pub(super) fn end(&self) -> usize {
        self.bytes.len()
    }

    /// Adds the `rows` rows once more that lie between two ends.
    pub(super) fn repeat(&mut self, bytes: std::ops::Range<usize>, rows: usize) {
        self.bytes.extend_from_within(bytes);
        self.rows += rows;
    }
}

impl Column for Text {
    fn type_name(&self) -> Cow<'static, str> {
        "String".into()
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn write_prefix(&self, _: &mut Parts) {}

    fn write_data(self, parts: &mut Parts) {
        parts.append(self.bytes);
    }
}
