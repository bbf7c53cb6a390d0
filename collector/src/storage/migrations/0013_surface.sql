-- How systems reach each other, by the hour in which a handoff started: the scheme of
-- authentication (never a credential), the encryption, and the address. A reporter that does not
-- say leaves it empty. One handoff may be reported from several places, as in handoffs_per_minute.
CREATE TABLE IF NOT EXISTS surface
(
    hour DateTime('UTC') CODEC(Delta, ZSTD(1)),
    handoff_to LowCardinality(String),
    handoff_from LowCardinality(String),
    operation LowCardinality(String),
    observer Enum8('client' = 1, 'producer' = 2, 'proxy' = 3, 'server' = 4, 'consumer' = 5),
    auth_scheme LowCardinality(String) COMMENT 'bearer, basic, api-key, hmac, cookie, mtls, other, none, ...',
    tls LowCardinality(String) COMMENT 'none, TLSv1.3, ...; tls = of some version',
    endpoint LowCardinality(String) COMMENT 'scheme://host:port, as much as is known of it',
    calls SimpleAggregateFunction(sum, UInt64),
    last_seen SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, handoff_to, handoff_from, operation, observer, auth_scheme, tls, endpoint)
SETTINGS non_replicated_deduplication_window = 50000;
