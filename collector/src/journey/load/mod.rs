//! What journeys read from ClickHouse.

mod reading;
mod rows;
mod sides;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use clickhouse::Client;
use clickhouse::query::{Query, RowCursor};
use futures::try_join;
use ordertrace_api::keys::{Key, KeyPattern};
use tracing::instrument;

pub(super) use reading::Reading;
pub(super) use sides::{Window, covers, stretches};

use rows::{EventNodeRow, KeyRow, SeenRow, span_node};

use super::limits::{JourneyLimits, Reached};
use super::node::{SpanNode, SpanRef, TraceId};
use super::sighting::Sighting;
use crate::record::KeyRecord;
use crate::storage::{Decoder, SPANS, TraceRow, key_tuple};

/// Values in one query; keeps its text well below ClickHouse's limit of 256 KiB.
const CHUNK: usize = 500;

/// A journey is some seven look-ups of a few rows each, and what costs is to plan them: together
/// these settings take a third off (docs/performance.md).
const PLANNING: [(&str, &str); 3] =
    [("max_threads", "1"), ("output_format_parallel_formatting", "0"), ("optimize_move_to_prewhere", "0")];

type Result<T> = clickhouse::error::Result<T>;

/// Reads for journeys, bounded by their limits.
#[derive(Clone)]
pub(super) struct Loader {
    client: Client,
    limits: JourneyLimits,
    detail: Detail,
}

/// How much of each span is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// What makes up handoffs.
    Handoffs,
    /// What is said of milestones as well.
    Milestones,
    /// The attributes of their sides as well.
    Attributes,
}

/// Where a key was seen, and beside what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The key.
    pub key: Key,
    /// In which trace; all zero = outside of any, or in a batch that joins nothing.
    pub trace_id: TraceId,
    /// Other strong keys on the same spans and events.
    pub links: BTreeSet<Key>,
    /// Milestones on the same spans and events.
    pub milestones: BTreeSet<Sighting>,
}

/// The kind under which a trace is looked up that others continue by a span link.
const TRACE: &str = "trace";

impl Seen {
    /// What to look up for the traces that continue `trace_id` by a span link.
    pub(super) fn continued(trace_id: TraceId) -> Key {
        Key { kind: TRACE.to_owned(), system: None, value: hex::encode(trace_id) }
    }

    fn add(&mut self, other: Self) {
        self.links.extend(other.links);
        self.milestones.extend(other.milestones);
    }

    /// Whether this is a trace that continues another.
    pub(super) fn is_continuation(&self) -> bool {
        self.key.kind == TRACE
    }
}

/// The spans of a trace, and what the events within it showed.
#[derive(Debug, Default)]
pub(super) struct LoadedTrace {
    /// Its spans.
    pub spans: Vec<SpanNode>,
    /// Milestones that events in it showed.
    pub milestones: Vec<(SpanRef, Sighting)>,
}

impl Loader {
    /// A loader for one database.
    pub(super) fn new(client: Client, limits: JourneyLimits) -> Self {
        let client = PLANNING.iter().fold(client, |client, (name, value)| client.with_setting(*name, *value));
        Self { client, limits, detail: Detail::Handoffs }
    }

    /// The same, reading in more or less detail.
    pub(super) fn with_detail(&self, detail: Detail) -> Self {
        Self { detail, ..self.clone() }
    }

    /// Where the strong keys were seen that a person may mean.
    #[instrument(name = "SELECT keys by value", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "keys"))]
    pub(super) async fn resolve(
        &self,
        pattern: &KeyPattern,
        kinds: &[String],
        reached: &mut Reached,
    ) -> Result<Vec<Seen>> {
        let query = self
            .client
            .query(&self.seen_where("value = ?", "kind IN ? AND strength = 'strong' AND (? = '' OR system = ?)"))
            .bind(&pattern.value)
            .bind(of_kind(pattern, kinds))
            .bind(pattern.system.as_deref().unwrap_or_default())
            .bind(pattern.system.as_deref().unwrap_or_default());
        let mut seen = self.fetch_seen(query, reached).await?;
        self.cut_fan_out(&mut seen, reached);
        Ok(seen)
    }

    /// Strong keys of `kinds` whose value starts with the pattern's, at most `limit`.
    #[instrument(name = "SELECT keys by prefix", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "keys"))]
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

    /// Where each of `keys` was seen, and beside what.
    #[instrument(name = "SELECT keys", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "keys"))]
    pub(super) async fn seen(&self, keys: &[Key], reached: &mut Reached) -> Result<Vec<Seen>> {
        let mut seen = Vec::new();
        for chunk in keys.chunks(CHUNK) {
            let values: BTreeSet<&str> = chunk.iter().map(|key| key.value.as_str()).collect();
            let query = self.client.query(&self.seen_where("value IN ?", "(kind, value, system) IN ?"));
            let query = query.bind(values).bind(key_tuples(chunk));
            seen.extend(self.fetch_seen(query, reached).await?);
        }
        self.cut_fan_out(&mut seen, reached);
        Ok(seen)
    }

    /// Of rows that `value` does not find nothing but the values are read.
    fn seen_where(&self, value: &str, condition: &str) -> String {
        format!(
            "SELECT kind, system, value, strength != 'weak' AS joins, trace_id,
                splitByChar('\\xFF', links) AS link_texts, splitByChar('\\xFF', milestones) AS milestone_texts
             FROM keys PREWHERE {value} WHERE {condition} LIMIT {}",
            self.limits.places()
        )
    }

    /// Takes the rows together here: ClickHouse takes longer to plan that than to send them.
    async fn fetch_seen(&self, query: Query, reached: &mut Reached) -> Result<Vec<Seen>> {
        let mut cursor = query.fetch::<SeenRow>()?;
        let mut rows = 0;
        let mut seen: BTreeMap<(Key, TraceId), Seen> = BTreeMap::new();
        while let Some(row) = cursor.next().await? {
            rows += 1;
            let row = Seen::from(row);
            match seen.entry((row.key.clone(), row.trace_id)) {
                Entry::Vacant(entry) => {
                    entry.insert(row);
                }
                Entry::Occupied(mut entry) => entry.get_mut().add(row),
            }
        }
        if rows == self.limits.places() {
            let detail = "further places where these keys were seen were not read; raise journeys.limits.spans";
            reached.note("spans", self.limits.spans, detail.to_owned());
        }
        Ok(seen.into_values().collect())
    }

    /// The spans of `traces`, at most `budget` of them; an entry for each trace.
    async fn traces(
        &self,
        traces: &[TraceId],
        budget: usize,
        reached: &mut Reached,
    ) -> Result<HashMap<TraceId, LoadedTrace>> {
        let mut loaded: HashMap<TraceId, LoadedTrace> =
            traces.iter().map(|trace| (*trace, LoadedTrace::default())).collect();
        let mut left = budget;
        for chunk in traces.chunks(CHUNK) {
            // One more than fits tells that there are more.
            let (spans, events) = try_join!(self.spans(chunk, left.saturating_add(1)), self.events(chunk))?;
            let is_cut = spans.len() > left;
            for span in spans.into_iter().take(left) {
                left -= 1;
                loaded.entry(span.id.trace_id).or_default().spans.push(span);
            }
            add_events(&mut loaded, events);
            if is_cut {
                let detail = "further spans of this journey were not read; raise journeys.limits.spans to see them";
                reached.note("spans", self.limits.spans, detail.to_owned());
                break;
            }
        }
        Ok(loaded)
    }

    /// The spans of `traces` that are no noise, at most `limit`.
    #[instrument(name = "SELECT spans", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "spans"))]
    async fn spans(&self, traces: &[TraceId], limit: usize) -> Result<Vec<SpanNode>> {
        let mut spans = Vec::new();
        let mut decoder = Decoder::default();
        let mut cursor = self.rows_of(traces)?;
        while let Some(row) = cursor.next().await? {
            for span in decoder.spans(row)?.iter().filter(|span| span.noise().is_empty()) {
                if spans.len() == limit {
                    return Ok(spans);
                }
                spans.push(span_node(span, self.detail)?);
            }
        }
        Ok(spans)
    }

    /// Of rows of other traces nothing but the id is read.
    fn rows_of(&self, traces: &[TraceId]) -> Result<RowCursor<TraceRow>> {
        let ids = trace_ids(traces);
        self.client.query(&format!("SELECT {SPANS} FROM spans PREWHERE trace_id IN ({ids})")).fetch::<TraceRow>()
    }

    #[instrument(name = "SELECT events", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "events"))]
    async fn events(&self, traces: &[TraceId]) -> Result<Vec<EventNodeRow>> {
        let said = match self.detail {
            Detail::Milestones => "if(milestone = '', map(), attributes)",
            Detail::Handoffs | Detail::Attributes => "map()::Map(String, String)",
        };
        let sql = format!(
            "SELECT trace_id, span_id, at, system, milestone, keys.kind, keys.system, keys.value, keys.strength,
                {said} AS said
             FROM events PREWHERE trace_id IN ({}) WHERE notEmpty(keys.kind) OR milestone != '' LIMIT {}",
            trace_ids(traces),
            self.limits.spans
        );
        self.client.query(&sql).fetch_all::<EventNodeRow>().await
    }

    /// Milestones that events outside of any trace showed at these times, with what they said.
    #[instrument(name = "SELECT events by time", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "events"))]
    pub(super) async fn loose_events(&self, at_ns: &BTreeSet<i64>) -> Result<Vec<Sighting>> {
        let at_ns: Vec<i64> = at_ns.iter().copied().collect();
        let mut sightings = Vec::new();
        for chunk in at_ns.chunks(CHUNK) {
            let times: Vec<String> =
                chunk.iter().map(|at_ns| format!("fromUnixTimestamp64Nano({at_ns}, 'UTC')")).collect();
            let sql = format!(
                "SELECT trace_id, span_id, at, system, milestone, keys.kind, keys.system, keys.value, keys.strength,
                    attributes AS said
                 FROM events PREWHERE trace_id = toFixedString('', 16) AND at IN ({}) WHERE milestone != '' LIMIT {}",
                times.join(", "),
                self.limits.spans
            );
            let rows = self.client.query(&sql).fetch_all::<EventNodeRow>().await?;
            sightings.extend(rows.iter().map(EventNodeRow::sighting));
        }
        Ok(sightings)
    }

    fn cut_fan_out(&self, seen: &mut Vec<Seen>, reached: &mut Reached) {
        let fan_out = self.limits.fan_out;
        let mut note = |key: &Key, what: &str| {
            let detail = format!("{key} leads to more than {fan_out} {what}; {fan_out} of them were followed");
            reached.note("fan_out", fan_out, detail);
        };
        let mut traces: HashMap<Key, usize> = HashMap::new();
        let mut links: HashMap<Key, HashSet<Key>> = HashMap::new();
        seen.retain_mut(|seen| {
            let linked = links.entry(seen.key.clone()).or_default();
            seen.links.retain(|link| {
                if linked.len() < fan_out {
                    linked.insert(link.clone());
                }
                let followed = linked.contains(link);
                if !followed {
                    note(&seen.key, "keys");
                }
                followed
            });
            let count = traces.entry(seen.key.clone()).or_default();
            *count += 1;
            if *count > fan_out {
                note(&seen.key, "traces");
            }
            *count <= fan_out
        });
    }
}

/// What stands on an event counts for the span within which it happened.
fn add_events(loaded: &mut HashMap<TraceId, LoadedTrace>, events: Vec<EventNodeRow>) {
    let mut keys: HashMap<SpanRef, Vec<KeyRecord>> = HashMap::new();
    for event in events {
        let id = SpanRef { trace_id: event.trace_id, span_id: event.span_id };
        if !event.milestone.is_empty() {
            loaded.entry(id.trace_id).or_default().milestones.push((id, event.sighting()));
        }
        keys.entry(id).or_default().extend(event.keys());
    }
    for span in loaded.values_mut().flat_map(|trace| &mut trace.spans) {
        for key in keys.remove(&span.id).unwrap_or_default() {
            if !span.keys.contains(&key) {
                span.keys.push(key);
            }
        }
    }
}

fn trace_ids(traces: &[TraceId]) -> String {
    traces.iter().map(|trace| format!("unhex('{}')", hex::encode(trace))).collect::<Vec<_>>().join(", ")
}

fn of_kind<'k>(pattern: &KeyPattern, kinds: &'k [String]) -> Vec<&'k String> {
    kinds.iter().filter(|kind| pattern.kind.as_ref().is_none_or(|wanted| wanted == *kind)).collect()
}

fn key_tuples(keys: &[Key]) -> Vec<(&str, &str, &str)> {
    keys.iter().map(key_tuple).collect()
}
