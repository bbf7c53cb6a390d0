use ordertrace_api::hotspot::{Figures, HandoffHotspot, Hotspots, MinuteRange, SystemHotspot};
use ordertrace_api::journey::Observer;

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

/// Payments got slow since yesterday, and the OMS is asked again and again.
pub(crate) fn hotspots() -> Hotspots {
    let spot = |from: &str, to: &str, operation: &str, figures, before| HandoffHotspot {
        from: Some(from.to_owned()).filter(|from| !from.is_empty()),
        to: to.to_owned(),
        operation: operation.to_owned(),
        observer: if from.is_empty() { Observer::Server } else { Observer::Client },
        figures,
        before,
    };
    let paying = Figures { p95_ns: 400_000_000, p99_ns: 700_000_000, ..figures(40_000, 120_000_000) };
    let slow = Figures { p95_ns: 1_900_000_000, p99_ns: 12_400_000_000, ..figures(43_210, 310_000_000) };
    let slow = Figures { failed: 1_296, error_share: 0.03, ..slow };
    let retried = Figures { resent: 600, amplification: 2.0, ..figures(1_200, 60_000_000) };
    let searching = figures(1_234_567, 2_000_000);
    let range = |since_ms| MinuteRange { since: at_ms(since_ms - 3_120), until: at_ms(since_ms - 3_120 + HOUR_MS) };
    Hotspots {
        range: range(50 * HOUR_MS),
        compared: Some(range(26 * HOUR_MS)),
        handoffs: vec![
            spot("storefront", "payments", "POST /v1/payment_intents/{payment}/confirm", slow, Some(paying)),
            spot("storefront", "search", "GET /search", searching, Some(figures(1_300_000, 2_100_000))),
            spot("storefront", "oms", "POST /orders", retried, Some(figures(610, 60_000_000))),
            spot("", "payments", "POST /webhooks", figures(3, 40_000), None),
        ],
        systems: vec![
            SystemHotspot { system: "payments".to_owned(), figures: slow, before: Some(paying) },
            SystemHotspot { system: "erp".to_owned(), figures: figures(3, 40_000), before: None },
        ],
        more: true,
    }
}
