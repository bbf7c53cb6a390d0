use clap::ValueEnum;
use ordertrace_api::hotspot::{Figures, Hotspots, OrderFigures};

use super::columns::{Column, Measured};

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
    /// How long orders waited before it
    Waiting,
    /// Share of orders' critical paths
    Path,
    /// Orders that had it
    Orders,
    /// What orders are worth that are at no end
    InFlight,
    /// Sales that its delays put at risk: an estimate
    AtRisk,
}

impl HotspotSort {
    /// What the list begins with.
    pub fn first(self) -> &'static str {
        match self {
            Self::Time => "most time spent",
            Self::P99 => "longest p99",
            Self::P95 => "longest p95",
            Self::P50 => "longest p50",
            Self::Rate => "most attempts",
            Self::Errors => "most failed attempts",
            Self::Retries => "most attempts sent again",
            Self::Waiting => "longest waiting before it",
            Self::Path => "largest share of the critical path",
            Self::Orders => "most orders",
            Self::InFlight => "most money in flight",
            Self::AtRisk => "most money at risk",
        }
    }

    /// The column that shows it.
    pub fn column(self) -> Column {
        match self {
            Self::Time => Column::Time,
            Self::P99 => Column::P99,
            Self::P95 => Column::P95,
            Self::P50 => Column::P50,
            Self::Rate => Column::Rate,
            Self::Errors => Column::Failed,
            Self::Retries => Column::Resent,
            Self::Waiting => Column::Waiting,
            Self::Path => Column::Path,
            Self::Orders => Column::Orders,
            Self::InFlight => Column::InFlight,
            Self::AtRisk => Column::AtRisk,
        }
    }
}

/// The first `limit` of both lists.
pub fn ranked(mut reply: Hotspots, sort: HotspotSort, limit: usize) -> Hotspots {
    let column = sort.column();
    let weight = |figures: &Figures, orders: &OrderFigures| column.weight(Measured { figures, orders });
    // Stable: what weighs the same stays as the collector sorted it.
    reply
        .handoffs
        .sort_by(|one, other| weight(&other.figures, &other.orders).total_cmp(&weight(&one.figures, &one.orders)));
    reply
        .systems
        .sort_by(|one, other| weight(&other.figures, &other.orders).total_cmp(&weight(&one.figures, &one.orders)));
    reply.more |= reply.handoffs.len() > limit || reply.systems.len() > limit;
    reply.handoffs.truncate(limit);
    reply.systems.truncate(limit);
    reply
}
