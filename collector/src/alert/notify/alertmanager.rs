//! Prometheus Alertmanager, API v2 (api/v2/openapi.yaml of its repository, as of 0.25).

use std::collections::HashMap;

use jiff::Timestamp;
use ordertrace_api::alert::Alert;
use serde::{Deserialize, Serialize};

use crate::alert::ledger::moment;
use crate::alert::observation::Labels;
use crate::alert::state::{Kept, Stage};

/// What is active is sent again so often: Alertmanager forgets what nobody repeats.
const RESEND_MS: i64 = 60_000;

/// What is active ends so much later unless it is sent again: some resends may fail, or a collector start anew.
const ENDS_AFTER_MS: i64 = 5 * RESEND_MS;

/// What is over is sent for so long, in case one did not arrive.
const RESOLVED_FOR_MS: i64 = 15 * 60_000;

/// Alerts in one request.
pub(super) const MOST_AT_ONCE: usize = 200;

/// What was sent last of each alert: its episode, whether it was over, and when.
#[derive(Debug, Default)]
pub(super) struct Told(HashMap<String, (u32, Stage, i64)>);

/// An element of the body of `POST /api/v2/alerts`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostableAlert {
    labels: Labels,
    annotations: Labels,
    starts_at: Timestamp,
    ends_at: Timestamp,
}

/// The body of `POST /api/v2/silences`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostableSilence {
    matchers: Vec<Matcher>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    created_by: String,
    comment: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Matcher {
    name: String,
    value: String,
    is_regex: bool,
    is_equal: bool,
}

/// Its reply.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SilenceId {
    #[serde(rename = "silenceID")]
    pub(super) silence_id: String,
}

impl Told {
    /// Which of these are to be sent at `now_ms`: what changed, and what is to be repeated.
    pub(super) fn due<'k>(&self, alerts: &[&'k Kept], now_ms: i64) -> Vec<&'k Kept> {
        let is_due = |kept: &&&Kept| {
            if kept.stage == Stage::Resolved && now_ms.saturating_sub(kept.resolved_at_ms) > RESOLVED_FOR_MS {
                return false;
            }
            self.0.get(&kept.id).is_none_or(|(episode, stage, at_ms)| {
                (*episode, *stage) != (kept.episode, kept.stage) || now_ms.saturating_sub(*at_ms) >= RESEND_MS
            })
        };
        // An episode that is over may not end the one that followed, which has the same labels.
        let mut latest: HashMap<&str, u32> = HashMap::new();
        for kept in alerts {
            let episode = latest.entry(&kept.id).or_default();
            *episode = (*episode).max(kept.episode);
        }
        let is_latest = |kept: &&&Kept| latest.get(kept.id.as_str()) == Some(&kept.episode);
        alerts.iter().filter(is_latest).filter(is_due).copied().collect()
    }

    /// These were sent at `now_ms`; whatever is not among `alerts` need not be remembered.
    pub(super) fn sent(&mut self, sent: &[&Kept], alerts: &[&Kept], now_ms: i64) {
        for kept in sent {
            self.0.insert(kept.id.clone(), (kept.episode, kept.stage, now_ms));
        }
        self.0.retain(|id, _| alerts.iter().any(|kept| kept.id == *id));
    }
}

/// An alert as Alertmanager knows it at `now_ms`: by its labels, from when it fired.
pub(super) fn postable(kept: &Kept, now_ms: i64) -> PostableAlert {
    let ends_at_ms =
        if kept.stage == Stage::Resolved { kept.resolved_at_ms } else { now_ms.saturating_add(ENDS_AFTER_MS) };
    let mut annotations: Labels = [
        ("summary", &kept.says),
        ("value", &kept.value),
        ("hit", &kept.hit),
        ("command", &kept.look),
        ("runbook_url", &kept.runbook),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(name, text)| (name.to_owned(), text.clone()))
    .collect();
    annotations.insert("since".to_owned(), moment(kept.since_ms).to_string());
    PostableAlert {
        labels: identity(&kept.rule, kept.severity.name(), &kept.labels),
        annotations,
        starts_at: moment(kept.fired_at_ms),
        ends_at: moment(ends_at_ms),
    }
}

/// A silence of one alert from `now` on for `duration_s`, wanted by `who`.
pub(super) fn silence(
    alert: &Alert,
    (now, until): (Timestamp, Timestamp),
    who: &str,
    comment: &str,
) -> PostableSilence {
    let labels = identity(&alert.rule, alert.severity.name(), &alert.labels);
    let matcher = |(name, value): (String, String)| Matcher { name, value, is_regex: false, is_equal: true };
    PostableSilence {
        matchers: labels.into_iter().map(matcher).collect(),
        starts_at: now,
        ends_at: until,
        created_by: who.to_owned(),
        comment: comment.to_owned(),
    }
}

/// The labels that are an alert's identity there.
fn identity(rule: &str, severity: &str, labels: &Labels) -> Labels {
    let mut labels = labels.clone();
    labels.insert("alertname".to_owned(), rule.to_owned());
    labels.insert("severity".to_owned(), severity.to_owned());
    labels
}

#[cfg(test)]
mod tests {
    use super::super::message::tests::kept;
    use super::*;

    #[test]
    fn what_is_active_is_repeated_and_what_is_over_for_a_while() {
        let mut told = Told::default();
        let firing = kept(Stage::Firing);
        let alerts = [&firing];
        assert_eq!(told.due(&alerts, 0), alerts);
        told.sent(&alerts, &alerts, 0);
        assert_eq!(told.due(&alerts, 59_999), [] as [&Kept; 0]);
        assert_eq!(told.due(&alerts, 60_000), alerts);
        let over = kept(Stage::Resolved);
        let (alerts, at_ms) = ([&over], over.resolved_at_ms);
        assert_eq!(told.due(&alerts, at_ms + 1), alerts, "it changed");
        assert_eq!(told.due(&alerts, at_ms + RESOLVED_FOR_MS + 1), [] as [&Kept; 0]);
        let again = Kept { episode: over.episode + 1, ..kept(Stage::Firing) };
        assert_eq!(told.due(&[&over, &again], at_ms + 1), [&again], "it came again");
        told.sent(&[&again], &[&over, &again], at_ms + 1);
        assert_eq!(told.due(&[&over, &again], at_ms + 2), [] as [&Kept; 0], "the first is not ended any more");
        told.sent(&[], &[], 0);
        assert_eq!(told.due(&[&firing], 1), [&firing], "forgotten");
    }

    #[test]
    fn as_the_api_wants_it() {
        let body = serde_json::to_value(postable(&kept(Stage::Firing), 1_795_254_000_000)).unwrap();
        let expected = serde_json::json!({
            "labels": {
                "alertname": "StockDrift", "severity": "warning", "sku": "HAT", "target": "web", "team": "inventory",
            },
            "annotations": {
                "summary": "HAT main: wms 10, web <19>",
                "value": "9 units, 90 %",
                "hit": "2 orders, 40 EUR",
                "command": "ordertrace sync --sku HAT",
                "runbook_url": "https://wiki/drift",
                "since": "2026-11-21T09:25:54Z",
            },
            "startsAt": "2026-11-21T09:30:54Z",
            "endsAt": "2026-11-21T09:45:00Z",
        });
        assert_eq!(body, expected);
        let over = serde_json::to_value(postable(&kept(Stage::Resolved), 1_795_999_000_000)).unwrap();
        assert_eq!((&over["startsAt"], &over["endsAt"]), (&body["startsAt"], &"2026-11-21T09:40:00Z".into()));
    }
}
