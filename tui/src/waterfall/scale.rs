/// A time axis on which long times without any attempt are cut short, so that a journey of
/// two seconds of work and two days of waiting still shows its work.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scale {
    pieces: Vec<Piece>,
    weight: f64,
}

#[derive(Clone, Debug, PartialEq)]
struct Piece {
    start_ns: i64,
    end_ns: i64,
    weight_before: f64,
    weight: f64,
    cut: bool,
}

/// A time that the axis cuts short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// Offset of its start, in nanoseconds.
    pub start_ns: i64,
    /// Offset of its end, in nanoseconds.
    pub end_ns: i64,
    /// Where it starts on the axis, 0 to 1.
    pub from: f64,
    /// Where it ends on the axis, 0 to 1.
    pub to: f64,
}

/// Share of the axis that one cut takes, and that all of them take at most.
const CUT_SHARE: f64 = 0.09;
const CUTS_SHARE_AT_MOST: f64 = 0.4;

impl Scale {
    /// The axis for times during which something was under way, in any order: start and
    /// end offsets in nanoseconds.
    ///
    /// The longest gaps are cut until what is left of them takes no more of the axis than
    /// the busy times do; gaps at least half as long as the shortest of these are cut too,
    /// lest two like waits look unlike.
    pub fn new(busy: impl Iterator<Item = (i64, i64)>) -> Self {
        let busy = merged(busy);
        let active = busy.iter().map(|(start, end)| length(*start, *end)).sum::<f64>().max(1.0);
        let cut_from = cut_from(&busy, active);
        let is_cut = |gap: f64| cut_from.is_some_and(|shortest| gap >= shortest);
        let gaps = || busy.windows(2).map(|pair| (pair[0].1, pair[1].0));
        let cuts = gaps().filter(|(start, end)| is_cut(length(*start, *end))).count() as f64;
        let kept = gaps().map(|(start, end)| length(start, end)).filter(|gap| !is_cut(*gap)).sum::<f64>();
        let share = (CUT_SHARE * cuts).min(CUTS_SHARE_AT_MOST);
        let cut_weight = if cuts > 0.0 { (active + kept) * share / (1.0 - share) / cuts } else { 0.0 };
        let mut scale = Self::default();
        let mut previous_end: Option<i64> = None;
        for (start, end) in busy.iter().copied() {
            if let Some(gap_start) = previous_end {
                let gap = length(gap_start, start);
                let cut = is_cut(gap);
                scale.push(gap_start, start, if cut { cut_weight } else { gap }, cut);
            }
            scale.push(start, end, length(start, end), false);
            previous_end = Some(end);
        }
        scale
    }

    fn push(&mut self, start_ns: i64, end_ns: i64, weight: f64, cut: bool) {
        self.pieces.push(Piece { start_ns, end_ns, weight_before: self.weight, weight, cut });
        self.weight += weight;
    }

    /// Where `offset_ns` lies on the axis, 0 to 1; never decreases with time.
    pub fn place(&self, offset_ns: i64) -> f64 {
        if self.weight <= 0.0 {
            return 0.0;
        }
        let at = self.pieces.partition_point(|piece| piece.start_ns <= offset_ns);
        let Some(piece) = at.checked_sub(1).and_then(|at| self.pieces.get(at)) else { return 0.0 };
        let whole = length(piece.start_ns, piece.end_ns);
        let part = if whole > 0.0 { (length(piece.start_ns, offset_ns) / whole).min(1.0) } else { 1.0 };
        ((piece.weight_before + piece.weight * part) / self.weight).clamp(0.0, 1.0)
    }

    /// The times that are cut short, in order.
    pub fn gaps(&self) -> impl Iterator<Item = Gap> {
        self.pieces.iter().filter(|piece| piece.cut).map(|piece| Gap {
            start_ns: piece.start_ns,
            end_ns: piece.end_ns,
            from: piece.weight_before / self.weight,
            to: (piece.weight_before + piece.weight) / self.weight,
        })
    }

    /// Nanoseconds that the whole axis would stand for at the scale of its uncut parts.
    pub fn weight_ns(&self) -> f64 {
        self.weight
    }
}

/// The length from which on gaps are cut.
fn cut_from(busy: &[(i64, i64)], active: f64) -> Option<f64> {
    let mut gaps: Vec<f64> = busy.windows(2).map(|pair| length(pair[0].1, pair[1].0)).collect();
    gaps.sort_by(|a, b| b.total_cmp(a));
    let mut left: f64 = gaps.iter().sum();
    let mut shortest = None;
    for gap in gaps {
        if left <= active {
            break;
        }
        left -= gap;
        shortest = Some(gap / 2.0);
    }
    shortest
}

/// The times in order, overlapping and touching ones as one.
fn merged(busy: impl Iterator<Item = (i64, i64)>) -> Vec<(i64, i64)> {
    let mut busy: Vec<(i64, i64)> = busy.map(|(start, end)| (start, end.max(start))).collect();
    busy.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (start, end) in busy {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
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
        let scale = Scale::new([(0, SECOND), (2 * DAY, 2 * DAY + SECOND)].into_iter());
        let gaps: Vec<Gap> = scale.gaps().collect();
        assert_eq!(gaps.len(), 1);
        assert!((gaps[0].to - gaps[0].from - CUT_SHARE).abs() < 1e-6);
        assert!(scale.place(SECOND) > 0.4);
    }

    #[test]
    fn short_waits_keep_the_axis_true() {
        let scale = Scale::new([(0, SECOND), (2 * SECOND, 3 * SECOND)].into_iter());
        assert_eq!(scale.gaps().count(), 0);
        assert!((scale.place(SECOND) - 1.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_and_instants_have_places_too() {
        assert_eq!(Scale::new(std::iter::empty()).place(5), 0.0);
        let scale = Scale::new([(5, 5)].into_iter());
        assert!((0.0..=1.0).contains(&scale.place(5)));
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
            prop_assert!(places.iter().all(|place| (0.0..=1.0).contains(place)));
            prop_assert!(places.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
        }
    }
}
