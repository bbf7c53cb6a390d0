-- Where each key was seen: the way in for every look-up by id, and what leads from one id of an
-- order to its next. In each trace and request one of the keys that were seen together leads to
-- the trace and to the other keys, and these lead to it. A trace that continues another by an
-- OpenTelemetry span link is found under the kind `trace` and the other's id.
--
-- `links` are kinds, systems and values of other keys, `milestones` times in nanoseconds, names
-- and the systems that showed them: texts one after the other, a byte FF behind each.
-- Parts are compact however large: a look-up opens two files of each part instead of two for each column,
-- which is most of what it costs (docs/performance.md, "One order, by what is stored").
CREATE TABLE IF NOT EXISTS keys
(
    value String CODEC(ZSTD(1)),
    kind LowCardinality(String) CODEC(ZSTD(1)),
    system LowCardinality(String) COMMENT 'the system within which the value is unique; empty = everywhere' CODEC(ZSTD(1)),
    strength Enum8('strong' = 1, 'session' = 2, 'weak' = 3, 'span_link' = 4) CODEC(ZSTD(1)),
    at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    trace_id FixedString(16) COMMENT 'all zero = none, or the linked key tells' CODEC(ZSTD(1)),
    links String CODEC(ZSTD(1)),
    milestones String CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (value, kind)
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 2048, min_bytes_for_wide_part = 1099511627776, min_rows_for_wide_part = 1099511627776, min_compress_block_size = 4096, compress_marks = 0;
