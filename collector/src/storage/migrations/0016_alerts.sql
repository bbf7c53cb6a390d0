-- What rules say somebody must know: one row for each time in which a rule held for a thing, written again
-- whenever it changes and now and then while it is active. The latest row counts. Collectors that see the same
-- write the same id and episode.
CREATE TABLE IF NOT EXISTS alerts
(
    id FixedString(16) COMMENT 'the rule and the thing',
    episode UInt32 COMMENT 'how often it came, this time included',
    updated_at DateTime64(3, 'UTC') COMMENT 'of which time this is' CODEC(Delta, ZSTD(1)),
    rule LowCardinality(String),
    severity Enum8('info' = 1, 'warning' = 2, 'critical' = 3),
    stage Enum8('pending' = 1, 'firing' = 2, 'resolved' = 3, 'lapsed' = 4),
    labels Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    runbook LowCardinality(String),
    value String CODEC(ZSTD(1)),
    says String CODEC(ZSTD(1)),
    hit String COMMENT 'whom: orders and their money; empty = nobody knows' CODEC(ZSTD(1)),
    look String COMMENT 'the command that shows more' CODEC(ZSTD(1)),
    since DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    fired_at DateTime64(3, 'UTC') COMMENT 'the epoch = it did not' CODEC(Delta, ZSTD(1)),
    resolved_at DateTime64(3, 'UTC') COMMENT 'the epoch = it is not' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (id, episode)
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 1024;

-- Who takes care of an alert. The latest row counts.
CREATE TABLE IF NOT EXISTS alert_acknowledgements
(
    id FixedString(16),
    episode UInt32,
    who String CODEC(ZSTD(1)),
    note String CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (id, episode)
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 1024;

-- Who sends which message, so that of several collectors one does. An insert under a token that was used before
-- adds nothing: the first row of a generation says whose it is.
CREATE TABLE IF NOT EXISTS alert_claims
(
    message FixedString(16) COMMENT 'alert, episode, what became of it, and receiver',
    generation UInt32 COMMENT 'how often it was tried, this time included',
    step Enum8('claimed' = 1, 'failed' = 2, 'sent' = 3),
    collector UUID COMMENT 'the process',
    at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (message, generation, step)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 1024;
