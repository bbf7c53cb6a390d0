//! What spans and events of orders say.

use std::collections::{BTreeMap, HashMap, HashSet};

use clickhouse::{Client, Row};
use ordertrace_api::keys::{Key, Strength};
use serde::Deserialize;
use tracing::instrument;

use super::observed::{Observed, Statement};
use super::population::Member;
use crate::record::Attributes;
use crate::storage::{Decoder, SPANS, StoredSpan, TraceRow, key_of};

/// Traces asked for at once; keeps the query's text well below ClickHouse's limit.
const TRACES: usize = 400;
/// Spans read for one answer.
const SPANS_LIMIT: usize = 300_000;
/// Events read for some traces.
const EVENTS_LIMIT: usize = 50_000;
/// Ancestors looked at; deeper ones belong to no one in particular.
const DEPTH: usize = 200;

type Result<T> = clickhouse::error::Result<T>;
type TraceId = [u8; 16];
type SpanId = [u8; 8];

#[derive(Debug, Row, Deserialize)]
struct EventRow {
    trace_id: TraceId,
    system: String,
    name: String,
    attributes: Vec<(String, String)>,
    kinds: Vec<String>,
    systems: Vec<String>,
    values: Vec<String>,
}

/// Reads what the members' spans and events say; members are numbered in their order.
#[instrument(name = "SELECT spans of orders", skip_all, fields(otel.kind = "client", db.system.name = "clickhouse", db.collection.name = "spans"))]
pub(super) async fn observe(client: &Client, members: &[&Member]) -> Result<Observed> {
    let mut owners: BTreeMap<TraceId, Vec<u32>> = BTreeMap::new();
    for (order, member) in (0..).zip(members) {
        for trace in &member.traces {
            owners.entry(*trace).or_default().push(order);
        }
    }
    let mut observed = Observed::default();
    let mut budget = SPANS_LIMIT;
    let mut decoder = Decoder::default();
    let traces: Vec<TraceId> = owners.keys().copied().collect();
    for chunk in traces.chunks(TRACES) {
        let ids: Vec<String> = chunk.iter().map(|trace| format!("unhex('{}')", hex::encode(trace))).collect();
        let ids = ids.join(", ");
        let sql = format!("SELECT {SPANS} FROM spans PREWHERE trace_id IN ({ids})");
        let mut rows = client.query(&sql).fetch::<TraceRow>()?;
        let mut spans: HashMap<TraceId, Vec<StoredSpan>> = HashMap::new();
        'rows: while let Some(row) = rows.next().await? {
            for span in decoder.spans(row)?.into_iter().filter(|span| span.noise().is_empty()) {
                if budget == 0 {
                    observed.is_cut = true;
                    break 'rows;
                }
                budget -= 1;
                spans.entry(span.trace_id).or_default().push(span);
            }
        }
        for (trace, spans) in &spans {
            let Some(orders) = owners.get(trace) else { continue };
            for (order, member) in orders.iter().filter_map(|order| Some((*order, members.get(*order as usize)?))) {
                let groups = Groups::of(spans);
                for span in spans.iter().filter(|span| groups.is_of(span, &member.keys, orders.len() == 1)) {
                    see(&mut observed, order, span);
                }
            }
        }
        let mut events = events(client, &ids).await?;
        observed.is_cut |= events.len() > EVENTS_LIMIT;
        events.truncate(EVENTS_LIMIT);
        for event in events {
            let Some(orders) = owners.get(&event.trace_id) else { continue };
            for (order, member) in orders.iter().filter_map(|order| Some((*order, members.get(*order as usize)?))) {
                if event.is_of(&member.keys, orders.len() == 1) {
                    let said = event.attributes.iter().filter(|(_, value)| !event.values.contains(value));
                    let said = said.map(|(name, value)| Statement { of: "", name, value });
                    observed.see(order, &event.system, &event.name, said);
                }
            }
        }
        if budget == 0 {
            break;
        }
    }
    Ok(observed)
}

/// The events of these traces, one more than are looked at when there are more.
async fn events(client: &Client, ids: &str) -> Result<Vec<EventRow>> {
    let sql = format!(
        "SELECT trace_id, system, name, CAST(attributes, 'Array(Tuple(String, String))') AS attributes,
            arrayFilter((kind, strength) -> strength = 'strong', keys.kind, keys.strength) AS kinds,
            arrayFilter((system, strength) -> strength = 'strong', keys.system, keys.strength) AS systems,
            arrayFilter((value, strength) -> strength = 'strong', keys.value, keys.strength) AS values
         FROM events PREWHERE trace_id IN ({ids}) WHERE name != ''
         ORDER BY trace_id, at, name, system LIMIT {}",
        EVENTS_LIMIT + 1
    );
    client.query(&sql).fetch_all::<EventRow>().await
}

impl EventRow {
    fn is_of(&self, keys: &HashSet<Key>, alone: bool) -> bool {
        let own = self.kinds.iter().zip(&self.systems).zip(&self.values);
        let mut own = own.map(|((kind, system), value)| key_of(kind.clone(), value.clone(), system.clone())).peekable();
        if own.peek().is_none() { alone } else { own.any(|key| keys.contains(&key)) }
    }
}

/// To which order the spans of a trace belong: that of the nearest ancestor that names one.
struct Groups {
    parents: HashMap<SpanId, SpanId>,
    named: HashMap<SpanId, Vec<Key>>,
}

impl Groups {
    fn of(spans: &[StoredSpan]) -> Self {
        let strong = |span: &StoredSpan| -> Vec<Key> {
            span.keys().filter(|key| key.strength == Strength::Strong).map(|key| key.key).collect()
        };
        let named = spans.iter().map(|span| (span.span_id, strong(span))).filter(|(_, keys)| !keys.is_empty());
        Self { parents: spans.iter().map(|span| (span.span_id, span.parent_span_id)).collect(), named: named.collect() }
    }

    /// Whether it belongs to the order with these keys; one below nobody does when the trace is its `alone`.
    fn is_of(&self, span: &StoredSpan, keys: &HashSet<Key>, alone: bool) -> bool {
        let ancestors = std::iter::successors(Some(span.span_id), |id| self.parents.get(id).copied());
        let nearest = ancestors.take(DEPTH).find_map(|id| self.named.get(&id));
        nearest.map_or(alone, |named| named.iter().any(|key| keys.contains(key)))
    }
}

fn see(observed: &mut Observed, order: u32, span: &StoredSpan) {
    let keys: Vec<_> = span.keys().collect();
    let attributes: Attributes = span.attributes();
    let is_key = |value: &str| keys.iter().any(|key| key.key.value == value);
    let said = attributes.iter().filter(|(_, value)| !is_key(value));
    let said = said.map(|(name, value)| Statement { of: "", name, value });
    let weak = keys.iter().filter(|key| key.strength == Strength::Weak);
    let weak = weak.map(|key| Statement { of: "", name: &key.key.kind, value: &key.key.value });
    let system = span.system();
    let resource = span.resource_attributes().map(|(name, value)| Statement { of: system, name, value });
    let kind = Some(span.operation()).filter(|operation| !operation.is_empty()).unwrap_or_else(|| span.name());
    observed.see(order, system, kind, said.chain(weak).chain(resource));
}
