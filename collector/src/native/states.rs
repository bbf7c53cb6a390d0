use std::borrow::Cow;

use super::column::Column;
use super::parts::Parts;

/// A type whose values tell where they end, such as `AggregateFunction(…)`.
#[derive(Debug)]
pub struct States {
    type_name: &'static str,
    bytes: Vec<u8>,
    rows: usize,
}

impl States {
    /// An empty column of that type.
    pub fn new(type_name: &'static str) -> Self {
        Self { type_name, bytes: Vec::new(), rows: 0 }
    }

    /// Adds a row, which `write` appends to the bytes it is given.
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.rows += 1;
    }
}

impl Column for States {
    fn type_name(&self) -> Cow<'static, str> {
        self.type_name.into()
    }

    fn rows(&self) -> usize {
        self.rows
    }

    fn write_prefix(&self, _: &mut Parts) {}

    fn write_data(self, parts: &mut Parts) {
        parts.append(self.bytes);
    }
}
