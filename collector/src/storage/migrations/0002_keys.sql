-- Where each key was seen, and beside which other strong keys: the way in for every look-up
-- by id, and all that leads from one id of an order to its next. A trace that continues
-- another by an OpenTelemetry span link is found under the kind `trace` and the other's id.
CREATE TABLE IF NOT EXISTS keys
(
    kind LowCardinality(String),
    value String CODEC(ZSTD(1)),
    system LowCardinality(String) COMMENT 'the system within which the value is unique; empty = everywhere',
    strength Enum8('strong' = 1, 'session' = 2, 'weak' = 3, 'span_link' = 4),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    seen_in LowCardinality(String) COMMENT 'the system that reported it',
    milestone LowCardinality(String),
    links Array(Tuple(LowCardinality(String), LowCardinality(String), String)) COMMENT 'kind, system and value of the other strong keys there, when this one is strong' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (kind, value, at)
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 256;

CREATE MATERIALIZED VIEW IF NOT EXISTS keys_of_spans TO keys AS
SELECT
    key.1 AS kind, key.3 AS value, key.2 AS system, key.4 AS strength, started_at AS at, trace_id, seen_in, milestone,
    if(strength = 'strong', arrayFilter(link -> link != (key.1, key.2, key.3), strong), []) AS links
FROM
(
    SELECT
        started_at, trace_id, spans.system AS seen_in, milestone,
        arrayZip(keys.kind, keys.system, keys.value, keys.strength) AS seen,
        arrayMap(key -> (key.1, key.2, key.3), arrayFilter(key -> key.4 = 'strong', seen)) AS strong,
        -- A span with several links is a batch and continues none of them.
        if(length(links.trace_id) = 1 AND links.trace_id[1] != trace_id, [('trace', '', lower(hex(links.trace_id[1])), 'span_link')], []) AS continued
    FROM spans
)
ARRAY JOIN arrayConcat(seen, continued) AS key;
