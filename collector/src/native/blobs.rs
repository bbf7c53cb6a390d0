use std::borrow::Cow;

use bytes::Bytes;

use super::column::Column;
use super::parts::Parts;

/// `String` for few and long values, which are not copied together.
#[derive(Debug, Default)]
pub struct Blobs {
    rows: Vec<Vec<Bytes>>,
}

impl Blobs {
    /// Adds a row of these pieces, one behind the other.
    pub fn push(&mut self, pieces: Vec<Bytes>) {
        self.rows.push(pieces);
    }
}

impl Column for Blobs {
    fn type_name(&self) -> Cow<'static, str> {
        "String".into()
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn write_prefix(&self, _: &mut Parts) {}

    fn write_data(self, parts: &mut Parts) {
        for pieces in self.rows {
            parts.put_length(pieces.iter().map(Bytes::len).sum());
            for piece in pieces {
                parts.append(piece);
            }
        }
    }
}
