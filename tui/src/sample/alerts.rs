use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::alert::{Acknowledgement, Alert, AlertState, AlertsReply, ReceiverState};
use ordertrace_api::finding::Severity;
use ordertrace_api::replay::{ReplayReply, ReplayedAlert};

use super::now;

fn ago(seconds: i64) -> Timestamp {
    now() - SignedDuration::from_secs(seconds)
}

fn labels<const N: usize>(labels: [(&str, &str); N]) -> BTreeMap<String, String> {
    labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// One of each state and of each thing that an alert may be about.
pub(crate) fn alerts() -> AlertsReply {
    let drift = Alert {
        id: "a5".repeat(16),
        episode: 1,
        rule: "StockDrift".to_owned(),
        severity: Severity::Warning,
        state: AlertState::Pending,
        labels: labels([("sku", "HAT-RED-M"), ("sync", "stock"), ("target", "marketplace")]),
        says: "HAT-RED-M main: wms 0, marketplace 7".to_owned(),
        value: "7 units".to_owned(),
        hit: String::new(),
        look: "ordertrace sync --sku HAT-RED-M".to_owned(),
        runbook: None,
        since: ago(90),
        fired_at: None,
        resolved_at: None,
        updated_at: ago(5),
        acknowledgement: None,
    };
    let lag = Alert {
        id: "a1".repeat(16),
        rule: "MarketplaceStopped".to_owned(),
        severity: Severity::Critical,
        state: AlertState::Firing,
        labels: labels([("source", "wms"), ("sync", "stock"), ("target", "marketplace"), ("team", "channels")]),
        says: "marketplace has not shown a change of HAT-RED-M at wms for 2h, and 612 more".to_owned(),
        hit: "12 orders, 840 EUR".to_owned(),
        value: "2h".to_owned(),
        since: ago(6_600),
        fired_at: Some(ago(6_000)),
        acknowledgement: Some(Acknowledgement { who: "ada".to_owned(), note: "restarting it".to_owned(), at: ago(60) }),
        ..drift.clone()
    };
    let finding = Alert {
        id: "f1".repeat(16),
        episode: 2,
        rule: "PaidNotCreated".to_owned(),
        severity: Severity::Critical,
        state: AlertState::Firing,
        hit: "order:A-10042, 64.90 EUR; 2 other orders have such findings".to_owned(),
        labels: labels([("finding", "f0"), ("kind", "paid_not_created"), ("order", "order:A-10042")]),
        says: "paid 64.90 EUR, and the ERP has no order".to_owned(),
        value: "64.90 EUR".to_owned(),
        look: "ordertrace order order:A-10042".to_owned(),
        runbook: Some("https://wiki.example/paid-not-created".to_owned()),
        since: ago(1_200),
        fired_at: Some(ago(900)),
        ..drift.clone()
    };
    let silence = Alert {
        id: "51".repeat(16),
        rule: "Silence".to_owned(),
        labels: labels([("finding", "f9"), ("kind", "silence"), ("system", "tax")]),
        says: "tax was silent for 4m, and usually is for 20s".to_owned(),
        value: "silence".to_owned(),
        look: "ordertrace findings --kind silence".to_owned(),
        since: ago(200),
        ..drift.clone()
    };
    let resolved = Alert {
        id: "b0".repeat(16),
        state: AlertState::Resolved,
        since: ago(9_000),
        fired_at: Some(ago(8_700)),
        resolved_at: Some(ago(4_000)),
        ..drift.clone()
    };
    let receiver = |name: &str, kind: &str, sent_at, error: Option<&str>| ReceiverState {
        name: name.to_owned(),
        kind: kind.to_owned(),
        sent_at,
        failed_at: error.map(|_| ago(20)),
        error: error.map(str::to_owned),
        waiting: if error.is_some() { 3 } else { 0 },
    };
    AlertsReply {
        alerts: vec![lag, finding, drift, silence, resolved],
        more: true,
        rules: 4,
        failures: Vec::new(),
        receivers: vec![
            receiver("oncall", "alertmanager", Some(ago(30)), None),
            receiver("chat", "slack", Some(ago(900)), Some("503 Service Unavailable")),
            receiver("pager", "pagerduty", None, None),
        ],
    }
}

/// Rules, and nothing that they hold for.
pub(crate) fn no_alerts() -> AlertsReply {
    AlertsReply { alerts: Vec::new(), more: false, ..alerts() }
}

/// What the same rules would have told of the three hours before.
pub(crate) fn replay() -> ReplayReply {
    let fired_value = |alert: &Alert| alert.fired_at.map(|_| "17 units, 242.9 %".to_owned());
    let replayed = |alert: Alert| ReplayedAlert { fired_value: fired_value(&alert), alert };
    ReplayReply {
        since: ago(10_800),
        until: now(),
        step_s: 15,
        rules: 4,
        alerts: alerts().alerts.into_iter().rev().map(replayed).collect(),
        more: true,
        notes: vec![
            "Other: the collector does not compare wms as sync \"other\", so nothing of it is recorded".to_owned(),
        ],
    }
}
