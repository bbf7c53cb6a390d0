-- Each system's newest value of an item. The row that was written last counts.
CREATE TABLE IF NOT EXISTS copies
(
    entity LowCardinality(String),
    subject String COMMENT 'a SKU; the key of an order' CODEC(ZSTD(1)),
    location LowCardinality(String),
    channel LowCardinality(String),
    currency LowCardinality(String),
    state LowCardinality(String),
    field LowCardinality(String),
    system LowCardinality(String),
    value String CODEC(ZSTD(1)),
    since DateTime64(9, 'UTC') COMMENT 'when it got this value' CODEC(Delta, ZSTD(1)),
    uncertain_ms UInt32 COMMENT 'it may have been so much earlier' CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'when it was last read' CODEC(Delta, ZSTD(1)),
    moment DateTime64(9, 'UTC') COMMENT 'when what was read last was so' CODEC(Delta, ZSTD(1)),
    version String CODEC(ZSTD(1)),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX since since TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(written_at)
ORDER BY (entity, subject, location, channel, currency, state, field, system)
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 1024;

-- All that is known of a subject in one row: its copies and its drifts that have not ended. This is what
-- evaluators go on from. Of a million subjects they read thousands in a second, here and there: so there are few
-- columns, few rows between marks, and parts are compact however large (docs/performance.md, "Sync of a million
-- SKUs"). The row that knows of the newest readings counts, so that an evaluator that is behind takes nothing back.
CREATE TABLE IF NOT EXISTS sync_subjects
(
    id UInt64 COMMENT 'XXH3 of the entity, a zero byte and the subject',
    entity String,
    subject String,
    known String COMMENT 'JSON: a list of copies, each with location, channel, currency, state, field, system, value, since, uncertain_ms, at and moment after since, version; and a list of drifts, each with location, channel, currency, state, field, sync, target, the values of source and target, difference, since, uncertain_ms',
    until DateTime64(3, 'UTC') COMMENT 'up to when readings were taken in'
)
ENGINE = ReplacingMergeTree(until)
PRIMARY KEY id
ORDER BY (id, entity, subject)
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 4, min_bytes_for_wide_part = 1099511627776, min_rows_for_wide_part = 1099511627776, min_compress_block_size = 1024, compress_marks = 0;

-- The last time in which a target did not show what its source did, of each item, for whoever looks at drifts. The row
-- that knows of the newest readings counts, of these the one that was written last; what is over goes when it is
-- tidied up (storage/over.rs): `sync_lags` tells of that.
CREATE TABLE IF NOT EXISTS drifts
(
    entity LowCardinality(String),
    subject String CODEC(ZSTD(1)),
    location LowCardinality(String),
    channel LowCardinality(String),
    currency LowCardinality(String),
    state LowCardinality(String),
    field LowCardinality(String),
    sync LowCardinality(String) COMMENT 'name of what is compared',
    target LowCardinality(String),
    since DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    ended DateTime64(9, 'UTC') COMMENT 'the epoch = not yet' CODEC(Delta, ZSTD(1)),
    source_value String CODEC(ZSTD(1)),
    target_value String CODEC(ZSTD(1)),
    difference String COMMENT 'how much more the target shows, decimal text; empty = no number' CODEC(ZSTD(1)),
    uncertain_ms UInt32 CODEC(ZSTD(1)),
    until DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'up to when readings were taken in' CODEC(Delta, ZSTD(1)),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    is_over UInt8 DEFAULT ended != toDateTime64(0, 9, 'UTC') CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(until, is_over)
ORDER BY (entity, subject, location, channel, currency, state, field, sync, target)
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 1024, allow_experimental_replacing_merge_with_cleanup = 1;

-- How long changes took until a target showed them.
CREATE TABLE IF NOT EXISTS sync_lags
(
    sync LowCardinality(String),
    target LowCardinality(String),
    ended DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    since DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    uncertain_ms UInt32 CODEC(ZSTD(1)),
    entity LowCardinality(String),
    subject String CODEC(ZSTD(1)),
    location LowCardinality(String),
    channel LowCardinality(String),
    currency LowCardinality(String),
    state LowCardinality(String),
    field LowCardinality(String)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ended)
ORDER BY (sync, target, ended, entity, subject, location, channel, currency, state, field)
SETTINGS non_replicated_deduplication_window = 0;

-- Up to when readings were taken in, by ClickHouse's clock, and by which evaluator.
CREATE TABLE IF NOT EXISTS sync_progress
(
    until DateTime64(3, 'UTC'),
    evaluator UUID
)
ENGINE = ReplacingMergeTree(until)
ORDER BY tuple();

-- The same by item: how often each drifted before.
CREATE TABLE IF NOT EXISTS past_drifts
(
    entity LowCardinality(String),
    subject String CODEC(ZSTD(1)),
    location LowCardinality(String),
    channel LowCardinality(String),
    currency LowCardinality(String),
    state LowCardinality(String),
    field LowCardinality(String),
    sync LowCardinality(String),
    target LowCardinality(String),
    ended DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    since DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ended)
ORDER BY (entity, subject, location, channel, currency, state, field, sync, target, ended)
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS past_drifts_view TO past_drifts AS
SELECT entity, subject, location, channel, currency, state, field, sync, target, ended, since
FROM sync_lags;

-- Ids of readings that are not clear, or were not: without a SKU, or with several. The row that was written last counts.
CREATE TABLE IF NOT EXISTS unclear_ids
(
    kind LowCardinality(String),
    system LowCardinality(String) COMMENT 'the system within which the value is unique; empty = everywhere',
    value String CODEC(ZSTD(1)),
    reader LowCardinality(String) COMMENT 'the system that was read under it last',
    sku String COMMENT 'what it is taken for; empty = nobody knows' CODEC(ZSTD(1)),
    other String COMMENT 'what else it was told to be; empty = nothing' CODEC(ZSTD(1)),
    configured Bool COMMENT 'the configuration says which SKU it is',
    at DateTime64(9, 'UTC') COMMENT 'when something was read under it' CODEC(Delta, ZSTD(1)),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(written_at)
ORDER BY (kind, system, value)
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 1024;
