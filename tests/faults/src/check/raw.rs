//! Where raw rows are read.

/// Has a row for each span.
pub(super) const SPANS: &str = "span_details";

/// The strong keys on spans and log records, once for each: kind, value, system, trace.
pub(super) const KEYS: &str = "
    SELECT toString(key.1) AS kind, key.3 AS value, toString(key.2) AS system, trace_id FROM
    (
        SELECT trace_id, keys AS found FROM span_details
        UNION ALL
        SELECT trace_id, arrayZip(keys.kind, keys.system, keys.value, arrayMap(code -> toInt8(code), keys.strength))
        FROM events
    )
    ARRAY JOIN found AS key WHERE key.4 = 1";
