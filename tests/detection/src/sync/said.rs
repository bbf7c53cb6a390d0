//! What the collector says.

use clickhouse::{Client, Row};
use jiff::{SignedDuration, Timestamp};
use ordertrace_api::alert::{Alert, AlertState};
use ordertrace_api::reading::StockState;
use ordertrace_api::sync::{DriftNow, SyncReply};
use ordertrace_collector::alert::{Ledger, Wanted};
use ordertrace_collector::moment::Range;
use ordertrace_collector::settings::{SyncSettings, SyncTargetSettings};
use ordertrace_collector::sync::{Pairs, SyncView};
use ordertrace_shop::stock::{Compared, SYNCS, Target, Watched};
use serde::Deserialize;

/// Alerts that are read.
const MOST_ALERTS: usize = 100_000;

/// What is compared, in which target, of which item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    sync: String,
    target: String,
    sku: String,
    channel: String,
    currency: String,
}

/// A lag that was recorded.
#[derive(Clone, Debug)]
pub(super) struct Lag {
    pub(super) place: Place,
    pub(super) since: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) uncertain: SignedDuration,
}

#[derive(Debug, Row, Deserialize)]
struct LagRow {
    sync: String,
    target: String,
    subject: String,
    channel: String,
    currency: String,
    since: i64,
    ended: i64,
    uncertain_ms: u32,
}

impl Place {
    pub(super) fn new(sync: &str, target: &str, sku: &str, channel: &str, currency: &str) -> Self {
        let [sync, target, sku, channel, currency] = [sync, target, sku, channel, currency].map(str::to_owned);
        Self { sync, target, sku, channel, currency }
    }

    /// All items of a target.
    pub(super) fn target(sync: &str, target: &str) -> Self {
        Self::new(sync, target, "", "", "")
    }

    pub(super) fn watched(watched: &Watched) -> Self {
        Self::new(watched.sync, watched.target, &watched.sku, watched.channel, watched.currency)
    }

    pub(super) fn drift(drift: &DriftNow) -> Self {
        Self::new(&drift.sync, &drift.target, &drift.subject, &drift.channel, &drift.currency)
    }
}

/// What the shop's systems must agree on, as a collector is told.
pub(super) fn pairs() -> anyhow::Result<Pairs> {
    Ok(Pairs::new(&syncs())?)
}

pub(super) fn syncs() -> [SyncSettings; 2] {
    SYNCS.map(settings)
}

fn settings(compared: Compared) -> SyncSettings {
    let target = |target: &Target| SyncTargetSettings {
        system: target.system.to_owned(),
        tolerance: format!("{}.{:02}", target.tolerance_hundredths / 100, target.tolerance_hundredths % 100),
        tolerance_percent: "0".to_owned(),
        units_each: target.units_each.to_string(),
        floor: ordertrace_config::Duration::from_secs(target.floor_ms.unsigned_abs() / 1_000),
        in_flight: None,
    };
    SyncSettings {
        name: compared.sync.to_owned(),
        entity: compared.entity,
        state: StockState::Available,
        source: compared.source.to_owned(),
        targets: compared.targets.iter().map(target).collect(),
    }
}

/// What differs, and how old feeds are, as it is told at `now`.
pub(super) async fn said(view: &SyncView, most: usize, now: Timestamp) -> anyhow::Result<SyncReply> {
    let hour_ago = now - SignedDuration::from_hours(1);
    Ok(view.sync(Range::new(hour_ago, now)?, None, most, now).await?)
}

/// All alerts, or those of one state.
pub(super) async fn alerts(client: &Client, state: Option<AlertState>) -> anyhow::Result<Vec<Alert>> {
    let wanted = Wanted { state, limit: MOST_ALERTS, ..Wanted::default() };
    let alerts = Ledger::new(client.clone()).list(&wanted).await?;
    anyhow::ensure!(alerts.len() < MOST_ALERTS, "there are more than {MOST_ALERTS} alerts; give fewer --skus");
    Ok(alerts)
}

/// All lags that were recorded.
pub(super) async fn lags(client: &Client) -> anyhow::Result<Vec<Lag>> {
    let query = "SELECT sync, target, subject, channel, currency, since, ended, uncertain_ms FROM sync_lags FINAL";
    let rows = client.query(query).fetch_all::<LagRow>().await?;
    let lags = rows.into_iter().map(|row| {
        let LagRow { sync, target, subject: sku, channel, currency, since, ended, uncertain_ms } = row;
        Ok(Lag {
            place: Place { sync, target, sku, channel, currency },
            since: Timestamp::from_nanosecond(i128::from(since))?,
            ended: Timestamp::from_nanosecond(i128::from(ended))?,
            uncertain: SignedDuration::from_millis(i64::from(uncertain_ms)),
        })
    });
    lags.collect()
}
