/// A time axis in phases: times without any attempt that dwarf what lies around them are cut
/// out, and each phase between two cuts has a linear scale of its own. A journey of two
/// seconds of work and two days of waiting shows its work.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scale {
    phases: Vec<Phase>,
}

/// A time that the axis shows without a cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phase {
    /// Offset of its start, in nanoseconds.
    pub start_ns: i64,
    /// Offset of its end, in nanoseconds.
    pub end_ns: i64,
    /// Where it starts on the axis, 0 to 1.
    pub from: f64,
    /// Where it ends on the axis, 0 to 1; the next phase starts after the cut.
    pub to: f64,
}

/// A gap is cut out when it takes more than that of the phase it would lie in.
const DWARFS: f64 = 0.5;
/// More would leave no room for the phases.
const CUTS_AT_MOST: usize = 8;
/// Share of the axis that one cut takes, and that all of them take at most.
const CUT_SHARE: f64 = 0.09;
const CUTS_SHARE_AT_MOST: f64 = 0.35;

impl Scale {
    /// The axis for times during which something was under way, in any order: start and
    /// end offsets in nanoseconds. A phase's share of the axis grows with the square root
    /// of the number of these times within it, for what there is to see counts, not how
    /// long it took.
    pub fn new(busy: impl Iterator<Item = (i64, i64)>) -> Self {
        let (spans, counts) = merged(busy);
        let phases = split(&spans);
        let cuts = phases.len().saturating_sub(1) as f64;
        let cuts_share = (CUT_SHARE * cuts).min(CUTS_SHARE_AT_MOST);
        let count_of =
            |range: &std::ops::Range<usize>| counts.get(range.clone()).map_or(0, |counts| counts.iter().sum());
        let weights: Vec<f64> = phases.iter().map(|range| f64::from(count_of(range)).sqrt()).collect();
        let weight: f64 = weights.iter().sum();
        let mut scale = Self::default();
        let mut from = 0.0;
        for (range, share) in phases.iter().zip(&weights) {
            let (Some(first), Some(last)) = (spans.get(range.start), spans.get(range.end - 1)) else { continue };
            let to = from + share / weight * (1.0 - cuts_share);
            scale.phases.push(Phase { start_ns: first.0, end_ns: last.1, from, to });
            from = to + if cuts > 0.0 { cuts_share / cuts } else { 0.0 };
        }
        scale
    }

    /// The phases, in order.
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// Where `offset_ns` lies on the axis, 0 to 1; never decreases with time.
    pub fn place(&self, offset_ns: i64) -> f64 {
        let next = self.phases.partition_point(|phase| phase.start_ns <= offset_ns);
        let Some(phase) = next.checked_sub(1).and_then(|at| self.phases.get(at)) else { return 0.0 };
        if offset_ns <= phase.end_ns {
            let whole = length(phase.start_ns, phase.end_ns);
            let part = if whole > 0.0 { length(phase.start_ns, offset_ns) / whole } else { 0.0 };
            return phase.from + (phase.to - phase.from) * part;
        }
        // In a cut: its middle, for its own scale is none.
        self.phases.get(next).map_or(1.0, |next| f64::midpoint(phase.to, next.from))
    }
}

/// Ranges of `spans` that make a phase each: the largest gap that dwarfs its surroundings is
/// cut first.
fn split(spans: &[(i64, i64)]) -> Vec<std::ops::Range<usize>> {
    let whole = 0..spans.len();
    let mut phases = if spans.is_empty() { Vec::new() } else { vec![whole] };
    while phases.len() <= CUTS_AT_MOST {
        let candidates = phases.iter().enumerate().filter_map(|(at, range)| {
            let (gap, split_at) = largest_gap(spans, range)?;
            let around = length(spans.get(range.start)?.0, spans.get(range.end - 1)?.1);
            (gap > around * DWARFS).then_some((gap, at, split_at))
        });
        let Some((_, at, split_at)) = candidates.max_by(|a, b| a.0.total_cmp(&b.0)) else { break };
        let Some(range) = phases.get_mut(at) else { break };
        let rest = split_at..range.end;
        range.end = split_at;
        phases.insert(at + 1, rest);
    }
    phases
}

/// Length of the longest gap within `range`, and the index of the span after it.
fn largest_gap(spans: &[(i64, i64)], range: &std::ops::Range<usize>) -> Option<(f64, usize)> {
    let within = spans.get(range.clone())?;
    let gaps = within.windows(2).zip(range.start + 1..).filter_map(|(pair, at)| {
        let [before, after] = pair else { return None };
        Some((length(before.1, after.0), at))
    });
    gaps.max_by(|a, b| a.0.total_cmp(&b.0))
}

/// The times in order, overlapping and touching ones as one, and how many each is made of.
fn merged(busy: impl Iterator<Item = (i64, i64)>) -> (Vec<(i64, i64)>, Vec<u32>) {
    let mut busy: Vec<(i64, i64)> = busy.map(|(start, end)| (start, end.max(start))).collect();
    busy.sort_unstable();
    let mut spans: Vec<(i64, i64)> = Vec::new();
    let mut counts: Vec<u32> = Vec::new();
    for (start, end) in busy {
        match (spans.last_mut(), counts.last_mut()) {
            (Some(last), Some(count)) if start <= last.1 => {
                last.1 = last.1.max(end);
                *count += 1;
            }
            _ => {
                spans.push((start, end));
                counts.push(1);
            }
        }
    }
    (spans, counts)
}

/// As a float: a cell of a terminal is coarser than its 53 bits.
fn length(start_ns: i64, end_ns: i64) -> f64 {
    end_ns as f64 - start_ns as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const DAY: i64 = 86_400 * SECOND;

    #[test]
    fn a_wait_of_days_leaves_room_for_the_work() {
        let scale = Scale::new([(0, SECOND), (2 * DAY, 2 * DAY + 60 * SECOND)].into_iter());
        let [first, second] = scale.phases() else { panic!("{scale:?}") };
        assert!((second.from - first.to - CUT_SHARE).abs() < 1e-9);
        assert!((scale.place(SECOND) - first.to).abs() < 1e-9);
        assert!((scale.place(DAY) - 0.5).abs() < 1e-9, "the middle of the cut");
    }

    #[test]
    fn short_waits_keep_the_axis_true() {
        let scale = Scale::new([(0, SECOND), (2 * SECOND, 3 * SECOND)].into_iter());
        assert_eq!(scale.phases().len(), 1);
        assert!((scale.place(SECOND) - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_and_instants_have_places_too() {
        assert!(Scale::new(std::iter::empty()).place(5).abs() < 1e-9);
        assert!(Scale::new([(5, 5)].into_iter()).place(5).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn places_never_decrease(
            busy in prop::collection::vec((any::<i64>(), any::<i64>()), 0..30),
            mut offsets in prop::collection::vec(any::<i64>(), 2..20),
        ) {
            let scale = Scale::new(busy.into_iter());
            offsets.sort_unstable();
            let places: Vec<f64> = offsets.iter().map(|offset| scale.place(*offset)).collect();
            prop_assert!(places.iter().all(|place| (0.0..=1.0 + 1e-9).contains(place)));
            prop_assert!(places.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9));
        }
    }
}
