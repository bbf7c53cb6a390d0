-- Log records; those with a name are business events.
CREATE TABLE IF NOT EXISTS events
(
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    name LowCardinality(String),
    severity UInt8 CODEC(ZSTD(1)),
    body String CODEC(ZSTD(1)),
    service LowCardinality(String),
    system LowCardinality(String),
    resource_attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    keys Nested(kind LowCardinality(String), system LowCardinality(String), value String, strength Enum8('strong' = 1, 'session' = 2, 'weak' = 3)) CODEC(ZSTD(1)),
    milestone LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY toMonday(at)
ORDER BY (trace_id, at)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS keys_of_events TO keys AS
SELECT kind, value, key_system AS system, strength, at, trace_id, span_id, seen_in, milestone
FROM (SELECT keys.kind, keys.system, keys.value, keys.strength, at, trace_id, span_id, events.system AS seen_in, milestone FROM events)
ARRAY JOIN keys.kind AS kind, keys.system AS key_system, keys.value AS value, keys.strength AS strength;

CREATE MATERIALIZED VIEW IF NOT EXISTS links_of_events TO links AS
SELECT
    pair.1.1 AS kind, pair.1.2 AS system, pair.1.3 AS value,
    pair.2.1 AS other_kind, pair.2.2 AS other_system, pair.2.3 AS other_value,
    at
FROM
(
    SELECT at, arrayFilter(key -> key.4 = 'strong', arrayZip(keys.kind, keys.system, keys.value, keys.strength)) AS strong
    FROM events
    WHERE length(strong) > 1
)
ARRAY JOIN arrayFlatten(arrayMap(a -> arrayMap(b -> (a, b), strong), strong)) AS pair
WHERE pair.1 != pair.2;
