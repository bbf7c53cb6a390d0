-- Where each key was seen, and beside which other strong keys: the way in for every look-up
-- by id, and all that leads from one id of an order to its next. A trace that continues
-- another by an OpenTelemetry span link is found under the kind `trace` and the other's id.
-- One row for each key, trace and request, however many spans name it; where a milestone was
-- seen with it, a row for each time.
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
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 256;
