-- Spans as they arrived, with what was recognised on them.
--
-- A journey looks up some forty traces at random places: with the usual 8,192 rows between
-- index marks, each look-up would read as many rows.
CREATE TABLE IF NOT EXISTS spans
(
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(NONE),
    parent_span_id FixedString(8) CODEC(ZSTD(1)),
    trace_state String CODEC(ZSTD(1)),
    started_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    duration_ns UInt64 CODEC(T64, ZSTD(1)),
    name LowCardinality(String) CODEC(ZSTD(1)),
    kind Enum8('unspecified' = 0, 'internal' = 1, 'server' = 2, 'client' = 3, 'producer' = 4, 'consumer' = 5) CODEC(ZSTD(1)),
    status Enum8('unset' = 0, 'ok' = 1, 'error' = 2) CODEC(ZSTD(1)),
    status_message String CODEC(ZSTD(1)),
    service LowCardinality(String) CODEC(ZSTD(1)),
    system LowCardinality(String) CODEC(ZSTD(1)),
    resource_attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    scope_name LowCardinality(String) CODEC(ZSTD(1)),
    scope_version LowCardinality(String) CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    events Nested(at DateTime64(9, 'UTC'), name LowCardinality(String), attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
    links Nested(trace_id FixedString(16), span_id FixedString(8), trace_state String, attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
    keys Nested(kind LowCardinality(String), system LowCardinality(String), value String, strength Enum8('strong' = 1, 'session' = 2, 'weak' = 3)) CODEC(ZSTD(1)),
    noise LowCardinality(String) CODEC(ZSTD(1)),
    milestone LowCardinality(String) CODEC(ZSTD(1)),
    observer Enum8('none' = 0, 'client' = 1, 'producer' = 2, 'proxy' = 3, 'server' = 4, 'consumer' = 5) CODEC(ZSTD(1)),
    handoff_from LowCardinality(String) CODEC(ZSTD(1)),
    handoff_to LowCardinality(String) CODEC(ZSTD(1)),
    operation LowCardinality(String) CODEC(ZSTD(1)),
    method LowCardinality(String) CODEC(ZSTD(1)),
    path String CODEC(ZSTD(1)),
    status_code UInt16 CODEC(ZSTD(1)),
    resend_count UInt32 CODEC(ZSTD(1)),
    idempotency_key String CODEC(ZSTD(1)),
    error_type LowCardinality(String) CODEC(ZSTD(1)),
    -- Trace ids are stored in 16 bytes; the otel_traces view filters on their hexadecimal form.
    INDEX trace_id_hex lower(hex(trace_id)) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toMonday(started_at)
ORDER BY (trace_id, started_at)
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 1024;
