use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use clickhouse::{Client, Row};
use ordertrace_api::problem::Problem;
use ordertrace_api::span::{Span, SpanEvent, SpansReply};
use serde::Deserialize;

use super::ApiState;
use super::problem::Refusal;
use crate::journey::timestamp;
use crate::storage::kind_of;

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
        wanted = descendants(&wanted, under);
    }
    if wanted.is_empty() {
        return Err(Refusal::not_found(match query.under {
            Some(under) => format!("trace {trace_id} has no span {under}"),
            None => format!("no span of trace {trace_id} is stored"),
        }));
    }
    let more = wanted.len() > LIMIT;
    wanted.truncate(LIMIT);
    let spans = spans(&state.client, trace, &wanted).await?;
    Ok(Json(SpansReply { spans, more }))
}

fn id<const N: usize>(text: &str, name: &str, digits: usize) -> Result<[u8; N], Refusal> {
    hex::decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Refusal::bad_request(format!("{name} is {text:?}; it must be {digits} hexadecimal digits")))
}

#[derive(Clone, Copy, Debug, Row, Deserialize)]
struct Node {
    span_id: [u8; 8],
    parent_span_id: [u8; 8],
}

/// The spans of a trace by start, each once.
async fn tree(client: &Client, trace: [u8; 16]) -> clickhouse::error::Result<Vec<Node>> {
    client
        .query(
            "SELECT span_id, parent_span_id FROM spans WHERE trace_id = toFixedString(unhex(?), 16)
             ORDER BY started_at, span_id LIMIT 1 BY span_id LIMIT ?",
        )
        .bind(hex::encode(trace))
        .bind(SEARCHED as u64)
        .fetch_all::<Node>()
        .await
}

/// `root` and what lies under it, in the order of `nodes`.
fn descendants(nodes: &[Node], root: [u8; 8]) -> Vec<Node> {
    let mut children: HashMap<[u8; 8], Vec<[u8; 8]>> = HashMap::new();
    for node in nodes {
        children.entry(node.parent_span_id).or_default().push(node.span_id);
    }
    let mut under = std::collections::HashSet::new();
    let mut work = vec![root];
    while let Some(at) = work.pop() {
        if under.insert(at) {
            work.extend(children.get(&at).into_iter().flatten());
        }
    }
    nodes.iter().filter(|node| under.contains(&node.span_id)).copied().collect()
}

#[derive(Debug, Row, Deserialize)]
struct FullRow {
    span_id: [u8; 8],
    parent_span_id: [u8; 8],
    started_at: i64,
    duration_ns: u64,
    name: String,
    kind: i8,
    error: bool,
    status_message: String,
    system: String,
    attributes: Vec<(String, String)>,
    #[serde(rename = "events.at")]
    events_at: Vec<i64>,
    #[serde(rename = "events.name")]
    events_name: Vec<String>,
    #[serde(rename = "events.attributes")]
    events_attributes: Vec<Vec<(String, String)>>,
}

async fn spans(client: &Client, trace: [u8; 16], wanted: &[Node]) -> clickhouse::error::Result<Vec<Span>> {
    let ids: Vec<String> = wanted.iter().map(|node| hex::encode(node.span_id)).collect();
    let rows = client
        .query(
            "SELECT span_id, parent_span_id, started_at, duration_ns, name, kind, status = 'error' AS error, status_message,
                system, attributes, events.at, events.name, events.attributes
             FROM spans
             WHERE trace_id = toFixedString(unhex(?), 16) AND span_id IN (SELECT toFixedString(unhex(arrayJoin(?)), 8))
             ORDER BY started_at, span_id LIMIT 1 BY span_id",
        )
        .with_setting("max_query_size", "1048576")
        .bind(hex::encode(trace))
        .bind(ids)
        .fetch_all::<FullRow>()
        .await?;
    Ok(rows.into_iter().map(|row| span(trace, row)).collect())
}

fn span(trace: [u8; 16], row: FullRow) -> Span {
    let events = row.events_at.into_iter().zip(row.events_name).zip(row.events_attributes);
    Span {
        trace_id: hex::encode(trace),
        span_id: hex::encode(row.span_id),
        parent_span_id: (row.parent_span_id != [0; 8]).then(|| hex::encode(row.parent_span_id)),
        system: row.system,
        name: row.name,
        kind: kind_of(row.kind),
        started_at: timestamp(row.started_at),
        duration_ns: row.duration_ns,
        error: row.error,
        status_message: row.status_message,
        attributes: row.attributes.into_iter().collect::<BTreeMap<_, _>>(),
        events: events
            .map(|((at, name), attributes)| SpanEvent {
                at: timestamp(at),
                name,
                attributes: attributes.into_iter().collect(),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descendants_survive_cycles() {
        let node = |id: u8, parent: u8| Node { span_id: [id; 8], parent_span_id: [parent; 8] };
        let nodes = [node(1, 0), node(2, 1), node(3, 2), node(4, 5), node(5, 4)];
        let ids = |root: u8| descendants(&nodes, [root; 8]).iter().map(|node| node.span_id[0]).collect::<Vec<_>>();
        assert_eq!(ids(2), [2, 3]);
        assert_eq!(ids(4), [4, 5]);
        assert!(ids(9).is_empty());
    }
}
