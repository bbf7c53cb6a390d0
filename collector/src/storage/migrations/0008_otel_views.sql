-- The names and columns of the OpenTelemetry Collector's clickhouseexporter, so that
-- Grafana's ClickHouse plugin and ClickStack work unchanged.
CREATE VIEW IF NOT EXISTS otel_traces AS
SELECT
    started_at AS Timestamp,
    lower(hex(trace_id)) AS TraceId,
    lower(hex(span_id)) AS SpanId,
    if(parent_span_id = toFixedString('', 8), '', lower(hex(parent_span_id))) AS ParentSpanId,
    trace_state AS TraceState,
    name AS SpanName,
    CAST(initcap(toString(kind)), 'LowCardinality(String)') AS SpanKind,
    service AS ServiceName,
    resource_attributes AS ResourceAttributes,
    CAST(scope_name, 'String') AS ScopeName,
    CAST(scope_version, 'String') AS ScopeVersion,
    attributes AS SpanAttributes,
    duration_ns AS Duration,
    CAST(initcap(toString(status)), 'LowCardinality(String)') AS StatusCode,
    status_message AS StatusMessage,
    events.at AS `Events.Timestamp`,
    events.name AS `Events.Name`,
    events.attributes AS `Events.Attributes`,
    arrayMap(id -> lower(hex(id)), links.trace_id) AS `Links.TraceId`,
    arrayMap(id -> lower(hex(id)), links.span_id) AS `Links.SpanId`,
    links.trace_state AS `Links.TraceState`,
    links.attributes AS `Links.Attributes`
FROM spans;

CREATE VIEW IF NOT EXISTS otel_traces_trace_id_ts AS
SELECT lower(hex(trace_id)) AS TraceId, min(toDateTime(started_at)) AS Start, max(toDateTime(started_at)) AS End
FROM spans
GROUP BY TraceId;
