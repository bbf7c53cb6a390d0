//! Ends of handoffs by receiving system and time, for those that lost the trace context.

use std::collections::{BTreeSet, HashSet};

use super::rows::{SideRow, TraceParentRow};
use super::{CHUNK, Loader, Result, TRACE_IDS, hex_ids};
use crate::journey::infer::SideNode;
use crate::journey::node::SpanRef;

/// How long before a receiver's root the proxied attempt around it may have begun.
const LONGEST_ATTEMPT_NS: i64 = 120_000_000_000;

/// Windows further apart than this are looked for apart.
const GAP_NS: i64 = 10_000_000_000;

/// A time at a system, nanoseconds since the Unix epoch, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::journey) struct Window {
    /// The receiving system.
    pub(in crate::journey) system: String,
    /// Start.
    pub(in crate::journey) from_ns: i64,
    /// End.
    pub(in crate::journey) to_ns: i64,
}

/// More candidates than can be compared.
#[derive(Debug)]
pub(in crate::journey) struct TooMany;

impl Loader {
    /// Parentless receiver's spans that started within any of the windows.
    pub(in crate::journey) async fn roots_within(
        &self,
        windows: &[Window],
    ) -> Result<std::result::Result<Vec<SideNode>, TooMany>> {
        let which = "observer = 'server' AND parent_span_id = toFixedString('', 8)";
        self.sides(which, "toUnixTimestamp64Nano(started_at) BETWEEN from_ns AND to_ns", 0, windows).await
    }

    /// Proxied attempts around any of the windows.
    pub(in crate::journey) async fn proxies_around(
        &self,
        windows: &[Window],
    ) -> Result<std::result::Result<Vec<SideNode>, TooMany>> {
        let condition = "toUnixTimestamp64Nano(started_at) <= from_ns
            AND toUnixTimestamp64Nano(started_at) + toInt64(duration_ns) >= to_ns";
        self.sides("observer = 'proxy'", condition, LONGEST_ATTEMPT_NS, windows).await
    }

    /// Those of `proxies` that a receiver's span continues by trace context.
    pub(in crate::journey) async fn received(&self, proxies: &[SpanRef]) -> Result<HashSet<SpanRef>> {
        let mut received = HashSet::new();
        for chunk in proxies.chunks(CHUNK) {
            let traces: Vec<[u8; 16]> = chunk.iter().map(|proxy| proxy.trace_id).collect();
            let rows = self
                .client
                .query(&format!(
                    "SELECT trace_id, parent_span_id FROM spans
                     WHERE trace_id IN {TRACE_IDS} AND observer = 'server' LIMIT ?"
                ))
                .bind(hex_ids(&traces))
                .bind(self.limits.spans as u64)
                .fetch_all::<TraceParentRow>()
                .await?;
            let of_chunk: HashSet<&SpanRef> = chunk.iter().collect();
            let parents = rows.into_iter().map(|row| SpanRef { trace_id: row.trace_id, span_id: row.parent_span_id });
            received.extend(parents.filter(|parent| of_chunk.contains(parent)));
        }
        Ok(received)
    }

    /// Sides for which `condition` holds between their start and a window of their
    /// receiving system; they started at most `before_ns` before it.
    async fn sides(
        &self,
        which: &str,
        condition: &str,
        before_ns: i64,
        windows: &[Window],
    ) -> Result<std::result::Result<Vec<SideNode>, TooMany>> {
        let mut sides = Vec::new();
        for chunk in windows.chunks(CHUNK) {
            // The coarse stretches prune by the table's order; each OR is dear, so they are few.
            let stretches: Vec<String> = stretches(chunk, before_ns)
                .into_iter()
                .map(|(from, to)| format!("started_at BETWEEN {} AND {}", time(from), time(to)))
                .collect();
            let systems: BTreeSet<&str> = chunk.iter().map(|window| window.system.as_str()).collect();
            let rows = self
                .client
                .query(&format!(
                    "SELECT trace_id, span_id, parent_span_id, observer, handoff_to, started_at, duration_ns, method, path,
                        status_code, keys.kind, keys.system, keys.value, keys.strength
                     FROM handoff_sides
                     WHERE handoff_to IN ? AND ({}) AND {which} AND arrayExists(
                        (system, from_ns, to_ns) -> handoff_to = system AND {condition},
                        ?, ?::Array(Int64), ?::Array(Int64))
                     LIMIT {}",
                    stretches.join(" OR "),
                    self.limits.spans + 1
                ))
                .bind(systems)
                .bind(chunk.iter().map(|window| window.system.as_str()).collect::<Vec<_>>())
                .bind(chunk.iter().map(|window| window.from_ns).collect::<Vec<_>>())
                .bind(chunk.iter().map(|window| window.to_ns).collect::<Vec<_>>())
                .fetch_all::<SideRow>()
                .await?;
            sides.extend(rows.into_iter().filter_map(SideRow::into_node));
            if sides.len() > self.limits.spans {
                return Ok(Err(TooMany));
            }
        }
        Ok(Ok(sides))
    }
}

/// The windows, each begun `before_ns` earlier, as few stretches: those closer together than
/// [`GAP_NS`] are one.
fn stretches(windows: &[Window], before_ns: i64) -> Vec<(i64, i64)> {
    let mut sorted: Vec<(i64, i64)> = windows
        .iter()
        .map(|window| (window.from_ns.saturating_sub(before_ns), window.to_ns.max(window.from_ns)))
        .collect();
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

fn time(ns: i64) -> String {
    format!("fromUnixTimestamp64Nano({ns}, 'UTC')")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_near_each_other_are_one_stretch() {
        let window = |from_s: i64, to_s: i64| Window {
            system: "oms".to_owned(),
            from_ns: from_s * 1_000_000_000,
            to_ns: to_s * 1_000_000_000,
        };
        let windows = [window(100, 101), window(0, 2), window(5, 6)];
        assert_eq!(stretches(&windows, 0), [(0, 6_000_000_000), (100_000_000_000, 101_000_000_000)]);
        assert_eq!(stretches(&windows, 95_000_000_000).len(), 1);
    }
}
