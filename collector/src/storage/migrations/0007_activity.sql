-- In which journeys something happened, in the order of arrival: what the orders list is made
-- from. One row for each trace and insert, by the key that names a journey best.
CREATE TABLE IF NOT EXISTS activity
(
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    at DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    kind LowCardinality(String),
    value String CODEC(ZSTD(1)),
    system LowCardinality(String),
    INDEX at at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY stored_at
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 1024;

-- A cart alone is no order.
CREATE MATERIALIZED VIEW IF NOT EXISTS activity_of_keys TO activity AS
SELECT at, key.1 AS kind, key.2 AS value, key.3 AS system
FROM
(
    SELECT
        max(keys.at) AS at,
        argMin((keys.kind, keys.value, keys.system), (indexOf(['order', 'marketplace_order', 'checkout', 'payment', keys.kind], keys.kind), keys.system != '')) AS key
    FROM keys
    WHERE strength = 'strong' AND keys.kind != 'cart'
    GROUP BY trace_id, if(trace_id = toFixedString('', 16), (keys.kind, keys.value, keys.system), ('', '', ''))
);
