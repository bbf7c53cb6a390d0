//! What goes wrong: a pure function of the seed and of the call, known to both ends. The
//! receiver really refuses, stalls or drops the socket; the caller really notices.

use crate::chance::Seed;
use crate::edge::Edge;
use crate::system::Reporting;

/// Most attempts a caller makes.
pub(crate) const ATTEMPTS_MAX: u8 = 4;

/// How an attempt is made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// HTTP 503.
    Unavailable,
    /// HTTP 429.
    RateLimited,
    /// No answer until the caller's patience ends.
    Stall,
    /// The socket is closed without an answer.
    Reset,
}

impl Seed {
    /// The faults of a call's attempts: the first attempt has the first, and so on; attempts
    /// past the end succeed. [`ATTEMPTS_MAX`] of them mean that the caller gives up.
    pub(crate) fn faults(self, edge: Edge, call: u64, percent: u32) -> Vec<Fault> {
        let mut chance = self.chance(&["faults", &call.to_string()]);
        if !chance.happens(percent) {
            return Vec::new();
        }
        let gives_up = edge.traits().is_some_and(|traits| traits.may_give_up) && chance.happens(35);
        // Mostly one, seldom two or three.
        let count = if gives_up { u64::from(ATTEMPTS_MAX) } else { chance.between(1, 6).saturating_sub(3).max(1) };
        // A receiver that drops the trace context is found by status and time, which a
        // stalled or dropped request does not show to both ends alike.
        let menu: &[Fault] = match edge.to.reporting() {
            Reporting::SdkDropsContext => &[Fault::Unavailable, Fault::RateLimited],
            Reporting::Sdk | Reporting::Silent => {
                &[Fault::Unavailable, Fault::Unavailable, Fault::RateLimited, Fault::Stall, Fault::Reset]
            }
        };
        (0..count).filter_map(|_| chance.pick(menu).copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::EDGES;

    #[test]
    fn only_lossy_edges_give_up_and_every_count_occurs() {
        for traits in &EDGES {
            let counts: Vec<usize> = (0..400).map(|call| Seed(7).faults(traits.edge, call, 100).len()).collect();
            assert_eq!(counts.contains(&usize::from(ATTEMPTS_MAX)), traits.may_give_up, "{}", traits.edge);
            assert!([1, 2, 3].iter().all(|count| counts.contains(count)), "{}", traits.edge);
        }
    }

    #[test]
    fn without_a_share_nothing_fails() {
        assert!((0..100).all(|call| Seed(7).faults(EDGES[0].edge, call, 0).is_empty()));
    }
}
