use bytes::Bytes;

use super::column::Column;
use super::parts::Parts;

/// One block, ready to be sent.
#[derive(Clone, Debug)]
pub struct Block {
    /// Names of its columns.
    pub columns: Vec<String>,
    /// Rows of each.
    pub rows: usize,
    /// Its bytes, in order.
    pub parts: Vec<Bytes>,
}

/// Puts a block together, column by column.
#[derive(Debug)]
pub struct BlockBuilder {
    rows: usize,
    columns: Vec<String>,
    parts: Parts,
}

impl BlockBuilder {
    /// A block of so many rows; all its columns must have as many.
    pub fn new(rows: usize) -> Self {
        Self { rows, columns: Vec::new(), parts: Parts::default() }
    }

    /// Adds a column.
    pub fn column(&mut self, name: &str, column: impl Column) -> &mut Self {
        debug_assert_eq!(column.rows(), self.rows, "rows of {name}");
        self.head(name, &column.type_name());
        // Of a block without rows nothing else is read, not even what stands before columns.
        if self.rows > 0 {
            column.write_prefix(&mut self.parts);
            column.write_data(&mut self.parts);
        }
        self
    }

    /// Adds an array whose offsets it shares with others of the same `Nested`.
    pub fn array(&mut self, name: &str, offsets: &Bytes, items: impl Column) -> &mut Self {
        debug_assert_eq!(offsets.len() / size_of::<u64>(), self.rows, "rows of {name}");
        self.head(name, &format!("Array({})", items.type_name()));
        if self.rows > 0 {
            items.write_prefix(&mut self.parts);
            self.parts.append(offsets.clone());
            items.write_data(&mut self.parts);
        }
        self
    }

    fn head(&mut self, name: &str, type_name: &str) {
        self.columns.push(name.to_owned());
        self.parts.put_text(name);
        self.parts.put_text(type_name);
    }

    /// The whole block.
    pub fn finish(self) -> Block {
        let Self { rows, columns, parts } = self;
        let mut head = Parts::default();
        head.put_length(columns.len());
        head.put_length(rows);
        let mut all = head.finish();
        all.extend(parts.finish());
        Block { columns, rows, parts: all }
    }
}
