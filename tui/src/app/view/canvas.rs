use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line as TuiLine, Span};

use crate::text::{Line, Tone, ascii};
use crate::theme::Theme;

/// The screen, line by line from the top.
pub(super) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    theme: Theme,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, area: Rect, theme: Theme) -> Self {
        Self { buffer, area, theme }
    }

    pub(super) fn columns(&self) -> usize {
        usize::from(self.area.width)
    }

    pub(super) fn rows(&self) -> u16 {
        self.area.height
    }

    /// Draws `line` in row `row` from column `column` on, in at most `columns`.
    pub(super) fn put(&mut self, column: usize, row: u16, columns: usize, line: Line) {
        let Ok(x) = u16::try_from(column) else { return };
        if row >= self.area.height || x >= self.area.width {
            return;
        }
        let columns = columns.min(usize::from(self.area.width - x));
        let theme = self.theme;
        let spans: Vec<Span<'_>> = line
            .cut(columns)
            .0
            .into_iter()
            .map(|segment| Span::styled(segment.text, theme.style(segment.tone)))
            .collect();
        let columns = u16::try_from(columns).unwrap_or(u16::MAX);
        self.buffer.set_line(self.area.x + x, self.area.y + row, &TuiLine::from(spans), columns);
    }

    /// Draws `line` over the whole width.
    pub(super) fn row(&mut self, row: u16, line: Line) {
        self.put(0, row, self.columns(), line);
    }

    /// Draws `left`, and `right` at the right edge; where both do not fit, `right` wins.
    pub(super) fn split_row(&mut self, row: u16, left: Line, right: Line) {
        let right = right.cut(self.columns());
        let taken = right.width();
        self.put(0, row, self.columns().saturating_sub(taken + 1), left);
        self.put(self.columns() - taken, row, taken, right);
    }

    /// Marks columns of a row as chosen. Colours go: on a reversed ground they cannot be read.
    pub(super) fn choose(&mut self, row: u16, from: usize, to: usize) {
        let style = Style::reset().add_modifier(Modifier::REVERSED | Modifier::BOLD);
        let to = to.min(self.columns());
        for column in from.min(to)..to {
            if let Ok(x) = u16::try_from(column)
                && let Some(cell) = self.buffer.cell_mut((self.area.x + x, self.area.y + row))
            {
                cell.set_style(style);
            }
        }
    }

    /// Clears a rectangle for something that lies over the screen.
    pub(super) fn clear(&mut self, column: usize, row: u16, columns: usize, rows: u16) {
        for row in row..row.saturating_add(rows) {
            self.put(column, row, columns, Line::of(Tone::Plain, " ".repeat(columns)));
            for column in column..column + columns {
                if let Ok(x) = u16::try_from(column)
                    && let Some(cell) = self.buffer.cell_mut((self.area.x + x, self.area.y + row))
                {
                    cell.reset();
                }
            }
        }
    }

    /// Replaces what is drawn by its ASCII stand-ins.
    pub(super) fn make_ascii(&mut self) {
        for cell in &mut self.buffer.content {
            if !cell.symbol().is_ascii() {
                let symbol = ascii(cell.symbol()).into_owned();
                // A wide character has two cells; one stand-in leaves the second blank.
                cell.set_symbol(symbol.get(..1).unwrap_or("?"));
            }
        }
    }
}
