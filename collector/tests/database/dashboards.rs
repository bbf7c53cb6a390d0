//! Every query of the Grafana dashboards can be answered.

use serde_json::Value;

use crate::support::{Database, SpanBuilder, trace};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../dashboards");

/// The plugin's macros as it writes them out for one hour.
fn written_out(sql: &str) -> String {
    let mut sql = sql.to_owned();
    for column in ["minute", "started_at"] {
        sql = sql
            .replace(
                &format!("$__timeFilter({column})"),
                &format!("({column} >= toDateTime(1795253000) AND {column} <= toDateTime(1795256600))"),
            )
            .replace(
                &format!("$__timeInterval({column})"),
                &format!("toStartOfInterval(toDateTime({column}), INTERVAL 60 second)"),
            );
    }
    sql
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboards_ask_what_can_be_answered() {
    let database = Database::start().await;
    let span = SpanBuilder::client(trace(1), 1, "storefront", "payments", "POST /pay").at(0, 10).status(503).build();
    database.spans(vec![span]).await.unwrap();
    let mut answered = 0;
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().unwrap() {
                let sql = written_out(target["rawSql"].as_str().unwrap());
                assert!(!sql.contains("$__"), "{}: {sql}", panel["title"]);
                let mut rows = database.client().query_raw(&sql).fetch_bytes("JSONEachRow").unwrap();
                let rows = rows.collect().await.unwrap_or_else(|error| panic!("{}: {error}", panel["title"]));
                assert!(!rows.is_empty(), "{}: {sql}", panel["title"]);
                answered += 1;
            }
        }
    }
    assert!(answered > 0, "no dashboard in {FOLDER}");
}
