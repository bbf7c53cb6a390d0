-- In which journeys something happened, in the order of arrival: what the orders list is made
-- from. One row for each request and trace, by the key that names the journey best.
CREATE TABLE IF NOT EXISTS activity
(
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    kind LowCardinality(String),
    value String CODEC(ZSTD(1)),
    system LowCardinality(String),
    reached Bool COMMENT 'a milestone, that is',
    INDEX at at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY stored_at
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 1024;
