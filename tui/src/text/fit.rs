use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns `text` takes on a terminal.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `text` with line breaks and tabs as blanks and other control characters, bidirectional
/// overrides included, as U+FFFD.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().any(dangerous) { Cow::Owned(text.chars().map(harmless).collect()) } else { Cow::Borrowed(text) }
}

fn dangerous(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn harmless(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' => ' ',
        c if dangerous(c) => '\u{fffd}',
        c => c,
    }
}

/// `text` in at most `columns`, its end replaced by an ellipsis where it is longer.
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let (mut kept, _) = split_at(text, columns.saturating_sub(1));
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// Like [`fit`], but keeps the end: ids differ there.
pub fn fit_end(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut left = columns - 1;
    let mut from = text.len();
    for (at, c) in text.char_indices().rev() {
        let Some(rest) = left.checked_sub(c.width().unwrap_or(0)) else { break };
        left = rest;
        from = at;
    }
    format!("…{}", text.get(from..).unwrap_or_default())
}

/// `text` in exactly `columns`: cut, or filled with blanks.
pub fn pad(text: &str, columns: usize) -> String {
    let mut padded = fit(text, columns);
    let taken = width(&padded);
    padded.extend(std::iter::repeat_n(' ', columns.saturating_sub(taken)));
    padded
}

/// `text` in lines of at most `columns` (at least 1), broken anywhere: ids and messages of
/// machines have few blanks.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text.to_owned();
    while width(&rest) > columns.max(1) {
        let (line, left) = split_at(&rest, columns.max(1));
        if line.is_empty() {
            break;
        }
        lines.push(line);
        rest = left;
    }
    lines.push(rest);
    lines
}

fn split_at(text: &str, columns: usize) -> (String, String) {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += c.width().unwrap_or(0);
        if taken > columns {
            let (head, tail) = text.split_at(at);
            return (head.to_owned(), tail.to_owned());
        }
    }
    (text.to_owned(), String::new())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn examples() {
        assert_eq!(fit("storefront", 5), "stor…");
        assert_eq!(fit_end("order:A-10042", 6), "…10042");
        assert_eq!(pad("oms", 5), "oms  ");
        assert_eq!(wrap("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(fit("漢字漢字", 5), "漢字…");
    }

    proptest! {
        #[test]
        fn nothing_takes_more_than_it_may(text in "\\PC{0,40}", columns in 0usize..30) {
            prop_assert!(width(&fit(&text, columns)) <= columns);
            prop_assert!(width(&fit_end(&text, columns)) <= columns);
            prop_assert_eq!(wrap(&text, columns).concat(), text);
        }
    }
}
