-- Spans as they arrived, with what was recognised on them: a row for those of one trace that
-- were stored together (docs/storage.md).
--
-- Spans of a kind differ in few texts. What they have in common is their shape (JSON: names of
-- attributes, keys, part in a handoff, texts that are always the same); the other texts of all
-- spans of the row are in `texts`, each once, with a byte FF behind it. A span is its shape and
-- the numbers of its texts.
CREATE TABLE IF NOT EXISTS spans
(
    trace_id FixedString(16) CODEC(ZSTD(1)),
    started_at DateTime64(9, 'UTC') COMMENT 'start of the first span' CODEC(ZSTD(1)),
    texts String CODEC(ZSTD(1)),
    parents Array(FixedString(8)) COMMENT 'parents that are not in the row' CODEC(ZSTD(1)),
    `span.id` Array(FixedString(8)) CODEC(NONE),
    `span.parent` Array(UInt8) COMMENT '0 = none, else a place in span.id and behind it parents' CODEC(ZSTD(1)),
    `span.after_ns` Array(UInt64) COMMENT 'from the start of the span before it' CODEC(T64, ZSTD(1)),
    `span.duration_ns` Array(UInt64) CODEC(T64, ZSTD(1)),
    `span.origin` Array(LowCardinality(String)) COMMENT 'JSON: service, system, attributes of the resource' CODEC(ZSTD(1)),
    `span.shape` Array(LowCardinality(String)) CODEC(ZSTD(1)),
    `span.texts` Array(Array(UInt8)) COMMENT 'places in texts' CODEC(ZSTD(1)),
    `span.more` Array(String) COMMENT 'JSON: events, links; empty = neither' CODEC(ZSTD(1)),
    -- Trace ids are stored in 16 bytes; the otel_traces view filters on their hexadecimal form.
    INDEX trace_id_hex lower(hex(trace_id)) TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toMonday(started_at)
ORDER BY trace_id
SETTINGS non_replicated_deduplication_window = 50000, index_granularity = 512, min_compress_block_size = 16384, compress_marks = 0;
