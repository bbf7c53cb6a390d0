//! Whether a query is one that only reads and takes no locks.

/// Why a query is not asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Something else.
    #[error("begins with {first:?}; only SELECT and WITH are asked")]
    NoSelect {
        /// Its first word.
        first: String,
    },
    /// More than one statement.
    #[error("is more than one statement; write one")]
    Several,
    /// A quote or comment without end.
    #[error("has a quote, bracket or comment without its end")]
    Unended,
    /// It would lock or write.
    #[error("has {words:?}, which locks or writes; a poll does neither")]
    Locks {
        /// The words.
        words: String,
    },
}

/// Words one behind the other that lock rows or write.
const LOCKING: [&[&str]; 17] = [
    &["FOR", "UPDATE"],
    &["FOR", "NO", "KEY", "UPDATE"],
    &["FOR", "SHARE"],
    &["FOR", "KEY", "SHARE"],
    &["LOCK", "IN", "SHARE", "MODE"],
    &["LOCK", "TABLE"],
    &["LOCK", "TABLES"],
    &["INTO"],
    &["INSERT"],
    &["UPDATE"],
    &["DELETE"],
    &["MERGE"],
    &["GET_LOCK"],
    &["RELEASE_LOCK"],
    &["PG_ADVISORY_LOCK"],
    &["PG_ADVISORY_XACT_LOCK"],
    &["PG_TRY_ADVISORY_LOCK"],
];

/// The query without the semicolon at its end.
pub(super) fn only_select(query: &str) -> Result<&str, StatementError> {
    let query = query.trim();
    let query = query.strip_suffix(';').unwrap_or(query).trim_end();
    let words = words(query)?;
    let first = words.iter().find(|word| *word != "(").cloned().unwrap_or_default();
    if first != "SELECT" && first != "WITH" {
        return Err(StatementError::NoSelect { first });
    }
    if words.iter().any(|word| word == ";") {
        return Err(StatementError::Several);
    }
    let mut depth = 0_i64;
    for word in &words {
        depth += i64::from(word == "(") - i64::from(word == ")");
        // It must not close the bracket that it is put into.
        if depth < 0 {
            return Err(StatementError::Unended);
        }
    }
    if depth != 0 {
        return Err(StatementError::Unended);
    }
    let locks = LOCKING.iter().find(|locking| words.windows(locking.len()).any(|window| window == **locking));
    match locks {
        Some(locking) => Err(StatementError::Locks { words: locking.join(" ") }),
        None => Ok(query),
    }
}

/// The words of a query in capitals, brackets and semicolons; without quoted texts, quoted
/// names and comments.
fn words(query: &str) -> Result<Vec<String>, StatementError> {
    let (mut words, mut rest) = (Vec::new(), query);
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\'' | '"' | '`' => quoted(rest, c)?,
            // MySQL takes -- for a comment only before white space.
            '-' if rest.starts_with("--") && !rest[2..].starts_with(|c: char| !c.is_whitespace()) => {
                rest.find('\n').map_or(rest.len(), |end| end + 1)
            }
            // Of MySQL, and of no use in others.
            '#' => rest.find('\n').map_or(rest.len(), |end| end + 1),
            // What MySQL runs although it looks like a comment.
            '/' if rest.starts_with("/*!") || rest.starts_with("/*M!") => 3,
            '/' if rest.starts_with("/*") => rest.find("*/").ok_or(StatementError::Unended)? + 2,
            ';' | '(' | ')' => {
                words.push(c.to_string());
                1
            }
            _ if is_word(c) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                words.push(rest[..end].to_uppercase());
                end
            }
            _ => c.len_utf8(),
        };
        rest = &rest[length..];
    }
    Ok(words)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Length of a quoted text, whose quote stands doubled within. A backslash that hides a quote
/// from one database and not from another is refused: nobody can say where the text ends.
fn quoted(text: &str, quote: char) -> Result<usize, StatementError> {
    let end = text[1..].find(quote).ok_or(StatementError::Unended)? + 2;
    if text[..end - 1].ends_with('\\') { Err(StatementError::Unended) } else { Ok(end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_reads() {
        for query in [
            "select sku, qty from stock",
            " SELECT 1 ; ",
            "with x as (select 1) select * from x",
            "(select 1) union (select 2)",
            "select ';', 'for update', \"insert\", `update` from x -- for update\n where a = 'it''s' /* ; */",
            "select updated_at, last_update, for_update from x",
        ] {
            assert!(only_select(query).is_ok(), "{query}: {:?}", only_select(query));
        }
        assert_eq!(only_select(" select 1 ; ").unwrap(), "select 1");
    }

    #[test]
    fn what_does_more() {
        for (query, told) in [
            ("", "begins with \"\""),
            ("delete from stock", "begins with \"DELETE\""),
            ("select 1; drop table stock", "more than one"),
            ("select * from stock for update", "\"FOR UPDATE\""),
            ("select * from stock For\n/* x */ Share", "\"FOR SHARE\""),
            ("select * from stock lock in share mode", "\"LOCK IN SHARE MODE\""),
            ("with x as (delete from stock returning *) select * from x", "\"DELETE\""),
            ("select * into other from stock", "\"INTO\""),
            ("select get_lock('a', 1)", "\"GET_LOCK\""),
            ("select 1 /*! for update */", "\"FOR UPDATE\""),
            ("select 1) as x, (select 2", "without its end"),
            ("select 'a", "without its end"),
            ("select 'a\\' for update -- '", "without its end"),
            ("select 1 /* ", "without its end"),
            ("select 1--1 from stock for update", "\"FOR UPDATE\""),
        ] {
            let error = only_select(query).unwrap_err().to_string();
            assert!(error.contains(told), "{query}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(query in "\\PC{0,60}|(select|for|update|'|\"|`|--|/\\*|\\*/|#|\\(|\\)|;| |\\\\|\n|é){0,20}") {
            let _ = only_select(&query);
        }

        /// A lock is seen wherever white space and comments stand.
        #[test]
        fn a_lock_is_seen(before in "( |\n|/\\* x \\*/){1,4}", between in "( |\n|\t|/\\*[a-z ]{0,5}\\*/){1,4}") {
            let query = format!("select * from stock{before}for{between}update");
            proptest::prop_assert!(only_select(&query).is_err());
        }
    }
}
