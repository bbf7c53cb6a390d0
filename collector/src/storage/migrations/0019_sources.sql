-- What was last told of each source of readings, by what came of it: by polls, by systems that tell of themselves, and
-- by collectors that refused readings. The latest row counts, so it does not matter what arrives when or how often.
CREATE TABLE IF NOT EXISTS sources
(
    system LowCardinality(String),
    poll LowCardinality(String) COMMENT 'empty = the system tells of itself',
    agent LowCardinality(String) COMMENT 'who polls',
    entities LowCardinality(String) COMMENT 'of what the readings are, with commas between',
    outcome Enum8('ok' = 1, 'partly' = 2, 'late' = 3, 'failed' = 4, 'read' = 5, 'refused' = 6),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    reason String CODEC(ZSTD(1)),
    readings UInt64 CODEC(ZSTD(1)),
    refused UInt64 CODEC(ZSTD(1)),
    interval_ms UInt32 COMMENT 'from one poll to the next; 0 = unknown' CODEC(ZSTD(1)),
    timeout_ms UInt32 COMMENT 'that a poll may take; 0 = unknown' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (system, poll, agent, entities, outcome)
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 1024;
