use clickhouse::{Client, Row};
use jiff::Timestamp;
use ordertrace_api::surface::HandoffAccess;
use serde::Deserialize;
use tracing::instrument;

use super::Hours;
use crate::storage::observer_of;

/// Most used first, should there be too many.
const REPORTS: &str = "
    SELECT handoff_to, handoff_from, operation, toInt8(observer) AS reported_by, auth_scheme, tls, endpoint,
        sum(calls) AS all_calls, toInt64(toUnixTimestamp(max(last_seen))) AS last_seen_s
    FROM surface
    WHERE hour >= toDateTime(?, 'UTC') AND hour < toDateTime(?, 'UTC')
    GROUP BY handoff_to, handoff_from, operation, observer, auth_scheme, tls, endpoint
    ORDER BY all_calls DESC, handoff_to, handoff_from, operation, observer, auth_scheme, tls, endpoint
    LIMIT ?";

#[derive(Debug, Row, Deserialize)]
struct ReportRow {
    handoff_to: String,
    handoff_from: String,
    operation: String,
    reported_by: i8,
    auth_scheme: String,
    tls: String,
    endpoint: String,
    all_calls: u64,
    last_seen_s: i64,
}

/// What was reported in these hours, at most `limit` reports.
#[instrument(name = "SELECT surface", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "surface"))]
pub(super) async fn reports(
    client: &Client,
    hours: Hours,
    limit: usize,
) -> clickhouse::error::Result<Vec<HandoffAccess>> {
    let rows = client.query(REPORTS).bind(hours.since_s).bind(hours.until_s).bind(limit as u64);
    // An observer that a newer program wrote is nobody to this one.
    Ok(rows.fetch_all::<ReportRow>().await?.into_iter().filter_map(ReportRow::into_report).collect())
}

impl ReportRow {
    fn into_report(self) -> Option<HandoffAccess> {
        let said = |text: String| Some(text).filter(|text| !text.is_empty());
        Some(HandoffAccess {
            from: said(self.handoff_from),
            to: self.handoff_to,
            operation: self.operation,
            observer: observer_of(self.reported_by)?,
            auth: said(self.auth_scheme),
            tls: said(self.tls),
            endpoint: said(self.endpoint),
            calls: self.all_calls,
            last_seen: Timestamp::from_second(self.last_seen_s).unwrap_or_default(),
        })
    }
}
