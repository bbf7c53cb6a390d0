//! What journeys have in common.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Query of [`LEARNED_FLOW`](crate::routes::LEARNED_FLOW).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnQuery {
    /// Only journeys in which something was reached at or after this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only journeys in which something was reached before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// At most so many journeys, the latest; 1 to 10,000, 2,000 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journeys: Option<u32>,
}

/// A flow as orders go, proposed from what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LearnedFlow {
    /// Journeys it was learned from.
    pub journeys: u64,
    /// Milestones, and how many of these journeys reached each.
    pub milestones: BTreeMap<String, u64>,
    /// Milestones with which journeys begin, the most frequent first.
    pub starts: Vec<String>,
    /// Milestones with which journeys end, the most frequent first.
    pub ends: Vec<String>,
    /// What follows what.
    pub steps: Vec<LearnedStep>,
    /// All of it as a configuration file of the collector.
    pub yaml: String,
}

/// A milestone that nearly always follows another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LearnedStep {
    /// What is reached.
    pub milestone: String,
    /// After what.
    pub of: String,
    /// The proposed deadline, such as `2m`: half as long again as `p999_ns`.
    pub within: String,
    /// Journeys that reached `of`.
    pub journeys: u64,
    /// Of these so many reached the milestone after it.
    pub followed: u64,
    /// The delay of half of them, in nanoseconds.
    pub median_ns: u64,
    /// The delay that 99.9 % of them kept to, in nanoseconds.
    pub p999_ns: u64,
    /// Milestones that most of the others reached instead.
    pub unless: Vec<String>,
}
