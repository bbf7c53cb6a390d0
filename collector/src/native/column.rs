use std::borrow::Cow;

use super::parts::Parts;

/// A column that is filled row by row.
pub trait Column {
    /// Its type as ClickHouse names it; must be that of the table, or ClickHouse converts.
    fn type_name(&self) -> Cow<'static, str>;
    /// Rows so far.
    fn rows(&self) -> usize;
    /// What stands in front of the whole column, however deep the type is nested.
    fn write_prefix(&self, parts: &mut Parts);
    /// The rows.
    fn write_data(self, parts: &mut Parts);
}

/// `Tuple(A, B, C)`: its elements' columns one after the other.
impl<A: Column, B: Column, C: Column> Column for (A, B, C) {
    fn type_name(&self) -> Cow<'static, str> {
        format!("Tuple({}, {}, {})", self.0.type_name(), self.1.type_name(), self.2.type_name()).into()
    }

    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn write_prefix(&self, parts: &mut Parts) {
        self.0.write_prefix(parts);
        self.1.write_prefix(parts);
        self.2.write_prefix(parts);
    }

    fn write_data(self, parts: &mut Parts) {
        self.0.write_data(parts);
        self.1.write_data(parts);
        self.2.write_data(parts);
    }
}
