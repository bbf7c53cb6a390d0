use std::borrow::Cow;

use super::column::Column;
use super::parts::Parts;

/// A type whose values all take `N` bytes: numbers (little-endian), `FixedString(N)`, `Enum8`
/// (its number), `DateTime64` (ticks since the Unix epoch).
#[derive(Debug)]
pub struct Fixed<const N: usize> {
    type_name: &'static str,
    bytes: Vec<u8>,
}

impl<const N: usize> Fixed<N> {
    /// An empty column of that type.
    pub fn new(type_name: &'static str) -> Self {
        Self { type_name, bytes: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, value: [u8; N]) {
        self.bytes.extend_from_slice(&value);
    }
}

impl<const N: usize> Column for Fixed<N> {
    fn type_name(&self) -> Cow<'static, str> {
        self.type_name.into()
    }

    fn rows(&self) -> usize {
        self.bytes.len() / N
    }

    fn write_prefix(&self, _: &mut Parts) {}

    fn write_data(self, parts: &mut Parts) {
        parts.append(self.bytes);
    }
}
