use ordertrace_api::finding::Money;
use ordertrace_api::hotspot::{Figures, HandoffHotspot, Hotspots, MinuteRange, OrderFigures, Slice, SystemHotspot};
use ordertrace_api::journey::Observer;
use proptest::prelude::*;

use super::{HOUR_MS, at_ms};

/// Figures of so many attempts within an hour, each as long.
pub(crate) fn figures(attempts: u64, each_ns: u64) -> Figures {
    Figures {
        attempts,
        per_s: attempts as f64 / 3_600.0,
        failed: 0,
        error_share: 0.0,
        resent: 0,
        amplification: 1.0,
        time_ns: attempts * each_ns,
        mean_ns: each_ns,
        p50_ns: each_ns,
        p95_ns: each_ns,
        p99_ns: each_ns,
    }
}

/// What so many orders meant: each had one such handoff.
pub(crate) fn order_figures(orders: u64, path_share: f64, in_flight: &str, at_risk: &str) -> OrderFigures {
    let money = |amount: &str| match amount {
        "" => Vec::new(),
        amount => vec![Money { amount: amount.to_owned(), currency: "EUR".to_owned() }],
    };
    OrderFigures {
        orders,
        handoffs: orders,
        mean_waiting_ns: orders * 3_000_000,
        mean_path_ns: orders * 8_000,
        path_share,
        in_flight: money(in_flight),
        at_risk: money(at_risk),
    }
}

/// Twenty parts of an hour in which so many attempts each took longer and longer, or as long.
fn slices(attempts: u64, each_ns: u64, grows: bool) -> Vec<Slice> {
    let slice = |n: u64| {
        let each_ns = if grows { each_ns * (n + 1) / 10 } else { each_ns };
        let attempts = attempts / 20 * (12 + n * n % 7) / 15 + n % 2;
        Slice { attempts, failed: if grows { n / 6 } else { 0 }, time_ns: attempts * each_ns }
    };
    (0..20).map(slice).collect()
}

/// Payments got slow since yesterday, and the OMS is asked again and again; nobody asks the fax service
/// any more.
pub(crate) fn hotspots() -> Hotspots {
    let spot = |from: &str, to: &str, operation: &str, figures: Figures, before: Option<Figures>| HandoffHotspot {
        from: Some(from.to_owned()).filter(|from| !from.is_empty()),
        to: to.to_owned(),
        operation: operation.to_owned(),
        observer: if from.is_empty() { Observer::Server } else { Observer::Client },
        figures,
        before,
        orders: OrderFigures::default(),
        orders_before: before.map(|_| OrderFigures::default()),
        slices: slices(
            figures.attempts,
            figures.mean_ns,
            before.is_some_and(|before| before.mean_ns * 2 < figures.mean_ns),
        ),
    };
    let paying = Figures { p95_ns: 400_000_000, p99_ns: 700_000_000, ..figures(40_000, 120_000_000) };
    let slow = Figures { p95_ns: 1_900_000_000, p99_ns: 12_400_000_000, ..figures(43_210, 310_000_000) };
    let slow = Figures { failed: 1_296, error_share: 0.03, ..slow };
    let retried = Figures { resent: 600, amplification: 2.0, ..figures(1_200, 60_000_000) };
    let searching = figures(1_234_567, 2_000_000);
    let range = |since_ms| MinuteRange { since: at_ms(since_ms - 3_120), until: at_ms(since_ms - 3_120 + HOUR_MS) };
    let paid = order_figures(41_023, 0.71, "1810233.40", "120482.1177");
    let paid_before = order_figures(38_870, 0.32, "", "40100.25");
    let system = |system: &str, figures, before: Option<Figures>| SystemHotspot {
        system: system.to_owned(),
        figures,
        before,
        orders: OrderFigures::default(),
        orders_before: before.map(|_| OrderFigures::default()),
        slices: Vec::new(),
    };
    Hotspots {
        range: range(50 * HOUR_MS),
        compared: Some(range(26 * HOUR_MS)),
        orders_until: Some(at_ms(51 * HOUR_MS)),
        slice_s: Some(180),
        handoffs: vec![
            HandoffHotspot {
                orders: paid.clone(),
                orders_before: Some(paid_before.clone()),
                ..spot("storefront", "payments", "POST /v1/payment_intents/{payment}/confirm", slow, Some(paying))
            },
            spot("storefront", "search", "GET /search", searching, Some(figures(1_300_000, 2_100_000))),
            HandoffHotspot {
                orders: order_figures(600, 0.04, "29990.50", "1200.50"),
                ..spot("storefront", "oms", "POST /orders", retried, Some(figures(610, 60_000_000)))
            },
            spot("", "payments", "POST /webhooks", figures(3, 40_000), None),
            HandoffHotspot {
                slices: Vec::new(),
                ..spot("oms", "fax", "POST /faxes", figures(0, 0), Some(figures(12, 9_000_000_000)))
            },
        ],
        systems: vec![
            SystemHotspot { orders: paid, orders_before: Some(paid_before), ..system("payments", slow, Some(paying)) },
            system("erp", figures(3, 40_000), None),
        ],
        more: true,
    }
}

/// The same when it is compared with nothing.
pub(crate) fn hotspots_alone() -> Hotspots {
    let mut hotspots = hotspots();
    hotspots.compared = None;
    hotspots.more = false;
    hotspots.handoffs.retain(|handoff| !handoff.figures.is_gone());
    for handoff in &mut hotspots.handoffs {
        (handoff.before, handoff.orders_before) = (None, None);
    }
    for system in &mut hotspots.systems {
        (system.before, system.orders_before) = (None, None);
    }
    hotspots
}

/// Hotspots of any names and figures, large and broken ones too.
pub(crate) fn any_hotspots() -> impl Strategy<Value = Hotspots> {
    let any_figures = (any::<u64>(), any::<u64>(), any::<f64>()).prop_map(|(attempts, ns, share)| Figures {
        attempts,
        error_share: share,
        per_s: share,
        amplification: share,
        failed: attempts / 2,
        resent: attempts,
        time_ns: ns,
        ..figures(0, ns)
    });
    let any_orders =
        (any::<u64>(), ".{0,12}").prop_map(|(orders, amount)| order_figures(orders >> 40, 0.5, &amount, &amount));
    let any_slices =
        prop::collection::vec(any::<u64>().prop_map(|n| Slice { attempts: n, failed: n / 3, time_ns: n }), 0..130);
    let handoff = (any::<Option<String>>(), any::<String>(), any_figures, any_orders, any_slices, any::<bool>());
    let handoff = handoff.prop_map(|(from, name, figures, orders, slices, compared)| HandoffHotspot {
        from,
        to: name.clone(),
        operation: name,
        observer: Observer::Proxy,
        figures,
        before: compared.then_some(figures),
        orders: orders.clone(),
        orders_before: compared.then_some(orders),
        slices,
    });
    prop::collection::vec(handoff, 0..40).prop_map(|handoffs| Hotspots { handoffs, ..hotspots() })
}
