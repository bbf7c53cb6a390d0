use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, Table};

use super::comparison::Row;

/// The rows below a line of headings: figure, contenders, ratios to the first contender.
pub(super) fn render(contenders: &[String], rows: &[Row], markdown: bool) -> String {
    let mut table = Table::new();
    table.load_style(if markdown { ASCII_MARKDOWN } else { UTF8_FULL_CONDENSED });
    let ours = contenders.first().map_or("", String::as_str);
    let mut headings = vec!["figure".to_owned()];
    headings.extend(contenders.iter().cloned());
    headings.extend(contenders.iter().skip(1).map(|theirs| format!("{ours} ÷ {theirs}")));
    table.set_header(headings);
    for row in rows {
        let numbers = row.medians.iter().chain(&row.ratios).map(|value| value.map_or("–".to_owned(), number));
        table.add_row(std::iter::once(row.figure.clone()).chain(numbers));
    }
    if !markdown {
        table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    }
    table.to_string()
}

/// Three digits that count; more only before the decimal point.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        ..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        for (value, text) in [(0.0, "0.00"), (0.254, "0.25"), (12.34, "12.3"), (123.4, "123"), (54_321.0, "54321")] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_pretty_table_has_what_is_missing_as_a_dash() {
        let rows = [Row { figure: "cost".to_owned(), medians: vec![Some(1.0), None], ratios: vec![None] }];
        let text = render(&["ours", "theirs"].map(str::to_owned), &rows, false);
        let cells = |line: &str| line.split(['│', '┆']).map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        assert!(text.lines().any(|line| cells(line) == ["", "cost", "1.00", "–", "–", ""]), "{text}");
    }
}
