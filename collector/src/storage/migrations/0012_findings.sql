-- What detection says is wrong. A finding is written again whenever it changes: its latest row
-- counts. Collectors that find the same fault write the same id.
CREATE TABLE IF NOT EXISTS findings
(
    id FixedString(16),
    updated_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    anchor_kind LowCardinality(String) COMMENT 'the key of the order by which the finding is found; it stays the same',
    anchor_value String CODEC(ZSTD(1)),
    anchor_system LowCardinality(String),
    order_key String COMMENT 'the key that names the order best' CODEC(ZSTD(1)),
    kind LowCardinality(String),
    severity Enum8('info' = 1, 'warning' = 2, 'critical' = 3),
    state Enum8('open' = 1, 'closed' = 2, 'retracted' = 3),
    flow LowCardinality(String),
    rule LowCardinality(String),
    about String COMMENT 'which of several things of the order; empty = the order' CODEC(ZSTD(1)),
    system LowCardinality(String),
    says String CODEC(ZSTD(1)),
    since DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    opened_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    closed_at DateTime64(9, 'UTC') COMMENT 'the epoch = still open' CODEC(Delta, ZSTD(1)),
    closed_because String CODEC(ZSTD(1)),
    amount String COMMENT 'decimal text; empty = none' CODEC(ZSTD(1)),
    currency LowCardinality(String),
    evidence String COMMENT 'JSON' CODEC(ZSTD(1)),
    INDEX updated_at updated_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (anchor_value, anchor_kind, anchor_system, id)
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 1024;
-- When which journey is worth looking at again though nothing of it arrives, and, without a key,
-- up to when everything that arrived was looked at: what detection goes on from after a restart.
CREATE TABLE IF NOT EXISTS watches
(
    kind LowCardinality(String),
    value String CODEC(ZSTD(1)),
    system LowCardinality(String),
    due_at DateTime64(9, 'UTC') COMMENT 'the epoch = not any more',
    updated_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (value, kind, system)
TTL toDateTime(updated_at) + INTERVAL 400 DAY
SETTINGS index_granularity = 1024;
