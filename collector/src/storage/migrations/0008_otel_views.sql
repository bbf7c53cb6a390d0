-- Spans one by one, with the columns that spans have in people's minds. Only what a query asks
-- for is put together; JSON is in `shape`, `origin` and `more`, texts in `said`.
CREATE VIEW IF NOT EXISTS span_details AS
WITH
    JSONExtract(shape, 'names', 'Array(String)') AS names,
    JSONExtract(shape, 'at', 'Array(UInt32)') AS places,
    JSONExtract(shape, 'keys', 'Array(Tuple(String, String, Int8))') AS of_keys,
    arrayConcat(JSONExtract(shape, 'fixed', 'Array(String)'), arrayMap(number -> splitByChar('\xFF', texts)[number], numbers)) AS said,
    JSONExtract(more, 'events', 'Array(Tuple(at Int64, name String, attributes Array(Tuple(String, String))))') AS of_events,
    JSONExtract(more, 'links', 'Array(Tuple(trace_id String, span_id String, trace_state String, attributes Array(Tuple(String, String))))') AS of_links
SELECT
    trace_id,
    id AS span_id,
    if(parent = 0, toFixedString('', 8), arrayConcat(`span.id`, parents)[parent]) AS parent_span_id,
    addNanoseconds(spans.started_at, since_ns) AS started_at,
    lasted_ns AS duration_ns,
    CAST(JSONExtractInt(shape, 'kind'), 'Enum8(\'unspecified\' = 0, \'internal\' = 1, \'server\' = 2, \'client\' = 3, \'producer\' = 4, \'consumer\' = 5)') AS kind,
    CAST(JSONExtractInt(shape, 'status'), 'Enum8(\'unset\' = 0, \'ok\' = 1, \'error\' = 2)') AS status,
    JSONExtractString(origin, 'service') AS service,
    JSONExtractString(origin, 'system') AS system,
    CAST(JSONExtract(origin, 'attributes', 'Array(Tuple(String, String))'), 'Map(LowCardinality(String), String)') AS resource_attributes,
    CAST((names, arrayMap(place -> said[place], arraySlice(places, 1, length(names)))), 'Map(LowCardinality(String), String)') AS attributes,
    said[places[length(names) + 1]] AS name,
    said[places[length(names) + 2]] AS status_message,
    said[places[length(names) + 3]] AS trace_state,
    said[places[length(names) + 4]] AS scope_name,
    said[places[length(names) + 5]] AS scope_version,
    said[places[length(names) + 6]] AS noise,
    said[places[length(names) + 7]] AS milestone,
    said[places[length(names) + 8]] AS handoff_from,
    said[places[length(names) + 9]] AS handoff_to,
    said[places[length(names) + 10]] AS operation,
    said[places[length(names) + 11]] AS method,
    said[places[length(names) + 12]] AS path,
    said[places[length(names) + 13]] AS idempotency_key,
    said[places[length(names) + 14]] AS error_type,
    arrayMap((key, place) -> (key.1, key.2, said[place], key.3), of_keys, arraySlice(places, length(names) + 14 + 1)) AS keys,
    CAST(JSONExtractInt(shape, 'observer'), 'Enum8(\'none\' = 0, \'client\' = 1, \'producer\' = 2, \'proxy\' = 3, \'server\' = 4, \'consumer\' = 5)') AS observer,
    toUInt16(JSONExtractUInt(shape, 'status_code')) AS status_code,
    toUInt32(JSONExtractUInt(shape, 'resend_count')) AS resend_count,
    of_events AS events,
    of_links AS links
FROM spans
ARRAY JOIN
    `span.id` AS id, `span.parent` AS parent, arrayCumSum(`span.after_ns`) AS since_ns, `span.duration_ns` AS lasted_ns,
    `span.origin` AS origin, `span.shape` AS shape, `span.texts` AS numbers, `span.more` AS more;

-- The names and columns of the OpenTelemetry Collector's clickhouseexporter, so that
-- Grafana's ClickHouse plugin and ClickStack work unchanged.
CREATE VIEW IF NOT EXISTS otel_traces AS
SELECT
    started_at AS Timestamp,
    lower(hex(trace_id)) AS TraceId,
    lower(hex(span_id)) AS SpanId,
    if(parent_span_id = toFixedString('', 8), '', lower(hex(parent_span_id))) AS ParentSpanId,
    trace_state AS TraceState,
    CAST(name, 'LowCardinality(String)') AS SpanName,
    CAST(initcap(toString(kind)), 'LowCardinality(String)') AS SpanKind,
    CAST(service, 'LowCardinality(String)') AS ServiceName,
    resource_attributes AS ResourceAttributes,
    scope_name AS ScopeName,
    scope_version AS ScopeVersion,
    attributes AS SpanAttributes,
    duration_ns AS Duration,
    CAST(initcap(toString(status)), 'LowCardinality(String)') AS StatusCode,
    status_message AS StatusMessage,
    arrayMap(event -> fromUnixTimestamp64Nano(event.at, 'UTC'), events) AS `Events.Timestamp`,
    CAST(events.name, 'Array(LowCardinality(String))') AS `Events.Name`,
    arrayMap(event -> CAST(event.attributes, 'Map(LowCardinality(String), String)'), events) AS `Events.Attributes`,
    links.trace_id AS `Links.TraceId`,
    links.span_id AS `Links.SpanId`,
    links.trace_state AS `Links.TraceState`,
    arrayMap(link -> CAST(link.attributes, 'Map(LowCardinality(String), String)'), links) AS `Links.Attributes`
FROM span_details;

CREATE VIEW IF NOT EXISTS otel_traces_trace_id_ts AS
SELECT
    lower(hex(trace_id)) AS TraceId,
    min(toDateTime(started_at)) AS Start,
    max(toDateTime(addNanoseconds(started_at, arraySum(`span.after_ns`)))) AS End
FROM spans
GROUP BY TraceId;
