use std::collections::HashMap;

use clickhouse::error::Error;
use clickhouse::{Client, Row};
use ordertrace_api::hotspot::Slice;
use ordertrace_api::journey::Observer;
use serde::Deserialize;
use tracing::instrument;

use super::Minutes;
use super::choice::Report;
use super::figures::Sums;
use crate::storage::{Sketch, observer_of};

/// Reports of the same receiver and operation come together, those on which most time was spent
/// first, for choosing among them takes all of them. The sketches come as ClickHouse keeps them:
/// what is chosen is merged further.
const REPORTS: &str = "
    SELECT handoff_to, handoff_from, operation, toInt8(observer) AS reported_by, sum(attempts) AS all_attempts,
        sum(failed) AS all_failed, sum(resent) AS all_resent, sum(duration_ns) AS all_duration_ns,
        CAST(quantilesDDMergeState(0.01, 0.5, 0.95, 0.99)(durations) AS String) AS sketch
    FROM handoffs_per_minute
    WHERE minute >= toDateTime(?, 'UTC') AND minute < toDateTime(?, 'UTC')
    GROUP BY handoff_to, handoff_from, operation, observer
    ORDER BY sum(all_duration_ns) OVER (PARTITION BY handoff_to, operation) DESC,
        handoff_to, operation, handoff_from, observer
    LIMIT ?";

/// An hour of sketches is few rows, but each takes a while to be merged: by all cores, not by one.
const TOGETHER: [(&str, &str); 2] =
    [("merge_tree_min_rows_for_concurrent_read", "1024"), ("merge_tree_min_bytes_for_concurrent_read", "262144")];

/// The same by parts of so many seconds, without sketches.
const SLICES: &str = "
    SELECT handoff_to, handoff_from, operation, toInt8(observer) AS reported_by,
        intDiv(toUnixTimestamp(minute) - ?, ?) AS slice, sum(attempts) AS all_attempts, sum(failed) AS all_failed,
        sum(duration_ns) AS all_duration_ns
    FROM handoffs_per_minute
    WHERE minute >= toDateTime(?, 'UTC') AND minute < toDateTime(?, 'UTC')
    GROUP BY handoff_to, handoff_from, operation, observer, slice";

/// By receiver, sender, operation and observer.
pub(super) type Slices = HashMap<(String, String, String, Observer), Vec<Slice>>;

/// Parts of a range: so many, of so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slicing {
    pub(super) count: usize,
    pub(super) seconds: u64,
}

#[derive(Debug, Row, Deserialize)]
struct SliceRow {
    handoff_to: String,
    handoff_from: String,
    operation: String,
    reported_by: i8,
    slice: i64,
    all_attempts: u64,
    all_failed: u64,
    all_duration_ns: u64,
}

#[derive(Debug, Row, Deserialize)]
struct ReportRow {
    handoff_to: String,
    handoff_from: String,
    operation: String,
    reported_by: i8,
    all_attempts: u64,
    all_failed: u64,
    all_resent: u64,
    all_duration_ns: u64,
    #[serde(with = "serde_bytes")]
    sketch: Vec<u8>,
}

/// What was reported of handoffs in these minutes, at most `limit` reports.
#[instrument(name = "SELECT handoffs_per_minute", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "handoffs_per_minute"))]
pub(super) async fn reports(client: &Client, minutes: Minutes, limit: usize) -> clickhouse::error::Result<Vec<Report>> {
    let query = client.query(REPORTS).bind(minutes.since_s).bind(minutes.until_s).bind(limit as u64);
    let query = TOGETHER.iter().fold(query, |query, (setting, value)| query.with_setting(*setting, *value));
    let mut rows = query.fetch::<ReportRow>()?;
    let mut reports = Vec::new();
    while let Some(row) = rows.next().await? {
        // An observer that a newer program wrote is nobody to this one.
        reports.extend(row.into_report()?);
    }
    Ok(reports)
}

/// What was reported of handoffs in parts of these minutes.
#[instrument(name = "SELECT handoffs_per_minute by time", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "handoffs_per_minute"))]
pub(super) async fn slices(client: &Client, minutes: Minutes, slicing: Slicing) -> clickhouse::error::Result<Slices> {
    let mut rows = client
        .query(SLICES)
        .bind(minutes.since_s)
        .bind(slicing.seconds)
        .bind(minutes.since_s)
        .bind(minutes.until_s)
        .fetch::<SliceRow>()?;
    let mut slices = Slices::new();
    while let Some(row) = rows.next().await? {
        let Some(observer) = observer_of(row.reported_by) else { continue };
        let of_report = slices
            .entry((row.handoff_to, row.handoff_from, row.operation, observer))
            .or_insert_with(|| vec![Slice::default(); slicing.count]);
        let place = usize::try_from(row.slice).ok().and_then(|place| of_report.get_mut(place));
        if let Some(slice) = place {
            *slice = Slice { attempts: row.all_attempts, failed: row.all_failed, time_ns: row.all_duration_ns };
        }
    }
    Ok(slices)
}

impl ReportRow {
    fn into_report(self) -> clickhouse::error::Result<Option<Report>> {
        let Some(observer) = observer_of(self.reported_by) else { return Ok(None) };
        let durations = Sketch::read(&self.sketch).map_err(|error| Error::Other(error.into()))?;
        let sums = Sums {
            attempts: self.all_attempts,
            failed: self.all_failed,
            resent: self.all_resent,
            duration_ns: self.all_duration_ns,
            durations,
            slices: Vec::new(),
        };
        Ok(Some(Report { from: self.handoff_from, to: self.handoff_to, operation: self.operation, observer, sums }))
    }
}
