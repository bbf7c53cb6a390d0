-- What happened to each batch (one OTLP request, known by the XXH3-128 of its body): which
-- group of batches claimed it, and what became of its items once that group was stored.
-- Kept for as long as a batch that is sent again is recognised.
CREATE TABLE IF NOT EXISTS batches
(
    batch FixedString(16) CODEC(NONE),
    group_id UUID CODEC(ZSTD(1)),
    collector UUID COMMENT 'the process' CODEC(ZSTD(1)),
    step Enum8('claimed' = 1, 'withdrawn' = 2, 'settled' = 3),
    at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(ZSTD(1)),
    signal LowCardinality(String),
    sender LowCardinality(String),
    stored UInt64 COMMENT 'items' CODEC(ZSTD(1)),
    refused Nested(reason LowCardinality(String), items UInt64) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(at)
ORDER BY batch
TTL toDateTime(at) + INTERVAL 48 HOUR
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 256, ttl_only_drop_parts = 1;

-- What became of all items that were ever accepted: accepted = stored + refused.
CREATE TABLE IF NOT EXISTS audit
(
    signal LowCardinality(String),
    sender LowCardinality(String),
    outcome LowCardinality(String) COMMENT 'stored, or why refused',
    items UInt64
)
ENGINE = SummingMergeTree
ORDER BY (signal, sender, outcome)
SETTINGS non_replicated_deduplication_window = 50000;

CREATE MATERIALIZED VIEW IF NOT EXISTS audit_of_batches TO audit AS
SELECT signal, sender, counted.1 AS outcome, sum(counted.2) AS items
FROM batches
ARRAY JOIN arrayConcat([('stored', stored)], arrayZip(refused.reason, refused.items)) AS counted
WHERE step = 'settled' AND counted.2 > 0
GROUP BY signal, sender, outcome;
