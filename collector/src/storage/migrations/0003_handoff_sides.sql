-- One narrow row for each end of each handoff, by receiving system and time: what joins a
-- proxied handoff with a receiver that dropped the trace context, and what hotspots read.
CREATE TABLE IF NOT EXISTS handoff_sides
(
    handoff_to LowCardinality(String),
    started_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    duration_ns UInt64 CODEC(T64, ZSTD(1)),
    observer Enum8('none' = 0, 'client' = 1, 'producer' = 2, 'proxy' = 3, 'server' = 4, 'consumer' = 5),
    handoff_from LowCardinality(String),
    operation LowCardinality(String),
    method LowCardinality(String),
    path String CODEC(ZSTD(1)),
    status_code UInt16 CODEC(ZSTD(1)),
    status Enum8('unset' = 0, 'ok' = 1, 'error' = 2),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(ZSTD(1)),
    parent_span_id FixedString(8) CODEC(ZSTD(1)),
    keys Nested(kind LowCardinality(String), system LowCardinality(String), value String, strength Enum8('strong' = 1, 'session' = 2, 'weak' = 3)) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(started_at)
ORDER BY (handoff_to, started_at)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS handoff_sides_of_spans TO handoff_sides AS
SELECT
    handoff_to, started_at, duration_ns, observer, handoff_from, operation, method, path, status_code, status,
    trace_id, span_id, parent_span_id, keys.kind, keys.system, keys.value, keys.strength
FROM spans
WHERE observer != 'none' AND noise = '';
