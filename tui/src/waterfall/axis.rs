use super::scale::{Phase, Scale};
use crate::text::{Line, Tone, coarse, human, offset, width};

/// Columns between two labels of the axis at least.
const LABEL_COLUMNS: usize = 10;

/// A [`Scale`] on a given number of columns.
#[derive(Clone, Debug)]
pub struct Axis<'a> {
    scale: &'a Scale,
    columns: usize,
}

impl<'a> Axis<'a> {
    /// The axis on `columns` columns.
    pub fn new(scale: &'a Scale, columns: usize) -> Self {
        Self { scale, columns }
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
        self.cuts().map(|(from, to, _)| (from + to) / 2).filter(|column| *column < self.columns)
    }

    /// First column, column after the last, and length in nanoseconds of each cut.
    fn cuts(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        self.scale.phases().windows(2).filter_map(|pair| {
            let [before, after] = pair else { return None };
            let duration_ns = after.start_ns.abs_diff(before.end_ns);
            Some((self.column(before.to), self.column(after.from), duration_ns))
        })
    }

    fn column(&self, place: f64) -> usize {
        ((place * self.columns as f64).round() as usize).min(self.columns)
    }

    /// Labels: offsets since the start of the journey, how long each cut is, and how long
    /// each phase that has no room for more.
    pub fn line(&self) -> Line {
        let mut cells: Vec<(char, Tone)> = vec![(' ', Tone::Dim); self.columns];
        for (from, to, duration_ns) in self.cuts() {
            let label = format!("⫽{}⫽", coarse(duration_ns));
            let room = to.saturating_sub(from) + 1;
            let (at, label) = match width(&label) <= room {
                true => (from + (room - width(&label)) / 2, label),
                false => ((from + to) / 2, "⫽".to_owned()),
            };
            write_label(&mut cells, at, &label, Tone::Wait);
        }
        for phase in self.scale.phases() {
            self.label_phase(&mut cells, phase);
        }
        cells_line(&cells)
    }

    fn label_phase(&self, cells: &mut [(char, Tone)], phase: &Phase) {
        let (from, to) = (self.column(phase.from), self.column(phase.to));
        let duration_ns = phase.end_ns.abs_diff(phase.start_ns);
        if phase.start_ns <= 0 && to.saturating_sub(from) >= 2 * LABEL_COLUMNS {
            write_if_free(cells, 0, "0");
            let columns = (to - from) as f64;
            let step_ns = step(duration_ns as f64 / columns * LABEL_COLUMNS as f64);
            let ticks = (1..).map_while(|tick| step_ns.checked_mul(tick)).take(self.columns);
            for tick_ns in ticks.take_while(|tick_ns| *tick_ns < phase.end_ns) {
                let at = self.cells(tick_ns, tick_ns).0;
                let label = human(tick_ns.unsigned_abs());
                if at + width(&label) <= to {
                    write_if_free(cells, at, &label);
                }
            }
            return;
        }
        let start = if phase.start_ns <= 0 { "0".to_owned() } else { offset(phase.start_ns) };
        // A cut's label may reach to the phase's first column.
        let taken = |at: usize| cells.get(at).is_some_and(|(c, _)| *c != ' ');
        let at = match from.checked_sub(1) {
            Some(_) if taken(from) => from + 2,
            Some(before) if taken(before) => from + 1,
            _ => from,
        };
        for label in [format!("{start} ({})", human(duration_ns)), start] {
            if at + width(&label) <= to + 1 && write_if_free(cells, at, &label) {
                break;
            }
        }
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
fn write_if_free(cells: &mut [(char, Tone)], at: usize, label: &str) -> bool {
    let columns = label.chars().count();
    let around = at.saturating_sub(1)..(at + columns + 1).min(cells.len());
    let free = cells.get(around).is_some_and(|around| around.iter().all(|(c, _)| *c == ' '));
    let fits = free && at + columns <= cells.len();
    if fits {
        write_label(cells, at, label, Tone::Dim);
    }
    fits
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
        assert_eq!(line, "0            2s             ⫽2h⫽ +2h00m (4s)                ");
        let line = Axis::new(&scale, 30).line().text();
        assert_eq!(line, "0 (4s)         ⫽ +2h00m (4s)  ");
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
