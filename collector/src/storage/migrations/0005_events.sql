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
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 1024, min_compress_block_size = 16384;
