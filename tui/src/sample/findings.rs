use ordertrace_api::finding::{DetectionProgress, Evidence, Finding, FindingKind, FindingState, FindingsPage, Money};
use ordertrace_api::journey::{Journey, JourneyKey, JourneyState};
use ordertrace_api::keys::Strength;

use super::build::{self, HandoffBuilder};
use super::{HOUR_MS, MINUTE_MS, SECOND_MS, at_ms, key};

/// When the tests look.
const NOW_MS: u64 = 51 * HOUR_MS + 20 * MINUTE_MS;
/// When the order of [`incident`] was paid.
const PAID_MS: u64 = NOW_MS - 4 * MINUTE_MS;

fn finding(kind: FindingKind, order: Option<&str>, ago_ms: u64, says: &str) -> Finding {
    let since = at_ms(NOW_MS - ago_ms);
    Finding {
        id: build::hex(&format!("{}{order:?}", kind.name()), 32),
        kind,
        severity: kind.severity(),
        state: FindingState::Open,
        flow: if order.is_some() { "order".to_owned() } else { String::new() },
        rule: String::new(),
        order: order.map(key),
        system: None,
        says: says.to_owned(),
        since,
        opened_at: since,
        updated_at: since,
        closed_at: None,
        closed_because: String::new(),
        money: None,
        evidence: Vec::new(),
    }
}

fn money(amount: &str) -> Option<Money> {
    Some(Money { amount: amount.to_owned(), currency: "EUR".to_owned() })
}

/// The customer of A-10057 paid, and the OMS refused the order.
fn paid_not_created() -> Finding {
    let seed = "pay#0";
    Finding {
        rule: "order.created within 30s of payment.captured".to_owned(),
        money: money("129.90"),
        evidence: vec![Evidence {
            at: at_ms(PAID_MS),
            what: "payment.captured".to_owned(),
            system: "payments".to_owned(),
            trace_id: build::hex(seed, 32),
            span_id: build::hex(&format!("{seed}Server"), 16),
        }],
        ..finding(
            FindingKind::PaidNotCreated,
            Some("order:A-10057"),
            3 * MINUTE_MS + 30 * SECOND_MS,
            "order.created did not follow payment.captured within 30s",
        )
    }
}

/// Findings as they come: those that hold first, the worst of them first.
pub(crate) fn findings() -> FindingsPage {
    let double = Finding {
        money: money("1249.00"),
        ..finding(
            FindingKind::DoubleCharge,
            Some("order:A-10042"),
            50 * HOUR_MS,
            "payment.captured 2 times, 1249.00 EUR too much",
        )
    };
    let silent = Finding {
        system: Some("shipping".to_owned()),
        ..finding(FindingKind::SilentSystem, None, 12 * MINUTE_MS, "nothing from shipping for 12m, usually every 4s")
    };
    let stuck = finding(
        FindingKind::StuckOrder,
        Some("marketplace_order:902-1845936-5435065"),
        26 * HOUR_MS,
        "nothing after inventory.reserved for 24h",
    );
    let closed = Finding {
        state: FindingState::Closed,
        closed_at: Some(at_ms(NOW_MS - HOUR_MS)),
        closed_because: "shipment.created came 12m later than it should".to_owned(),
        ..finding(
            FindingKind::MissedDeadline,
            Some("order:A-10031"),
            80 * MINUTE_MS,
            "shipment.created did not follow order.created within 24h",
        )
    };
    let fallback = finding(FindingKind::FallbackUsed, Some("order:A-10055"), 11 * MINUTE_MS, "tax.estimated");
    let findings = vec![paid_not_created(), silent, double, stuck, fallback, closed];
    FindingsPage { findings, more: false, progress: all_seen() }
}

/// Nothing is wrong, and all was looked at.
pub(crate) fn no_findings() -> FindingsPage {
    FindingsPage { progress: all_seen(), ..FindingsPage::default() }
}

fn all_seen() -> DetectionProgress {
    DetectionProgress {
        looked_until: Some(at_ms(NOW_MS - 2 * SECOND_MS)),
        unseen_since: None,
        systems_looked_at: Some(at_ms(NOW_MS - MINUTE_MS)),
    }
}

/// Nothing is known to be wrong, but nobody looked at what arrived in the last four minutes.
pub(crate) fn findings_behind() -> FindingsPage {
    let progress = DetectionProgress {
        looked_until: Some(at_ms(NOW_MS - 4 * MINUTE_MS - 5 * SECOND_MS)),
        unseen_since: Some(at_ms(NOW_MS - 4 * MINUTE_MS)),
        systems_looked_at: None,
    };
    FindingsPage { progress, ..FindingsPage::default() }
}

/// The journey of the first of [`findings`]: of its handoffs the last failed.
pub(crate) fn incident() -> Journey {
    let h = HandoffBuilder::new;
    let before_ms = |ms: u64| PAID_MS - ms;
    let handoffs = vec![
        h("checkout", None, "storefront", "POST /checkout").ok(before_ms(900), 1_400, 202).build(),
        h("price", Some("storefront"), "pricing", "POST /quote").within("checkout").ok(before_ms(880), 40, 200).build(),
        h("pay", Some("storefront"), "payments", "POST /v1/charges")
            .within("checkout")
            .ok(before_ms(500), 520, 201)
            .build(),
        h("oms", Some("storefront"), "oms", "POST /orders")
            .failed(PAID_MS + 700, 90, Some(500), "500")
            .failed(PAID_MS + 2_000, 85, Some(500), "500")
            .failed(PAID_MS + 6_000, 30_000, None, "timeout")
            .build(),
    ];
    let keys = [("order:A-10057", "storefront"), ("payment:ch_8812", "payments")].map(|(text, system)| JourneyKey {
        key: key(text),
        strength: Strength::Strong,
        systems: vec![system.to_owned()],
    });
    Journey { keys: keys.to_vec(), ..build::journey(key("order:A-10057"), JourneyState::Failed, handoffs) }
}
