//! The SQL that is asked: the configured query, of which the wanted columns are taken.

use super::cursor::Cursor;
use super::dialect::Dialect;
use crate::poll::config::CursorConfig;

/// A query and what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    dialect: Dialect,
    /// Its columns as texts, the cursor last.
    head: String,
    /// From where.
    source: String,
    /// The cursor column and the parameter it is compared with.
    cursor: Option<(String, &'static str)>,
    rows: u64,
}

impl Query {
    /// `columns` and the cursor of `select`; a row more than the limit, so that more is seen.
    pub(super) fn new(
        dialect: Dialect,
        select: &str,
        columns: &[String],
        cursor: Option<&CursorConfig>,
        rows_limit: u32,
    ) -> Self {
        let cursor = cursor.map(|cursor| (dialect.cursor(&cursor.column, cursor.kind), dialect.parameter(cursor.kind)));
        let columns = columns.iter().map(|name| dialect.column(name));
        let texts: Vec<_> = columns
            .chain(cursor.as_ref().map(|(column, _)| column.clone()))
            .map(|column| dialect.as_text(&column))
            .collect();
        Self {
            dialect,
            head: texts.join(", "),
            // The query may end in a comment.
            source: format!("({select}\n) AS polled"),
            cursor,
            rows: u64::from(rows_limit) + 1,
        }
    }

    /// The rows from a cursor on, or all; with one, a parameter is bound to [`Self::bound`].
    pub(super) fn rows(&self, is_from_cursor: bool) -> String {
        let Self { head, source, rows, .. } = self;
        match &self.cursor {
            Some((column, parameter)) if is_from_cursor => {
                format!("SELECT {head} FROM {source} WHERE {column} >= {parameter} ORDER BY {column} LIMIT {rows}")
            }
            Some((column, _)) => format!("SELECT {head} FROM {source} ORDER BY {column} LIMIT {rows}"),
            None => format!("SELECT {head} FROM {source} LIMIT {rows}"),
        }
    }

    /// The highest cursor of all rows; none without a cursor.
    pub(super) fn highest(&self) -> Option<String> {
        let (column, _) = self.cursor.as_ref()?;
        let highest = self.dialect.as_text(&format!("max({column})"));
        Some(format!("SELECT {highest} FROM {}", self.source))
    }

    /// A cursor as the parameter's text.
    pub(super) fn bound(&self, cursor: &Cursor) -> String {
        match self.dialect {
            Dialect::Sqlite => cursor.text_ms(),
            Dialect::Postgres | Dialect::Mysql => cursor.text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ordertrace_config::Duration;

    use super::*;

    fn query(dialect: Dialect, cursor: Option<&CursorConfig>) -> Query {
        Query::new(dialect, "select * from stock -- all", &["sku".to_owned(), "a\"`b".to_owned()], cursor, 10)
    }

    #[test]
    fn what_each_database_is_asked() {
        let cursor = CursorConfig::time("at", Duration::from_secs(60));
        assert_eq!(
            query(Dialect::Postgres, Some(&cursor)).rows(true),
            "SELECT CAST(polled.\"sku\" AS text), CAST(polled.\"a\"\"`b\" AS text), CAST(polled.\"at\" AS text) \
             FROM (select * from stock -- all\n) AS polled \
             WHERE polled.\"at\" >= CAST($1 AS timestamptz) ORDER BY polled.\"at\" LIMIT 11"
        );
        assert_eq!(
            query(Dialect::Mysql, Some(&cursor)).rows(false),
            "SELECT CAST(polled.`sku` AS char), CAST(polled.`a\"``b` AS char), CAST(polled.`at` AS char) \
             FROM (select * from stock -- all\n) AS polled ORDER BY polled.`at` LIMIT 11"
        );
        assert_eq!(
            query(Dialect::Sqlite, None).rows(false),
            "SELECT CAST(polled.\"sku\" AS text), CAST(polled.\"a\"\"`b\" AS text) \
             FROM (select * from stock -- all\n) AS polled LIMIT 11"
        );
        assert_eq!(
            query(Dialect::Sqlite, Some(&cursor)).highest().unwrap(),
            "SELECT CAST(max(strftime('%Y-%m-%d %H:%M:%f', polled.\"at\")) AS text) \
             FROM (select * from stock -- all\n) AS polled"
        );
        assert_eq!(query(Dialect::Sqlite, None).highest(), None);
    }
}
