-- What spans and events say of the goods of orders: one row for each SKU and location, wherever one bears a SKU
-- and a key of an order. By SKU and time: every question is about a SKU, and about the last hours or weeks of it.
CREATE TABLE IF NOT EXISTS order_lines
(
    sku String CODEC(ZSTD(1)),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    kind LowCardinality(String) COMMENT 'of the key that names the order best there',
    value String CODEC(ZSTD(1)),
    system LowCardinality(String) COMMENT 'the system within which the value is unique; empty = everywhere',
    location LowCardinality(String),
    units String COMMENT 'decimal text; empty = it does not say' CODEC(ZSTD(1)),
    milestone LowCardinality(String) COMMENT 'which it shows',
    seen_in LowCardinality(String) COMMENT 'the system that says so',
    amount String COMMENT 'that the milestone is about, as it was sent' CODEC(ZSTD(1)),
    currency LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (sku, at)
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 1024;
