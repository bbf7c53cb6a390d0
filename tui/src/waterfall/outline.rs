use std::collections::HashMap;

use jiff::Timestamp;
use ordertrace_api::journey::{Handoff, JoinKind, Journey, Outcome};

use super::nesting::depth_first;
use super::scale::Scale;
use crate::text::ns_between;

/// The rows of a journey, computed once per answer so that drawing costs only what is
/// visible.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Start of the first handoff; all offsets count from it.
    pub origin: Timestamp,
    /// From offsets to places on the time axis.
    pub scale: Scale,
    /// Handoffs depth first, by start, each after the wait that it ended.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The handoff's id, or `wait:` and the id of the handoff that ended the wait.
    pub id: String,
    /// Handoffs it lies within.
    pub depth: usize,
    /// The row of the handoff it lies within.
    pub parent: Option<usize>,
    /// How many rows after it lie within it.
    pub descendants: usize,
    /// Offset of the start, in nanoseconds.
    pub start_ns: i64,
    /// Length, in nanoseconds.
    pub duration_ns: u64,
    /// What it shows.
    pub kind: RowKind,
}

/// What a row shows.
#[derive(Clone, Debug)]
pub enum RowKind {
    /// One handoff.
    Handoff(HandoffRow),
    /// Nothing was under way.
    Wait,
}

/// What the row of a handoff needs beside its times.
#[derive(Clone, Debug)]
pub struct HandoffRow {
    /// Position in the journey's list of handoffs.
    pub index: usize,
    /// The system that handed on.
    pub from: Option<String>,
    /// The system that received.
    pub to: String,
    /// What was asked.
    pub operation: String,
    /// Its attempts, by start.
    pub attempts: Vec<Bar>,
    /// Parts of it that made the journey longer: start and end offset in nanoseconds.
    pub critical: Vec<(i64, i64)>,
    /// Status code or error type of the last attempt, when that failed.
    pub failure: Option<String>,
    /// Whether some attempt's sides were joined by inference.
    pub inferred: bool,
    /// Handoffs within it whose last attempt failed.
    pub failed_within: usize,
    /// Whether its sender is the receiver of the handoff it lies within.
    pub continues_parent: bool,
}

/// One attempt on the time axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Offset of the start, in nanoseconds.
    pub start_ns: i64,
    /// Offset of the end, in nanoseconds.
    pub end_ns: i64,
    /// Whether it failed.
    pub failed: bool,
}

impl HandoffRow {
    /// Attempts beyond the first.
    pub fn retries(&self) -> usize {
        self.attempts.len().saturating_sub(1)
    }
}

impl Row {
    /// The handoff, if it shows one.
    pub fn handoff(&self) -> Option<&HandoffRow> {
        match &self.kind {
            RowKind::Handoff(handoff) => Some(handoff),
            RowKind::Wait => None,
        }
    }

    /// `oms → crm  POST /events`, or nothing for a wait.
    pub fn name(&self) -> String {
        let Some(handoff) = self.handoff() else { return String::new() };
        let arrow = if handoff.inferred { "~→" } else { "→" };
        let from = handoff.from.as_deref().map(|from| format!("{from} ")).unwrap_or_default();
        format!("{from}{arrow} {}  {}", handoff.to, handoff.operation)
    }

    /// Offset of the end, in nanoseconds.
    pub fn end_ns(&self) -> i64 {
        end(self.start_ns, self.duration_ns)
    }
}

impl Outline {
    /// Lays out `journey`, whatever its parents look like: a parent that does not exist, is
    /// the handoff itself or closes a circle counts as none.
    pub fn new(journey: &Journey) -> Self {
        let origin = journey.handoffs.iter().map(|handoff| handoff.started_at).min().unwrap_or(journey.started_at);
        let mut rows = Vec::with_capacity(journey.handoffs.len() + journey.waits.len());
        let waits = significant_waits(journey);
        let critical = critical_parts(journey, origin);
        let nodes: Vec<(&str, Option<&str>)> =
            journey.handoffs.iter().map(|handoff| (handoff.id.as_str(), handoff.parent.as_deref())).collect();
        for (index, depth, parent) in depth_first(&nodes) {
            let Some(handoff) = journey.handoffs.get(index) else { continue };
            let parent = parent.and_then(|parent: usize| journey.handoffs.get(parent));
            if let Some((started_at, duration_ns)) = waits.get(handoff.id.as_str()) {
                rows.push(Row {
                    id: format!("wait:{}", handoff.id),
                    depth,
                    parent: None,
                    descendants: 0,
                    start_ns: offset_ns(origin, *started_at),
                    duration_ns: *duration_ns,
                    kind: RowKind::Wait,
                });
            }
            let mut row = handoff_row(index, handoff, parent, origin);
            row.critical = critical.get(handoff.id.as_str()).cloned().unwrap_or_default();
            rows.push(Row {
                id: handoff.id.clone(),
                depth,
                parent: None,
                descendants: 0,
                start_ns: offset_ns(origin, handoff.started_at),
                duration_ns: handoff.duration_ns,
                kind: RowKind::Handoff(row),
            });
        }
        nest(&mut rows);
        let busy = rows.iter().filter_map(Row::handoff).flat_map(|handoff| &handoff.attempts);
        let scale = Scale::new(busy.map(|bar| (bar.start_ns, bar.end_ns)));
        Self { origin, scale, rows }
    }

    /// Handoffs whose last attempt failed.
    pub fn failed(&self) -> impl Iterator<Item = (&Row, &HandoffRow)> {
        let handoffs = self.rows.iter().filter_map(|row| Some((row, row.handoff()?)));
        handoffs.filter(|(_, handoff)| handoff.failure.is_some())
    }

    /// Attempts beyond the first, over all handoffs.
    pub fn retries(&self) -> usize {
        self.rows.iter().filter_map(Row::handoff).map(HandoffRow::retries).sum()
    }
}

fn handoff_row(index: usize, handoff: &Handoff, parent: Option<&Handoff>, origin: Timestamp) -> HandoffRow {
    let attempts = handoff.attempts.iter().map(|attempt| {
        let start_ns = offset_ns(origin, attempt.started_at);
        Bar { start_ns, end_ns: end(start_ns, attempt.duration_ns), failed: attempt.outcome == Outcome::Error }
    });
    let last = handoff.attempts.last().filter(|attempt| attempt.outcome == Outcome::Error);
    let failure = last.map(|attempt| match (attempt.status_code, &attempt.error_type) {
        (Some(code), _) => code.to_string(),
        (None, Some(error_type)) => error_type.clone(),
        (None, None) => "error".to_owned(),
    });
    HandoffRow {
        index,
        from: handoff.from.clone(),
        to: handoff.to.clone(),
        operation: handoff.operation.clone(),
        attempts: attempts.collect(),
        critical: Vec::new(),
        failure,
        inferred: handoff.attempts.iter().any(|attempt| attempt.joined == JoinKind::Inferred),
        failed_within: 0,
        continues_parent: parent.is_some_and(|parent| handoff.from.as_ref() == Some(&parent.to)),
    }
}

/// Waits that take a visible part of the journey, by the handoff that ended them.
fn significant_waits(journey: &Journey) -> HashMap<&str, (Timestamp, u64)> {
    const SHARE: u64 = 50;
    const ALWAYS_NS: u64 = 1_000_000_000;
    let length_ns = ns_between(journey.started_at, journey.ended_at);
    let waits = journey.waits.iter().filter(|wait| wait.duration_ns >= ALWAYS_NS.min(length_ns / SHARE));
    waits.map(|wait| (wait.before.as_str(), (wait.started_at, wait.duration_ns))).collect()
}

fn critical_parts(journey: &Journey, origin: Timestamp) -> HashMap<&str, Vec<(i64, i64)>> {
    let mut parts: HashMap<&str, Vec<(i64, i64)>> = HashMap::new();
    for segment in &journey.critical_path {
        if let Some(handoff) = &segment.handoff {
            let start_ns = offset_ns(origin, segment.started_at);
            parts.entry(handoff).or_default().push((start_ns, end(start_ns, segment.duration_ns)));
        }
    }
    parts
}

/// Fills in what follows from the rows' order and depth.
fn nest(rows: &mut [Row]) {
    let total = rows.len();
    let mut open: Vec<usize> = Vec::new();
    for at in 0..=total {
        let depth = rows.get(at).map_or(0, |row| row.depth);
        while let Some(last) = open.last().copied() {
            let Some(row) = rows.get_mut(last) else { break };
            if at < total && row.depth < depth {
                break;
            }
            open.pop();
            let Row { descendants, kind: RowKind::Handoff(handoff), .. } = row else { continue };
            *descendants = at - last - 1;
            let failed = handoff.failed_within + usize::from(handoff.failure.is_some());
            if let Some(outer) = open.last().and_then(|outer| rows.get_mut(*outer))
                && let RowKind::Handoff(outer) = &mut outer.kind
            {
                outer.failed_within += failed;
            }
        }
        if let Some(row) = rows.get_mut(at) {
            row.parent = open.last().copied();
            if matches!(row.kind, RowKind::Handoff(_)) {
                open.push(at);
            }
        }
    }
}

fn offset_ns(origin: Timestamp, at: Timestamp) -> i64 {
    let ns = at.as_nanosecond() - origin.as_nanosecond();
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

fn end(start_ns: i64, duration_ns: u64) -> i64 {
    start_ns.saturating_add_unsigned(duration_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn shape(outline: &Outline) -> Vec<(String, usize, usize)> {
        outline.rows.iter().map(|row| (row.id.clone(), row.depth, row.descendants)).collect()
    }

    fn with_parents(parents: &[(&str, Option<&str>)]) -> Outline {
        let mut journey = sample::journey();
        let handoff = journey.handoffs.first().unwrap().clone();
        journey.handoffs = parents
            .iter()
            .map(|(id, parent)| Handoff { id: (*id).to_owned(), parent: parent.map(str::to_owned), ..handoff.clone() })
            .collect();
        journey.waits.clear();
        Outline::new(&journey)
    }

    #[test]
    fn children_follow_their_parents() {
        let outline = with_parents(&[("a", None), ("b", Some("a")), ("c", None), ("d", Some("b"))]);
        let expected = [("a", 0, 2), ("b", 1, 1), ("d", 2, 0), ("c", 0, 0)];
        assert_eq!(shape(&outline), expected.map(|(id, depth, within)| (id.to_owned(), depth, within)));
        let parents: Vec<_> = outline.rows.iter().map(|row| row.parent).collect();
        assert_eq!(parents, [None, Some(0), Some(1), None]);
    }

    #[test]
    fn circles_and_missing_parents_lose_nothing() {
        let outline = with_parents(&[("a", Some("b")), ("b", Some("a")), ("c", Some("c")), ("d", Some("gone"))]);
        let mut ids: Vec<_> = outline.rows.iter().map(|row| row.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["a", "b", "c", "d"]);
    }

    #[test]
    fn waits_stand_before_what_ended_them() {
        let outline = Outline::new(&sample::journey());
        let waits: Vec<_> = outline.rows.windows(2).filter(|pair| matches!(pair[0].kind, RowKind::Wait)).collect();
        assert!(!waits.is_empty());
        for pair in waits {
            assert_eq!(pair[0].id, format!("wait:{}", pair[1].id));
        }
    }

    #[test]
    fn failures_within_are_counted_by_every_ancestor() {
        let outline = Outline::new(&sample::journey());
        for (at, row) in outline.rows.iter().enumerate() {
            let Some(handoff) = row.handoff() else { continue };
            let within = &outline.rows[at + 1..=at + row.descendants];
            let failed = within.iter().filter_map(Row::handoff).filter(|inner| inner.failure.is_some()).count();
            assert_eq!(handoff.failed_within, failed, "{}", row.id);
        }
    }
}
