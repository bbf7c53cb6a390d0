//! The columns of rows that are items of a body.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::poll::json::{JsonColumns, Pointer, PointerError, text};

/// Where each column stands.
#[derive(Debug)]
pub(super) struct Columns {
    all: Vec<Column>,
    of_item: JsonColumns,
}

#[derive(Debug)]
enum Column {
    /// Index among those of the item.
    Item(usize),
    Body(Pointer),
    /// Name of a hole of the path's template.
    Path(String),
}

/// What is the same for all items of an exchange, by column.
pub(super) type Outer<'b> = Vec<Option<Cow<'b, str>>>;

impl Columns {
    /// Columns as they are configured.
    ///
    /// # Errors
    /// [`PointerError`] for the first that cannot be followed.
    pub(super) fn new(columns: &[String]) -> Result<Self, PointerError> {
        let (mut all, mut of_item) = (Vec::with_capacity(columns.len()), Vec::new());
        for column in columns {
            all.push(if let Some(pointer) = column.strip_prefix("body:") {
                Column::Body(Pointer::new(pointer)?)
            } else if let Some(hole) = column.strip_prefix("path:") {
                Column::Path(hole.to_owned())
            } else {
                of_item.push(column.clone());
                Column::Item(of_item.len() - 1)
            });
        }
        Ok(Self { all, of_item: JsonColumns::new(&of_item)? })
    }

    /// The names of those in the path.
    pub(super) fn of_path(&self) -> impl Iterator<Item = &str> {
        self.all.iter().filter_map(|column| match column {
            Column::Path(hole) => Some(hole.as_str()),
            Column::Item(_) | Column::Body(_) => None,
        })
    }

    /// What stands in the path's `holes` and in the whole `body`.
    pub(super) fn outer<'b>(&self, holes: &[(&str, Cow<'b, str>)], body: &'b RawValue) -> Outer<'b> {
        let of = |column: &Column| match column {
            Column::Item(_) => None,
            Column::Body(pointer) => pointer.find(body).and_then(text),
            Column::Path(name) => holes.iter().find(|(hole, _)| hole == name).map(|(_, value)| value.clone()),
        };
        self.all.iter().map(of).collect()
    }

    /// All columns of an item; `None` for what is no object.
    pub(super) fn row<'b>(&self, outer: &Outer<'b>, item: &'b RawValue) -> Option<Vec<Option<Cow<'b, str>>>> {
        let mut of_item = self.of_item.row(item.get()).ok()?;
        let row = self.all.iter().zip(outer).map(|(column, outer)| match (column, outer) {
            (Column::Item(at), _) => of_item.get_mut(*at).and_then(Option::take),
            (Column::Body(_) | Column::Path(_), outer) => outer.clone(),
        });
        Some(row.collect())
    }
}
