//! Hand-built answers of a collector, for tests: an order of a shop whose CRM is down.

mod alerts;
mod arbitrary;
mod build;
mod explain;
mod findings;
mod history;
mod hotspots;
mod orders;
mod shop;
mod sku_orders;
mod status;
mod surface;
mod sync;

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::journey::{Journey, JourneyKey, JourneyState, LimitReached, Milestone};
use ordertrace_api::keys::{Key, Strength};
use ordertrace_api::span::{Span, SpanKind, SpansReply};

pub(crate) use alerts::{alerts, no_alerts, replay};
pub(crate) use arbitrary::{any_findings, any_journey};
pub(crate) use build::HandoffBuilder;
pub(crate) use explain::explanation;
pub(crate) use findings::{findings, findings_behind, incident, no_findings};
pub(crate) use history::history;
pub(crate) use hotspots::{any_hotspots, figures, hotspots, hotspots_alone};
pub(crate) use orders::orders;
pub(crate) use shop::{Fault, HANDOFFS, Shop, Step};
pub(crate) use sku_orders::sku_orders;
pub(crate) use status::{agent_status, status};
pub(crate) use surface::surface;
pub(crate) use sync::sync;

pub(crate) const SECOND_MS: u64 = 1000;
pub(crate) const MINUTE_MS: u64 = 60 * SECOND_MS;
pub(crate) const HOUR_MS: u64 = 60 * MINUTE_MS;

/// When the sample's order was placed.
pub(crate) fn start() -> Timestamp {
    "2026-11-19T09:12:03.120Z".parse().unwrap()
}

/// When the tests look at it.
pub(crate) fn now() -> Timestamp {
    at_ms(51 * HOUR_MS + 20 * MINUTE_MS)
}

pub(crate) fn at_ms(offset_ms: u64) -> Timestamp {
    start() + SignedDuration::from_millis(i64::try_from(offset_ms).unwrap())
}

pub(crate) fn key(text: &str) -> Key {
    text.parse().unwrap()
}

/// Checkout with a payment retried, an ERP that drops the trace context, a label printed
/// 18 hours later at the third try, and a CRM that refuses the news two days later.
pub(crate) fn journey() -> Journey {
    let h = HandoffBuilder::new;
    let handoffs = vec![
        h("checkout", None, "storefront", "POST /checkout").ok(0, 1840, 200).build(),
        h("cart", Some("storefront"), "cart", "GET /carts/{cart}").within("checkout").ok(8, 18, 200).build(),
        h("price", Some("storefront"), "pricing", "POST /quote").within("checkout").ok(30, 35, 200).build(),
        h("tax", Some("storefront"), "tax", "POST /tax/quote").within("checkout").ok(34, 62, 200).build(),
        h("pay", Some("storefront"), "payments", "POST /v1/payment_intents")
            .within("checkout")
            .proxied()
            .idempotency_key("co-9921")
            .keys(&["order:A-10042", "payment:pi_3QxRt7Kv20aZ"])
            .failed(110, 120, Some(503), "503")
            .ok(640, 980, 201)
            .build(),
        h("fraud", Some("payments"), "fraud", "POST /score").within("pay").inferred().ok(700, 610, 200).build(),
        h("oms", Some("storefront"), "oms", "POST /orders").within("checkout").ok(1650, 140, 201).build(),
        h("erp", Some("oms"), "erp", "POST /sales-orders").inferred().proxied().ok(2_400, 310, 201).build(),
        h("taxdoc", Some("erp"), "tax", "POST /tax/commit").within("erp").ok(2_520, 44, 200).build(),
        h("wms", Some("oms"), "wms", "POST /allocations").ok(2_580, 88, 202).build(),
        h("label", Some("wms"), "shipping", "POST /labels")
            .keys(&["order:A-10042", "shipment:SH-77120"])
            .failed(18 * HOUR_MS, 30_000, None, "timeout")
            .failed(18 * HOUR_MS + 5 * MINUTE_MS, 30_000, None, "timeout")
            .ok(18 * HOUR_MS + 11 * MINUTE_MS, 2_300, 201)
            .build(),
        h("shipped", Some("shipping"), "storefront", "shipment.created")
            .ok(18 * HOUR_MS + 12 * MINUTE_MS, 41, 200)
            .build(),
        h("market", Some("oms"), "marketplace", "POST /fulfilments").ok(51 * HOUR_MS, 260, 200).build(),
        h("crm", Some("oms"), "crm", "POST /events/order-shipped")
            .proxied()
            .failed(51 * HOUR_MS + 1_000, 95, Some(500), "500")
            .failed(51 * HOUR_MS + 3_100, 88, Some(500), "500")
            .failed(51 * HOUR_MS + 7_200, 5_000, None, "connection_reset")
            .build(),
    ];
    let keys = [
        ("order:A-10042", &["storefront", "oms", "erp", "crm"][..]),
        ("order@storefront:4", &["storefront"]),
        ("cart:c_81f0", &["storefront", "cart"]),
        ("payment:pi_3QxRt7Kv20aZ", &["payments", "storefront"]),
        ("erp_doc@erp:SO-4711", &["erp"]),
        ("shipment:SH-77120", &["shipping", "wms"]),
    ];
    let mut keys: Vec<JourneyKey> = keys
        .into_iter()
        .map(|(text, systems)| JourneyKey {
            key: key(text),
            strength: Strength::Strong,
            systems: systems.iter().map(|&system| system.to_owned()).collect(),
        })
        .collect();
    keys.push(JourneyKey { key: key("customer:cu_7"), strength: Strength::Weak, systems: vec!["crm".to_owned()] });
    let mut journey = build::journey(key("order:A-10042"), JourneyState::Failed, handoffs);
    journey.keys = keys;
    journey.milestones = vec![
        milestone("order.placed", 1_840, "storefront"),
        milestone("payment.captured", 1_620, "payments"),
        milestone("order.created", 2_710, "erp"),
        milestone("inventory.reserved", 2_668, "wms"),
        milestone("shipment.created", 18 * HOUR_MS + 11 * MINUTE_MS + 2_300, "shipping"),
    ];
    journey.milestones.sort_by_key(|milestone| milestone.at);
    journey
}

/// The same journey, cut off at a limit.
pub(crate) fn journey_cut_short() -> Journey {
    let limit = LimitReached {
        limit: "fan_out".to_owned(),
        value: 64,
        detail: "order@erp:1 stands on 912 traces and was not followed; ask for it by name".to_owned(),
    };
    Journey { limits: vec![limit], ..journey() }
}

/// A journey of `count` handoffs of 40 ms, ten to a root; every 97th was retried, every
/// 211th failed.
pub(crate) fn huge_journey(count: usize) -> Journey {
    let mut handoffs = Vec::with_capacity(count);
    for index in 0..count {
        let id = format!("h{index}");
        let offset_ms = index as u64 * 25;
        let mut builder = HandoffBuilder::new(&id, Some("oms"), "erp", "POST /documents");
        let root = format!("h{}", index / 10 * 10);
        if !index.is_multiple_of(10) {
            builder = builder.within(&root);
        }
        if index.is_multiple_of(97) {
            builder = builder.failed(offset_ms, 3, Some(503), "503");
        }
        let builder = match index.is_multiple_of(211) {
            true => builder.failed(offset_ms + 5, 30, Some(500), "500"),
            false => builder.ok(offset_ms + 5, 35, 200),
        };
        handoffs.push(builder.build());
    }
    build::journey_without_path(key("order:HUGE-1"), JourneyState::Failed, handoffs)
}

/// What happened inside the payment.
pub(crate) fn spans() -> SpansReply {
    let span = |id: &str, parent: Option<&str>, name: &str, kind, offset_ms: u64, duration_ms: u64| Span {
        trace_id: build::hex(id, 32),
        span_id: build::hex(id, 16),
        parent_span_id: parent.map(|parent| build::hex(parent, 16)),
        system: "payments".to_owned(),
        name: name.to_owned(),
        kind,
        started_at: at_ms(offset_ms),
        duration_ns: duration_ms * 1_000_000,
        error: false,
        status_message: String::new(),
        attributes: std::collections::BTreeMap::new(),
        events: Vec::new(),
    };
    let mut spans = vec![
        span("root", None, "POST /v1/payment_intents", SpanKind::Server, 644, 970),
        span("auth", Some("root"), "authorise", SpanKind::Internal, 650, 700),
        span("score", Some("auth"), "POST", SpanKind::Client, 700, 610),
        span("insert", Some("root"), "INSERT payment", SpanKind::Client, 1360, 12),
        span("publish", Some("root"), "payment.captured publish", SpanKind::Producer, 1590, 4),
    ];
    spans[3].error = true;
    spans[3].status_message = "deadlock detected, retried".to_owned();
    SpansReply { spans, more: false }
}

fn milestone(name: &str, offset_ms: u64, system: &str) -> Milestone {
    Milestone { name: name.to_owned(), at: at_ms(offset_ms), system: system.to_owned() }
}
