use crate::text::{Line, Tone, fit, width};

/// Adds cells, each with its width and whether it is read from the right, with a blank between. One of no width is left
/// out.
pub(super) fn push_cells<const N: usize>(line: &mut Line, cells: [((Tone, String), usize, bool); N]) {
    for ((tone, text), columns, is_figure) in cells.into_iter().filter(|(_, columns, _)| *columns > 0) {
        let text = fit(&text, columns);
        let blanks = " ".repeat(columns - width(&text));
        line.push(Tone::Plain, if line.0.is_empty() { "" } else { " " });
        line.push(tone, if is_figure { format!("{blanks}{text}") } else { format!("{text}{blanks}") });
    }
}
