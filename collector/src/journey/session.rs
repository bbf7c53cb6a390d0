//! To which order a handoff belongs that bears no strong key, only its session's.
//!
//! A session may place several orders one after the other. Such a handoff belongs to the
//! order whose keys were last seen before it in the session, unless that order was placed
//! by then; else to the next order seen in the session; else to none.

/// A handoff of a session, or rather its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Visit<J> {
    /// Nanoseconds since the Unix epoch.
    pub at_ns: i64,
    /// The journey to which its strong keys say it belongs.
    pub journey: Option<J>,
}

/// For each visit without a journey of its own the one it belongs to. `visits` must be by
/// time; `placed_at_ns` tells when a journey's order was placed, if it was.
pub(super) fn attribute<J: Copy>(visits: &[Visit<J>], placed_at_ns: impl Fn(J) -> Option<i64>) -> Vec<Option<J>> {
    let mut next_of = vec![None; visits.len()];
    let mut next = None;
    for (at, visit) in visits.iter().enumerate().rev() {
        next_of[at] = next;
        next = visit.journey.or(next);
    }
    let mut last = None;
    visits
        .iter()
        .zip(next_of)
        .map(|(visit, next)| {
            if visit.journey.is_some() {
                last = visit.journey;
                return visit.journey;
            }
            let under_way = last.filter(|journey| placed_at_ns(*journey).is_none_or(|placed| placed > visit.at_ns));
            under_way.or(next)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visits(journeys: &[Option<char>]) -> Vec<Visit<char>> {
        journeys.iter().enumerate().map(|(at, journey)| Visit { at_ns: at as i64, journey: *journey }).collect()
    }

    #[test]
    fn before_the_first_order_counts_towards_it() {
        let visits = visits(&[None, None, Some('a')]);
        assert_eq!(attribute(&visits, |_| None), [Some('a'); 3]);
    }

    #[test]
    fn between_two_orders_the_placed_one_is_over() {
        let visits = visits(&[Some('a'), None, None, Some('b'), None]);
        let placed = |journey| (journey == 'a').then_some(2);
        assert_eq!(attribute(&visits, placed), [Some('a'), Some('a'), Some('b'), Some('b'), Some('b')]);
    }

    #[test]
    fn after_the_last_order_was_placed_nothing_belongs_to_it() {
        let visits = visits(&[Some('a'), None]);
        assert_eq!(attribute(&visits, |_| Some(0)), [Some('a'), None]);
        assert_eq!(attribute::<char>(&self::visits(&[None]), |_| None), [None]);
    }
}
