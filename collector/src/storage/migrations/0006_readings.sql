-- One system's value of an entity at a time.
CREATE TABLE IF NOT EXISTS readings
(
    kind Enum8('inventory' = 1, 'price' = 2),
    system LowCardinality(String),
    sku String CODEC(ZSTD(1)),
    location LowCardinality(String),
    channel LowCardinality(String),
    currency LowCardinality(String),
    value String COMMENT 'decimal text, as exact as it came' CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    version String CODEC(ZSTD(1)),
    changed_at DateTime64(9, 'UTC') COMMENT 'the epoch = unknown' CODEC(Delta, ZSTD(1)),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (kind, sku, location, channel, currency, system, at)
SETTINGS non_replicated_deduplication_window = 50000;
