use ordertrace_api::hotspot::MinuteRange;
use ordertrace_api::journey::Observer;
use ordertrace_api::surface::{HandoffAccess, Surface, SurfaceSummary};

use super::{HOUR_MS, MINUTE_MS, at_ms};

/// A shop whose ERP is reached without encryption, and whose carrier is asked without credentials.
pub(crate) fn surface() -> Surface {
    let way = |from: &str, to: &str, operation: &str, auth: &str, tls: &str, endpoint: &str, calls| {
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        HandoffAccess {
            from: said(from),
            to: to.to_owned(),
            operation: operation.to_owned(),
            observer: if from.is_empty() { Observer::Server } else { Observer::Proxy },
            auth: said(auth),
            tls: said(tls),
            endpoint: said(endpoint),
            calls,
            last_seen: at_ms(51 * HOUR_MS + 8 * MINUTE_MS),
        }
    };
    let charge = "POST /v1/payment_intents/{payment}/confirm";
    Surface {
        range: MinuteRange { since: at_ms(0) - jiff::SignedDuration::from_millis(723_120), until: at_ms(52 * HOUR_MS) },
        summary: SurfaceSummary {
            auth_schemes: ["api-key", "basic", "bearer", "hmac"].map(str::to_owned).to_vec(),
            tls_states: ["TLSv1.3", "none", "tls"].map(str::to_owned).to_vec(),
            endpoints: 6,
            handoffs: 7,
            plaintext: 2,
            unauthenticated: 2,
            auth_unknown: 1,
        },
        rows: vec![
            way("oms", "crm", "POST /events/order-shipped", "none", "none", "http://crm.internal:8080", 4_211),
            way("oms", "erp", "POST /sales-orders", "basic", "none", "http://10.20.0.14:8000", 40_117),
            way("wms", "shipping", "POST /labels", "none", "TLSv1.3", "https://carrier.example:443", 12_009),
            way("storefront", "payments", charge, "bearer", "TLSv1.3", "https://api.payments.example:443", 43_210),
            way("storefront", "payments", charge, "api-key", "TLSv1.2", "https://api.payments.example:443", 12),
            way("", "storefront", "POST /webhooks", "hmac", "tls", "https", 1_250_000),
            way("pim", "search", "send products", "", "", "kafka://broker:9092", 9),
        ],
        more: false,
    }
}
