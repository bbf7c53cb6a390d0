//! The views `otel_traces` and `otel_traces_trace_id_ts` answer the queries of Grafana's
//! ClickHouse plugin (shapes: its query builder for OpenTelemetry traces, version 4).

use crate::support::{Database, SpanBuilder, origin, trace};
use ordertrace_collector::record::{SpanEventRecord, SpanLinkRecord, SpanStatus};

const TRACE: &str = "01010101010101010101010101010101";

/// A trace with a link, an event, an error and a parent.
async fn database() -> Database {
    let database = Database::start().await;
    let mut server = SpanBuilder::server(trace(1), 1, "oms", "POST /orders").at(0, 250).build();
    server.name = "POST /orders";
    server.attributes = &[("http.route", "/orders")];
    server.origin = origin("oms", &[("service.name", "oms")]);
    server.links =
        &[SpanLinkRecord { trace_id: [9; 16], span_id: [9; 8], trace_state: "", attributes: &[("why", "cause")] }];
    let mut inner = SpanBuilder::internal(trace(1), 2, "oms").parent(1).at(10, 20).build();
    inner.status = SpanStatus::Error;
    inner.status_message = "no stock";
    let exception = SpanEventRecord {
        at_ns: crate::support::at_ns(15),
        name: "exception",
        attributes: &[("exception.message", "no stock")],
    };
    inner.events = vec![exception].leak();
    let other = SpanBuilder::server(trace(2), 3, "erp", "POST /docs").at(5_000, 1).build();
    database.spans(vec![server, inner, other]).await.unwrap();
    database
}

async fn rows(database: &Database, sql: &str) -> Vec<serde_json::Value> {
    let mut lines = database.client().query_raw(sql).fetch_bytes("JSONEachRow").unwrap();
    let text = String::from_utf8(lines.collect().await.unwrap().to_vec()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_panel() {
    let database = database().await;
    let sql = format!(
        r#"WITH '{TRACE}' as trace_id,
        (SELECT min(Start) FROM "ordertrace"."otel_traces_trace_id_ts" WHERE TraceId = trace_id) as trace_start,
        (SELECT max(End) + 1 FROM "ordertrace"."otel_traces_trace_id_ts" WHERE TraceId = trace_id) as trace_end
        SELECT "TraceId" as traceID, "SpanId" as spanID, "ParentSpanId" as parentSpanID, "ServiceName" as serviceName,
            "SpanName" as operationName, multiply(toUnixTimestamp64Nano("Timestamp"), 0.000001) as startTime,
            multiply("Duration", 0.000001) as duration,
            arrayMap(key -> map('key', key, 'value',"SpanAttributes"[key]), mapKeys("SpanAttributes")) as tags,
            arrayMap(key -> map('key', key, 'value',"ResourceAttributes"[key]), mapKeys("ResourceAttributes")) as serviceTags,
            if("StatusCode" IN ('Error', 'STATUS_CODE_ERROR'), 2, 0) as statusCode,
            arrayMap((name, timestamp, attributes) -> tuple(name, toString(toUnixTimestamp64Milli(timestamp)),
                arrayMap(key -> map('key', key, 'value', attributes[key]), mapKeys(attributes)))
                ::Tuple(name String, timestamp String, fields Array(Map(String, String))),
                "Events.Name", "Events.Timestamp", "Events.Attributes") AS logs,
            arrayMap((traceID, spanID, attributes) -> tuple(traceID, spanID,
                arrayMap(key -> map('key', key, 'value', attributes[key]), mapKeys(attributes)))
                ::Tuple(traceID String, spanID String, tags Array(Map(String, String))),
                "Links.TraceId", "Links.SpanId", "Links.Attributes") AS references,
            "SpanKind" as kind, "StatusMessage" as statusMessage, "ScopeName" as instrumentationLibraryName,
            "ScopeVersion" as instrumentationLibraryVersion, "TraceState" as traceState
        FROM "ordertrace"."otel_traces"
        WHERE traceID = trace_id AND "Timestamp" >= trace_start AND "Timestamp" <= trace_end
        ORDER BY "Timestamp" LIMIT 1000"#
    );
    let spans = rows(&database, &sql).await;
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0]["spanID"], "0101010101010101");
    assert_eq!(spans[0]["parentSpanID"], "");
    assert_eq!(spans[0]["serviceName"], "oms");
    assert_eq!(spans[0]["kind"], "Server");
    assert_eq!(spans[0]["duration"], 250.0);
    assert_eq!(spans[0]["statusCode"], 0);
    assert_eq!(spans[0]["tags"], serde_json::json!([{"key": "http.route", "value": "/orders"}]));
    assert_eq!(spans[0]["references"][0]["traceID"], "09090909090909090909090909090909");
    assert_eq!(spans[1]["parentSpanID"], "0101010101010101");
    assert_eq!(spans[1]["statusCode"], 2);
    assert_eq!(spans[1]["statusMessage"], "no stock");
    assert_eq!(spans[1]["logs"][0]["name"], "exception");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_search() {
    let database = database().await;
    let sql = r#"SELECT "TraceId" as traceID, "ServiceName" as serviceName, "SpanName" as operationName,
            "Timestamp" as startTime, multiply("Duration", 0.000001) as duration
        FROM "ordertrace"."otel_traces"
        WHERE ( Timestamp >= toDateTime(1795253100) AND Timestamp <= toDateTime(1795253157) )
            AND ( ParentSpanId = '' ) AND ( Duration > 0 ) AND ( ServiceName IN ('oms') )
        ORDER BY Timestamp DESC, Duration DESC LIMIT 1000"#;
    let found = rows(&database, sql).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["traceID"], TRACE);
    assert_eq!(found[0]["operationName"], "POST /orders");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_id_in_hexadecimal_reads_only_its_part_of_the_table() {
    let database = Database::start().await;
    let spans = (0..60_000u32)
        .map(|n| {
            let mut span = SpanBuilder::internal([0; 16], 1, "oms").at(i64::from(n % 1_000), 1).build();
            span.trace_id[..4].copy_from_slice(&n.wrapping_mul(71_583).to_be_bytes());
            span.trace_id[15] = 1;
            span
        })
        .collect();
    database.spans(spans).await.unwrap();
    let explain = format!(
        "EXPLAIN indexes = 1 SELECT * FROM otel_traces WHERE TraceId = '{}'",
        hex::encode([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1u8])
    );
    // Separators of texts, which are no UTF-8, stand in the plan.
    let mut plan = database.client().query_raw(&explain).fetch_bytes("TSVRaw").unwrap();
    let plan = String::from_utf8_lossy(&plan.collect().await.unwrap()).into_owned();
    let granules: Vec<&str> = plan.lines().map(str::trim).filter(|line| line.starts_with("Granules:")).collect();
    let (read, all) = granules.last().unwrap().trim_start_matches("Granules: ").split_once('/').unwrap();
    assert!(read == "1" && all.parse::<u32>().unwrap() > 100, "{plan:#?}");
}
