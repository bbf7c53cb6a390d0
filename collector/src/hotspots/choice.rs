//! Which reports count, so that each attempt is counted once. The rule is [the module's](super).

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use ordertrace_api::journey::Observer;

use super::figures::Sums;

/// What one observer reported of a handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// The sending system; empty when the observer cannot know.
    pub(super) from: String,
    /// The receiving system.
    pub(super) to: String,
    /// What was asked.
    pub(super) operation: String,
    /// Who reported.
    pub(super) observer: Observer,
    /// What was reported.
    pub(super) sums: Sums,
}

impl Report {
    /// The handoff that it is about: receiver, operation, sender.
    pub(super) fn handoff(&self) -> (String, String, String) {
        (self.to.clone(), anonymous(&self.operation).into_owned(), self.from.clone())
    }
}

/// Each handoff once.
pub(super) fn choose(reports: Vec<Report>) -> Vec<Report> {
    let mut handed: BTreeMap<(String, String), BTreeMap<String, Vec<Report>>> = BTreeMap::new();
    for report in reports {
        let (to, operation, from) = report.handoff();
        handed.entry((to, operation)).or_default().entry(from).or_default().push(report);
    }
    let mut chosen = Vec::with_capacity(handed.len());
    for mut senders in handed.into_values() {
        // These may be anybody's attempts, hence also those that are known.
        let anybodys = senders.remove("").and_then(one_observer);
        let known: Vec<Report> = senders.into_values().filter_map(one_observer).collect();
        let mut sums = Sums::default();
        known.iter().for_each(|report| sums.add(&report.sums));
        let rest = anybodys.and_then(|report| {
            let sums = if known.is_empty() { Some(report.sums) } else { report.sums.without(&sums) };
            Some(Report { sums: sums?, ..report })
        });
        chosen.extend(rest.into_iter().chain(known));
    }
    chosen
}

/// What one observer reported of a handoff, of all that reported it.
fn one_observer(reports: Vec<Report>) -> Option<Report> {
    let mut observers: BTreeMap<Observer, Report> = BTreeMap::new();
    for report in reports {
        match observers.get_mut(&report.observer) {
            None => {
                observers.insert(report.observer, report);
            }
            // Operations that differ in the names of placeholders: known by the one most used.
            Some(known) if known.sums.attempts < report.sums.attempts => {
                let less = std::mem::replace(known, report);
                known.sums.add(&less.sums);
            }
            Some(known) => known.sums.add(&report.sums),
        }
    }
    observers
        .into_values()
        .max_by_key(|report| (is_callers(report.observer), report.sums.attempts, Reverse(report.observer)))
}

fn is_callers(observer: Observer) -> bool {
    match observer {
        Observer::Client | Observer::Producer | Observer::Proxy => true,
        Observer::Server | Observer::Consumer => false,
    }
}

/// Drops the last reports of a list that was cut among those of one receiver and operation: who
/// reported most of them cannot be said.
pub(super) fn drop_incomplete(reports: &mut Vec<Report>) {
    let Some(last) = reports.pop() else { return };
    reports.retain(|report| (&report.to, &report.operation) != (&last.to, &last.operation));
}

/// What senders and receivers do with a message, as OpenTelemetry's conventions for messaging name it.
const OF_MESSAGES: [&str; 6] = ["send", "publish", "process", "receive", "deliver", "consume"];

/// The operation with nothing but `{}` for each placeholder in its path: `GET /orders/{}` of
/// `GET /orders/{order}`, `GET /orders/:id` and `GET /orders/<int:id>/`; whatever is done with a
/// message, `message orders` of `send orders` and `process orders`. All else is as it was.
pub(crate) fn anonymous(operation: &str) -> Cow<'_, str> {
    let Some((method, path)) = operation.split_once(" /") else {
        return match operation.split_once(' ') {
            Some((verb, destination)) if OF_MESSAGES.contains(&verb) => format!("message {destination}").into(),
            _ => operation.into(),
        };
    };
    let mut text = method.to_owned();
    text.push(' ');
    for segment in path.trim_end_matches('/').split('/') {
        text.push('/');
        text.push_str(if is_placeholder(segment) { "{}" } else { segment });
    }
    text.into()
}

/// As OpenAPI, Spring and we write them; Express and Rails; Flask; Next.js.
fn is_placeholder(segment: &str) -> bool {
    let within = |open, close| segment.starts_with(open) && segment.ends_with(close);
    (segment.starts_with(':') && segment.len() > 1) || within('{', '}') || within('<', '>') || within('[', ']')
}

#[cfg(test)]
mod tests;
