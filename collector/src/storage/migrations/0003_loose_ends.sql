-- Ends of handoffs that no trace context need join to their other end: proxied attempts, whose
-- receiver may have dropped it, and receivers that were given none. By receiving system and
-- time, so that the two can be found for each other.
-- Parts are compact however large, as those of `keys`.
CREATE TABLE IF NOT EXISTS loose_ends
(
    handoff_to LowCardinality(String),
    started_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    duration_ns UInt64 CODEC(T64, ZSTD(1)),
    observer Enum8('proxy' = 3, 'server' = 4),
    method LowCardinality(String),
    path String CODEC(ZSTD(1)),
    status_code UInt16 CODEC(ZSTD(1)),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(NONE),
    parent_span_id FixedString(8) CODEC(ZSTD(1)),
    keys String COMMENT 'kind, system and value of the strong keys, a byte FF behind each' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(started_at)
ORDER BY (handoff_to, started_at)
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 1024, min_bytes_for_wide_part = 1099511627776, min_rows_for_wide_part = 1099511627776, min_compress_block_size = 16384, compress_marks = 0;
