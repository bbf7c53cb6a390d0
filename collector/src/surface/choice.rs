//! Which reports are believed. The rule is [the module's](super).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use ordertrace_api::journey::Observer;
use ordertrace_api::surface::HandoffAccess;

use crate::hotspots::anonymous;

/// Each way of each handoff, the least protected first.
pub(super) fn choose(reports: Vec<HandoffAccess>) -> Vec<HandoffAccess> {
    let mut handed: BTreeMap<(String, String), BTreeMap<Option<String>, Vec<HandoffAccess>>> = BTreeMap::new();
    for report in reports {
        let asked = (report.to.clone(), anonymous(&report.operation).into_owned());
        handed.entry(asked).or_default().entry(report.from.clone()).or_default().push(report);
    }
    let mut chosen = Vec::new();
    for mut senders in handed.into_values() {
        let (known, anybody): (Vec<_>, Vec<_>) = senders.iter().partition(|(from, _)| from.is_some());
        let calls = |senders: Vec<(_, &Vec<HandoffAccess>)>| senders.into_iter().map(|(_, all)| most_told(all)).sum();
        // These may be anybody's calls, hence also those that are known.
        if !is_many_more(calls(anybody), calls(known)) {
            senders.remove(&None);
        }
        chosen.extend(senders.into_values().flat_map(believed));
    }
    chosen.sort_by_cached_key(|way| {
        let bare = (way.is_plaintext(), way.is_unauthenticated());
        let name = (way.to.clone(), way.from.clone(), way.operation.clone());
        (Reverse(bare), name, Reverse(way.calls), way.endpoint.clone(), way.auth.clone(), way.tls.clone(), way.observer)
    });
    chosen
}

/// Calls of one handoff that the observer tells of who tells of most.
fn most_told(reports: &[HandoffAccess]) -> u64 {
    let mut calls: BTreeMap<u8, u64> = BTreeMap::new();
    reports.iter().for_each(|report| *calls.entry(knowledge(report.observer)).or_default() += report.calls);
    calls.into_values().max().unwrap_or(0)
}

/// Whether there must have been others: reports of the same calls do not arrive at the same time.
fn is_many_more(told: u64, known: u64) -> bool {
    told > known.saturating_add(known / 10)
}

/// Of the reports about one handoff, those of observers who told of more calls than any who know more.
fn believed(reports: Vec<HandoffAccess>) -> Vec<HandoffAccess> {
    let mut calls: BTreeMap<Reverse<u8>, u64> = BTreeMap::new();
    for report in &reports {
        *calls.entry(Reverse(knowledge(report.observer))).or_default() += report.calls;
    }
    let mut most = 0;
    calls.retain(|_, told| {
        let is_more = *told > most;
        most = most.max(*told);
        is_more
    });
    reports.into_iter().filter(|report| calls.contains_key(&Reverse(knowledge(report.observer)))).collect()
}

fn knowledge(observer: Observer) -> u8 {
    match observer {
        Observer::Proxy => 2,
        Observer::Client | Observer::Producer => 1,
        Observer::Server | Observer::Consumer => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(from: &str, operation: &str, observer: Observer, auth: &str, tls: &str, calls: u64) -> HandoffAccess {
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        HandoffAccess {
            from: said(from),
            to: "payments".to_owned(),
            operation: operation.to_owned(),
            observer,
            auth: said(auth),
            tls: said(tls),
            endpoint: None,
            calls,
            last_seen: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn who_knows_more_is_believed_as_far_as_it_saw() {
        let proxied = |calls| way("oms", "POST /pay", Observer::Proxy, "bearer", "TLSv1.3", calls);
        let called = |calls| way("oms", "POST /pay", Observer::Client, "", "none", calls);
        let served = way("", "POST /pay", Observer::Server, "", "none", 7);
        assert_eq!(choose(vec![called(7), proxied(7), served.clone()]), [proxied(7)]);
        assert_eq!(choose(vec![called(8), proxied(7)]), [called(8), proxied(7)], "one went another way");
        assert_eq!(choose(vec![served.clone()]), [served], "nobody else saw it");
    }

    #[test]
    fn a_receiver_who_tells_of_many_more_calls_tells_of_other_senders() {
        let called = || way("oms", "POST /pay", Observer::Client, "bearer", "TLSv1.3", 100);
        let served = |calls| way("", "POST /pay", Observer::Server, "none", "none", calls);
        assert_eq!(choose(vec![called(), served(110)]), [called()]);
        assert_eq!(choose(vec![called(), served(111)]), [served(111), called()]);
    }

    #[test]
    fn ways_of_one_observer_are_taken_together() {
        let proxied = [("bearer", 4), ("basic", 4)]
            .map(|(auth, calls)| way("oms", "GET /pay/{payment}", Observer::Proxy, auth, "TLSv1.3", calls));
        let called = way("oms", "GET /pay/:id", Observer::Client, "", "none", 8);
        let chosen = choose([&proxied[..], &[called]].concat());
        assert_eq!(chosen.len(), 2);
        assert!(chosen.iter().all(|way| way.observer == Observer::Proxy), "{chosen:?}");
    }

    #[test]
    fn the_least_protected_come_first() {
        let ways = ["none", "", "bearer"].map(|auth| way("oms", "POST /pay", Observer::Proxy, auth, "none", 1));
        let safe = way("oms", "POST /pay", Observer::Proxy, "none", "tls", 1);
        let chosen = choose([std::slice::from_ref(&safe), &ways[..]].concat());
        assert_eq!(chosen.first(), Some(&ways[0]));
        assert_eq!(chosen.last(), Some(&safe));
    }
}
