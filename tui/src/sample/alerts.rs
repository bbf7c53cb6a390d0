use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::alert::{Acknowledgement, Alert, AlertState, AlertsReply};
use ordertrace_api::finding::Severity;

use super::now;

fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

/// One of each state.
pub(crate) fn alerts() -> AlertsReply {
    let drift = Alert {
        id: "5e".repeat(16),
        episode: 1,
        rule: "StockDrift".to_owned(),
        severity: Severity::Warning,
        state: AlertState::Pending,
        labels: BTreeMap::from(
            [("sku", "HAT-RED"), ("target", "storefront")].map(|(name, value)| (name.to_owned(), value.to_owned())),
        ),
        says: "HAT-RED main: wms 7, storefront 19".to_owned(),
        value: "12 units, 171.4 %".to_owned(),
        look: "ordertrace sync --sku HAT-RED".to_owned(),
        runbook: None,
        since: ago(90),
        fired_at: None,
        resolved_at: None,
        updated_at: ago(5),
        acknowledgement: None,
    };
    let lag = Alert {
        rule: "ErpSyncStopped".to_owned(),
        severity: Severity::Critical,
        state: AlertState::Firing,
        says: "erp has not shown a change of HAT-RED at wms for 2h, and 140 more".to_owned(),
        value: "2h".to_owned(),
        since: ago(6_600),
        fired_at: Some(ago(6_000)),
        acknowledgement: Some(Acknowledgement { who: "ada".to_owned(), note: "restarting it".to_owned(), at: ago(60) }),
        ..drift.clone()
    };
    let resolved = Alert {
        state: AlertState::Resolved,
        since: ago(9_000),
        fired_at: Some(ago(8_700)),
        resolved_at: Some(ago(4_000)),
        ..drift.clone()
    };
    AlertsReply { alerts: vec![lag, drift, resolved], more: true, rules: 2, receivers: Vec::new() }
}
