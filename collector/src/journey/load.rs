//! What journeys read from ClickHouse.

use std::collections::HashMap;

use clickhouse::{Client, Row};
use ordertrace_api::journey::Observer;
use ordertrace_api::keys::{Key, KeyPattern, Strength};
use serde::Deserialize;

use super::infer::SideNode;
use super::limits::{JourneyLimits, Reached};
use super::node::{MilestoneSeen, SpanNode, SpanRef, TraceId};
use crate::record::{HandoffSide, KeyRecord};
use crate::storage::{observer_of, strength_of};

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
                    "SELECT kind, system, value, trace_id FROM keys
                     WHERE (kind, value, system) IN ? AND strength != 'weak' AND trace_id != toFixedString('', 16)
                     GROUP BY kind, system, value, trace_id ORDER BY min(at) LIMIT ? BY kind, value, system",
                )
                .bind(key_tuples(chunk))
                .bind(self.limits.fan_out as u64 + 1)
                .fetch_all::<KeyTraceRow>()
                .await?;
            traces.extend(rows.into_iter().map(|row| {
                (Key::from(KeyRow { kind: row.kind, system: row.system, value: row.value }), row.trace_id)
            }));
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
    pub(super) async fn traces(&self, traces: &[TraceId], budget: usize, reached: &mut Reached) -> Result<LoadedTraces> {
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

    /// All sides of handoffs to `system` that started within any of the windows
    /// (nanoseconds, both ends included); `None` when there are more than can be compared.
    pub(super) async fn sides(&self, system: &str, windows: &[(i64, i64)]) -> Result<Option<Vec<SideNode>>> {
        let mut sides = Vec::new();
        for chunk in windows.chunks(CHUNK) {
            let ranges: Vec<String> =
                chunk.iter().map(|(from, to)| format!("started_at BETWEEN {} AND {}", time(*from), time(*to))).collect();
            let rows = self
                .client
                .query(&format!(
                    "SELECT trace_id, span_id, parent_span_id, observer, handoff_to, started_at, duration_ns, method, path, status_code,
                        keys.kind, keys.system, keys.value, keys.strength
                     FROM handoff_sides WHERE handoff_to = ? AND observer IN ('proxy', 'server') AND ({}) LIMIT ?",
                    ranges.join(" OR ")
                ))
                .bind(system)
                .bind(self.limits.spans as u64 + 1)
                .fetch_all::<SideRow>()
                .await?;
            sides.extend(rows.into_iter().filter_map(SideRow::into_node));
            if sides.len() > self.limits.spans {
                return Ok(None);
            }
        }
        Ok(Some(sides))
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
            attributes.extend(rows.into_iter().map(|row| {
                (SpanRef { trace_id: row.trace_id, span_id: row.span_id }, row.attributes)
            }));
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
                let detail = format!("{key} leads to more than {fan_out} {what}; the first {fan_out} were followed");
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
    keys.iter().map(|key| (key.kind.as_str(), key.value.as_str(), key.system.as_deref().unwrap_or_default())).collect()
}

fn time(ns: i64) -> String {
    format!("fromUnixTimestamp64Nano({ns}, 'UTC')")
}

#[derive(Debug, Row, Deserialize)]
struct KeyRow {
    kind: String,
    system: String,
    value: String,
}

impl From<KeyRow> for Key {
    fn from(row: KeyRow) -> Self {
        Self { kind: row.kind, system: Some(row.system).filter(|system| !system.is_empty()), value: row.value }
    }
}

#[derive(Debug, Row, Deserialize)]
struct TraceRow {
    trace_id: [u8; 16],
}

#[derive(Debug, Row, Deserialize)]
struct LinkRow {
    kind: String,
    system: String,
    value: String,
    other_kind: String,
    other_system: String,
    other_value: String,
}

impl LinkRow {
    fn into_keys(self) -> (Key, Key) {
        (
            KeyRow { kind: self.kind, system: self.system, value: self.value }.into(),
            KeyRow { kind: self.other_kind, system: self.other_system, value: self.other_value }.into(),
        )
    }
}

#[derive(Debug, Row, Deserialize)]
struct KeyTraceRow {
    kind: String,
    system: String,
    value: String,
    trace_id: [u8; 16],
}

#[derive(Debug, Row, Deserialize)]
struct MilestoneRow {
    kind: String,
    system: String,
    value: String,
    at: i64,
    milestone: String,
    seen_in: String,
}

#[derive(Debug, Row, Deserialize)]
struct SpanNodeRow {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    parent_span_id: [u8; 8],
    started_at: i64,
    duration_ns: u64,
    system: String,
    error: bool,
    #[serde(rename = "keys.kind")]
    keys_kind: Vec<String>,
    #[serde(rename = "keys.system")]
    keys_system: Vec<String>,
    #[serde(rename = "keys.value")]
    keys_value: Vec<String>,
    #[serde(rename = "keys.strength")]
    keys_strength: Vec<i8>,
    #[serde(rename = "links.trace_id")]
    links_trace_id: Vec<[u8; 16]>,
    #[serde(rename = "links.span_id")]
    links_span_id: Vec<[u8; 8]>,
    milestone: String,
    observer: i8,
    handoff_from: String,
    handoff_to: String,
    operation: String,
    method: String,
    path: String,
    status_code: u16,
    resend_count: u32,
    idempotency_key: String,
    error_type: String,
}

impl From<SpanNodeRow> for SpanNode {
    fn from(row: SpanNodeRow) -> Self {
        let link = match (row.links_trace_id.as_slice(), row.links_span_id.as_slice()) {
            ([trace_id], [span_id]) => Some(SpanRef { trace_id: *trace_id, span_id: *span_id }),
            _ => None,
        };
        let side = observer_of(row.observer).map(|observer| HandoffSide {
            observer,
            from: row.handoff_from,
            to: row.handoff_to,
            operation: row.operation,
            method: row.method,
            path: row.path,
            status_code: row.status_code,
            resend_count: row.resend_count,
            idempotency_key: row.idempotency_key,
            error_type: row.error_type,
        });
        Self {
            id: SpanRef { trace_id: row.trace_id, span_id: row.span_id },
            parent_span_id: row.parent_span_id,
            started_at_ns: row.started_at,
            duration_ns: row.duration_ns,
            system: row.system,
            error: row.error,
            keys: key_records(row.keys_kind, row.keys_system, row.keys_value, row.keys_strength).collect(),
            link,
            milestone: row.milestone,
            side,
        }
    }
}

#[derive(Debug, Row, Deserialize)]
struct EventNodeRow {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    at: i64,
    system: String,
    milestone: String,
    #[serde(rename = "keys.kind")]
    keys_kind: Vec<String>,
    #[serde(rename = "keys.system")]
    keys_system: Vec<String>,
    #[serde(rename = "keys.value")]
    keys_value: Vec<String>,
    #[serde(rename = "keys.strength")]
    keys_strength: Vec<i8>,
}

#[derive(Debug, Row, Deserialize)]
struct SideRow {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    parent_span_id: [u8; 8],
    observer: i8,
    handoff_to: String,
    started_at: i64,
    duration_ns: u64,
    method: String,
    path: String,
    status_code: u16,
    #[serde(rename = "keys.kind")]
    keys_kind: Vec<String>,
    #[serde(rename = "keys.system")]
    keys_system: Vec<String>,
    #[serde(rename = "keys.value")]
    keys_value: Vec<String>,
    #[serde(rename = "keys.strength")]
    keys_strength: Vec<i8>,
}

impl SideRow {
    fn into_node(self) -> Option<SideNode> {
        let observer: Observer = observer_of(self.observer)?;
        Some(SideNode {
            id: SpanRef { trace_id: self.trace_id, span_id: self.span_id },
            parent_span_id: self.parent_span_id,
            observer,
            to: self.handoff_to,
            started_at_ns: self.started_at,
            ended_at_ns: self.started_at.saturating_add_unsigned(self.duration_ns),
            method: self.method,
            path: self.path,
            status_code: self.status_code,
            keys: key_records(self.keys_kind, self.keys_system, self.keys_value, self.keys_strength)
                .filter(|record| record.strength == Strength::Strong)
                .map(|record| record.key)
                .collect(),
        })
    }
}

#[derive(Debug, Row, Deserialize)]
struct AttributesRow {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    attributes: Vec<(String, String)>,
}

fn key_records(
    kinds: Vec<String>,
    systems: Vec<String>,
    values: Vec<String>,
    strengths: Vec<i8>,
) -> impl Iterator<Item = KeyRecord> {
    kinds.into_iter().zip(systems).zip(values).zip(strengths).map(|(((kind, system), value), strength)| KeyRecord {
        key: KeyRow { kind, system, value }.into(),
        strength: strength_of(strength),
    })
}
