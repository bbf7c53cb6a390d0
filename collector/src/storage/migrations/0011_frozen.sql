-- Groups of batches that are being stored, block by block as they go into their tables, so that
-- whoever finds one can complete it. A group's rows are one insert under the group's id as
-- token: either its blocks are here or the word that it never will be stored, whichever came
-- first. Each group is a partition, dropped when it is stored.
CREATE TABLE IF NOT EXISTS frozen
(
    group_id UUID,
    at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    collector UUID COMMENT 'the process that froze it, or gave it up',
    position UInt8 COMMENT 'from 1: the order of the blocks; 0 = the group is given up',
    table_name String,
    columns Array(String),
    rows UInt64,
    data String COMMENT 'a block in the format Native' CODEC(NONE)
)
ENGINE = MergeTree
PARTITION BY group_id
ORDER BY position
SETTINGS non_replicated_deduplication_window = 50000, old_parts_lifetime = 5;
