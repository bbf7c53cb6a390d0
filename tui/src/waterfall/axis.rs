use super::scale::Scale;
use crate::text::{Line, Tone, coarse, human, offset, width};

/// Columns between two labels of the axis at least.
const LABEL_COLUMNS: usize = 10;

/// A [`Scale`] on a given number of columns.
#[derive(Clone, Debug)]
pub struct Axis<'a> {
    scale: &'a Scale,
    columns: usize,
    /// First column, column after the last, length in nanoseconds.
    gaps: Vec<(usize, usize, u64, i64)>,
}

impl<'a> Axis<'a> {
    /// The axis on `columns` columns.
    pub fn new(scale: &'a Scale, columns: usize) -> Self {
        let column = |place: f64| (place * columns as f64).round() as usize;
        let gaps = scale.gaps().map(|gap| {
            let duration_ns = gap.end_ns.abs_diff(gap.start_ns);
            (column(gap.from).min(columns), column(gap.to).min(columns), duration_ns, gap.end_ns)
        });
        Self { scale, columns, gaps: gaps.collect() }
    }

    /// Columns of the axis.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// First column and column after the last for a time; at least one column, if there is any.
    pub fn cells(&self, start_ns: i64, end_ns: i64) -> (usize, usize) {
        let columns = self.columns as f64;
        let start = (self.scale.place(start_ns) * columns).floor() as usize;
        let start = start.min(self.columns.saturating_sub(1));
        let end = (self.scale.place(end_ns) * columns).round() as usize;
        (start, end.clamp(start + 1, self.columns.max(start + 1)))
    }

    /// Columns in which the axis is broken: the middle of each cut.
    pub fn breaks(&self) -> impl Iterator<Item = usize> {
        self.gaps.iter().map(|(from, to, ..)| (from + to) / 2).filter(|column| *column < self.columns)
    }

    /// Labels: offsets since the start of the journey, and how long each cut is.
    pub fn line(&self) -> Line {
        let mut cells: Vec<(char, Tone)> = vec![(' ', Tone::Dim); self.columns];
        for (from, to, duration_ns, _) in &self.gaps {
            let label = format!("⫽{}⫽", coarse(*duration_ns));
            let label = if width(&label) <= to.saturating_sub(*from) + 1 { label } else { "⫽".to_owned() };
            let at = from + to.saturating_sub(from + width(&label)) / 2;
            write_label(&mut cells, at, &label, Tone::Wait);
        }
        let first_cut = self.gaps.first().map_or(self.columns, |(from, ..)| *from);
        write_if_free(&mut cells, 0, "0");
        let step_ns = step(self.scale.weight_ns() / self.columns.max(1) as f64 * LABEL_COLUMNS as f64);
        let mut tick_ns = step_ns;
        while step_ns > 0 && self.cells(tick_ns, tick_ns).0 + LABEL_COLUMNS <= first_cut {
            write_if_free(&mut cells, self.cells(tick_ns, tick_ns).0, &human(tick_ns.unsigned_abs()));
            let Some(next_ns) = tick_ns.checked_add(step_ns) else { break };
            tick_ns = next_ns;
        }
        for (_, to, _, end_ns) in &self.gaps {
            // A break label that fills its cut leaves no blank before the next column.
            let at = if cells.get(to.wrapping_sub(1)).is_some_and(|(c, _)| *c == ' ') { *to } else { to + 1 };
            write_if_free(&mut cells, at, &offset(*end_ns));
        }
        cells_line(&cells)
    }
}

/// The shortest of 1, 2, 5, 10, … units that is no shorter than `at_least_ns`; minutes and
/// hours divide as clocks do.
fn step(at_least_ns: f64) -> i64 {
    const SECOND: i64 = 1_000_000_000;
    const CLOCK_S: [i64; 17] =
        [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 432_000, 864_000];
    let decimal = (0..9).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_i64.pow(power)));
    let clock = CLOCK_S.into_iter().map(|seconds| seconds * SECOND);
    decimal.chain(clock).find(|step| *step as f64 >= at_least_ns).unwrap_or(i64::MAX / 4)
}

fn write_label(cells: &mut [(char, Tone)], at: usize, label: &str, tone: Tone) {
    for (cell, c) in cells.iter_mut().skip(at).zip(label.chars()) {
        *cell = (c, tone);
    }
}

/// A label is written whole, with a blank on either side, or not at all.
fn write_if_free(cells: &mut [(char, Tone)], at: usize, label: &str) {
    let columns = label.chars().count();
    let around = at.saturating_sub(1)..(at + columns + 1).min(cells.len());
    let free = cells.get(around).is_some_and(|around| around.iter().all(|(c, _)| *c == ' '));
    if free && at + columns <= cells.len() {
        write_label(cells, at, label, Tone::Dim);
    }
}

/// Runs of one tone as segments.
pub(super) fn cells_line(cells: &[(char, Tone)]) -> Line {
    let mut line = Line::default();
    for run in cells.chunk_by(|a, b| a.1 == b.1) {
        let text: String = run.iter().map(|(c, _)| *c).collect();
        line.push(run.first().map_or(Tone::Plain, |(_, tone)| *tone), text);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn labels_tell_offsets_and_cuts() {
        let scale = Scale::new([(0, 4 * SECOND), (7200 * SECOND, 7204 * SECOND)].into_iter());
        let line = Axis::new(&scale, 60).line().text();
        assert_eq!(line, "0            2s             ⫽2h⫽ +2h00m                     ");
    }

    #[test]
    fn every_time_gets_a_column() {
        let scale = Scale::new([(0, SECOND)].into_iter());
        for columns in 1..50 {
            let axis = Axis::new(&scale, columns);
            for at in [i64::MIN, -5, 0, 1, SECOND / 2, SECOND, i64::MAX] {
                let (from, to) = axis.cells(at, at);
                assert!(from < to && to <= columns, "{at} in {columns}: {from}..{to}");
            }
        }
    }
}
