//! Who speaks to whom, who watches, and how a repeated call can be told from a new one.

use std::fmt;

use crate::system::{Reporting, System, System::*};

/// A pair of systems of which one hands work to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    /// The caller.
    pub from: System,
    /// The receiver.
    pub to: System,
}

/// What shows that an attempt repeats an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryMark {
    /// The request header `Idempotency-Key`.
    IdempotencyKey,
    /// The attribute `http.request.resend_count` on the caller's CLIENT spans.
    ResendCount,
    /// Nothing but that the same span repeats a failed call.
    Unmarked,
}

/// What is fixed for an edge.
#[derive(Clone, Copy, Debug)]
pub struct EdgeTraits {
    /// The pair.
    pub edge: Edge,
    /// Whether a handoff proxy must stand between the two for telemetry to be complete.
    pub proxied: bool,
    /// How retries show.
    pub retry_mark: RetryMark,
    /// Whether the caller may give up for good, which no other system depends on.
    pub may_give_up: bool,
}

const fn edge(from: System, to: System, proxied: bool, retry_mark: RetryMark) -> EdgeTraits {
    EdgeTraits { edge: Edge { from, to }, proxied, retry_mark, may_give_up: false }
}

const fn lossy(mut traits: EdgeTraits) -> EdgeTraits {
    traits.may_give_up = true;
    traits
}

const PROXIED: bool = true;
const DIRECT: bool = false;

/// Every edge.
pub const EDGES: [EdgeTraits; 20] = [
    edge(Shopper, Storefront, PROXIED, RetryMark::IdempotencyKey),
    edge(Storefront, Search, PROXIED, RetryMark::Unmarked),
    edge(Storefront, Pim, PROXIED, RetryMark::Unmarked),
    edge(Storefront, Pricing, DIRECT, RetryMark::ResendCount),
    edge(Storefront, Tax, PROXIED, RetryMark::IdempotencyKey),
    edge(Storefront, Fraud, DIRECT, RetryMark::ResendCount),
    edge(Storefront, Payments, PROXIED, RetryMark::IdempotencyKey),
    edge(Storefront, Oms, DIRECT, RetryMark::ResendCount),
    lossy(edge(Payments, Storefront, PROXIED, RetryMark::IdempotencyKey)),
    edge(Oms, Wms, PROXIED, RetryMark::IdempotencyKey),
    edge(Oms, Payments, PROXIED, RetryMark::IdempotencyKey),
    lossy(edge(Oms, Tax, DIRECT, RetryMark::ResendCount)),
    edge(Oms, Erp, PROXIED, RetryMark::ResendCount),
    lossy(edge(Oms, Crm, DIRECT, RetryMark::ResendCount)),
    edge(Oms, Storefront, DIRECT, RetryMark::Unmarked),
    edge(Oms, Marketplace, DIRECT, RetryMark::ResendCount),
    lossy(edge(Erp, Oms, DIRECT, RetryMark::Unmarked)),
    edge(Wms, Shipping, PROXIED, RetryMark::IdempotencyKey),
    edge(Shipping, Oms, DIRECT, RetryMark::ResendCount),
    edge(Marketplace, Oms, PROXIED, RetryMark::IdempotencyKey),
];

impl Edge {
    /// `storefront-to-payments`.
    pub fn name(self) -> String {
        self.to_string()
    }

    /// What is fixed for it; `None` where the two do not speak.
    pub fn traits(self) -> Option<&'static EdgeTraits> {
        EDGES.iter().find(|traits| traits.edge == self)
    }
}

impl EdgeTraits {
    /// Whether the sender reports CLIENT spans.
    pub fn sender_reports(&self) -> bool {
        self.edge.from.reporting() != Reporting::Silent
    }

    /// Whether the receiver reports SERVER spans.
    pub fn receiver_reports(&self) -> bool {
        self.edge.to.reporting() != Reporting::Silent
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-to-{}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::OPERATIONS;

    #[test]
    fn somebody_sees_every_handoff_and_knows_both_its_ends() {
        for traits in &EDGES {
            assert!(traits.proxied || traits.sender_reports(), "{}", traits.edge);
            if traits.edge.to.reporting() == Reporting::SdkDropsContext {
                assert!(traits.proxied, "{}: a root SERVER span needs a proxy to be joined to", traits.edge);
            }
        }
    }

    #[test]
    fn retries_can_be_told_from_new_calls() {
        for traits in &EDGES {
            match traits.retry_mark {
                RetryMark::IdempotencyKey => assert!(traits.proxied, "{}", traits.edge),
                RetryMark::ResendCount | RetryMark::Unmarked => assert!(traits.sender_reports(), "{}", traits.edge),
            }
        }
    }

    #[test]
    fn edges_and_operations_name_each_other() {
        for operation in OPERATIONS {
            assert!(operation.edge().traits().is_some(), "{operation:?}");
        }
        for traits in &EDGES {
            assert!(OPERATIONS.iter().any(|operation| operation.edge() == traits.edge), "{}", traits.edge);
        }
    }
}
