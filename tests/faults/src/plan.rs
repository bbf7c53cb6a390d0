//! What goes wrong in a cycle, and when: drawn from a seed, so that it can be had again.

use std::fmt;
use std::time::Duration;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Agent,
    Collector,
    ClickHouse,
}

/// A connection between processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// From an agent to a collector.
    Export,
    /// From a collector to ClickHouse.
    Store,
}

/// What is wrong with a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Connections are reset, and so are new ones.
    Cut,
    /// So few bytes a second.
    Slow,
    /// Everything arrives late.
    Delay,
    /// One direction of each connection is closed.
    HalfClosed,
    /// What is asked arrives, the answers get lost.
    Mute,
}

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// kill -9; started again at the fault's end.
    Kill(Part),
    /// The network is in trouble until the fault's end.
    Network(Wire, Trouble),
    /// The agent's connections are reset and lead to the other collector from then on.
    Swap,
    /// The disk under an agent's spool is full until the fault's end.
    FullDisk,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 15] = [
        Self::Kill(Part::Agent),
        Self::Kill(Part::Collector),
        Self::Kill(Part::ClickHouse),
        Self::Network(Wire::Export, Trouble::Cut),
        Self::Network(Wire::Export, Trouble::Slow),
        Self::Network(Wire::Export, Trouble::Delay),
        Self::Network(Wire::Export, Trouble::HalfClosed),
        Self::Network(Wire::Export, Trouble::Mute),
        Self::Network(Wire::Store, Trouble::Cut),
        Self::Network(Wire::Store, Trouble::Slow),
        Self::Network(Wire::Store, Trouble::Delay),
        Self::Network(Wire::Store, Trouble::HalfClosed),
        Self::Network(Wire::Store, Trouble::Mute),
        Self::Swap,
        Self::FullDisk,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill(Part::Agent) => "kill agent",
            Self::Kill(Part::Collector) => "kill collector",
            Self::Kill(Part::ClickHouse) => "kill ClickHouse",
            Self::Network(Wire::Export, Trouble::Cut) => "cut export",
            Self::Network(Wire::Export, Trouble::Slow) => "slow export",
            Self::Network(Wire::Export, Trouble::Delay) => "delayed export",
            Self::Network(Wire::Export, Trouble::HalfClosed) => "half-closed export",
            Self::Network(Wire::Export, Trouble::Mute) => "mute export",
            Self::Network(Wire::Store, Trouble::Cut) => "cut store",
            Self::Network(Wire::Store, Trouble::Slow) => "slow store",
            Self::Network(Wire::Store, Trouble::Delay) => "delayed store",
            Self::Network(Wire::Store, Trouble::HalfClosed) => "half-closed store",
            Self::Network(Wire::Store, Trouble::Mute) => "mute store",
            Self::Swap => "swap collectors",
            Self::FullDisk => "full disk",
        })
    }
}

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    /// Which of the two of its kind it befalls; of ClickHouse and of small disks there is one.
    pub(crate) which: usize,
    /// After the load began.
    pub(crate) at: Duration,
    pub(crate) length: Duration,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, which, at, length } = self;
        write!(f, "{kind}")?;
        if !matches!(kind, Kind::Kill(Part::ClickHouse) | Kind::FullDisk) {
            write!(f, " {which}")?;
        }
        write!(f, " at {:.1} s", at.as_secs_f64())?;
        if *kind == Kind::Swap { Ok(()) } else { write!(f, " for {:.1} s", length.as_secs_f64()) }
    }
}

/// What goes wrong in one cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Its number, from 0.
    pub(crate) cycle: u32,
    /// How long there is load.
    pub(crate) load: Duration,
    pub(crate) faults: Vec<Fault>,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        f.write_str(&faults.join(", "))
    }
}

/// The plans of a seed, cycle by cycle, without end. Kinds are dealt like cards: each comes before
/// any comes again.
#[derive(Clone, Debug)]
pub(crate) struct Plans {
    rng: ChaCha8Rng,
    deck: Vec<Kind>,
    faults: Option<usize>,
    cycle: u32,
}

impl Plans {
    /// `faults` in each cycle; `None` = one or two.
    pub(crate) fn new(seed: u64, faults: Option<usize>) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed), deck: Vec::new(), faults, cycle: 0 }
    }

    fn deal(&mut self, load_ms: u64) -> Option<Fault> {
        if self.deck.is_empty() {
            self.deck = Kind::ALL.to_vec();
            self.deck.shuffle(&mut self.rng);
        }
        let kind = self.deck.pop()?;
        let length_ms = self.rng.random_range(150..1_500);
        Some(Fault {
            kind,
            which: self.rng.random_range(0..2),
            at: Duration::from_millis(self.rng.random_range(200..load_ms - 500)),
            length: Duration::from_millis(length_ms),
        })
    }
}

impl Iterator for Plans {
    type Item = Plan;

    fn next(&mut self) -> Option<Plan> {
        let load_ms = self.rng.random_range(2_000..3_500);
        let count = self.faults.unwrap_or_else(|| self.rng.random_range(1..=2));
        let faults = (0..count).filter_map(|_| self.deal(load_ms)).collect();
        let cycle = self.cycle;
        self.cycle += 1;
        Some(Plan { cycle, load: Duration::from_millis(load_ms), faults })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_plans_and_another_gives_others() {
        let plans = |seed| Plans::new(seed, None).take(30).collect::<Vec<_>>();
        assert_eq!(plans(7), plans(7));
        assert_ne!(plans(7), plans(8));
    }

    #[test]
    fn a_plan_says_what_befalls_whom() {
        let fault = |kind| Fault { kind, which: 1, at: Duration::from_millis(300), length: Duration::from_secs(1) };
        let kinds = [Kind::Kill(Part::ClickHouse), Kind::Swap, Kind::Network(Wire::Store, Trouble::Mute)];
        let plan = Plan { cycle: 0, load: Duration::ZERO, faults: kinds.map(fault).into() };
        let said = "kill ClickHouse at 0.3 s for 1.0 s, swap collectors 1 at 0.3 s, mute store 1 at 0.3 s for 1.0 s";
        assert_eq!(plan.to_string(), said);
    }

    #[test]
    fn every_kind_comes_before_any_comes_again() {
        let dealt: Vec<Kind> =
            Plans::new(1, Some(4)).take(4).flat_map(|plan| plan.faults).map(|fault| fault.kind).collect();
        let (once, again) = dealt.split_at(Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(once.iter().filter(|dealt| **dealt == kind).count(), 1, "{kind}");
        }
        assert_eq!(again.len(), 1);
    }
}
