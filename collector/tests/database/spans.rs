//! Spans come back as they were, by the collector's own way and by the views.

use std::collections::BTreeMap;

use ordertrace_collector::record::{Attribute, SpanEventRecord, SpanLinkRecord, SpanRecord, SpanStatus};
use ordertrace_collector::storage::{Decoder, SPANS, StoredSpan, TraceRow};

use crate::support::{Database, SpanBuilder, at_ns, kept, origin, trace};

async fn stored(database: &Database) -> BTreeMap<([u8; 16], [u8; 8]), StoredSpan> {
    let rows = database.client().query(&format!("SELECT {SPANS} FROM spans")).fetch_all::<TraceRow>().await.unwrap();
    let mut decoder = Decoder::default();
    let spans = rows.into_iter().flat_map(|row| decoder.spans(row).unwrap());
    spans.map(|span| ((span.trace_id, span.span_id), span)).collect()
}

fn assert_same(span: &SpanRecord<'_>, stored: &StoredSpan) {
    let pairs = |attributes: &[Attribute<'_>]| -> Vec<(String, String)> {
        attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(stored.parent_span_id, span.parent_span_id, "{span:?}");
    assert_eq!((stored.started_at_ns, stored.duration_ns), (span.started_at_ns, span.duration_ns), "{span:?}");
    assert_eq!((stored.system(), stored.name()), (span.origin.system, span.name), "{span:?}");
    assert_eq!((stored.noise(), stored.milestone()), (span.noise, span.milestone), "{span:?}");
    assert_eq!((stored.is_error(), stored.status_message()), (span.status == SpanStatus::Error, span.status_message));
    assert_eq!(stored.attributes(), pairs(span.attributes), "{span:?}");
    let keys: Vec<_> = stored.keys().map(|record| (record.key, record.strength)).collect();
    assert_eq!(keys, span.keys.iter().map(|key| (key.key(), key.strength)).collect::<Vec<_>>());
    let events: Vec<_> =
        span.events.iter().map(|event| (event.at_ns, event.name.to_owned(), pairs(event.attributes))).collect();
    assert_eq!(stored.events().unwrap(), events);
    assert_eq!(stored.links().unwrap(), span.links.iter().map(|l| (l.trace_id, l.span_id)).collect::<Vec<_>>());
    match (span.side, stored.side()) {
        (None, None) => {}
        (Some(side), Some(stored)) => {
            assert_eq!((stored.observer, stored.status_code), (side.observer, side.status_code));
            assert_eq!((stored.from.as_str(), stored.to.as_str()), (side.from, side.to));
            assert_eq!((stored.operation.as_str(), stored.method.as_str()), (side.operation, side.method));
            assert_eq!((stored.path.as_str(), stored.resend_count), (side.path, side.resend_count));
            assert_eq!(
                (stored.idempotency_key.as_str(), stored.error_type.as_str()),
                (side.idempotency_key, side.error_type)
            );
        }
        (side, stored) => panic!("{side:?} came back as {stored:?}"),
    }
}

/// Spans that differ in everything, in `traces` traces.
fn varied(count: usize, traces: usize) -> Vec<SpanRecord<'static>> {
    const TEXTS: [&str; 8] = ["", "a", "\u{0}", "\"\\/\u{1f600}", "201", "R104882117", "ÿþ\u{feff}", "\n\t"];
    let text = |n: usize| TEXTS[n % TEXTS.len()];
    let mut spans = Vec::new();
    for n in 0..count {
        let (id, parent) = (n as u64 + 1, (n / 3) as u64);
        let mut trace_id = trace(1);
        trace_id[0] = (n * 7 % traces) as u8;
        let builder = match n % 4 {
            0 => SpanBuilder::internal(trace_id, 1, "oms"),
            1 => SpanBuilder::client(trace_id, 1, "oms", text(n / 5), "POST /orders").status((n % 600) as u16),
            2 => SpanBuilder::proxy(trace_id, 1, "shop", "oms", kept(&format!("GET /o/{}", n % 3)))
                .idempotency(text(n / 3)),
            _ => SpanBuilder::server(trace_id, 1, "erp", "PUT /x").milestone(text(n / 4)),
        };
        let builder = if n % 5 == 0 { builder.key("order", kept(&format!("R1048821{}", n / 10))) } else { builder };
        let builder = if n % 7 == 0 {
            builder.within("erp_doc", "12", "erp").weak("sku", kept(&format!("S-{}", n / 70)))
        } else {
            builder
        };
        let mut span = builder.build();
        span.span_id = id.to_be_bytes();
        span.parent_span_id = parent.to_be_bytes();
        span.started_at_ns = at_ns(0) + (n as i64 * 7_919) % 100_003;
        span.duration_ns = (n as u64) << (n % 40);
        span.name = if n % 11 == 0 { kept(&format!("name {n}")) } else { "span" };
        span.status = [SpanStatus::Unset, SpanStatus::Ok, SpanStatus::Error][n % 3];
        span.status_message = text(n / 2);
        span.trace_state = text(n / 9);
        span.noise = if n % 13 == 0 { "health" } else { "" };
        if n % 17 == 0 {
            span.origin = origin("oms", &[("service.name", "oms"), ("host.name", "\"h\"")]);
        }
        let attributes: Vec<Attribute<'static>> = (0..n % 6)
            .map(|a| (["x", "y", "x", "url.path", "", "n"][a], kept(&format!("{}{}", text(n / 6), n % (a + 2)))))
            .collect();
        span.attributes = attributes.leak();
        if n % 19 == 0 {
            let event = SpanEventRecord { at_ns: at_ns(n as i64), name: text(n), attributes: &[("k", "\u{0}v\"")] };
            span.events = vec![event; n % 3].leak();
            let link = SpanLinkRecord {
                trace_id: [9; 16],
                span_id: [n as u8 | 1; 8],
                trace_state: "",
                attributes: &[("why", "")],
            };
            span.links = vec![link; n % 4].leak();
        }
        spans.push(span);
    }
    // More texts than one row, and than one shape, has room for.
    for n in 0..3_usize {
        let mut span = SpanBuilder::internal(trace(2), 100 + n as u8, "oms").build();
        let attributes: Vec<Attribute<'static>> =
            (0..120).map(|a| (kept(&format!("name {a}")), kept(&format!("{n} {a}")))).collect();
        span.attributes = attributes.leak();
        spans.push(span);
    }
    spans
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_come_back_as_they_were() {
    let database = Database::start().await;
    let spans = varied(3_000, 11);
    for request in spans.chunks(700) {
        database.spans(request.to_vec()).await.unwrap();
    }
    let found = stored(&database).await;
    assert_eq!(found.len(), spans.len());
    for span in &spans {
        assert_same(span, &found[&(span.trace_id, span.span_id)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_view_tells_the_same() {
    let database = Database::start().await;
    let spans = varied(600, 5);
    database.spans(spans.clone()).await.unwrap();
    let mut rows = database
        .client()
        .query_raw(
            "SELECT hex(trace_id) AS trace, hex(span_id) AS id, hex(parent_span_id) AS parent, toString(toUnixTimestamp64Nano(started_at)) AS at,
                toString(duration_ns) AS lasted, name, toString(status) AS status, status_message, trace_state, service, system,
                arrayZip(mapKeys(attributes), mapValues(attributes)) AS attributes, noise, milestone, toString(observer) AS observer,
                handoff_from, handoff_to, operation, method, path, status_code, idempotency_key, arrayMap(key -> key.3, keys) AS key_values
            FROM span_details",
        )
        .fetch_bytes("JSONEachRow")
        .unwrap();
    let text = String::from_utf8(rows.collect().await.unwrap().to_vec()).unwrap();
    let rows: BTreeMap<String, serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|row| (format!("{}{}", row["trace"].as_str().unwrap(), row["id"].as_str().unwrap()), row))
        .collect();
    assert_eq!(rows.len(), spans.len());
    let status = ["unset", "ok", "error"];
    for span in &spans {
        let row = &rows[&(hex::encode_upper(span.trace_id) + &hex::encode_upper(span.span_id))];
        let side = |text: fn(&ordertrace_collector::record::Side<'static>) -> &'static str| span.side.map_or("", text);
        let expected = serde_json::json!({
            "trace": hex::encode_upper(span.trace_id), "id": hex::encode_upper(span.span_id),
            "parent": hex::encode_upper(span.parent_span_id), "at": span.started_at_ns.to_string(),
            "lasted": span.duration_ns.to_string(), "name": span.name,
            "status": status[span.status as usize], "status_message": span.status_message,
            "trace_state": span.trace_state, "service": span.origin.service, "system": span.origin.system,
            "attributes": span.attributes, "noise": span.noise, "milestone": span.milestone,
            "observer": row["observer"], "handoff_from": side(|side| side.from), "handoff_to": side(|side| side.to),
            "operation": side(|side| side.operation), "method": side(|side| side.method), "path": side(|side| side.path),
            "status_code": span.side.map_or(0, |side| side.status_code),
            "idempotency_key": side(|side| side.idempotency_key),
            "key_values": span.keys.iter().map(|key| key.value).collect::<Vec<_>>(),
        });
        assert_eq!(*row, expected);
    }
}
