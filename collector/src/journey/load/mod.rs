//! What journeys read from ClickHouse.

mod rows;
mod sides;

use std::collections::HashMap;

use clickhouse::Client;
use ordertrace_api::keys::{Key, KeyPattern};

pub(super) use sides::Window;

use rows::{
    AttributesRow, EventNodeRow, KeyRow, KeyTraceRow, LinkRow, MilestoneRow, SpanNodeRow, TraceRow, key_records,
};

use super::limits::{JourneyLimits, Reached};
use super::node::{MilestoneSeen, SpanNode, SpanRef, TraceId};
use crate::record::KeyRecord;
use crate::storage::key_tuple;

/// Values in one query; keeps its text well below ClickHouse's limit of 256 KiB.
const CHUNK: usize = 500;

type Result<T> = clickhouse::error::Result<T>;

/// Reads for journeys, bounded by their limits.
#[derive(Clone)]
pub(super) struct Loader {
    client: Client,
    limits: JourneyLimits,
}

/// The spans of some traces, and what the events within them showed.
#[derive(Debug, Default)]
pub(super) struct LoadedTraces {
    /// Spans by trace; a trace that is not there is empty.
    pub spans: HashMap<TraceId, Vec<SpanNode>>,
    /// Milestones that events in these traces showed.
    pub milestones: Vec<(SpanRef, MilestoneSeen)>,
}

impl Loader {
    /// A loader for one database.
    pub(super) fn new(client: Client, limits: JourneyLimits) -> Self {
        Self { client, limits }
    }

    /// The strong keys a person may mean.
    pub(super) async fn resolve(&self, pattern: &KeyPattern, kinds: &[String]) -> Result<Vec<Key>> {
        let rows = self
            .client
            .query(
                "SELECT DISTINCT kind, system, value FROM keys
                 WHERE kind IN ? AND value = ? AND strength = 'strong' AND (? = '' OR system = ?)
                 ORDER BY kind, system LIMIT 100",
            )
            .bind(of_kind(pattern, kinds))
            .bind(&pattern.value)
            .bind(pattern.system.as_deref().unwrap_or_default())
            .bind(pattern.system.as_deref().unwrap_or_default())
            .fetch_all::<KeyRow>()
            .await?;
        Ok(rows.into_iter().map(Key::from).collect())
    }

    /// Strong keys of `kinds` whose value starts with the pattern's, at most `limit`.
    pub(super) async fn search(&self, pattern: &KeyPattern, kinds: &[String], limit: u32) -> Result<Vec<Key>> {
        let rows = self
            .client
            .query(
                "SELECT kind, system, value FROM keys
                 WHERE kind IN ? AND startsWith(value, ?) AND strength = 'strong' AND (? = '' OR system = ?)
                 GROUP BY kind, system, value ORDER BY max(at) DESC LIMIT ?",
            )
            .bind(of_kind(pattern, kinds))
            .bind(&pattern.value)
            .bind(pattern.system.as_deref().unwrap_or_default())
            .bind(pattern.system.as_deref().unwrap_or_default())
            .bind(limit)
            .fetch_all::<KeyRow>()
            .await?;
        Ok(rows.into_iter().map(Key::from).collect())
    }

    /// The strong keys in `traces` and in the sessions that these belong to.
    pub(super) async fn strong_keys_in(&self, traces: &[TraceId]) -> Result<Vec<Key>> {
        let mut keys = Vec::new();
        for chunk in traces.chunks(CHUNK) {
            let rows = self
                .client
                .query(&format!(
                    "WITH own AS (SELECT keys.kind AS kinds, keys.value AS values, keys.system AS systems, keys.strength AS strengths
                            FROM spans WHERE trace_id IN {TRACE_IDS} AND notEmpty(keys.kind)),
                        sessions AS (SELECT trace_id FROM keys WHERE (kind, value, system) IN
                            (SELECT kind, value, system FROM own ARRAY JOIN kinds AS kind, values AS value, systems AS system, strengths AS strength
                             WHERE strength = 'session') LIMIT ?)
                    SELECT DISTINCT kind, system, value FROM
                    (
                        SELECT kinds, values, systems, strengths FROM own
                        UNION ALL
                        SELECT keys.kind, keys.value, keys.system, keys.strength FROM spans
                        WHERE trace_id IN (SELECT trace_id FROM sessions) AND notEmpty(keys.kind)
                    )
                    ARRAY JOIN kinds AS kind, values AS value, systems AS system, strengths AS strength
                    WHERE strength = 'strong'"
                ))
                .bind(hex_ids(chunk))
                .bind(self.limits.traces as u64)
                .fetch_all::<KeyRow>()
                .await?;
            keys.extend(rows.into_iter().map(Key::from));
        }
        Ok(keys)
    }

    /// The strong keys that were seen together with each of `keys`.
    pub(super) async fn links(&self, keys: &[Key], reached: &mut Reached) -> Result<Vec<(Key, Key)>> {
        let mut links = Vec::new();
        for chunk in keys.chunks(CHUNK) {
            let rows = self
                .client
                .query(
                    "SELECT DISTINCT kind, system, value, other_kind, other_system, other_value FROM links
                     WHERE (kind, value, system) IN ? LIMIT ? BY kind, value, system",
                )
                .bind(key_tuples(chunk))
                .bind(self.limits.fan_out as u64 + 1)
                .fetch_all::<LinkRow>()
                .await?;
            links.extend(rows.into_iter().map(LinkRow::into_keys));
        }
        self.cut_fan_out(&mut links, "keys", reached);
        Ok(links)
    }

    /// The traces in which each of `keys` was seen.
    pub(super) async fn traces_of(&self, keys: &[Key], reached: &mut Reached) -> Result<Vec<(Key, TraceId)>> {
        let mut traces = Vec::new();
        for chunk in keys.chunks(CHUNK) {
            let rows = self
                .client
                .query(
                    "SELECT DISTINCT kind, system, value, trace_id FROM keys
                     WHERE (kind, value, system) IN ? AND strength != 'weak' AND trace_id != toFixedString('', 16)
                     LIMIT ? BY kind, value, system",
                )
                .bind(key_tuples(chunk))
                .bind(self.limits.fan_out as u64 + 1)
                .fetch_all::<KeyTraceRow>()
                .await?;
            traces.extend(
                rows.into_iter().map(|row| {
                    (Key::from(KeyRow { kind: row.kind, system: row.system, value: row.value }), row.trace_id)
                }),
            );
        }
        self.cut_fan_out(&mut traces, "traces", reached);
        Ok(traces)
    }

    /// The traces that continue any of `traces` by a span link.
    pub(super) async fn traces_linking_to(&self, traces: &[TraceId]) -> Result<Vec<TraceId>> {
        let mut linking = Vec::new();
        for chunk in traces.chunks(CHUNK) {
            let rows = self
                .client
                .query(&format!(
                    "SELECT DISTINCT trace_id FROM
                     (SELECT linked_trace_id, trace_id FROM span_links WHERE linked_trace_id IN {TRACE_IDS} LIMIT ? BY linked_trace_id)"
                ))
                .bind(hex_ids(chunk))
                .bind(self.limits.fan_out as u64)
                .fetch_all::<TraceRow>()
                .await?;
            linking.extend(rows.into_iter().map(|row| row.trace_id));
        }
        Ok(linking)
    }

    /// The spans of `traces`, at most `budget` of them.
    pub(super) async fn traces(
        &self,
        traces: &[TraceId],
        budget: usize,
        reached: &mut Reached,
    ) -> Result<LoadedTraces> {
        let mut loaded = LoadedTraces::default();
        let mut left = budget;
        for chunk in traces.chunks(CHUNK) {
            let mut cursor = self
                .client
                .query(&format!(
                    "SELECT trace_id, span_id, parent_span_id, started_at, duration_ns, system, status = 'error' AS error,
                        keys.kind, keys.system, keys.value, keys.strength,
                        links.trace_id, links.span_id, milestone, observer, handoff_from, handoff_to, operation, method, path,
                        status_code, resend_count, idempotency_key, error_type
                     FROM spans WHERE trace_id IN {TRACE_IDS} AND noise = '' LIMIT ?"
                ))
                .bind(hex_ids(chunk))
                .bind(left as u64 + 1)
                .fetch::<SpanNodeRow>()?;
            while let Some(row) = cursor.next().await? {
                if left == 0 {
                    let detail = "further spans of this journey were not read; raise journeys.limits.spans to see them";
                    reached.note("spans", self.limits.spans, detail.to_owned());
                    return Ok(loaded);
                }
                left -= 1;
                let node = SpanNode::from(row);
                loaded.spans.entry(node.id.trace_id).or_default().push(node);
            }
            let events = self
                .client
                .query(&format!(
                    "SELECT trace_id, span_id, at, system, milestone, keys.kind, keys.system, keys.value, keys.strength
                     FROM events WHERE trace_id IN {TRACE_IDS} AND (notEmpty(keys.kind) OR milestone != '') LIMIT ?"
                ))
                .bind(hex_ids(chunk))
                .bind(self.limits.spans as u64)
                .fetch_all::<EventNodeRow>()
                .await?;
            loaded.add_events(events);
        }
        Ok(loaded)
    }

    /// The milestones seen together with any of `keys`.
    pub(super) async fn milestones(&self, keys: &[Key]) -> Result<Vec<(Key, MilestoneSeen)>> {
        let mut milestones = Vec::new();
        for chunk in keys.chunks(CHUNK) {
            let rows = self
                .client
                .query(
                    "SELECT kind, system, value, at, milestone, seen_in FROM keys
                     WHERE (kind, value, system) IN ? AND milestone != '' LIMIT ?",
                )
                .bind(key_tuples(chunk))
                .bind(self.limits.spans as u64)
                .fetch_all::<MilestoneRow>()
                .await?;
            milestones.extend(rows.into_iter().map(|row| {
                let seen = MilestoneSeen { at_ns: row.at, name: row.milestone, system: row.seen_in };
                (Key::from(KeyRow { kind: row.kind, system: row.system, value: row.value }), seen)
            }));
        }
        Ok(milestones)
    }

    /// The attributes of all sides in `traces`.
    pub(super) async fn side_attributes(&self, traces: &[TraceId]) -> Result<HashMap<SpanRef, Vec<(String, String)>>> {
        let mut attributes = HashMap::new();
        for chunk in traces.chunks(CHUNK) {
            let rows = self
                .client
                .query(&format!(
                    "SELECT trace_id, span_id, attributes FROM spans
                     WHERE trace_id IN {TRACE_IDS} AND observer != 'none' AND noise = '' LIMIT ?"
                ))
                .bind(hex_ids(chunk))
                .bind(self.limits.spans as u64)
                .fetch_all::<AttributesRow>()
                .await?;
            attributes.extend(
                rows.into_iter().map(|row| (SpanRef { trace_id: row.trace_id, span_id: row.span_id }, row.attributes)),
            );
        }
        Ok(attributes)
    }

    fn cut_fan_out<T>(&self, found: &mut Vec<(Key, T)>, what: &str, reached: &mut Reached) {
        let mut counts: HashMap<Key, usize> = HashMap::new();
        let fan_out = self.limits.fan_out;
        found.retain(|(key, _)| {
            let count = counts.entry(key.clone()).or_default();
            *count += 1;
            if *count > fan_out {
                let detail = format!("{key} leads to more than {fan_out} {what}; {fan_out} of them were followed");
                reached.note("fan_out", fan_out, detail);
            }
            *count <= fan_out
        });
    }
}

impl LoadedTraces {
    /// What stands on an event counts for the span within which it happened.
    fn add_events(&mut self, events: Vec<EventNodeRow>) {
        let mut keys: HashMap<SpanRef, Vec<KeyRecord>> = HashMap::new();
        for event in events {
            let id = SpanRef { trace_id: event.trace_id, span_id: event.span_id };
            if !event.milestone.is_empty() {
                self.milestones
                    .push((id, MilestoneSeen { at_ns: event.at, name: event.milestone, system: event.system }));
            }
            keys.entry(id).or_default().extend(key_records(
                event.keys_kind,
                event.keys_system,
                event.keys_value,
                event.keys_strength,
            ));
        }
        for span in self.spans.values_mut().flatten() {
            for key in keys.remove(&span.id).unwrap_or_default() {
                if !span.keys.contains(&key) {
                    span.keys.push(key);
                }
            }
        }
    }
}

/// The traces bound as hexadecimal texts.
const TRACE_IDS: &str = "(SELECT toFixedString(unhex(arrayJoin(?)), 16))";

fn hex_ids(traces: &[TraceId]) -> Vec<String> {
    traces.iter().map(hex::encode).collect()
}

fn of_kind<'k>(pattern: &KeyPattern, kinds: &'k [String]) -> Vec<&'k String> {
    kinds.iter().filter(|kind| pattern.kind.as_ref().is_none_or(|wanted| wanted == *kind)).collect()
}

fn key_tuples(keys: &[Key]) -> Vec<(&str, &str, &str)> {
    keys.iter().map(key_tuple).collect()
}
