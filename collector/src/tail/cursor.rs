use std::fmt;
use std::str::FromStr;

/// Up to where rows were told, in the order in which they were stored: a time, milliseconds since the Unix
/// epoch by ClickHouse's clock, and how many rows of that very time. Text form `1790000000000.12`, or
/// without the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    ms: i64,
    rows: u64,
}

/// A text that is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no cursor; give the one of the page before, or milliseconds since 1970")]
pub struct CursorError(String);

impl Cursor {
    /// Before all rows of a time.
    pub fn at(ms: i64) -> Self {
        Self { ms: ms.max(0), rows: 0 }
    }

    pub(super) fn ms(self) -> i64 {
        self.ms
    }

    pub(super) fn rows(self) -> u64 {
        self.rows
    }

    /// Past rows that were stored at these times, in order.
    pub(super) fn past(self, stored_at_ms: impl Iterator<Item = i64>) -> Self {
        stored_at_ms.fold(self, |cursor, ms| {
            if ms == cursor.ms { Self { rows: cursor.rows + 1, ..cursor } } else { Self { ms, rows: 1 } }
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.ms, self.rows)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (ms, rows) = text.split_once('.').unwrap_or((text, "0"));
        match (ms.parse(), rows.parse()) {
            (Ok(ms @ 0..), Ok(rows)) => Ok(Self { ms, rows }),
            _ => Err(CursorError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_rows_of_one_time() {
        let cursor = Cursor::at(5).past([5, 5, 7, 9, 9].into_iter());
        assert_eq!(cursor.to_string(), "9.2");
        assert_eq!(cursor.past([9].into_iter()).to_string(), "9.3");
        assert_eq!("9.2".parse(), Ok(cursor));
        assert_eq!("5".parse(), Ok(Cursor::at(5)));
        for text in ["", "-1", "x", "1.x", "1.-2"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
