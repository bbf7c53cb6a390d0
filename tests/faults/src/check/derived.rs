//! Tables that follow from others, against a recount.

use clickhouse::{Client, Row};
use serde::Deserialize;

use super::raw::{KEYS, SPANS};

/// A table as it is, and what it should be according to raw rows; both with the same columns.
struct Recount {
    what: &'static str,
    held: String,
    recounted: String,
}

/// No row twice. What is sent differs from everything else that is, so no two rows may be alike.
fn once(what: &'static str, held: &str) -> Recount {
    Recount { what, held: held.to_owned(), recounted: held.replacen("SELECT", "SELECT DISTINCT", 1) }
}

fn recounts() -> Vec<Recount> {
    vec![
        once("rows of keys", "SELECT * FROM keys WHERE strength = 'strong'"),
        Recount {
            what: "keys",
            held: "SELECT DISTINCT toString(kind), value, toString(system) FROM keys WHERE strength = 'strong'".to_owned(),
            recounted: format!("SELECT DISTINCT kind, value, system FROM ({KEYS})"),
        },
        Recount {
            what: "loose_ends",
            held: "SELECT toString(handoff_to), toString(observer), hex(trace_id), hex(span_id), duration_ns, path
                   FROM loose_ends"
                .to_owned(),
            recounted: format!(
                "SELECT toString(handoff_to), toString(observer), hex(trace_id), hex(span_id), duration_ns, path
                 FROM {SPANS} WHERE noise = '' AND method != ''
                 AND (observer = 'proxy' OR observer = 'server' AND parent_span_id = toFixedString('', 8))"
            ),
        },
        Recount {
            what: "order_lines",
            held: "SELECT sku, at, toString(kind), value, units, toString(milestone), toString(seen_in) FROM order_lines"
                .to_owned(),
            recounted: format!(
                "SELECT said['commerce.sku.id'], at, 'order', said['commerce.order.id'], said['commerce.units'], milestone, system
                 FROM
                 (
                     SELECT attributes AS said, started_at AS at, toString(milestone) AS milestone,
                         toString(system) AS system
                     FROM {SPANS}
                     UNION ALL SELECT attributes, at, toString(milestone), toString(system) FROM events
                 ) WHERE said['commerce.sku.id'] != ''"
            ),
        },
        Recount {
            what: "handoffs_per_minute",
            held: "SELECT minute, toString(handoff_to), toString(handoff_from), toString(operation), toString(observer),
                       sum(attempts), sum(failed), sum(resent), sum(duration_ns),
                       quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(durations)
                   FROM handoffs_per_minute GROUP BY minute, handoff_to, handoff_from, operation, observer"
                .to_owned(),
            recounted: format!(
                "SELECT toDateTime(toStartOfMinute(started_at), 'UTC') AS minute, toString(handoff_to),
                     toString(handoff_from), toString(operation), toString(observer), count(),
                     countIf(status = 'error' OR status_code >= 400), countIf(resend_count > 0), sum(span.duration_ns),
                     quantilesDD(0.01, 0.5, 0.95, 0.99)(span.duration_ns)
                 FROM {SPANS} AS span WHERE observer != 'none' AND noise = ''
                 GROUP BY minute, handoff_to, handoff_from, operation, observer"
            ),
        },
        Recount {
            what: "surface",
            held: "SELECT hour, toString(handoff_to), toString(handoff_from), toString(operation), toString(observer),
                       toString(auth_scheme), toString(tls), toString(endpoint), sum(calls), max(last_seen)
                   FROM surface
                   GROUP BY hour, handoff_to, handoff_from, operation, observer, auth_scheme, tls, endpoint"
                .to_owned(),
            recounted: format!(
                "SELECT toDateTime(toStartOfHour(started_at), 'UTC') AS hour, toString(handoff_to),
                     toString(handoff_from), toString(operation), toString(observer),
                     attributes['commerce.auth.scheme'] AS auth, if(url = '', '', 'none') AS plain,
                     multiIf(url = '', attributes['messaging.system'], observer = 'server', 'http',
                         extract(url, '^http://[^/]+')) AS reached,
                     count(), toDateTime(max(span.started_at), 'UTC')
                 FROM (SELECT *, attributes['url.full'] AS url FROM {SPANS}) AS span
                 WHERE observer != 'none' AND noise = ''
                 GROUP BY hour, handoff_to, handoff_from, operation, observer, auth, plain, reached"
            ),
        },
        // One row for each trace, by the key that names a journey best, and for each key outside of traces.
        Recount {
            what: "activity",
            held: "SELECT toString(kind), value, toString(system) FROM activity".to_owned(),
            recounted: format!(
                "SELECT key.1, key.2, key.3 FROM
                 (
                     SELECT argMin((kind, value, system),
                         (indexOf(['order', 'marketplace_order', 'checkout', 'payment', kind], kind), system != '')) AS key
                     FROM ({KEYS}) WHERE kind != 'cart'
                     GROUP BY trace_id, if(trace_id = toFixedString('', 16), (kind, value, system), ('', '', ''))
                 )"
            ),
        },
        Recount {
            what: "audit",
            held: "SELECT toString(signal), sum(items) FROM audit WHERE outcome = 'stored' GROUP BY signal".to_owned(),
            recounted: format!(
                "SELECT signal, items FROM
                 (
                     SELECT 'traces' AS signal, count() AS items FROM {SPANS}
                     UNION ALL SELECT 'logs', count() FROM events
                     UNION ALL SELECT 'metrics', count() FROM readings
                 ) WHERE items > 0"
            ),
        },
        once("settled batches", "SELECT hex(batch) FROM batches WHERE step = 'settled'"),
    ]
}

#[derive(Debug, Row, Deserialize)]
struct Difference {
    row: String,
    held: u64,
    recounted: u64,
}

/// What is wrong with them.
pub(super) async fn compare(client: &Client) -> anyhow::Result<Vec<String>> {
    let mut wrong = Vec::new();
    for Recount { what, held, recounted } in recounts() {
        let sql = format!(
            "SELECT toValidUTF8(text) AS row, sum(is_held) AS held, sum(is_recounted) AS recounted FROM
             (
                 SELECT toString(tuple(*)) AS text, toUInt64(1) AS is_held, toUInt64(0) AS is_recounted FROM ({held})
                 UNION ALL
                 SELECT toString(tuple(*)), toUInt64(0), toUInt64(1) FROM ({recounted})
             )
             GROUP BY text HAVING held != recounted ORDER BY text"
        );
        let differences = client.query(&sql).fetch_all::<Difference>().await?;
        let row =
            |Difference { row, held, recounted }: &Difference| format!("{row} {held} times, should be {recounted}");
        let named: Vec<String> = differences.iter().take(5).map(row).collect();
        if !named.is_empty() {
            wrong.push(format!("{what}: {} rows differ from a recount: {}", differences.len(), named.join("; ")));
        }
    }
    Ok(wrong)
}
