//! How far the clocks of a journey's systems are apart, as far as its own handoffs tell.
//!
//! A call that both sides reported bounds it: the receiver began after the sender had begun, and ended
//! before the sender had ended, so the receiver's clock is ahead by no more than its start is after the
//! sender's, and by no less than its end is after the sender's (the two times of a round trip in RFC 5905,
//! section 8). Of several calls the range counts that most of them agree on (Marzullo, "Maintaining the
//! time in a distributed system", 1984); where no more than half do, the clock was set meanwhile and
//! nothing is said.

use std::collections::{BTreeMap, BTreeSet};

use ordertrace_api::journey::{JoinKind, Observer, SystemClock};

use super::attempts::HandoffNode;
use super::node::SpanNode;
use super::sighting::Sighting;

/// How far the receiver's clock may be ahead of the sender's, by one call that both reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// At least that much, nanoseconds.
    pub least_ns: i64,
    /// At most that much.
    pub most_ns: i64,
}

/// What is known of a system's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    /// The system that it is compared with.
    pub reference: String,
    /// How far it is ahead, at least and at most.
    pub bounds: Bounds,
    /// Calls it is known from; where others stand between, those of the weakest link.
    pub calls: usize,
}

impl Bounds {
    /// By a call that took the sender from `sent_ns` for `sender_ns` and the receiver from `received_ns`
    /// for `receiver_ns`; `None` when the receiver was at it for longer, so that it went on after the
    /// answer or the sender gave up.
    pub(super) fn of_call(sent_ns: i64, sender_ns: u64, received_ns: i64, receiver_ns: u64) -> Option<Self> {
        let slack_ns = i64::try_from(sender_ns.checked_sub(receiver_ns)?).ok()?;
        let most_ns = received_ns.checked_sub(sent_ns)?;
        Some(Self { least_ns: most_ns.checked_sub(slack_ns)?, most_ns })
    }

    fn reversed(self) -> Self {
        Self { least_ns: self.most_ns.saturating_neg(), most_ns: self.least_ns.saturating_neg() }
    }

    /// How far the second is ahead when these are of the first, and `next` of the second to the first.
    fn then(self, next: Self) -> Self {
        Self {
            least_ns: self.least_ns.saturating_add(next.least_ns),
            most_ns: self.most_ns.saturating_add(next.most_ns),
        }
    }

    fn width_ns(self) -> u64 {
        self.most_ns.abs_diff(self.least_ns)
    }

    /// The middle.
    pub(super) fn offset_ns(self) -> i64 {
        self.least_ns.midpoint(self.most_ns)
    }

    /// Half the width, rounded up.
    pub(super) fn uncertainty_ns(self) -> u64 {
        self.width_ns().div_ceil(2)
    }
}

/// Calls between pairs of systems.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls<'s>(BTreeMap<(&'s str, &'s str), Vec<Bounds>>);

impl<'s> Calls<'s> {
    /// Adds a call; a system's calls of itself tell nothing.
    pub(super) fn add(&mut self, sender: &'s str, receiver: &'s str, bounds: Bounds) {
        if sender < receiver {
            self.0.entry((sender, receiver)).or_default().push(bounds);
        } else if receiver < sender {
            self.0.entry((receiver, sender)).or_default().push(bounds.reversed());
        }
    }

    /// The clocks of all systems that are called or call, but for those that others are compared with: of
    /// systems that calls connect, the one with most of them.
    pub(super) fn clocks(&self) -> BTreeMap<&'s str, Clock> {
        let mut links: BTreeMap<&str, Vec<(&'s str, Bounds, usize)>> = BTreeMap::new();
        for ((one, other), calls) in &self.0 {
            let Some(bounds) = agreed(calls) else { continue };
            links.entry(one).or_default().push((other, bounds, calls.len()));
            links.entry(other).or_default().push((one, bounds.reversed(), calls.len()));
        }
        let mut by_calls: Vec<(usize, &'s str)> = Vec::new();
        for (one, other) in self.0.keys() {
            for system in [*one, *other] {
                let calls = links.get(system).into_iter().flatten().map(|(_, _, calls)| calls).sum();
                by_calls.push((calls, system));
            }
        }
        by_calls.sort_unstable_by_key(|(calls, system)| (std::cmp::Reverse(*calls), *system));
        let mut clocks = BTreeMap::new();
        let mut met = BTreeSet::new();
        for (_, reference) in by_calls {
            if met.insert(reference) {
                follow(reference, &links, &mut met, &mut clocks);
            }
        }
        clocks
    }
}

/// Compares all that calls connect with `reference`, each by the way that leaves least open.
fn follow<'s>(
    reference: &'s str,
    links: &BTreeMap<&str, Vec<(&'s str, Bounds, usize)>>,
    met: &mut BTreeSet<&'s str>,
    clocks: &mut BTreeMap<&'s str, Clock>,
) {
    let exact = Bounds { least_ns: 0, most_ns: 0 };
    let mut open = BTreeMap::from([((0, reference), (exact, usize::MAX))]);
    while let Some(((_, system), (bounds, calls))) = open.pop_first() {
        if system != reference {
            if !met.insert(system) {
                continue;
            }
            clocks.insert(system, Clock { reference: reference.to_owned(), bounds, calls });
        }
        for (next, to_next, of_link) in links.get(system).into_iter().flatten() {
            if !met.contains(next) {
                let bounds = bounds.then(*to_next);
                open.insert((bounds.width_ns(), *next), (bounds, calls.min(*of_link)));
            }
        }
    }
}

/// The range that most calls agree on, if those are more than half.
fn agreed(calls: &[Bounds]) -> Option<Bounds> {
    // At one time ranges begin before others end, so that those which only touch agree.
    let begins = calls.iter().map(|bounds| (bounds.least_ns, 0_u8));
    let ends = calls.iter().map(|bounds| (bounds.most_ns, 1));
    let mut edges: Vec<(i64, u8)> = begins.chain(ends).collect();
    edges.sort_unstable();
    let (mut within, mut most, mut best) = (0_usize, 0, None);
    for (at, edge) in edges.iter().zip(edges.iter().skip(1)) {
        within = if at.1 == 0 { within + 1 } else { within.saturating_sub(1) };
        if at.1 == 0 && within > most {
            most = within;
            best = Some(Bounds { least_ns: at.0, most_ns: edge.0 });
        }
    }
    best.filter(|_| most * 2 > calls.len())
}

/// What the handoffs tell of clocks. Sides that were joined by their times tell nothing.
pub(super) fn told(spans: &[SpanNode], handoffs: &[HandoffNode]) -> Vec<SystemClock> {
    let mut calls = Calls::default();
    for attempt in handoffs.iter().flat_map(|handoff| &handoff.attempts) {
        let of = |wanted: &[Observer]| {
            let sides = attempt.sides.iter().filter_map(|at| spans.get(*at));
            sides.into_iter().find(|span| span.side.as_ref().is_some_and(|side| wanted.contains(&side.observer)))
        };
        let sides = (of(&[Observer::Client, Observer::Proxy]), of(&[Observer::Server]));
        let (Some(sender), Some(receiver), JoinKind::Trace) = (sides.0, sides.1, attempt.joined) else { continue };
        let bounds =
            Bounds::of_call(sender.started_at_ns, sender.duration_ns, receiver.started_at_ns, receiver.duration_ns);
        if let Some(bounds) = bounds {
            calls.add(sender.clock(), receiver.clock(), bounds);
        }
    }
    let clock = |(system, clock): (&str, Clock)| SystemClock {
        system: system.to_owned(),
        reference: clock.reference,
        ahead_ns: clock.bounds.offset_ns(),
        uncertainty_ns: clock.bounds.uncertainty_ns(),
        calls: u32::try_from(clock.calls).unwrap_or(u32::MAX),
    };
    calls.clocks().into_iter().map(clock).collect()
}

/// Tells all times by the references' clocks.
pub(super) fn align(clocks: &[SystemClock], spans: &mut [SpanNode], sightings: &mut [Sighting]) {
    let ahead_ns = |system: &str| clocks.iter().find(|clock| clock.system == system).map_or(0, |clock| clock.ahead_ns);
    for span in spans {
        span.started_at_ns = span.started_at_ns.saturating_sub(ahead_ns(span.clock()));
    }
    for sighting in sightings {
        sighting.at_ns = sighting.at_ns.saturating_sub(ahead_ns(&sighting.system));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bounds(least_ns: i64, most_ns: i64) -> Bounds {
        Bounds { least_ns, most_ns }
    }

    #[test]
    fn a_call_bounds_the_receivers_clock() {
        // 100 there and back, 60 of it at the receiver, whose clock is 1,000 ahead.
        assert_eq!(Bounds::of_call(0, 100, 1_010, 60), Some(bounds(970, 1_010)));
        assert_eq!(Bounds::of_call(0, 100, 1_010, 101), None, "it went on after the answer");
    }

    #[test]
    fn the_range_that_most_agree_on() {
        assert_eq!(agreed(&[bounds(0, 10)]), Some(bounds(0, 10)));
        assert_eq!(agreed(&[bounds(0, 10), bounds(5, 20), bounds(8, 9), bounds(100, 110)]), Some(bounds(8, 9)));
        assert_eq!(agreed(&[bounds(0, 10), bounds(10, 20)]), Some(bounds(10, 10)));
        assert_eq!(agreed(&[bounds(0, 10), bounds(11, 20)]), None, "the clock was set in between");
        assert_eq!(agreed(&[]), None);
    }

    #[test]
    fn clocks_are_compared_over_others() {
        let mut calls = Calls::default();
        calls.add("storefront", "payments", bounds(90, 110));
        calls.add("storefront", "oms", bounds(-5, 5));
        calls.add("storefront", "oms", bounds(-4, 6));
        calls.add("oms", "erp", bounds(500, 520));
        calls.add("crm", "crm", bounds(7, 7));
        let clocks = calls.clocks();
        let of = |system: &str| {
            let clock = &clocks[system];
            (clock.reference.as_str(), clock.bounds.offset_ns(), clock.bounds.uncertainty_ns(), clock.calls)
        };
        assert_eq!(of("payments"), ("oms", 99, 15, 1));
        assert_eq!(of("storefront"), ("oms", 0, 5, 2));
        assert_eq!(of("erp"), ("oms", 510, 10, 1));
        assert_eq!(clocks.len(), 3, "neither the reference nor a system that calls nobody else");
    }

    proptest! {
        #[test]
        fn the_truth_is_within_the_bounds(
            offset_ns in -1_000_000_000_i64..1_000_000_000,
            calls in prop::collection::vec((0_i64..10_000_000_000, 0_u64..50_000_000, 0_u64..900_000_000, 0_u64..50_000_000), 1..20),
        ) {
            let mut known = Calls::default();
            for (sent_ns, there_ns, work_ns, back_ns) in calls {
                let received_ns = sent_ns + i64::try_from(there_ns).unwrap() + offset_ns;
                let call = Bounds::of_call(sent_ns, there_ns + work_ns + back_ns, received_ns, work_ns).unwrap();
                known.add("oms", "erp", call);
            }
            let clocks = known.clocks();
            // Both have as many calls; the first by name is the reference.
            let erp = &clocks["oms"];
            prop_assert_eq!(&erp.reference, "erp");
            prop_assert!(erp.bounds.least_ns <= -offset_ns && -offset_ns <= erp.bounds.most_ns);
        }
    }
}
