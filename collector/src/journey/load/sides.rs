//! Ends of handoffs by receiving system and time, for those that lost the trace context.

use std::collections::{BTreeSet, HashSet};

use tracing::instrument;

use super::rows::SideRow;
use super::{CHUNK, Loader, Result};
use crate::journey::infer::SideNode;
use crate::journey::node::{SpanRef, TraceId};
use crate::storage::{Decoder, StoredSpan};

/// How long an attempt may have been under way already; longer ones are not looked for.
const LONGEST_ATTEMPT_NS: i64 = 120_000_000_000;

/// Windows further apart than this are looked for apart.
const GAP_NS: i64 = 10_000_000_000;

/// A request to a system during some time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::journey) struct Window {
    /// The receiving system.
    pub(in crate::journey) to: String,
    /// HTTP method.
    pub(in crate::journey) method: String,
    /// URL path.
    pub(in crate::journey) path: String,
    /// Start, nanoseconds since the Unix epoch.
    pub(in crate::journey) from_ns: i64,
    /// End, nanoseconds since the Unix epoch, included.
    pub(in crate::journey) to_ns: i64,
}

/// More candidates than can be compared.
#[derive(Debug)]
pub(in crate::journey) struct TooMany;

impl Loader {
    /// Proxied and received ends of the requests named by `windows` that were under way
    /// during any of their [`stretches`].
    #[instrument(name = "SELECT loose_ends", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "loose_ends"))]
    pub(in crate::journey) async fn sides(
        &self,
        windows: &[Window],
    ) -> Result<std::result::Result<Vec<SideNode>, TooMany>> {
        let mut sides = Vec::new();
        for chunk in windows.chunks(CHUNK) {
            let during: Vec<String> = stretches(windows)
                .into_iter()
                .map(|(from, to)| {
                    format!(
                        "(started_at BETWEEN {} AND {} AND toUnixTimestamp64Nano(started_at) + toInt64(duration_ns) >= {from})",
                        time(from.saturating_sub(LONGEST_ATTEMPT_NS)),
                        time(to)
                    )
                })
                .collect();
            let systems: BTreeSet<&str> = chunk.iter().map(|window| window.to.as_str()).collect();
            let requests: BTreeSet<(&str, &str, &str)> =
                chunk.iter().map(|window| (window.to.as_str(), window.method.as_str(), window.path.as_str())).collect();
            let rows = self
                .client
                .query(&format!(
                    "SELECT trace_id, span_id, parent_span_id, observer, handoff_to, started_at, duration_ns, method, path,
                        status_code, splitByChar('\\xFF', keys) AS key_texts
                     FROM loose_ends
                     PREWHERE handoff_to IN ? AND ({})
                     WHERE (handoff_to, method, path) IN ?
                     LIMIT {}",
                    during.join(" OR "),
                    self.limits.spans + 1
                ))
                .bind(systems)
                .bind(requests)
                .fetch_all::<SideRow>()
                .await?;
            sides.extend(rows.into_iter().filter_map(SideRow::into_node));
            if sides.len() > self.limits.spans {
                return Ok(Err(TooMany));
            }
        }
        Ok(Ok(sides))
    }

    /// Those of `proxies` that a receiver's span continues by trace context.
    #[instrument(name = "SELECT spans by trace", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "spans"))]
    pub(in crate::journey) async fn received(&self, proxies: &[SpanRef]) -> Result<HashSet<SpanRef>> {
        let mut received = HashSet::new();
        let mut decoder = Decoder::default();
        for chunk in proxies.chunks(CHUNK) {
            let traces: Vec<TraceId> = chunk.iter().map(|proxy| proxy.trace_id).collect();
            let mut cursor = self.rows_of(&traces)?;
            let of_chunk: HashSet<&SpanRef> = chunk.iter().collect();
            let mut left = self.limits.spans;
            while let Some(row) = cursor.next().await? {
                for span in decoder.spans(row)?.into_iter().filter(StoredSpan::is_received) {
                    let parent = SpanRef { trace_id: span.trace_id, span_id: span.parent_span_id };
                    received.extend(of_chunk.contains(&parent).then_some(parent));
                    left = left.saturating_sub(1);
                }
                if left == 0 {
                    break;
                }
            }
        }
        Ok(received)
    }
}

/// The times of the windows, as few stretches: those closer together than [`GAP_NS`] are one,
/// for each costs as much as a query of its own.
pub(in crate::journey) fn stretches(windows: &[Window]) -> Vec<(i64, i64)> {
    let mut sorted: Vec<(i64, i64)> =
        windows.iter().map(|window| (window.from_ns, window.to_ns.max(window.from_ns))).collect();
    sorted.sort_unstable();
    let mut stretches: Vec<(i64, i64)> = Vec::new();
    for (from, to) in sorted {
        match stretches.last_mut() {
            Some((_, until)) if from <= until.saturating_add(GAP_NS) => *until = to.max(*until),
            _ => stretches.push((from, to)),
        }
    }
    stretches
}

/// Whether all of `window` lies within one of `stretches`.
pub(in crate::journey) fn covers(stretches: &[(i64, i64)], window: &Window) -> bool {
    stretches.iter().any(|(from, to)| *from <= window.from_ns && window.to_ns <= *to)
}

fn time(ns: i64) -> String {
    format!("fromUnixTimestamp64Nano({ns}, 'UTC')")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(from_s: i64, to_s: i64) -> Window {
        let (to, method, path) = ("oms".to_owned(), "POST".to_owned(), "/orders".to_owned());
        Window { to, method, path, from_ns: from_s * 1_000_000_000, to_ns: to_s * 1_000_000_000 }
    }

    #[test]
    fn windows_near_each_other_are_one_stretch() {
        let windows = [window(100, 101), window(0, 2), window(5, 6)];
        let stretches = stretches(&windows);
        assert_eq!(stretches, [(0, 6_000_000_000), (100_000_000_000, 101_000_000_000)]);
        assert!(covers(&stretches, &window(3, 6)));
        assert!(!covers(&stretches, &window(5, 7)));
        assert!(!covers(&stretches, &window(5, 100)));
    }
}
