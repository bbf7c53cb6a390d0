-- Drifts as they were whenever they were written: rules are held against what was known at a past time.
CREATE TABLE IF NOT EXISTS drift_history
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
    since DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    ended DateTime64(9, 'UTC') COMMENT 'the epoch = not yet' CODEC(Delta, ZSTD(1)),
    source_value String CODEC(ZSTD(1)),
    target_value String CODEC(ZSTD(1)),
    difference String CODEC(ZSTD(1)),
    uncertain_ms UInt32 CODEC(ZSTD(1)),
    until DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    written_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(written_at)
ORDER BY (sync, written_at)
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS drift_history_of_drifts TO drift_history AS
SELECT entity, subject, location, channel, currency, state, field, sync, target, since, ended, source_value,
    target_value, difference, uncertain_ms, until, written_at
FROM drifts;

-- Findings as they were whenever they were written.
CREATE TABLE IF NOT EXISTS finding_history
(
    id FixedString(16),
    updated_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    anchor_kind LowCardinality(String),
    anchor_value String CODEC(ZSTD(1)),
    anchor_system LowCardinality(String),
    order_key String CODEC(ZSTD(1)),
    kind LowCardinality(String),
    severity Enum8('info' = 1, 'warning' = 2, 'critical' = 3),
    state Enum8('open' = 1, 'closed' = 2, 'retracted' = 3),
    flow LowCardinality(String),
    rule LowCardinality(String),
    about String CODEC(ZSTD(1)),
    system LowCardinality(String),
    says String CODEC(ZSTD(1)),
    since DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    opened_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    closed_at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    closed_because String CODEC(ZSTD(1)),
    amount String CODEC(ZSTD(1)),
    currency LowCardinality(String),
    evidence String COMMENT 'JSON' CODEC(ZSTD(1)),
    written_at DateTime64(3, 'UTC') COMMENT 'by the clock of ClickHouse' CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(written_at)
ORDER BY written_at
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS finding_history_of_findings TO finding_history AS
SELECT id, updated_at, anchor_kind, anchor_value, anchor_system, order_key, kind, severity, state, flow, rule, about,
    system, says, since, opened_at, closed_at, closed_because, amount, currency, evidence, now64(3, 'UTC') AS written_at
FROM findings;
