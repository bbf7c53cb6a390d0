-- What a journey spent on a handoff, by the minute in which attempts of it started: one row for a journey,
-- minute and handoff, and one without sender and operation for all of a receiver's together. A row is
-- written again when it changed; the latest counts.
CREATE TABLE IF NOT EXISTS journey_handoffs
(
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    journey String COMMENT 'the key by which it is known' CODEC(ZSTD(1)),
    handoff_to LowCardinality(String),
    handoff_from LowCardinality(String),
    operation LowCardinality(String),
    written_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    gone Bool COMMENT 'it is not so any more',
    earlier DateTime('UTC') COMMENT 'the minute before this one in which the journey had such a handoff; the epoch = none' CODEC(ZSTD(1)),
    handoffs UInt32 COMMENT 'that began in the minute' CODEC(ZSTD(1)),
    waiting_ns UInt64 COMMENT 'nothing was under way before they began' CODEC(ZSTD(1)),
    path_ns UInt64 COMMENT 'their own part of the critical path' CODEC(ZSTD(1)),
    currency LowCardinality(String) COMMENT 'empty = what the order is worth is not known',
    in_flight Decimal(38, 9) COMMENT 'what the order is worth, 0 when it is at an end' CODEC(ZSTD(1)),
    at_risk Decimal(38, 9) COMMENT 'an estimate' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(written_at)
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, journey, handoff_to, handoff_from, operation)
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 1024;

-- The same added up, a minute in a row. An order counts in a range when it had no such handoff
-- earlier in the range: orders and amounts are to be added where `earlier` lies before it. The row
-- that was sealed last counts.
CREATE TABLE IF NOT EXISTS order_costs_per_minute
(
    minute DateTime('UTC') CODEC(Delta, ZSTD(1)),
    sealed_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    spent Nested(handoff_to LowCardinality(String), handoff_from LowCardinality(String), operation LowCardinality(String), earlier DateTime('UTC'), currency LowCardinality(String), orders UInt64, handoffs UInt64, waiting_ns UInt128, path_ns UInt128, in_flight Decimal(38, 9), at_risk Decimal(38, 9)) CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(sealed_at)
PARTITION BY toYYYYMM(minute)
ORDER BY minute
SETTINGS non_replicated_deduplication_window = 0, index_granularity = 64;

-- Up to when what arrived was put together, by ClickHouse's clock.
CREATE TABLE IF NOT EXISTS order_costs_progress
(
    until DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(until)
ORDER BY tuple();
