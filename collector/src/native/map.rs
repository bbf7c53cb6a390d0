use std::borrow::Cow;
use std::ops::Range;

use super::column::Column;
use super::dictionary::Dictionary;
use super::list::Offsets;
use super::parts::Parts;
use super::text::Text;

/// `Map(LowCardinality(String), String)`; in a block, an array of names and an array of values.
#[derive(Debug, Default)]
pub struct Map {
    offsets: Offsets,
    names: Dictionary,
    values: Text,
    /// Where the last row begins, in `names` and in the bytes of `values`.
    last: (usize, usize),
}

impl Map {
    /// Adds a row.
    pub fn push(&mut self, pairs: &[(&str, &str)]) {
        self.last = (self.names.rows(), self.values.end());
        for (name, value) in pairs {
            self.names.push(name);
            self.values.push(value);
        }
        self.offsets.push(pairs.len());
    }

    /// Adds the last row once more.
    pub fn push_again(&mut self) {
        let names: Range<usize> = self.last.0..self.names.rows();
        let values = self.last.1..self.values.end();
        self.last = (names.end, values.end);
        self.offsets.push(names.len());
        self.values.repeat(values, names.len());
        self.names.repeat(names);
    }
}

impl Column for Map {
    fn type_name(&self) -> Cow<'static, str> {
        "Map(LowCardinality(String), String)".into()
    }

    fn rows(&self) -> usize {
        self.offsets.rows()
    }

    fn write_prefix(&self, parts: &mut Parts) {
        self.names.write_prefix(parts);
        self.values.write_prefix(parts);
    }

    fn write_data(self, parts: &mut Parts) {
        parts.append(self.offsets.into_bytes());
        self.names.write_data(parts);
        self.values.write_data(parts);
    }
}
