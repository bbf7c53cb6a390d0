use std::borrow::Cow;

use bytes::Bytes;

use super::column::Column;
use super::parts::Parts;

/// How many items the rows of an array have: for each row the number of items up to its end.
#[derive(Debug, Default)]
pub struct Offsets {
    bytes: Vec<u8>,
    end: u64,
}

impl Offsets {
    /// Adds a row of so many items.
    pub fn push(&mut self, items: usize) {
        self.end += items as u64;
        self.bytes.extend_from_slice(&self.end.to_le_bytes());
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.bytes.len() / size_of::<u64>()
    }

    /// As they stand in a block; the arrays of a `Nested` share them.
    pub fn into_bytes(self) -> Bytes {
        self.bytes.into()
    }
}

/// `Array(T)`.
#[derive(Debug, Default)]
pub struct List<C> {
    offsets: Offsets,
    /// The items of all rows, one after the other.
    pub items: C,
}

impl<C: Column> List<C> {
    /// An empty column of arrays of such items.
    pub fn of(items: C) -> Self {
        Self { offsets: Offsets::default(), items }
    }

    /// Ends a row: what was added to `items` since the last one is in it.
    pub fn end_row(&mut self) {
        self.offsets.push(self.items.rows() - self.offsets.end as usize);
    }
}

impl<C: Column> Column for List<C> {
    fn type_name(&self) -> Cow<'static, str> {
        format!("Array({})", self.items.type_name()).into()
    }

    fn rows(&self) -> usize {
        self.offsets.rows()
    }

    fn write_prefix(&self, parts: &mut Parts) {
        self.items.write_prefix(parts);
    }

    fn write_data(self, parts: &mut Parts) {
        parts.append(self.offsets.bytes);
        self.items.write_data(parts);
    }
}
