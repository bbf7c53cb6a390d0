use std::collections::BTreeMap;

use jiff::Timestamp;
use ordertrace_api::journey::Handoff;

use super::{HandoffName, Interval};
use crate::truth::HandoffTruth;

/// Which reported handoff is which real one.
#[derive(Debug, Default)]
pub(super) struct Matched<'a> {
    pub(super) pairs: Vec<(&'a HandoffTruth, &'a Handoff)>,
    pub(super) missing: Vec<&'a HandoffTruth>,
    pub(super) extra: Vec<&'a Handoff>,
}

/// Handoffs of one name, by start.
#[derive(Debug, Default)]
struct Group<'a> {
    real: Vec<&'a HandoffTruth>,
    reported: Vec<&'a Handoff>,
}

pub(super) fn matched<'a>(real: &'a [HandoffTruth], reported: &'a [Handoff]) -> Matched<'a> {
    let mut groups: BTreeMap<HandoffName, Group<'a>> = BTreeMap::new();
    for handoff in real {
        groups.entry(HandoffName::of_truth(handoff)).or_default().real.push(handoff);
    }
    for handoff in reported {
        groups.entry(HandoffName::of_report(handoff)).or_default().reported.push(handoff);
    }
    let mut matched = Matched::default();
    for mut group in groups.into_values() {
        group.real.sort_by_key(|handoff| handoff.started_at());
        group.reported.sort_by_key(|handoff| handoff.started_at);
        pair(group, &mut matched);
    }
    matched
}

/// Those that overlap first: one that is missing must not shift all that follow it.
fn pair<'a>(group: Group<'a>, matched: &mut Matched<'a>) {
    let mut reported = group.reported;
    let mut apart = Vec::new();
    for made in group.real {
        match reported.iter().position(|seen| extent(made).is_some_and(|real| real.overlaps(reported_extent(seen)))) {
            Some(at) => matched.pairs.push((made, reported.remove(at))),
            None => apart.push(made),
        }
    }
    let mut reported = reported.into_iter();
    for made in apart {
        match reported.next() {
            Some(seen) => matched.pairs.push((made, seen)),
            None => matched.missing.push(made),
        }
    }
    matched.extra.extend(reported);
}

fn extent(handoff: &HandoffTruth) -> Option<Interval> {
    let (first, last) = (handoff.attempts.first()?, handoff.attempts.last()?);
    Some(Interval { started_at: first.started_at, ended_at: last.ended_at })
}

fn reported_extent(handoff: &Handoff) -> Interval {
    let ends = handoff.attempts.iter().map(|attempt| Interval::of_report(attempt).ended_at);
    Interval { started_at: handoff.started_at, ended_at: ends.max().unwrap_or(Timestamp::MIN) }
}
