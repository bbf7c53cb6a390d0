use super::axis::Axis;
use super::bar::bar_line;
use super::outline::{HandoffRow, Row, RowKind};
use crate::text::{Line, Tone, fit, human, pad, width};

/// How the columns of the waterfall share its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Who hands what to whom.
    pub label: usize,
    /// The time axis; 0 where there is no room for it.
    pub bar: usize,
    /// Durations; 0 where there is no room for them.
    pub duration: usize,
    /// Retries and failures; 0 where there is no room for them.
    pub marks: usize,
}

/// Critical-path mark and the blank before the time axis.
const BEFORE_AND_AFTER_LABEL: usize = 2 + 1;

/// Levels that are shown by indentation; deeper ones stay at the last.
const LEVELS: usize = 8;

impl Columns {
    /// Shares out `columns`.
    pub fn of(columns: usize) -> Self {
        // A duration takes at most seven columns, see `human`, and a blank on either side.
        let (duration, marks) = match columns {
            110.. => (9, 20),
            76.. => (9, 10),
            40.. => (9, 8),
            30.. => (9, 0),
            _ => (0, 0),
        };
        let free = columns.saturating_sub(BEFORE_AND_AFTER_LABEL + duration + marks);
        let label = (free * 45 / 100).clamp(30, 60).min(free);
        let bar = free - label;
        // Fewer columns than that show nothing but noise.
        let (label, bar) = if bar < 8 { (free, 0) } else { (label, bar) };
        Self { label, bar, duration, marks }
    }

    /// Columns before the time axis.
    pub fn before_bar(self) -> usize {
        BEFORE_AND_AFTER_LABEL + self.label
    }
}

/// Whether the rows within a row are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// There are none.
    Leaf,
    /// They are shown.
    Open,
    /// They are hidden.
    Closed,
}

/// One row of the waterfall.
pub fn row_line(row: &Row, fold: Fold, axis: &Axis<'_>, columns: Columns) -> Line {
    let mut line = match &row.kind {
        RowKind::Handoff(handoff) => {
            let critical = if handoff.critical.is_empty() { "  " } else { "┃ " };
            let mut line = Line::of(Tone::Critical, critical);
            line.extend(label(row, handoff, fold, columns.label).cut(columns.label));
            line
        }
        RowKind::Wait => {
            let label = format!("{}┄ waiting", indent(row.depth + 1));
            Line::of(Tone::Wait, format!("  {}", fit(&label, columns.label)))
        }
    };
    line.pad_to(columns.before_bar());
    line.extend(bar_line(row, axis));
    if columns.duration > 0 {
        let duration = human(row.duration_ns);
        let blanks = " ".repeat((columns.duration - 1).saturating_sub(width(&duration)));
        let tone = if matches!(row.kind, RowKind::Wait) { Tone::Wait } else { Tone::Plain };
        line.push(tone, format!("{blanks}{duration} "));
    }
    if let Some(handoff) = row.handoff() {
        line.extend(marks(handoff, fold).cut(columns.marks));
    }
    line
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth.min(LEVELS))
}

fn label(row: &Row, handoff: &HandoffRow, fold: Fold, columns: usize) -> Line {
    let marker = match fold {
        Fold::Leaf => "  ",
        Fold::Open => "▾ ",
        Fold::Closed => "▸ ",
    };
    let mut line = Line::of(Tone::Dim, format!("{}{marker}", indent(row.depth)));
    // Where room is short, the row above already says who hands on.
    if !(handoff.continues_parent && columns < 46) {
        // An unknown sender is left out: the order enters here.
        if let Some(from) = &handoff.from {
            line.push(Tone::Plain, format!("{from} "));
        }
    }
    if handoff.inferred {
        line.push(Tone::Warning, "~");
    }
    line.push(Tone::Dim, "→ ");
    let tone = if handoff.failure.is_some() { Tone::Error } else { Tone::Strong };
    line.push(tone, &handoff.to);
    if fold == Fold::Closed {
        line.push(Tone::Dim, format!(" (+{})", row.descendants));
    }
    line.push(Tone::Plain, format!("  {}", handoff.operation));
    line
}

fn marks(handoff: &HandoffRow, fold: Fold) -> Line {
    let mut line = Line::default();
    if handoff.retries() > 0 {
        line.push(Tone::Warning, format!("↻{} ", handoff.retries()));
    }
    if let Some(failure) = &handoff.failure {
        line.push(Tone::Error, format!("✗{failure}"));
    }
    if fold == Fold::Closed && handoff.failed_within > 0 {
        line.push(Tone::Error, format!(" ✗×{}", handoff.failed_within));
    }
    line
}

/// The heading over the rows: column names and the axis's labels.
pub fn heading_line(axis: &Axis<'_>, columns: Columns) -> Line {
    let mut line = Line::of(Tone::Dim, format!("  {} ", pad("from → to  operation", columns.label)));
    line.extend(axis.line());
    if columns.duration > 0 {
        line.push(Tone::Dim, format!("{:>8} ", "time"));
    }
    line
}
