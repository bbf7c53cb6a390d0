//! A shop in which one handoff may break, and what a collector would answer then.

use ordertrace_api::finding::{Evidence, Finding, FindingKind, FindingState, FindingsPage};
use ordertrace_api::hotspot::{Figures, HandoffHotspot, Hotspots, OrderFigures, SystemHotspot};
use ordertrace_api::journey::{Journey, JourneyState, Observer};
use ordertrace_api::keys::Key;
use ordertrace_api::order::OrdersPage;

use super::build::{self, HandoffBuilder};
use super::hotspots::{figures, hotspots};
use super::orders::summary;
use super::{HOUR_MS, MINUTE_MS, SECOND_MS, at_ms, key, no_findings};

/// When the tests look.
const NOW_MS: u64 = 51 * HOUR_MS + 20 * MINUTE_MS;

const MS_NS: u64 = 1_000_000;

/// Sender, receiver, what is asked, attempts in an hour, how long each takes (ms), and where in an order's way it comes;
/// what comes back is on no way.
pub(crate) type Step = (&'static str, &'static str, &'static str, u64, u64, Option<u64>);

/// Place of the payment among [`HANDOFFS`]: who came so far has paid.
const PAYMENT: usize = 5;

pub(crate) const HANDOFFS: [Step; 19] = [
    ("", "storefront", "POST /checkout", 4_000, 900, Some(0)),
    ("storefront", "cart", "GET /carts/{cart}", 12_000, 18, Some(1)),
    ("storefront", "pricing", "POST /quote", 9_000, 35, Some(2)),
    ("storefront", "search", "GET /search", 200_000, 12, Some(3)),
    ("storefront", "tax", "POST /tax/quote", 4_000, 60, Some(4)),
    ("storefront", "payments", "POST /v1/payment_intents/{payment}/confirm", 4_000, 400, Some(5)),
    ("payments", "fraud", "POST /score", 4_000, 90, Some(6)),
    ("storefront", "oms", "POST /orders", 3_900, 140, Some(7)),
    ("oms", "erp", "POST /sales-orders", 3_900, 310, Some(8)),
    ("erp", "tax", "POST /tax/commit", 3_800, 44, Some(9)),
    ("oms", "wms", "POST /allocations", 3_900, 88, Some(10)),
    ("wms", "shipping", "POST /labels", 3_500, 700, Some(11)),
    ("oms", "crm", "POST /events/order-shipped", 3_400, 95, Some(12)),
    ("oms", "marketplace", "POST /fulfilments", 900, 260, Some(13)),
    ("payments", "storefront", "POST /webhooks/payments", 3_900, 20, None),
    ("shipping", "storefront", "shipment.created", 3_500, 41, None),
    ("wms", "storefront", "stock.changed", 1_200, 15, None),
    ("marketplace", "oms", "POST /marketplace-orders", 600, 120, None),
    ("pim", "search", "send products", 300, 9, None),
];

/// What may happen to a handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nine of ten attempts fail.
    Fails,
    /// It takes half a minute.
    Hangs,
    /// Nobody makes it any more.
    Gone,
}

/// A shop, and its fault: the place of a handoff among [`HANDOFFS`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shop {
    pub(crate) fault: Option<(usize, Fault)>,
    /// Whether whoever calls the sender of what fails sees its calls fail too.
    pub(crate) cascades: bool,
}

impl Shop {
    /// What each handoff costs now, beside a day earlier; a third of all carts is not found, as ever.
    pub(crate) fn hotspots(&self) -> Hotspots {
        let handoffs = HANDOFFS.iter().enumerate().map(|(at, step)| {
            let (from, to, operation, attempts, ms, _) = *step;
            let before = failing(figures(attempts, ms * MS_NS), if to == "cart" { 0.3 } else { 0.01 });
            // No day is like another.
            let now =
                Figures { p95_ns: before.p95_ns / 100 * (90 + at as u64 * 2), ..failing(before, before.error_share) };
            let now = match self.fault {
                Some((broken, Fault::Fails)) if broken == at => failing(figures(attempts * 2, ms * MS_NS), 0.9),
                Some((broken, Fault::Hangs)) if broken == at => figures(attempts / 2, 30_000 * MS_NS),
                Some((broken, Fault::Gone)) if broken == at => figures(0, 0),
                Some((broken, Fault::Fails)) if self.cascades && to == HANDOFFS[broken].0 => failing(before, 0.6),
                _ => now,
            };
            HandoffHotspot {
                from: Some(from.to_owned()).filter(|from| !from.is_empty()),
                to: to.to_owned(),
                operation: operation.to_owned(),
                observer: Observer::Client,
                figures: now,
                before: Some(before),
                orders: OrderFigures::default(),
                orders_before: Some(OrderFigures::default()),
                slices: Vec::new(),
            }
        });
        let mut handoffs: Vec<HandoffHotspot> = handoffs.collect();
        handoffs.sort_by_key(|handoff| std::cmp::Reverse(handoff.figures.time_ns));
        let systems = systems(&handoffs);
        Hotspots { handoffs, systems, more: false, ..hotspots() }
    }

    /// Orders that are hit, and others.
    pub(crate) fn orders(&self) -> OrdersPage {
        let hit = if self.is_noticed() { JourneyState::Failed } else { JourneyState::Done };
        let orders = (0..12).map(|n| {
            let id = format!("order:B-{}", 1_000 + n);
            summary(&id, (n + 1) * 20 * SECOND_MS, if n % 4 == 1 { hit } else { JourneyState::Done })
        });
        OrdersPage { orders: orders.collect(), more: false }
    }

    /// What broke so that orders do not get on, and they had been paid for.
    pub(crate) fn findings(&self) -> FindingsPage {
        let paid = self.fault.is_some_and(|(at, _)| at > PAYMENT) && self.is_noticed();
        let hit = [1, 5, 9].map(|n| key(&format!("order:B-{}", 1_000 + n)));
        let findings = hit.into_iter().filter(|_| paid).map(|order| {
            let payment = self.journey(&order).handoffs.swap_remove(PAYMENT);
            let side = &payment.attempts[0].sides[0];
            let evidence = Evidence {
                at: payment.started_at,
                what: "payment.captured".to_owned(),
                system: "payments".to_owned(),
                trace_id: side.trace_id.clone(),
                span_id: side.span_id.clone(),
            };
            let since = at_ms(NOW_MS - MINUTE_MS);
            Finding {
                id: build::hex(&order.to_string(), 32),
                kind: FindingKind::MissedDeadline,
                severity: FindingKind::MissedDeadline.severity(),
                state: FindingState::Open,
                flow: "order".to_owned(),
                rule: "shipment.created within 24h of payment.captured".to_owned(),
                order: Some(order),
                system: None,
                says: "shipment.created did not follow payment.captured within 24h".to_owned(),
                since,
                opened_at: since,
                updated_at: since,
                closed_at: None,
                closed_because: String::new(),
                money: None,
                evidence: vec![evidence],
            }
        });
        FindingsPage { findings: findings.collect(), ..no_findings() }
    }

    /// An order's way: as far as it came, if it is hit.
    pub(crate) fn journey(&self, order: &Key) -> Journey {
        let number: u64 = order.value.trim_start_matches("B-").parse().unwrap();
        let hit = self.fault.filter(|_| number % 4 == 1);
        let mut handoffs = Vec::new();
        for (at, (from, to, operation, _, ms, place)) in HANDOFFS.into_iter().enumerate() {
            let Some(place) = place else { continue };
            let from = Some(from).filter(|from| !from.is_empty());
            let builder = HandoffBuilder::new(&format!("{order}/{at}"), from, to, operation);
            let begun_ms = NOW_MS - 10 * MINUTE_MS + place * SECOND_MS;
            match hit {
                Some((broken, Fault::Fails)) if broken == at => {
                    let failed =
                        builder.failed(begun_ms, 90, Some(503), "503").failed(begun_ms + 200, 90, Some(503), "503");
                    handoffs.push(failed.build());
                    break;
                }
                Some((broken, Fault::Hangs)) if broken == at => {
                    handoffs.push(builder.ok(begun_ms, 30_000, 200).build());
                }
                Some((broken, Fault::Gone)) if broken == at => break,
                _ => handoffs.push(builder.ok(begun_ms, ms, 200).build()),
            }
        }
        let state = if hit.is_some() && self.is_noticed() { JourneyState::Failed } else { JourneyState::Done };
        build::journey(order.clone(), state, handoffs)
    }

    /// Whether orders are seen to have failed: the fault is a failure on their way.
    pub(crate) fn is_noticed(&self) -> bool {
        self.fault.is_some_and(|(at, fault)| fault == Fault::Fails && HANDOFFS[at].5.is_some())
    }
}

fn failing(figures: Figures, share: f64) -> Figures {
    let failed = (figures.attempts as f64 * share) as u64;
    Figures { failed, error_share: share, ..figures }
}

/// What each system received, the handoffs that are gone left out of account.
fn systems(handoffs: &[HandoffHotspot]) -> Vec<SystemHotspot> {
    let mut systems: Vec<SystemHotspot> = Vec::new();
    for handoff in handoffs {
        match systems.iter_mut().find(|system| system.system == handoff.to) {
            Some(system) => {
                system.figures = together(system.figures, handoff.figures);
                system.before = system.before.zip(handoff.before).map(|(one, other)| together(one, other));
            }
            None => systems.push(SystemHotspot {
                system: handoff.to.clone(),
                figures: handoff.figures,
                before: handoff.before,
                orders: OrderFigures::default(),
                orders_before: Some(OrderFigures::default()),
                slices: Vec::new(),
            }),
        }
    }
    systems
}

fn together(one: Figures, other: Figures) -> Figures {
    let attempts = one.attempts + other.attempts;
    let failed = one.failed + other.failed;
    Figures {
        failed,
        error_share: failed as f64 / attempts.max(1) as f64,
        time_ns: one.time_ns + other.time_ns,
        p95_ns: one.p95_ns.max(other.p95_ns),
        ..figures(attempts, (one.time_ns + other.time_ns) / attempts.max(1))
    }
}
