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
        self.push_bytes(value.as_bytes());
    }

    /// Adds a row that need not be text: to ClickHouse all bytes are.
    pub fn push_bytes(&mut self, value: &[u8]) {
        put_length(&mut self.bytes, value.len());
        self.bytes.extend_from_slice(value);
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
