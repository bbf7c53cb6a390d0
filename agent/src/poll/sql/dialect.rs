//! What databases write differently.

use crate::poll::config::CursorKind;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Postgres,
    /// MariaDB too.
    Mysql,
    Sqlite,
}

impl Dialect {
    /// As messages call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Sqlite => "SQLite",
        }
    }

    /// A column of the query.
    pub(super) fn column(self, name: &str) -> String {
        match self {
            Self::Postgres | Self::Sqlite => format!("polled.\"{}\"", name.replace('"', "\"\"")),
            Self::Mysql => format!("polled.`{}`", name.replace('`', "``")),
        }
    }

    /// An expression as the text that the database writes of it.
    pub(super) fn as_text(self, expression: &str) -> String {
        match self {
            Self::Postgres | Self::Sqlite => format!("CAST({expression} AS text)"),
            Self::Mysql => format!("CAST({expression} AS char)"),
        }
    }

    /// A cursor column as it is compared and ordered by. SQLite's times are texts, which are
    /// alike only when they are written alike.
    pub(super) fn cursor(self, name: &str, kind: CursorKind) -> String {
        match (self, kind) {
            (Self::Sqlite, CursorKind::Time) => format!("strftime('%Y-%m-%d %H:%M:%f', {})", self.column(name)),
            _ => self.column(name),
        }
    }

    /// The parameter that a cursor is compared with, of a type that leaves indexes of use.
    pub(super) const fn parameter(self, kind: CursorKind) -> &'static str {
        match (self, kind) {
            (Self::Postgres, CursorKind::Time) => "CAST($1 AS timestamptz)",
            (Self::Postgres, CursorKind::Number) => "CAST($1 AS bigint)",
            (Self::Mysql, CursorKind::Time) => "CAST(? AS datetime(6))",
            (Self::Mysql, CursorKind::Number) => "CAST(? AS signed)",
            (Self::Sqlite, CursorKind::Time) => "?",
            (Self::Sqlite, CursorKind::Number) => "CAST(? AS integer)",
        }
    }
}
