//! What really happened: recorded by the callers' HTTP client and by the services that mint
//! ids, apart from all telemetry.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ordertrace_api::journey::Outcome;
use ordertrace_api::keys::Key;
use serde::{Deserialize, Serialize};

/// The truth of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// The seed it was made with.
    pub seed: u64,
    /// By index.
    pub orders: Vec<OrderTruth>,
    /// Handoffs that belong to no order: batches as a whole, sessions that never ordered,
    /// browsing after the last order.
    pub elsewhere: u64,
}

/// The truth of one order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTruth {
    /// Number of the order within the run, from 0.
    pub index: u64,
    /// What was planned for it.
    pub flow: Flow,
    /// Its strong keys.
    pub keys: BTreeSet<Key>,
    /// Every system at either end of one of its handoffs.
    pub systems: BTreeSet<String>,
    /// By start.
    pub handoffs: Vec<HandoffTruth>,
}

/// What was planned for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Ordered in the web shop, exported to the ERP alone.
    Web,
    /// Ordered in the web shop, exported to the ERP together with others.
    Batched,
    /// Held for a fraud review and cancelled by the shopper: refund.
    Cancelled,
    /// The warehouse has nothing left: cancelled by the OMS.
    OutOfStock,
    /// Came in through the marketplace.
    Marketplace,
}

/// One handoff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoffTruth {
    /// The system that handed on.
    pub from: String,
    /// The system that received.
    pub to: String,
    /// `METHOD /template`, or the GraphQL operation's name.
    pub operation: String,
    /// At least one, by start.
    pub attempts: Vec<AttemptTruth>,
}

/// One try, as the caller saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptTruth {
    /// Before the request was sent.
    pub started_at: Timestamp,
    /// After the reply was read, or the caller gave up waiting.
    pub ended_at: Timestamp,
    /// A status below 400 is ok.
    pub outcome: Outcome,
    /// HTTP status as the caller saw it: a proxy answers 502 for a socket that was closed.
    pub status_code: Option<u16>,
}

impl HandoffTruth {
    /// Start of the first attempt.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.attempts.first().map(|attempt| attempt.started_at)
    }

    /// What two runs of one seed agree in: everything but times.
    pub fn shape(&self) -> (&str, &str, &str, Vec<Outcome>) {
        (&self.from, &self.to, &self.operation, self.attempts.iter().map(|attempt| attempt.outcome).collect())
    }
}

impl OrderTruth {
    pub(crate) fn new(index: u64, flow: Flow) -> Self {
        Self { index, flow, keys: BTreeSet::new(), systems: BTreeSet::new(), handoffs: Vec::new() }
    }

    pub(crate) fn add(&mut self, handoff: HandoffTruth) {
        self.systems.insert(handoff.from.clone());
        self.systems.insert(handoff.to.clone());
        self.handoffs.push(handoff);
    }
}
