use clap::ValueEnum;
use ordertrace_api::hotspot::{Figures, Hotspots};

/// What a line of the hotspots is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HotspotBy {
    /// A handoff: sender, receiver, operation
    #[default]
    Handoff,
    /// All that a system receives
    System,
}

/// What hotspots are sorted by, the largest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HotspotSort {
    /// Time spent: attempts times their mean duration
    #[default]
    Time,
    /// What one attempt in a hundred takes at least
    P99,
    /// What one attempt in twenty takes at least
    P95,
    /// What half of the attempts take at least
    P50,
    /// Attempts per second
    Rate,
    /// Attempts that failed
    Errors,
    /// Attempts that were sent again
    Retries,
}

impl HotspotSort {
    /// What the list begins with.
    pub(super) fn first(self) -> &'static str {
        match self {
            Self::Time => "most time spent",
            Self::P99 => "longest p99",
            Self::P95 => "longest p95",
            Self::P50 => "longest p50",
            Self::Rate => "most attempts",
            Self::Errors => "most failed attempts",
            Self::Retries => "most attempts sent again",
        }
    }

    fn weight(self, figures: &Figures) -> u64 {
        match self {
            Self::Time => figures.time_ns,
            Self::P99 => figures.p99_ns,
            Self::P95 => figures.p95_ns,
            Self::P50 => figures.p50_ns,
            // All are of the same time, hence the rate.
            Self::Rate => figures.attempts,
            Self::Errors => figures.failed,
            Self::Retries => figures.resent,
        }
    }
}

/// The first `limit` of both lists.
pub fn ranked(mut reply: Hotspots, sort: HotspotSort, limit: usize) -> Hotspots {
    // Stable: what weighs the same stays as the collector sorted it.
    reply.handoffs.sort_by_key(|handoff| std::cmp::Reverse(sort.weight(&handoff.figures)));
    reply.systems.sort_by_key(|system| std::cmp::Reverse(sort.weight(&system.figures)));
    reply.more |= reply.handoffs.len() > limit || reply.systems.len() > limit;
    reply.handoffs.truncate(limit);
    reply.systems.truncate(limit);
    reply
}
