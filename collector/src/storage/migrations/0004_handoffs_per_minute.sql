-- What dashboards and hotspots read of handoffs over any range, by the minute in which they
-- started. One handoff may be reported from several places: choose observers when adding up.
CREATE TABLE IF NOT EXISTS handoffs_per_minute
(
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    handoff_to LowCardinality(String),
    handoff_from LowCardinality(String),
    operation LowCardinality(String),
    observer Enum8('client' = 1, 'producer' = 2, 'proxy' = 3, 'server' = 4, 'consumer' = 5),
    attempts SimpleAggregateFunction(sum, UInt64),
    failed SimpleAggregateFunction(sum, UInt64) COMMENT 'status ERROR, or HTTP status 400 and above',
    resent SimpleAggregateFunction(sum, UInt64) COMMENT 'sent again, as far as the sender says',
    duration_ns SimpleAggregateFunction(sum, UInt64),
    durations AggregateFunction(quantilesDD(0.01, 0.5, 0.95, 0.99), UInt64) COMMENT 'sketch of nanoseconds, 1 % relative accuracy'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, handoff_to, handoff_from, operation, observer)
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 1024;
