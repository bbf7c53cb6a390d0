-- One system's value of an entity at a time.
CREATE TABLE IF NOT EXISTS readings
(
    entity Enum8('inventory' = 1, 'price' = 2, 'product' = 3, 'order_status' = 4, 'feed' = 5, 'search_index' = 6),
    system LowCardinality(String),
    subject String COMMENT 'a SKU; the key of an order; the name of a feed or index' CODEC(ZSTD(1)),
    id_kind LowCardinality(String) COMMENT 'where no SKU is said: which id of it the subject is; else empty',
    id_system LowCardinality(String) COMMENT 'the system within which that id is unique; empty = everywhere',
    location LowCardinality(String),
    channel LowCardinality(String),
    currency LowCardinality(String),
    state LowCardinality(String) COMMENT 'which stock is counted',
    field LowCardinality(String) COMMENT 'of a product',
    value String COMMENT 'of stock and prices decimal text without trailing zeros' CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    version String CODEC(ZSTD(1)),
    changed_at DateTime64(9, 'UTC') COMMENT 'the epoch = unknown' CODEC(Delta, ZSTD(1)),
    interval_ms UInt32 COMMENT 'from one poll to the next; 0 = unknown' CODEC(ZSTD(1)),
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX stored_at stored_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (entity, subject, location, channel, currency, state, field, system, at)
SETTINGS non_replicated_deduplication_window = 50000;

-- Which SKU an id names, as it was seen beside it. Of several the newest counts.
CREATE TABLE IF NOT EXISTS aliases
(
    kind LowCardinality(String),
    system LowCardinality(String) COMMENT 'the system within which the value is unique; empty = everywhere',
    value String CODEC(ZSTD(1)),
    sku String CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') COMMENT 'when they were last seen together' CODEC(Delta, ZSTD(1)),
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX stored_at stored_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (kind, system, value, sku)
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 1024;
