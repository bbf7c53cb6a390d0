//! What a journey's time was spent on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A handoff as a stretch of time, nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Start.
    pub from_ns: i64,
    /// End, not before the start.
    pub to_ns: i64,
    /// Place of the enclosing handoff.
    pub parent: Option<usize>,
}

/// Part of a whole that one handoff, or waiting, accounts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Place of the handoff whose own time it was; `None` = waiting.
    pub handoff: Option<usize>,
    /// Start.
    pub from_ns: i64,
    /// End.
    pub to_ns: i64,
}

/// A time without any handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// Place of the handoff that ended last before it.
    pub after: usize,
    /// Place of the handoff that ended it.
    pub before: usize,
    /// Start.
    pub from_ns: i64,
    /// End.
    pub to_ns: i64,
}

/// The times during which no handoff was under way, by time.
pub(super) fn gaps(handoffs: &[Stretch]) -> Vec<Gap> {
    let mut order: Vec<usize> = (0..handoffs.len()).collect();
    order.sort_unstable_by_key(|at| (handoffs[*at].from_ns, handoffs[*at].to_ns, *at));
    let mut gaps = Vec::new();
    let mut last: Option<usize> = None;
    for at in order {
        if let Some(after) = last
            && handoffs[after].to_ns < handoffs[at].from_ns
        {
            gaps.push(Gap { after, before: at, from_ns: handoffs[after].to_ns, to_ns: handoffs[at].from_ns });
        }
        if last.is_none_or(|last| handoffs[last].to_ns < handoffs[at].to_ns) {
            last = Some(at);
        }
    }
    gaps
}

/// Length of the time covered by at least one of the stretches, in nanoseconds.
pub(super) fn covered_ns(mut stretches: Vec<(i64, i64)>) -> u64 {
    stretches.sort_unstable();
    let mut covered: u64 = 0;
    let mut until = i64::MIN;
    for (from, to) in stretches {
        let from = from.max(until);
        if to > from {
            covered += to.abs_diff(from);
            until = to;
        }
    }
    covered
}

/// Where the time from the first start to the last end went: read backwards from the end,
/// each moment belongs to the innermost handoff that kept the rest waiting by returning last,
/// or to waiting. Segments are by time and leave no gap.
pub(super) fn critical_path(handoffs: &[Stretch]) -> Vec<Segment> {
    let (Some(from), Some(to)) = (handoffs.iter().map(|h| h.from_ns).min(), handoffs.iter().map(|h| h.to_ns).max())
    else {
        return Vec::new();
    };
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); handoffs.len()];
    let mut top = Vec::new();
    for (at, handoff) in handoffs.iter().enumerate() {
        match handoff.parent {
            Some(parent) if parent != at => children[parent].push(at),
            _ => top.push(at),
        }
    }
    for siblings in children.iter_mut().chain(std::iter::once(&mut top)) {
        siblings.sort_unstable_by_key(|at| (Reverse(handoffs[*at].to_ns), handoffs[*at].from_ns, *at));
    }
    let mut segments = Vec::new();
    let mut work = vec![(None, from, to)];
    while let Some((owner, from, to)) = work.pop() {
        let siblings = owner.map_or(&top, |owner: usize| &children[owner]);
        let mut later = siblings.iter().copied().peekable();
        // Those that were under way at the cursor, the one that started first on top.
        let mut under_way: BinaryHeap<Reverse<(i64, usize)>> = BinaryHeap::new();
        let mut cursor = to;
        while cursor > from {
            while let Some(at) = later.next_if(|at| handoffs[*at].to_ns >= cursor) {
                under_way.push(Reverse((handoffs[at].from_ns, at)));
            }
            let next = match under_way.pop() {
                Some(Reverse((started, _))) if started >= cursor => continue,
                Some(Reverse((_, at))) => Some(at),
                None => later.next(),
            };
            let end = next.map_or(from, |at| handoffs[at].to_ns.min(cursor).max(from));
            push(&mut segments, owner, end, cursor);
            let Some(at) = next else { break };
            let start = handoffs[at].from_ns.max(from).min(end);
            if start < end {
                work.push((Some(at), start, end));
            }
            cursor = start;
        }
    }
    segments.sort_unstable_by_key(|segment| (segment.from_ns, segment.to_ns));
    segments
}

fn push(segments: &mut Vec<Segment>, handoff: Option<usize>, from_ns: i64, to_ns: i64) {
    if from_ns < to_ns {
        segments.push(Segment { handoff, from_ns, to_ns });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stretch(from_ns: i64, to_ns: i64, parent: Option<usize>) -> Stretch {
        Stretch { from_ns, to_ns, parent }
    }

    fn path(handoffs: &[Stretch]) -> Vec<(Option<usize>, i64, i64)> {
        critical_path(handoffs).into_iter().map(|s| (s.handoff, s.from_ns, s.to_ns)).collect()
    }

    #[test]
    fn waiting_is_part_of_the_path() {
        let handoffs = [stretch(0, 10, None), stretch(15, 20, None)];
        assert_eq!(path(&handoffs), [(Some(0), 0, 10), (None, 10, 15), (Some(1), 15, 20)]);
        assert_eq!(gaps(&handoffs), [Gap { after: 0, before: 1, from_ns: 10, to_ns: 15 }]);
    }

    #[test]
    fn the_child_that_returns_last_counts() {
        let handoffs = [stretch(0, 100, None), stretch(10, 40, Some(0)), stretch(20, 90, Some(0))];
        assert_eq!(path(&handoffs), [(Some(0), 0, 10), (Some(1), 10, 20), (Some(2), 20, 90), (Some(0), 90, 100)]);
        assert!(gaps(&handoffs).is_empty());
    }

    #[test]
    fn overlapping_handoffs_count_once() {
        assert_eq!(covered_ns(vec![(0, 10), (5, 15), (20, 25), (21, 22)]), 20);
        assert_eq!(covered_ns(vec![]), 0);
    }

    fn stretches() -> impl Strategy<Value = Vec<Stretch>> {
        prop::collection::vec((0..200i64, 0..60i64, any::<prop::sample::Index>(), any::<bool>()), 1..40).prop_map(
            |raw| {
                raw.iter()
                    .enumerate()
                    .map(|(at, (from, length, parent, nested))| {
                        stretch(*from, from + length, (*nested && at > 0).then(|| parent.index(at)))
                    })
                    .collect()
            },
        )
    }

    proptest! {
        #[test]
        fn the_path_has_neither_gap_nor_overlap(handoffs in stretches()) {
            let from = handoffs.iter().map(|h| h.from_ns).min().unwrap();
            let to = handoffs.iter().map(|h| h.to_ns).max().unwrap();
            let mut cursor = from;
            for segment in critical_path(&handoffs) {
                prop_assert_eq!(segment.from_ns, cursor);
                prop_assert!(segment.to_ns > segment.from_ns);
                if let Some(at) = segment.handoff {
                    prop_assert!(handoffs[at].from_ns <= segment.from_ns && segment.to_ns <= handoffs[at].to_ns);
                }
                cursor = segment.to_ns;
            }
            prop_assert_eq!(cursor, to);
        }

        #[test]
        fn gaps_and_cover_make_up_the_whole(handoffs in stretches()) {
            let from = handoffs.iter().map(|h| h.from_ns).min().unwrap();
            let to = handoffs.iter().map(|h| h.to_ns).max().unwrap();
            let waiting: i64 = gaps(&handoffs).iter().map(|gap| gap.to_ns - gap.from_ns).sum();
            let busy = covered_ns(handoffs.iter().map(|h| (h.from_ns, h.to_ns)).collect());
            prop_assert_eq!(waiting as u64 + busy, (to - from) as u64);
        }
    }
}
