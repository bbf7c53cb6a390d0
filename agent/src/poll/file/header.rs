//! Where the wanted columns stand in a CSV file.

use std::borrow::Cow;
use std::path::Path;

use super::FileError;

/// Where the wanted columns stand in a CSV file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    indexes: Vec<usize>,
    length: usize,
}

impl Header {
    /// Finds `columns` among `names`.
    pub(super) fn new<'n>(
        names: impl Iterator<Item = &'n [u8]>,
        columns: &[String],
        path: &Path,
    ) -> Result<Self, FileError> {
        let names: Vec<_> = names.map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        let mut indexes = Vec::new();
        for column in columns {
            let mut found = names.iter().enumerate().filter(|(_, name)| *name == column).map(|(index, _)| index);
            let index = found.next().ok_or_else(|| FileError::Header {
                path: path.to_owned(),
                column: column.clone(),
                nearest: ordertrace_config::nearest(column, names.iter().map(String::as_str)),
            })?;
            if found.next().is_some() {
                return Err(FileError::Ambiguous { path: path.to_owned(), column: column.clone() });
            }
            indexes.push(index);
        }
        Ok(Self { indexes, length: names.len() })
    }

    /// The wanted columns of a record.
    pub(super) fn row<'r>(
        &self,
        fields: impl Iterator<Item = &'r [u8]>,
    ) -> Result<Vec<Option<Cow<'r, str>>>, &'static str> {
        let fields: Vec<_> = fields.collect();
        if fields.len() != self.length {
            return Err("has another number of fields than the header");
        }
        let text = |index: &usize| {
            let field = fields.get(*index).copied().unwrap_or_default();
            std::str::from_utf8(field).map(|text| Some(Cow::Borrowed(text))).map_err(|_| "is not in UTF-8")
        };
        self.indexes.iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_looked_up_by_name() {
        let path = Path::new("/x/stock.csv");
        let columns = ["qty".to_owned(), "sku".to_owned()];
        let names = |names: &'static [&'static str]| names.iter().map(|name| name.as_bytes());
        let header = Header::new(names(&["sku", "bin", " qty "]), &columns, path).unwrap();
        let row = header.row(names(&["A", "MAIN", "5"])).unwrap();
        assert_eq!(row, [Some("5".into()), Some("A".into())]);
        assert!(header.row(names(&["A", "5"])).is_err());
        assert!(header.row([b"\xff".as_slice(); 3].into_iter()).is_err());
        let told = Header::new(names(&["sku", "quantity", "qtyy"]), &columns, path).unwrap_err().to_string();
        assert!(told.contains("/x/stock.csv") && told.contains("no column \"qty\", but \"qtyy\""), "{told}");
        assert!(Header::new(names(&["sku", "qty", "qty"]), &columns, path).unwrap_err().to_string().contains("twice"));
    }
}
