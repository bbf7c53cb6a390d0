//! A small shop: is its truth whole and repeatable, do its services report what the tables
//! say they do, and can the truth be found from what is reported?

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking, its support code too")]

mod derivable;
mod proxy;
mod sink;
mod tracer;

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use ordertrace_api::journey::Outcome;
use ordertrace_shop::truth::{Flow, OrderTruth, Truth};
use ordertrace_shop::{EDGES, OPERATIONS, Pace, Reporting, RetryMark, Shop, ShopError, ShopSettings, System};
use sink::{Sink, Span};

const ORDERS: u64 = 50;

async fn truth(seed: u64, concurrency: usize) -> Truth {
    let shop = Shop::bind(ShopSettings { seed, ..ShopSettings::default() }).await.unwrap();
    let truth = shop.run_orders(ORDERS, concurrency).await.unwrap();
    shop.stop().await.unwrap();
    truth
}

/// Everything but times; handoffs that run side by side have no fixed order.
fn shape(truth: &Truth) -> impl PartialEq + std::fmt::Debug {
    let orders = truth.orders.iter().map(|order| {
        let mut handoffs: Vec<String> = order.handoffs.iter().map(|handoff| format!("{:?}", handoff.shape())).collect();
        handoffs.sort();
        (order.index, order.flow, order.keys.clone(), order.systems.clone(), handoffs)
    });
    (orders.collect::<Vec<_>>(), truth.elsewhere)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_seed_one_truth() {
    let first = truth(5, 16).await;
    // Fewer shoppers at a time than orders that wait for each other.
    let again = truth(5, 2).await;
    assert_eq!(shape(&first), shape(&again));
    let other = truth(6, 16).await;
    assert!(shape(&first) != shape(&other));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_is_whole() {
    let truth = truth(1, 16).await;
    assert_eq!(truth.orders.iter().map(|order| order.index).collect::<Vec<_>>(), (0..ORDERS).collect::<Vec<_>>());
    assert!(truth.elsewhere > 0);
    let mut owners = BTreeMap::new();
    for order in &truth.orders {
        for key in &order.keys {
            assert_eq!(owners.insert(key.clone(), order.index), None, "{key} belongs to two orders");
        }
        whole(order);
    }
    let attempts = || truth.orders.iter().flat_map(|order| &order.handoffs).flat_map(|handoff| &handoff.attempts);
    for status in [None, Some(429), Some(503)] {
        assert!(
            attempts().any(|attempt| attempt.outcome == Outcome::Error && attempt.status_code == status),
            "no attempt failed with {status:?}"
        );
    }
    let flows: BTreeSet<Flow> = truth.orders.iter().map(|order| order.flow).collect();
    assert_eq!(flows.len(), 5);
    let json = serde_json::to_string(&truth).unwrap();
    assert_eq!(serde_json::from_str::<Truth>(&json).unwrap(), truth);
}

fn whole(order: &OrderTruth) {
    let kinds: Vec<&str> = order.keys.iter().map(|key| key.kind.as_str()).collect();
    let count = |kind| kinds.iter().filter(|known| **known == kind).count();
    let made = |operation: &str| order.handoffs.iter().any(|handoff| handoff.operation == operation);
    let web = order.flow != Flow::Marketplace;
    let shipped = !matches!(order.flow, Flow::Cancelled | Flow::OutOfStock);
    assert!(order.handoffs.len() >= 9, "{order:#?}");
    assert!(order.systems.len() >= if web { 9 } else { 4 }, "{order:#?}");
    // Code and row number of the storefront, number of the OMS; the marketplace's is of its own kind.
    assert_eq!(count("order"), if web { 3 } else { 1 });
    assert_eq!(count("marketplace_order"), usize::from(!web));
    assert!(["cart", "checkout", "payment", "tax_doc", "fraud_case"].iter().all(|kind| (count(kind) == 1) == web));
    assert!(["shipment", "tracking", "erp_doc", "invoice"].iter().all(|kind| (count(kind) == 1) == shipped));
    assert_eq!(count("refund"), usize::from(order.flow == Flow::Cancelled));
    assert_eq!(made("PUT /batches/{batch}/orders/{order}"), order.flow == Flow::Batched);
    assert_eq!(made("CancelOrder"), order.flow == Flow::Cancelled);
    assert!(!made("POST /batches"), "a batch as a whole belongs to no order");
    for key in &order.keys {
        let scope = match key.kind.as_str() {
            "erp_doc" => Some("erp"),
            "order" if key.value.bytes().all(|b| b.is_ascii_digit()) => Some("storefront"),
            _ => None,
        };
        assert_eq!(key.system.as_deref(), scope, "{key}");
    }
    for handoff in &order.handoffs {
        let mut last = None;
        for attempt in &handoff.attempts {
            assert!(attempt.started_at <= attempt.ended_at && last <= Some(attempt.started_at), "{handoff:?}");
            last = Some(attempt.ended_at);
        }
        let (_, earlier) = handoff.attempts.split_last().unwrap();
        assert!(earlier.iter().all(|attempt| attempt.outcome == Outcome::Error), "retried although it succeeded");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_report_what_the_tables_promise() {
    let sink = Sink::bind().await;
    let shop = Shop::bind(ShopSettings { seed: 2, fault_percent: 25, ..ShopSettings::default() }).await.unwrap();
    shop.set_otlp(&sink.endpoint).unwrap();
    let truth = shop.run_orders(ORDERS, 16).await.unwrap();
    shop.flush().await.unwrap();
    shop.stop().await.unwrap();
    let spans = sink.spans();
    silence(&spans);
    failures(&spans);
    clients(&truth, &spans);
    servers(&spans);
    keys(&truth, &spans);
    noise(&spans);
    assert!(spans.iter().any(|span| span.linked), "jobs are linked to what caused them");
    let events: BTreeSet<(String, String)> =
        sink.events().into_iter().map(|event| (event.system, event.name)).collect();
    for (system, name) in [
        ("storefront", "order.placed"),
        ("storefront", "payment.captured"),
        ("shipping", "shipment.created"),
        ("oms", "order.completed"),
        ("oms", "order.cancelled"),
    ] {
        assert!(events.contains(&(system.to_owned(), name.to_owned())), "no {name} of {system} in {events:?}");
    }
    assert!(sink.events().iter().all(|event| !event.attributes.is_empty()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_shop_runs_until_it_is_stopped() {
    let sink = Sink::bind().await;
    let shop = Shop::bind(ShopSettings::default()).await.unwrap();
    shop.set_otlp(&sink.endpoint).unwrap();
    assert!(matches!(shop.set_otlp(&sink.endpoint), Err(ShopError::OtlpSet { .. })));
    shop.run_live(Pace { arrival_ms: (1, 5), ..Pace::FAST }, sink.completed()).await;
    shop.stop().await.unwrap();
    assert!(sink.completed().is_cancelled(), "it went on until an order was completed");
}

#[tokio::test]
async fn addresses_are_set_by_edge() {
    let shop = Shop::bind(ShopSettings::default()).await.unwrap();
    let routes = shop.proxied_routes();
    let proxied = EDGES.iter().filter(|traits| traits.proxied).map(|traits| traits.edge.name());
    assert_eq!(routes.iter().map(|route| route.name.clone()).collect::<Vec<_>>(), proxied.collect::<Vec<_>>());
    for route in &routes {
        let upstream = shop.service_address(&route.to).unwrap();
        assert_eq!(route.upstream, format!("http://{upstream}"));
        shop.connect([(route.name.as_str(), upstream)]).unwrap();
    }
    let upstream = shop.service_address("oms").unwrap();
    assert!(matches!(shop.set_address("crm-to-pim", upstream), Err(ShopError::Edge(name)) if name == "crm-to-pim"));
    shop.stop().await.unwrap();
}

fn silence(spans: &[Span]) {
    let reporting: BTreeSet<&str> = spans.iter().map(|span| span.system.as_str()).collect();
    let promised: BTreeSet<&str> = System::SERVICES
        .iter()
        .filter(|system| system.reporting() != Reporting::Silent)
        .map(|system| system.name())
        .collect();
    assert_eq!(reporting, promised);
}

/// Callers really noticed every kind of failure.
fn failures(spans: &[Span]) {
    let calls = spans.iter().filter(|span| span.kind == SpanKind::Client as i32);
    let noticed: BTreeSet<&str> = calls.filter_map(|span| Some(span.attributes.get("error.type")?.as_str())).collect();
    assert_eq!(noticed, BTreeSet::from(["409", "429", "503", "connection_closed", "timeout"]));
}

fn is(span: &Span, name: &str, value: &str) -> bool {
    span.attributes.get(name).is_some_and(|found| found == value)
}

/// Every attempt of an instrumented caller is a CLIENT span; handoffs of no order come on top.
fn clients(truth: &Truth, spans: &[Span]) {
    for operation in OPERATIONS {
        let traits = operation.edge().traits().unwrap();
        let (from, to) = (operation.from.name(), operation.to.name());
        let found: Vec<&Span> = spans
            .iter()
            .filter(|span| span.kind == SpanKind::Client as i32 && span.system == from)
            .filter(|span| is(span, "service.peer.name", to) && is(span, "url.template", operation.template))
            .filter(|span| is(span, "http.request.method", operation.method))
            .collect();
        let handoffs = || {
            let all = truth.orders.iter().flat_map(|order| &order.handoffs);
            all.filter(|made| made.from == from && made.to == to && made.operation == operation.label())
        };
        let made: usize = handoffs().map(|handoff| handoff.attempts.len()).sum();
        if !traits.sender_reports() {
            assert!(found.is_empty(), "{operation:?}");
            continue;
        }
        assert!(found.len() >= made && !found.is_empty(), "{operation:?}: {made} made, {} found", found.len());
        for span in &found {
            let ended = ["http.response.status_code", "error.type"];
            assert!(ended.iter().any(|name| span.attributes.contains_key(*name)), "{span:?}");
            for name in ["url.full", "url.path", "server.address", "server.port"] {
                assert!(span.attributes.contains_key(name), "{span:?}");
            }
            assert!(!span.attributes["url.full"].contains('?'), "{span:?}");
            assert_eq!(span.attributes.get("graphql.operation.name").map(String::as_str), operation.graphql);
        }
        let resent = found.iter().filter(|span| span.attributes.contains_key("http.request.resend_count")).count();
        if traits.retry_mark == RetryMark::ResendCount {
            assert!(resent >= handoffs().map(|handoff| handoff.attempts.len() - 1).sum(), "{operation:?}");
        } else {
            assert_eq!(resent, 0, "{operation:?}");
        }
    }
}

fn servers(spans: &[Span]) {
    for traits in EDGES.iter().filter(|traits| traits.receiver_reports()) {
        let to = traits.edge.to;
        let found: Vec<&Span> = spans
            .iter()
            .filter(|span| span.kind == SpanKind::Server as i32 && span.system == to.name())
            .filter(|span| !is(span, "http.route", "/healthz"))
            .collect();
        assert!(found.iter().all(|span| span.attributes.contains_key("url.path")), "{to}");
        if to.reporting() == Reporting::SdkDropsContext {
            assert!(!found.is_empty() && found.iter().all(|span| span.is_root()), "{to} drops the trace context");
        } else if traits.sender_reports() {
            assert!(found.iter().any(|span| !span.is_root()), "{to} keeps the trace context");
        }
    }
}

/// Every key of an instrumented service stands on one of its spans, be it in the path alone.
fn keys(truth: &Truth, spans: &[Span]) {
    let said: BTreeSet<&str> = spans.iter().flat_map(|span| span.attributes.values()).map(String::as_str).collect();
    let paths: BTreeSet<&str> = said.iter().flat_map(|text| text.split('/')).collect();
    for key in truth.orders.iter().flat_map(|order| &order.keys) {
        // Only a proxy sees what silent services mint and nobody repeats.
        let seen_by_proxies_only = matches!(key.kind.as_str(), "tax_doc" | "charge" | "refund");
        assert!(seen_by_proxies_only || paths.contains(key.value.as_str()), "{key} is on no span");
    }
    let named: BTreeSet<(&str, &str)> = spans
        .iter()
        .flat_map(|span| span.attributes.keys().map(|name| (span.system.as_str(), name.as_str())))
        .collect();
    for promised in [
        ("storefront", "cart.id"),
        ("storefront", "checkout.id"),
        ("storefront", "app.order.id"),
        ("storefront", "order_id"),
        ("storefront", "payment.id"),
        ("fraud", "commerce.order.id"),
        ("fraud", "fraud.case.id"),
        ("oms", "order.number"),
        ("oms", "amazon.order.id"),
        ("oms", "invoice.id"),
        ("oms", "commerce.milestone"),
        ("erp", "erp.doc.id"),
        ("erp", "order_id"),
        ("shipping", "tracking_number"),
        ("shipping", "shipment.id"),
    ] {
        assert!(named.contains(&promised), "no {promised:?}");
    }
}

fn noise(spans: &[Span]) {
    assert!(spans.iter().any(|span| span.is_root() && is(span, "db.system.name", "postgresql")));
    assert!(spans.iter().any(|span| span.is_root() && is(span, "http.route", "/healthz")));
}
