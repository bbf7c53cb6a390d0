//! What detection says is wrong.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::keys::Key;

/// Something that is, or was, wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Finding {
    /// 32 hexadecimal digits; the same for the same fault, whichever collector found it.
    pub id: String,
    /// What kind of fault.
    pub kind: FindingKind,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it still holds.
    pub state: FindingState,
    /// The flow whose rule it breaks; empty for findings about systems.
    pub flow: String,
    /// That rule, as the flow says it: `order.created within 30s of payment.captured`.
    pub rule: String,
    /// The order it is about, by the key that names it best.
    pub order: Option<Key>,
    /// The system at fault, where one is.
    pub system: Option<String>,
    /// What is wrong, in a sentence.
    pub says: String,
    /// Since when it is wrong.
    pub since: Timestamp,
    /// When it was found.
    pub opened_at: Timestamp,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
    /// When it ceased to hold.
    pub closed_at: Option<Timestamp>,
    /// Why it ceased to hold; empty while it does.
    pub closed_because: String,
    /// The money it is about.
    pub money: Option<Money>,
    /// What it was told from, by time.
    pub evidence: Vec<Evidence>,
}

/// Query of [`FINDINGS`](crate::routes::FINDINGS). Those that hold come first, the worst of them
/// first, then the latest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingsQuery {
    /// Only those that hold, or held at or after this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only those that began before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only of this state; without it, those that hold and those that did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<FindingState>,
    /// Only of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<FindingKind>,
    /// Only so bad or worse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// At most this many, 1 to 1000; 200 unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Reply of [`FINDINGS`](crate::routes::FINDINGS).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FindingsPage {
    /// Findings.
    pub findings: Vec<Finding>,
    /// Whether the limit cut the list.
    pub more: bool,
    /// How far detection had come: what is wrong with what arrived later is not told.
    #[serde(default)]
    pub progress: DetectionProgress,
}

/// How far detection has come, in whichever collector, by ClickHouse's clock. It looks at orders in which a
/// milestone was reached, in the order of arrival, from the oldest that is stored on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DetectionProgress {
    /// When the latest arrived that was looked at; `null` when nothing was.
    pub looked_until: Option<Timestamp>,
    /// When the oldest milestone arrived that was not looked at; `null` when all were.
    pub unseen_since: Option<Timestamp>,
    /// When it was last looked at systems, handoffs and their surface, once a minute; by the collector's clock.
    #[serde(default)]
    pub systems_looked_at: Option<Timestamp>,
}

/// What kind of fault.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// The customer paid and no order was created.
    PaidNotCreated,
    /// More was captured than the order is worth, by captures of their own.
    DoubleCharge,
    /// One purchase became several orders.
    DuplicateOrder,
    /// One delivery was sent several times.
    DuplicateShipment,
    /// What was captured is not what the order is worth.
    AmountMismatch,
    /// An order was cancelled for lack of stock.
    Oversell,
    /// Goods left without payment.
    ShippedWithoutPayment,
    /// Money went back though nothing came back and nothing was cancelled.
    RefundWithoutReturn,
    /// A milestone was not reached in time.
    MissedDeadline,
    /// Nothing happens any more, and the order is not at its end.
    StuckOrder,
    /// A milestone was reached more often than it may be.
    ReachedTooOften,
    /// A milestone was reached before one that it needs.
    OutOfOrder,
    /// A system does not speak any more.
    SilentSystem,
    /// A handoff is tried again and again.
    RetryStorm,
    /// A handoff is not encrypted.
    PlaintextHandoff,
    /// A handoff needs no credential.
    UnauthenticatedHandoff,
    /// A system went on with less than it should have: an estimate, a backup, a default.
    FallbackUsed,
}

/// How bad a finding is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look at it today.
    Warning,
    /// Money or goods are being lost.
    Critical,
}

impl Severity {
    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Whether a finding holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    /// It is so.
    Open,
    /// It was so: what was missing came late, or what was wrong was made good.
    Closed,
    /// It was not so: evidence that arrived later shows it.
    Retracted,
}

/// An amount of a currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Money {
    /// Decimal, in the currency's major unit: `12.30`.
    pub amount: String,
    /// ISO 4217 code, in capitals.
    pub currency: String,
}

/// Something seen that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Evidence {
    /// When it happened.
    pub at: Timestamp,
    /// The milestone it showed, or what else it is.
    pub what: String,
    /// The system that showed it.
    pub system: String,
    /// 32 hexadecimal digits; empty outside of any trace.
    pub trace_id: String,
    /// 16 hexadecimal digits; empty when it was no span.
    pub span_id: String,
}

impl FindingKind {
    /// All kinds, the worst first.
    pub const ALL: [Self; 17] = [
        Self::PaidNotCreated,
        Self::DoubleCharge,
        Self::DuplicateOrder,
        Self::DuplicateShipment,
        Self::AmountMismatch,
        Self::Oversell,
        Self::ShippedWithoutPayment,
        Self::RefundWithoutReturn,
        Self::SilentSystem,
        Self::RetryStorm,
        Self::MissedDeadline,
        Self::StuckOrder,
        Self::ReachedTooOften,
        Self::OutOfOrder,
        Self::PlaintextHandoff,
        Self::UnauthenticatedHandoff,
        Self::FallbackUsed,
    ];

    /// As it is written in configuration and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::PaidNotCreated => "paid_not_created",
            Self::DoubleCharge => "double_charge",
            Self::DuplicateOrder => "duplicate_order",
            Self::DuplicateShipment => "duplicate_shipment",
            Self::AmountMismatch => "amount_mismatch",
            Self::Oversell => "oversell",
            Self::ShippedWithoutPayment => "shipped_without_payment",
            Self::RefundWithoutReturn => "refund_without_return",
            Self::MissedDeadline => "missed_deadline",
            Self::StuckOrder => "stuck_order",
            Self::ReachedTooOften => "reached_too_often",
            Self::OutOfOrder => "out_of_order",
            Self::SilentSystem => "silent_system",
            Self::RetryStorm => "retry_storm",
            Self::PlaintextHandoff => "plaintext_handoff",
            Self::UnauthenticatedHandoff => "unauthenticated_handoff",
            Self::FallbackUsed => "fallback_used",
        }
    }

    /// The kind of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// How bad such a fault is.
    pub fn severity(self) -> Severity {
        match self {
            Self::PaidNotCreated
            | Self::DoubleCharge
            | Self::DuplicateOrder
            | Self::DuplicateShipment
            | Self::AmountMismatch
            | Self::Oversell
            | Self::ShippedWithoutPayment
            | Self::SilentSystem => Severity::Critical,
            Self::RefundWithoutReturn
            | Self::MissedDeadline
            | Self::StuckOrder
            | Self::ReachedTooOften
            | Self::OutOfOrder
            | Self::RetryStorm
            | Self::PlaintextHandoff
            | Self::UnauthenticatedHandoff => Severity::Warning,
            Self::FallbackUsed => Severity::Info,
        }
    }
}

impl Finding {
    /// The query that shows its evidence, for ClickHouse; empty when none of it was a span.
    pub fn sql(&self) -> String {
        let spans: Vec<String> = self
            .evidence
            .iter()
            .filter(|evidence| !evidence.span_id.is_empty())
            .map(|evidence| format!("(unhex('{}'), unhex('{}'))", evidence.trace_id, evidence.span_id))
            .collect();
        if spans.is_empty() {
            return String::new();
        }
        format!("SELECT * FROM span_details WHERE (trace_id, span_id) IN ({})", spans.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_in_json() {
        for kind in FindingKind::ALL {
            assert_eq!(serde_json::to_value(kind).ok(), Some(kind.name().into()));
            assert_eq!(FindingKind::of_name(kind.name()), Some(kind));
        }
        for severity in [Severity::Info, Severity::Warning, Severity::Critical] {
            assert_eq!(serde_json::to_value(severity).ok(), Some(severity.name().into()));
        }
    }
}
