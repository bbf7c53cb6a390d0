use std::collections::{HashMap, HashSet};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use clickhouse::{Client, Row};
use ordertrace_api::problem::Problem;
use ordertrace_api::span::{Span, SpanEvent, SpansReply};
use serde::Deserialize;

use super::ApiState;
use super::problem::Refusal;
use crate::moment::timestamp;
use crate::storage::{Decoder, SPANS, StoredSpan, TraceRow, kind_of};

/// Spans in one reply.
const LIMIT: usize = 10_000;

/// Spans of one trace that are searched for what lies under a span.
const SEARCHED: usize = 200_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpansQuery {
    under: Option<String>,
}

#[utoipa::path(
    get,
    path = ordertrace_api::routes::TRACE_SPANS,
    params(
        ("trace_id" = String, Path, description = "32 hexadecimal digits"),
        ("under" = Option<String>, Query, description = "16 hexadecimal digits: only this span and what it caused"),
    ),
    responses(
        (status = 200, description = "Spans by start, at most 10,000", body = SpansReply),
        (status = 400, description = "An id is malformed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such trace or span", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ClickHouse does not answer", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn of_trace(
    State(state): State<ApiState>,
    Path(trace_id): Path<String>,
    query: Result<Query<SpansQuery>, QueryRejection>,
) -> Result<Json<SpansReply>, Refusal> {
    let Query(query) = query.map_err(|rejection| Refusal::bad_request(rejection.body_text()))?;
    let trace: [u8; 16] = id(&trace_id, "trace_id", 32)?;
    let under: Option<[u8; 8]> = query.under.as_deref().map(|under| id(under, "under", 16)).transpose()?;
    let mut wanted = tree(&state.client, trace).await?;
    if let Some(under) = under {
        let under = descendants(&wanted, under);
        wanted.retain(|node| under.contains(&node.span_id));
    }
    if wanted.is_empty() {
        return Err(Refusal::not_found(match query.under {
            Some(under) => format!("trace {trace_id} has no span {under}"),
            None => format!("no span of trace {trace_id} is stored"),
        }));
    }
    let more = wanted.len() > LIMIT;
    wanted.truncate(LIMIT);
    let wanted: HashSet<[u8; 8]> = wanted.into_iter().map(|node| node.span_id).collect();
    let spans = read(&state.client, trace, wanted).await?;
    let spans = spans.iter().map(span).collect::<Result<_, _>>()?;
    Ok(Json(SpansReply { spans, more }))
}

fn id<const N: usize>(text: &str, name: &str, digits: usize) -> Result<[u8; N], Refusal> {
    hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Refusal::bad_request(format!("{name} is {text:?}; it must be {digits} hexadecimal digits")))
}

/// A span and its parent.
#[derive(Debug, Row, Deserialize)]
struct Node {
    span_id: [u8; 8],
    parent_span_id: [u8; 8],
}

/// The first spans of a trace by start, each once.
async fn tree(client: &Client, trace: [u8; 16]) -> clickhouse::error::Result<Vec<Node>> {
    let mut nodes = client
        .query(
            "SELECT span_id, parent_span_id FROM span_details WHERE trace_id = toFixedString(unhex(?), 16)
             ORDER BY started_at, span_id LIMIT ?",
        )
        .bind(hex::encode(trace))
        .bind(SEARCHED)
        .fetch_all::<Node>()
        .await?;
    let mut known = HashSet::new();
    nodes.retain(|node| known.insert(node.span_id));
    Ok(nodes)
}

/// The wanted spans of a trace by start, each once.
async fn read(
    client: &Client,
    trace: [u8; 16],
    mut wanted: HashSet<[u8; 8]>,
) -> clickhouse::error::Result<Vec<StoredSpan>> {
    let mut rows = client
        .query(&format!("SELECT {SPANS} FROM spans PREWHERE trace_id = toFixedString(unhex(?), 16)"))
        .bind(hex::encode(trace))
        .fetch::<TraceRow>()?;
    let mut decoder = Decoder::default();
    let mut spans = Vec::with_capacity(wanted.len());
    while let Some(row) = rows.next().await? {
        spans.extend(decoder.spans(row)?.into_iter().filter(|span| wanted.remove(&span.span_id)));
    }
    spans.sort_by_key(|span| (span.started_at_ns, span.span_id));
    Ok(spans)
}

/// `root` and what lies under it.
fn descendants(nodes: &[Node], root: [u8; 8]) -> HashSet<[u8; 8]> {
    let mut children: HashMap<[u8; 8], Vec<[u8; 8]>> = HashMap::new();
    for Node { span_id, parent_span_id } in nodes {
        children.entry(*parent_span_id).or_default().push(*span_id);
    }
    let mut under = HashSet::new();
    let mut work = vec![root];
    while let Some(at) = work.pop() {
        if under.insert(at) {
            work.extend(children.get(&at).into_iter().flatten());
        }
    }
    under
}

fn span(stored: &StoredSpan) -> clickhouse::error::Result<Span> {
    let events = stored.events()?.into_iter().map(|(at_ns, name, attributes)| SpanEvent {
        at: timestamp(at_ns),
        name,
        attributes: attributes.into_iter().collect(),
    });
    Ok(Span {
        trace_id: hex::encode(stored.trace_id),
        span_id: hex::encode(stored.span_id),
        parent_span_id: (stored.parent_span_id != [0; 8]).then(|| hex::encode(stored.parent_span_id)),
        system: stored.system().to_owned(),
        name: stored.name().to_owned(),
        kind: kind_of(stored.kind()),
        started_at: timestamp(stored.started_at_ns),
        duration_ns: stored.duration_ns,
        error: stored.is_error(),
        status_message: stored.status_message().to_owned(),
        attributes: stored.attributes().into_iter().collect(),
        events: events.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descendants_survive_cycles() {
        let node = |id: u8, parent: u8| Node { span_id: [id; 8], parent_span_id: [parent; 8] };
        let nodes = [node(1, 0), node(2, 1), node(3, 2), node(4, 5), node(5, 4)];
        assert_eq!(descendants(&nodes, [2; 8]), HashSet::from([[2; 8], [3; 8]]));
        assert_eq!(descendants(&nodes, [4; 8]), HashSet::from([[4; 8], [5; 8]]));
    }
}
