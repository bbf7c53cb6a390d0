-- Rows written here go nowhere: a write that succeeds shows that writing works.
CREATE TABLE IF NOT EXISTS readiness
(
    at DateTime
)
ENGINE = Null;
