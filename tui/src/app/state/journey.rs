use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::finding::Evidence;
use ordertrace_api::journey::{Handoff, Journey};

use super::aim::aimed_row;
use super::{Cursor, FindingsScreen, Pane, Poll};
use crate::clocks;
use crate::findings_table::severity_tone;
use crate::text::{Line, Tone, human, ns_between};
use crate::waterfall::{Fold, Outline, Row, Scale};

const EVERY: SignedDuration = SignedDuration::from_secs(2);

/// One order.
#[derive(Clone, Debug)]
pub struct JourneyScreen {
    /// The key it is asked for by.
    pub key: String,
    /// The last answer.
    pub loaded: Option<Loaded>,
    /// Whether the last answer was that there is none.
    pub missing: bool,
    /// Positions in the outline of the rows that no fold hides.
    pub visible: Vec<usize>,
    /// The chosen row among the visible ones.
    pub cursor: Cursor,
    /// What lies below the list.
    pub pane: Option<Pane>,
    /// The attempt the pane shows, from 0; `None` = the last.
    pub attempt: Option<usize>,
    /// The time axis of the rows on the screen, where that is wanted.
    pub zoom: Option<Scale>,
    /// Whether times are to be by one clock.
    pub aligned: bool,
    /// When to ask again.
    pub poll: Poll,
    /// Evidence of the finding it was opened from, until there is a handoff to choose by it.
    aim: Option<Vec<Evidence>>,
    folded: HashSet<String>,
}

/// An answer, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// As it came.
    pub journey: Box<Journey>,
    /// Its rows.
    pub outline: Outline,
    /// When it came.
    pub received_at: Timestamp,
    /// Handoffs whose last attempt failed.
    pub failed: usize,
    /// Attempts beyond the first.
    pub retries: usize,
    /// What detection finds wrong with the order, worst first.
    pub findings: Vec<Line>,
    /// Keys, strong ones first.
    pub keys: Line,
    /// Milestones and how long after the start.
    pub milestones: Line,
    /// What is wrong, worst first.
    pub trouble: Line,
}

impl Loaded {
    fn new(journey: Box<Journey>, received_at: Timestamp) -> Self {
        let outline = Outline::new(&journey);
        let mut keys = Line::of(Tone::Dim, "keys    ");
        for key in &journey.keys {
            keys.push(Tone::Plain, format!(" {}", key.key));
        }
        let mut milestones = Line::of(Tone::Dim, "reached ");
        for milestone in &journey.milestones {
            milestones.push(Tone::Good, " ✓");
            milestones.push(Tone::Plain, &milestone.name);
            let after_ns = ns_between(outline.origin, milestone.at);
            milestones.push(Tone::Dim, format!(" +{}", human(after_ns)));
        }
        let mut trouble = Line::default();
        for (row, handoff) in outline.failed().take(3) {
            let failure = handoff.failure.as_deref().unwrap_or_default();
            let tries = handoff.attempts.len();
            trouble.push(Tone::Error, format!("✗ {failure} (try {tries}): {}  ", row.name()));
        }
        for limit in &journey.limits {
            trouble.push(
                Tone::Warning,
                format!("! incomplete ({} limit {}): {}  ", limit.limit, limit.value, limit.detail),
            );
        }
        trouble.extend(clocks::apart(&journey, if journey.aligned { " (c: without) " } else { " (c: by one) " }));
        let failed = outline.failed().count();
        let retries = outline.retries();
        Self { findings: Vec::new(), failed, retries, keys, milestones, trouble, journey, outline, received_at }
    }
}

impl JourneyScreen {
    /// Nothing known yet.
    pub fn new(key: &str, now: Timestamp) -> Self {
        Self {
            key: key.to_owned(),
            loaded: None,
            missing: false,
            visible: Vec::new(),
            cursor: Cursor::default(),
            pane: None,
            attempt: None,
            zoom: None,
            aligned: false,
            poll: Poll::new(EVERY, now),
            aim: None,
            folded: HashSet::new(),
        }
    }

    /// Nothing known yet, but where to look first.
    pub fn aimed(key: &str, evidence: Vec<Evidence>, now: Timestamp) -> Self {
        Self { aim: Some(evidence), ..Self::new(key, now) }
    }

    /// How many findings there are of the order.
    pub fn findings(&self) -> usize {
        self.loaded.as_ref().map_or(0, |loaded| loaded.findings.len())
    }

    /// Takes over what is wrong with this order.
    pub fn relate(&mut self, findings: &FindingsScreen) {
        let Some(loaded) = &mut self.loaded else { return };
        let lines = findings.of_journey(&loaded.journey).map(|finding| {
            let name = format!("{} {}", finding.severity.name(), finding.kind.name());
            Line::of(severity_tone(finding.severity), name).and(Tone::Plain, format!("  {}", finding.says))
        });
        loaded.findings = lines.collect();
    }

    /// Takes in an answer; chosen row and folds stay by the handoffs' ids.
    pub fn receive(&mut self, journey: Box<Journey>, now: Timestamp) {
        self.missing = false;
        if let Some(loaded) = &mut self.loaded
            && loaded.journey == journey
        {
            loaded.received_at = now;
            return;
        }
        let chosen = self.selected().map(|row| row.id.clone());
        self.loaded = Some(Loaded::new(journey, now));
        self.unfold_visible();
        if let Some(chosen) = chosen {
            self.choose(|row| row.id == chosen);
        }
        if let (Some(evidence), Some(loaded)) = (self.aim.take(), &self.loaded)
            && let Some(at) = aimed_row(&loaded.outline, &loaded.journey, &evidence)
        {
            self.reveal(at);
        }
    }

    /// The chosen row.
    pub fn selected(&self) -> Option<&Row> {
        self.loaded.as_ref()?.outline.rows.get(*self.visible.get(self.cursor.at)?)
    }

    /// The chosen row's handoff.
    pub fn selected_handoff(&self) -> Option<&Handoff> {
        let index = self.selected()?.handoff()?.index;
        self.loaded.as_ref()?.journey.handoffs.get(index)
    }

    /// Whether what lies within `row` is shown.
    pub fn fold(&self, row: &Row) -> Fold {
        match (row.descendants, self.folded.contains(&row.id)) {
            (0, _) => Fold::Leaf,
            (_, true) => Fold::Closed,
            (_, false) => Fold::Open,
        }
    }

    /// The time axis to draw by.
    pub fn scale(&self) -> Option<&Scale> {
        self.zoom.as_ref().or_else(|| self.loaded.as_ref().map(|loaded| &loaded.outline.scale))
    }

    /// Fits a wanted zoom to the `height` rows on the screen. A handoff whose own handoffs are
    /// shown below it does not count: it would stretch the axis beyond them.
    pub fn fit_zoom(&mut self, height: usize) {
        let (Some(_), Some(loaded)) = (&self.zoom, &self.loaded) else { return };
        let rows = self.visible.iter().skip(self.cursor.top).take(height);
        let rows = rows.filter_map(|at| loaded.outline.rows.get(*at));
        let inner = rows.filter(|row| self.fold(row) != Fold::Open).filter_map(Row::handoff);
        let bars = inner.flat_map(|handoff| &handoff.attempts).map(|bar| (bar.start_ns, bar.end_ns));
        self.zoom = Some(Scale::new(bars));
    }

    /// Folds or unfolds the chosen row; a row with nothing inside stays as it is.
    pub fn set_fold(&mut self, closed: impl FnOnce(bool) -> bool) {
        let Some(row) = self.selected().filter(|row| row.descendants > 0) else { return };
        let id = row.id.clone();
        if closed(self.folded.contains(&id)) {
            self.folded.insert(id);
        } else {
            self.folded.remove(&id);
        }
        // The chosen row stays where it is: only rows below it come or go.
        self.unfold_visible();
    }

    /// Folds everything, or unfolds it if anything is folded.
    pub fn fold_all(&mut self) {
        let chosen = self.selected().map(|row| row.id.clone());
        let Some(loaded) = &self.loaded else { return };
        if self.folded.is_empty() {
            let inner = loaded.outline.rows.iter().filter(|row| row.descendants > 0);
            self.folded = inner.map(|row| row.id.clone()).collect();
        } else {
            self.folded.clear();
        }
        self.unfold_visible();
        if let Some(chosen) = chosen {
            self.choose(|row| row.id == chosen);
        }
    }

    /// Chooses the row of the handoff that encloses the chosen one.
    pub fn choose_parent(&mut self) {
        let Some(parent) = self.selected().and_then(|row| row.parent) else { return };
        if let Ok(at) = self.visible.binary_search(&parent) {
            self.cursor.at = at;
        }
    }

    /// Chooses the next row, folded away or not, that `wanted` admits, round the end;
    /// backwards if asked. Returns which of how many it is.
    pub fn jump(&mut self, backwards: bool, wanted: impl Fn(&Row) -> bool) -> Option<(usize, usize)> {
        let rows = &self.loaded.as_ref()?.outline.rows;
        let found: Vec<usize> = (0..rows.len()).filter(|at| rows.get(*at).is_some_and(&wanted)).collect();
        let here = self.visible.get(self.cursor.at).copied().unwrap_or(0);
        let nth = match backwards {
            false => found.iter().position(|at| *at > here).unwrap_or(0),
            true => found.iter().rposition(|at| *at < here).unwrap_or(found.len().saturating_sub(1)),
        };
        let target = *found.get(nth)?;
        self.reveal(target);
        Some((nth + 1, found.len()))
    }

    /// Chooses the row of the handoff that took longest.
    pub fn jump_to_slowest(&mut self) {
        let Some(loaded) = &self.loaded else { return };
        let handoffs = loaded.outline.rows.iter().enumerate().filter(|(_, row)| row.handoff().is_some());
        if let Some((at, _)) = handoffs.max_by_key(|(_, row)| row.duration_ns) {
            self.reveal(at);
        }
    }

    /// Opens the folds around a row and chooses it.
    fn reveal(&mut self, target: usize) {
        let Some(loaded) = &self.loaded else { return };
        let rows = &loaded.outline.rows;
        let mut outer = rows.get(target).and_then(|row| row.parent);
        while let Some(row) = outer.and_then(|outer| rows.get(outer)) {
            self.folded.remove(&row.id);
            outer = row.parent;
        }
        self.unfold_visible();
        if let Ok(at) = self.visible.binary_search(&target) {
            self.cursor.at = at;
        }
    }

    /// Chooses the first row that `wanted` admits, or the visible one that encloses it.
    fn choose(&mut self, wanted: impl Fn(&Row) -> bool) {
        let Some(loaded) = &self.loaded else { return };
        if let Some(target) = loaded.outline.rows.iter().position(wanted) {
            let at = self.visible.partition_point(|row| *row <= target);
            self.cursor.at = at.saturating_sub(1);
        }
    }

    fn unfold_visible(&mut self) {
        self.visible.clear();
        let Some(loaded) = &self.loaded else { return };
        let rows = &loaded.outline.rows;
        let mut at = 0;
        while let Some(row) = rows.get(at) {
            self.visible.push(at);
            let hidden = if self.folded.contains(&row.id) { row.descendants } else { 0 };
            at += 1 + hidden;
        }
    }
}
