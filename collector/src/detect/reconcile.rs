use std::collections::HashSet;

use jiff::Timestamp;
use ordertrace_api::finding::{Evidence, FindingState};
use ordertrace_api::keys::Key;

use super::ledger::Entry;
use super::verdict::Fault;
use crate::journey::{Case, Sighting};
use crate::moment::timestamp;

/// Places that a finding shows of those it was told from.
const MOST_EVIDENCE: usize = 50;

/// What to write of a journey's findings, when `faults` is what `flow` says at `now` and `known`
/// what is written of any of its keys.
///
/// A fault is the same finding as one that is known by its rule and what it is about. Two such, from a
/// time when their keys were not known to be of one order, become one: that with the lower id.
pub(super) fn reconcile(case: &Case, flow: &str, faults: &[Fault], known: &[&Entry], now: Timestamp) -> Vec<Entry> {
    let mut changed = Vec::new();
    let mut kept: HashSet<&str> = HashSet::new();
    for fault in faults {
        let same = known.iter().filter(|entry| {
            entry.finding.flow == flow && entry.finding.rule == fault.rule && entry.about == fault.about
        });
        let entry = match same.min_by_key(|entry| &entry.finding.id) {
            Some(before) => {
                kept.insert(&before.finding.id);
                let mut entry = entry(case, flow, fault, before.anchor.clone(), now);
                entry.finding.id.clone_from(&before.finding.id);
                entry.finding.opened_at = before.finding.opened_at;
                let updated_at = std::mem::replace(&mut entry.finding.updated_at, before.finding.updated_at);
                if entry == **before {
                    continue;
                }
                entry.finding.updated_at = updated_at;
                entry
            }
            None => entry(case, flow, fault, case.journey.id.clone(), now),
        };
        changed.push(entry);
    }
    let gone =
        known.iter().filter(|entry| entry.finding.state == FindingState::Open && !kept.contains(&*entry.finding.id));
    changed.extend(gone.map(|entry| {
        let because = "evidence that arrived later shows that it was not so";
        let mut entry = (*entry).clone().ended(FindingState::Retracted, now, because);
        entry.finding.updated_at = now;
        entry
    }));
    changed
}

fn entry(case: &Case, flow: &str, fault: &Fault, anchor: Key, now: Timestamp) -> Entry {
    let about = (anchor, fault.about.as_str());
    let mut entry =
        Entry::open(about, (flow, &fault.rule), fault.kind, timestamp(fault.since_ns), fault.says.clone(), now);
    entry.finding.order = Some(case.journey.id.clone());
    entry.finding.system = fault.evidence.last().map(|sighting| sighting.system.clone());
    entry.finding.money.clone_from(&fault.money);
    entry.finding.evidence = fault.evidence.iter().take(MOST_EVIDENCE).map(evidence).collect();
    match &fault.closed {
        Some((at_ns, why)) => entry.ended(FindingState::Closed, timestamp(*at_ns), why),
        None => entry,
    }
}

fn evidence(sighting: &Sighting) -> Evidence {
    let id = |id: &[u8]| if id.iter().all(|byte| *byte == 0) { String::new() } else { hex::encode(id) };
    Evidence {
        at: timestamp(sighting.at_ns),
        what: sighting.name.clone(),
        system: sighting.system.clone(),
        trace_id: id(&sighting.trace_id),
        span_id: id(&sighting.span_id),
    }
}
