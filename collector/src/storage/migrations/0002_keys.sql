-- Where each key was seen: the way in for every look-up by id.
CREATE TABLE IF NOT EXISTS keys
(
    kind LowCardinality(String),
    value String CODEC(ZSTD(1)),
    system LowCardinality(String) COMMENT 'the system within which the value is unique; empty = everywhere',
    strength Enum8('strong' = 1, 'session' = 2, 'weak' = 3),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(ZSTD(1)),
    seen_in LowCardinality(String) COMMENT 'the system that reported it',
    milestone LowCardinality(String),
    stored_at DateTime DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX stored_at stored_at TYPE minmax GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (kind, value, at)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 256;

CREATE MATERIALIZED VIEW IF NOT EXISTS keys_of_spans TO keys AS
SELECT kind, value, key_system AS system, strength, started_at AS at, trace_id, span_id, seen_in, milestone
FROM (SELECT keys.kind, keys.system, keys.value, keys.strength, started_at, trace_id, span_id, spans.system AS seen_in, milestone FROM spans)
ARRAY JOIN keys.kind AS kind, keys.system AS key_system, keys.value AS value, keys.strength AS strength;

-- Two strong keys on one span or event, in both directions.
CREATE TABLE IF NOT EXISTS links
(
    kind LowCardinality(String),
    value String CODEC(ZSTD(1)),
    system LowCardinality(String),
    other_kind LowCardinality(String),
    other_value String CODEC(ZSTD(1)),
    other_system LowCardinality(String),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (kind, value, other_kind, other_value)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 256;

CREATE MATERIALIZED VIEW IF NOT EXISTS links_of_spans TO links AS
SELECT
    pair.1.1 AS kind, pair.1.2 AS system, pair.1.3 AS value,
    pair.2.1 AS other_kind, pair.2.2 AS other_system, pair.2.3 AS other_value,
    started_at AS at
FROM
(
    SELECT started_at, arrayFilter(key -> key.4 = 'strong', arrayZip(keys.kind, keys.system, keys.value, keys.strength)) AS strong
    FROM spans
    WHERE length(strong) > 1
)
ARRAY JOIN arrayFlatten(arrayMap(a -> arrayMap(b -> (a, b), strong), strong)) AS pair
WHERE pair.1 != pair.2;

-- Which traces link to a trace by OpenTelemetry span links.
CREATE TABLE IF NOT EXISTS span_links
(
    linked_trace_id FixedString(16) CODEC(ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY linked_trace_id
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 256;

CREATE MATERIALIZED VIEW IF NOT EXISTS span_links_of_spans TO span_links AS
SELECT linked_trace_id, trace_id, started_at AS at
FROM spans
ARRAY JOIN links.trace_id AS linked_trace_id
WHERE linked_trace_id != trace_id AND length(links.trace_id) = 1;
