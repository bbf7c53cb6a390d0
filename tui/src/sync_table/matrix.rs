use jiff::Timestamp;
use ordertrace_api::sync::SyncLag;

use super::heat::Heat;
use crate::text::{Line, Tone, fit, human, ns_between, pad, width};

/// Columns of a cell at least, and at most: `██ 2h00m 613, 306 late`.
const NARROWEST: usize = 8;
const WIDEST: usize = 30;

/// Lags as targets by what is compared.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    lags: Vec<SyncLag>,
    /// What is compared, and its source.
    syncs: Vec<(String, String)>,
    targets: Vec<String>,
}

/// How a matrix is fitted into a part of the screen.
#[derive(Clone, Debug)]
pub struct MatrixLayout<'m> {
    matrix: &'m Matrix,
    name: usize,
    cell: usize,
    /// The first of the columns that there is room for, and how many.
    first: usize,
    shown: usize,
    /// The targets that there is room for.
    targets: Vec<&'m str>,
}

impl Matrix {
    /// Of these lags, all in the order in which they come.
    pub fn of(lags: &[SyncLag]) -> Self {
        let mut matrix = Self { lags: lags.to_vec(), ..Self::default() };
        for lag in lags {
            let sync = (lag.sync.clone(), lag.source.clone());
            if !matrix.syncs.contains(&sync) {
                matrix.syncs.push(sync);
            }
            if !matrix.targets.contains(&lag.target) {
                matrix.targets.push(lag.target.clone());
            }
        }
        matrix
    }

    /// Every pair of systems.
    pub fn lags(&self) -> &[SyncLag] {
        &self.lags
    }

    /// Whether some of it cannot be relied on.
    pub fn is_doubtful(&self) -> bool {
        self.lags.iter().any(|lag| !lag.doubts.is_empty())
    }

    /// How many targets there are.
    pub fn targets(&self) -> usize {
        self.targets.len()
    }

    fn cell(&self, target: &str, sync: usize) -> Option<&SyncLag> {
        let (sync, source) = self.syncs.get(sync)?;
        self.lags.iter().find(|lag| lag.target == target && lag.sync == *sync && lag.source == *source)
    }

    fn heat(&self, target: &str, now: Timestamp) -> Heat {
        let of_target = self.lags.iter().filter(|lag| lag.target == target);
        of_target.map(|lag| Heat::of(lag, now)).max().unwrap_or(Heat::Agrees)
    }

    /// Shares out a part of the screen. Where there is no room for all, the chosen pair is shown, and the
    /// targets in most trouble.
    pub fn layout(&self, columns: usize, rows: usize, chosen: Option<&SyncLag>, now: Timestamp) -> MatrixLayout<'_> {
        let widest = self.targets.iter().map(|target| width(target)).max().unwrap_or(0);
        let name = widest.clamp(4, columns / 3 + 4);
        let room = columns.saturating_sub(name);
        let cell = (room / self.syncs.len().max(1)).saturating_sub(1).clamp(NARROWEST, WIDEST);
        let shown = (room / (cell + 1)).clamp(1, self.syncs.len().max(1));
        let at = chosen.and_then(|lag| self.syncs.iter().position(|(sync, _)| *sync == lag.sync)).unwrap_or(0);
        let first = (at + 1).saturating_sub(shown);
        let is_chosen = |target: &str| chosen.is_some_and(|lag| lag.target == target);
        let mut targets: Vec<&str> = self.targets.iter().map(String::as_str).collect();
        // Stable: where they are alike they stay in the order of the configuration.
        targets.sort_by_key(|target| std::cmp::Reverse((is_chosen(target), self.heat(target, now))));
        targets.truncate(rows);
        let targets = self.targets.iter().map(String::as_str).filter(|target| targets.contains(target)).collect();
        MatrixLayout { matrix: self, name, cell, first, shown, targets }
    }
}

impl<'m> MatrixLayout<'m> {
    /// What is compared, and whose word counts.
    pub fn heading(&self) -> Line {
        let mut line = Line::of(Tone::Dim, pad("", self.name));
        for (sync, source) in self.matrix.syncs.iter().skip(self.first).take(self.shown) {
            let source = fit(&format!(" of {source}"), self.cell.saturating_sub(width(sync)));
            let taken = width(sync).min(self.cell) + width(&source);
            line.push(Tone::Title, format!(" {}", fit(sync, self.cell)));
            line.push(Tone::Dim, format!("{source}{}", " ".repeat(self.cell.saturating_sub(taken))));
        }
        line
    }

    /// The targets that are shown.
    pub fn targets(&self) -> &[&'m str] {
        &self.targets
    }

    /// How many targets and columns there is no room for.
    pub fn left_out(&self) -> usize {
        (self.matrix.targets.len() - self.targets.len()) + self.matrix.syncs.len().saturating_sub(self.shown)
    }

    /// One target.
    pub fn row(&self, target: &str, now: Timestamp) -> Line {
        let mut line = Line::of(Tone::Strong, pad(target, self.name));
        for sync in self.first..self.first + self.shown {
            let (tone, text) = match self.matrix.cell(target, sync) {
                Some(lag) => (tone(lag, now), cell_text(lag, self.cell, now)),
                None => (Tone::Plain, String::new()),
            };
            line.push(Tone::Plain, " ");
            line.push(tone, pad(&text, self.cell));
        }
        line
    }

    /// The columns that a pair takes in the row of its target, if there is room for it.
    pub fn columns_of(&self, lag: &SyncLag) -> Option<(usize, usize)> {
        let at = self.matrix.syncs.iter().position(|(sync, _)| *sync == lag.sync)?;
        let at = at.checked_sub(self.first).filter(|at| *at < self.shown)?;
        let from = self.name + at * (self.cell + 1);
        Some((from, from + self.cell + 2))
    }
}

/// Nobody knows that all is there while a source is not up to date.
fn tone(lag: &SyncLag, now: Timestamp) -> Tone {
    match Heat::of(lag, now) {
        Heat::Agrees if !lag.doubts.is_empty() => Tone::Warning,
        heat => heat.tone(),
    }
}

/// `██ 2h00m 613, 306 late`, or as much as fits; how long it takes where all has arrived.
fn cell_text(lag: &SyncLag, columns: usize, now: Timestamp) -> String {
    let heat = Heat::of(lag, now);
    let shade = match (lag.doubts.is_empty(), columns) {
        (true, 12..) => String::from(heat.shade()).repeat(2),
        (true, _) => String::from(heat.shade()),
        (false, _) => format!("{}?", heat.shade()),
    };
    let oldest = lag.oldest.map(|oldest| human(ns_between(oldest, now))).unwrap_or_default();
    let p95 = lag.p95_ms.map(|p95_ms| human((p95_ms * 1e6) as u64));
    let (waiting, late) = (lag.waiting, lag.late);
    let texts = match (heat, p95) {
        (Heat::Agrees, _) if !lag.doubts.is_empty() => {
            vec![format!("{shade} not up to date"), format!("{shade} old"), shade]
        }
        (Heat::Agrees, Some(p95)) => vec![format!("{shade} all there, p95 {p95}"), format!("{shade} p95 {p95}"), shade],
        (Heat::Agrees, None) => vec![format!("{shade} all there"), shade],
        (Heat::Waits, _) => {
            let texts = [format!(" {waiting} wait"), format!(" {waiting}"), String::new()];
            texts.map(|text| format!("{shade} {oldest}{text}")).to_vec()
        }
        _ => {
            let long = format!(" {waiting} wait, {late} late");
            let texts = [long, format!(" {waiting}, {late} late"), format!(" {waiting}/{late}"), String::new()];
            texts.map(|text| format!("{shade} {oldest}{text}")).to_vec()
        }
    };
    let fitting = texts.iter().find(|text| width(text) <= columns);
    fitting.cloned().unwrap_or_else(|| fit(texts.last().map_or("", String::as_str), columns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_row_is_no_wider_than_the_screen() {
        let lags = sample::sync().lags;
        let matrix = Matrix::of(&lags);
        for columns in 20..160 {
            for chosen in std::iter::once(None).chain(lags.iter().map(Some)) {
                let layout = matrix.layout(columns, 9, chosen, sample::now());
                assert!(layout.heading().width() <= columns, "{columns}");
                for target in layout.targets() {
                    let row = layout.row(target, sample::now());
                    assert!(row.width() <= columns, "{columns}: {:?}", row.text());
                }
                if let Some(chosen) = chosen {
                    let (from, to) = layout.columns_of(chosen).unwrap();
                    let row: String =
                        layout.row(&chosen.target, sample::now()).text().chars().skip(from).take(to - from).collect();
                    assert!(row.contains(Heat::of(chosen, sample::now()).shade()), "{row:?}");
                }
            }
        }
    }

    #[test]
    fn where_room_is_short_the_worst_and_the_chosen_are_shown() {
        let lags = sample::sync().lags;
        let matrix = Matrix::of(&lags);
        assert_eq!(matrix.layout(80, 1, None, sample::now()).targets(), ["marketplace"]);
        let layout = matrix.layout(80, 1, Some(&lags[0]), sample::now());
        assert_eq!((layout.targets(), layout.left_out()), (&["storefront"][..], 1));
    }
}
