use super::axis::{Axis, cells_line};
use super::outline::{HandoffRow, Row, RowKind};
use crate::text::{Line, Tone};

/// The row's part of the time axis: each attempt a bar of its own (`█` made the journey
/// longer, `▄` ran beside something slower, `▓✗` failed), dots where nothing went on.
pub(super) fn bar_line(row: &Row, axis: &Axis<'_>) -> Line {
    let mut cells = vec![(' ', Tone::Dim); axis.columns()];
    match &row.kind {
        RowKind::Handoff(handoff) => attempts(&mut cells, handoff, axis),
        RowKind::Wait => {
            let (from, to) = axis.cells(row.start_ns, row.end_ns());
            fill(&mut cells, from, to, '┄', Tone::Wait);
        }
    }
    for column in axis.breaks() {
        let blank = |at: Option<usize>| at.and_then(|at| cells.get(at)).is_none_or(|(c, _)| *c == ' ');
        let here = blank(Some(column));
        // Through a bar the break shows too: that bar is longer than it looks. One that only
        // starts or ends in this column keeps it.
        let within = !blank(column.checked_sub(1)) && !blank(Some(column + 1));
        let crossed = !here && (within || matches!(row.kind, RowKind::Wait));
        if let Some(cell) = cells.get_mut(column).filter(|_| here || crossed) {
            *cell = ('⫽', if here { Tone::Dim } else { cell.1 });
        }
    }
    cells_line(&cells)
}

fn attempts(cells: &mut [(char, Tone)], handoff: &HandoffRow, axis: &Axis<'_>) {
    let mut free_from = 0;
    let mut previous_end = None;
    for attempt in &handoff.attempts {
        let (start, end) = axis.cells(attempt.start_ns, attempt.end_ns);
        // Attempts too short for a column of their own still show one each, while there are columns.
        let start = start.max(free_from).min(axis.columns().saturating_sub(1));
        let end = end.max(start + 1);
        if let Some(previous) = previous_end {
            fill(cells, previous, start, '┄', Tone::Wait);
        }
        if attempt.failed {
            fill(cells, start, end, '▓', Tone::Error);
            fill(cells, end - 1, end, '✗', Tone::Error);
        } else {
            fill(cells, start, end, '▄', Tone::Work);
            for (critical_start, critical_end) in &handoff.critical {
                let overlap_start = (*critical_start).max(attempt.start_ns);
                let overlap_end = (*critical_end).min(attempt.end_ns);
                if overlap_start < overlap_end {
                    let (from, to) = axis.cells(overlap_start, overlap_end);
                    fill(cells, from.max(start), to.max(from.max(start) + 1).min(end), '█', Tone::Critical);
                }
            }
        }
        free_from = start + 1;
        previous_end = Some(end);
    }
}

fn fill(cells: &mut [(char, Tone)], from: usize, to: usize, c: char, tone: Tone) {
    for cell in cells.iter_mut().take(to).skip(from) {
        *cell = (c, tone);
    }
}
