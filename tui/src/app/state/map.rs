use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::finding::Finding;
use ordertrace_api::hotspot::{Against, Hotspots, HotspotsQuery, MinuteRange};

use super::hotspots::LENGTHS;
use super::{Cursor, Lookback, Poll, TextFilter, TouchedScreen};
use crate::cli::Range;
use crate::hotspot_table::Spot;
use crate::systems_map::{Edge, Level, System, SystemsMap, Worst};
use crate::waterfall::Fold;

/// Adding up a range costs more than a look at a list.
const EVERY: SignedDuration = SignedDuration::from_secs(5);

/// Handoffs in trouble that a folded system shows all the same.
const SHOWN_FOLDED: usize = 3;

/// A row: a system, or a handoff below the system that hands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapRow {
    /// Place of the system on the map.
    pub system: usize,
    /// Place of the handoff among the system's; `None` for the system itself.
    pub handoff: Option<usize>,
    /// Whether all handoffs of the system are shown; of the system's row only.
    pub fold: Fold,
}

/// Which system hands on to which.
#[derive(Clone, Debug)]
pub struct MapScreen {
    /// The systems.
    pub map: SystemsMap,
    /// What no fold hides, in the order in which it is shown.
    pub rows: Vec<MapRow>,
    /// The range that the figures are of.
    pub range: Option<MinuteRange>,
    /// The range they are compared with.
    pub compared: Option<MinuteRange>,
    /// When they came.
    pub received_at: Option<Timestamp>,
    /// Whether the collector has more handoffs.
    pub more: bool,
    /// The chosen row.
    pub cursor: Cursor,
    /// Whether what is in trouble comes first, and not who hands on before others.
    pub trouble_first: bool,
    /// Whether the map stands still.
    pub paused: bool,
    /// What names must contain.
    pub filter: TextFilter,
    /// Which time the figures are of.
    pub lookback: Lookback,
    /// Why the last question has no answer, when it has none.
    pub trouble: Option<String>,
    /// When to ask again.
    pub poll: Poll,
    reply: Option<Hotspots>,
    findings: Vec<Finding>,
    /// Systems of which all handoffs are shown.
    unfolded: HashSet<Option<String>>,
    /// By name, so that it stays chosen wherever it goes; none before a person or trouble chose.
    chosen: Option<(Option<String>, Option<String>)>,
}

impl MapScreen {
    /// Nothing known yet. `fixed` is the range to show, if it has ends.
    pub(super) fn new(fixed: Range, now: Timestamp) -> Self {
        Self {
            map: SystemsMap::default(),
            rows: Vec::new(),
            range: None,
            compared: None,
            received_at: None,
            more: false,
            cursor: Cursor::default(),
            trouble_first: false,
            paused: false,
            filter: TextFilter::default(),
            lookback: Lookback::new(fixed, LENGTHS),
            trouble: None,
            poll: Poll::new(EVERY, now),
            reply: None,
            findings: Vec::new(),
            unfolded: HashSet::new(),
            chosen: None,
        }
    }

    /// What to ask the collector for: what is worse than it was shows where it breaks.
    pub fn query(&self, now: Timestamp) -> HotspotsQuery {
        let (since, until) = self.lookback.ends(now);
        HotspotsQuery { since, until, against: Some(Against::Day), slices: None }
    }

    /// Another length of range; `false` where it was given.
    pub fn stretch(&mut self) -> bool {
        let stretched = self.lookback.stretch();
        if stretched {
            // What is asked for now is not what the map stands still with.
            self.paused = false;
            self.poll.hurry();
        }
        stretched
    }

    /// Takes in an answer.
    pub fn receive(&mut self, reply: Hotspots, now: Timestamp) {
        self.trouble = None;
        if self.paused {
            return;
        }
        self.range = Some(reply.range);
        self.compared = reply.compared;
        self.more = reply.more;
        self.received_at = Some(now);
        self.reply = Some(reply);
        self.draw_up();
    }

    /// Takes in which findings hold.
    pub fn relate(&mut self, findings: &[Finding]) {
        let about_systems = findings.iter().filter(|finding| finding.system.is_some()).cloned().collect();
        if self.paused || self.findings == about_systems {
            return;
        }
        self.findings = about_systems;
        self.draw_up();
    }

    fn draw_up(&mut self) {
        let Some(reply) = &self.reply else { return };
        self.map = SystemsMap::new(reply, &self.findings);
        self.arrange();
        if self.chosen.is_none() {
            self.choose_worst();
        }
    }

    /// Sorts, folds and filters again; the chosen row stays chosen wherever it goes.
    pub fn arrange(&mut self) {
        let mut order: Vec<usize> = (0..self.map.systems.len()).collect();
        if self.trouble_first {
            // Stable: what is as bad stays along the traffic.
            order.sort_by_key(|at| std::cmp::Reverse(self.map.systems.get(*at).map(System::level)));
        }
        let rows = order.into_iter().filter_map(|at| Some(self.rows_of(at, self.map.systems.get(at)?)));
        self.rows = rows.flatten().collect();
        let Some((system, handoff)) = &self.chosen else { return };
        let is_chosen = |row: &MapRow| {
            let edge = self.edge(*row).map(|edge| edge.spot.name());
            self.system(*row).map(|system| &system.name) == Some(system) && edge == *handoff
        };
        let of_system = |row: &MapRow| self.system(*row).map(|system| &system.name) == Some(system);
        let place = self.rows.iter().position(is_chosen).or_else(|| self.rows.iter().position(of_system));
        if let Some(at) = place {
            self.cursor.at = at;
        }
    }

    /// The rows of a system; none where neither it nor a handoff of it is wanted.
    fn rows_of(&self, at: usize, system: &System) -> Vec<MapRow> {
        let open = self.unfolded.contains(&system.name);
        let named = self.filter.admits([system.shown_name()]);
        let in_trouble = system.handoffs.iter().take_while(|edge| edge.trouble.level > Level::Calm).count();
        let folded = in_trouble.min(SHOWN_FOLDED);
        let shown: Vec<usize> = system
            .handoffs
            .iter()
            .enumerate()
            .filter(|(_, edge)| !self.filter.is_set() || self.filter.admits([&*edge.spot.name()]))
            .map(|(at, _)| at)
            // What was looked for is not hidden.
            .take_while(|at| open || *at < folded || self.filter.is_set() && !named)
            .collect();
        if !named && shown.is_empty() {
            return Vec::new();
        }
        let fold = match system.handoffs.len() {
            hidden if hidden > shown.len() && !open => Fold::Closed,
            0 => Fold::Leaf,
            _ => Fold::Open,
        };
        let head = MapRow { system: at, handoff: None, fold };
        let handoffs = shown.into_iter().map(|handoff| MapRow { handoff: Some(handoff), fold: Fold::Leaf, ..head });
        std::iter::once(head).chain(handoffs).collect()
    }

    /// Whoever opens the map looks for what is broken.
    fn choose_worst(&mut self) {
        let (system, handoff) = match self.map.worst() {
            Some(Worst::Handoff(edge)) => (edge.spot.from.clone(), Some(edge.spot.name())),
            Some(Worst::System(system)) => (system.name.clone(), None),
            None => return,
        };
        self.chosen = Some((system, handoff));
        self.arrange();
    }

    /// Moves the choice by `rows`.
    pub fn step(&mut self, rows: isize) {
        self.cursor.step(rows, self.rows.len());
        self.remember();
    }

    fn remember(&mut self) {
        let name = |row: MapRow| Some((self.system(row)?.name.clone(), self.edge(row).map(|edge| edge.spot.name())));
        self.chosen = self.selected().and_then(name);
    }

    /// Chooses the next row in trouble, round the end; backwards if asked. Returns which of how many it is.
    pub fn jump(&mut self, backwards: bool) -> Option<(usize, usize)> {
        let level = |row: &MapRow| match (self.edge(*row), self.system(*row)) {
            (Some(edge), _) => edge.trouble.level,
            (None, system) => system.map_or(Level::Calm, |system| system.trouble.level),
        };
        let found: Vec<usize> =
            self.rows.iter().enumerate().filter(|(_, row)| level(row) > Level::Calm).map(|(at, _)| at).collect();
        let here = self.cursor.at;
        let nth = match backwards {
            false => found.iter().position(|at| *at > here).unwrap_or(0),
            true => found.iter().rposition(|at| *at < here).unwrap_or(found.len().saturating_sub(1)),
        };
        self.cursor.at = *found.get(nth)?;
        self.remember();
        Some((nth + 1, found.len()))
    }

    /// Folds or unfolds the chosen row's system.
    pub fn set_fold(&mut self, closed: impl FnOnce(bool) -> bool) {
        let Some(name) = self.selected().and_then(|row| self.system(row)).map(|system| system.name.clone()) else {
            return;
        };
        if closed(!self.unfolded.contains(&name)) {
            self.unfolded.remove(&name);
        } else {
            self.unfolded.insert(name);
        }
        self.remember();
        self.arrange();
    }

    /// Folds everything, or unfolds it if nothing is unfolded.
    pub fn fold_all(&mut self) {
        if self.unfolded.is_empty() {
            self.unfolded = self.map.systems.iter().map(|system| system.name.clone()).collect();
        } else {
            self.unfolded.clear();
        }
        self.remember();
        self.arrange();
    }

    /// Chooses the row of the system that the chosen handoff is of.
    pub fn choose_system(&mut self) {
        let above = self.rows.iter().take(self.cursor.at + 1).rposition(|row| row.handoff.is_none());
        self.cursor.at = above.unwrap_or(0);
        self.remember();
    }

    /// The chosen row.
    pub fn selected(&self) -> Option<MapRow> {
        self.rows.get(self.cursor.at).copied()
    }

    /// The system of a row.
    pub fn system(&self, row: MapRow) -> Option<&System> {
        self.map.systems.get(row.system)
    }

    /// The handoff of a row, if it is one's.
    pub fn edge(&self, row: MapRow) -> Option<&Edge> {
        self.system(row)?.handoffs.get(row.handoff?)
    }

    /// What the chosen row has figures of; a system only where it received anything.
    pub fn selected_spot(&self) -> Option<&Spot> {
        let row = self.selected()?;
        match row.handoff {
            Some(_) => self.edge(row).map(|edge| &edge.spot),
            None => self.system(row)?.received.as_ref(),
        }
    }

    /// The system that the chosen row is about: of a handoff the one that received.
    pub fn selected_system(&self) -> Option<&str> {
        let row = self.selected()?;
        match self.edge(row) {
            Some(edge) => Some(&edge.spot.to),
            None => self.system(row)?.name.as_deref(),
        }
    }

    /// The orders of the chosen row: those then, where there are none now.
    pub fn orders_of_chosen(&self, now: Timestamp) -> Option<TouchedScreen> {
        let spot = self.selected_spot()?;
        let range = if spot.figures.is_gone() { self.compared } else { self.range };
        Some(TouchedScreen::of(spot, range, now))
    }
}
