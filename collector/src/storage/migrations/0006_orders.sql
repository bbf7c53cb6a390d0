-- The orders list: one row for each journey, put together again whenever it grows. A journey
-- that turns out to be part of another is marked deleted.
CREATE TABLE IF NOT EXISTS orders
(
    id_kind LowCardinality(String),
    id_value String,
    id_system LowCardinality(String),
    started_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    last_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    milestone LowCardinality(String),
    milestone_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    milestone_system LowCardinality(String),
    systems Array(LowCardinality(String)) CODEC(ZSTD(1)),
    handoffs UInt32 CODEC(T64, ZSTD(1)),
    retries UInt32 CODEC(T64, ZSTD(1)),
    errors UInt32 CODEC(T64, ZSTD(1)),
    slowest_from LowCardinality(String),
    slowest_to LowCardinality(String),
    slowest_operation LowCardinality(String),
    slowest_ns UInt64 CODEC(T64, ZSTD(1)),
    state Enum8('open' = 1, 'failed' = 2, 'done' = 3),
    updated_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    deleted UInt8
)
ENGINE = ReplacingMergeTree(updated_at, deleted)
ORDER BY (id_kind, id_value, id_system);
