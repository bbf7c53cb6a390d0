//! What the collector notes of keys and of loose ends beside the spans.

use crate::support::{Database, SpanBuilder, trace};

async fn rows(database: &Database, sql: &str) -> Vec<String> {
    database.client().query_raw(sql).fetch_all::<String>().await.unwrap()
}

const KEYS: &str =
    "SELECT concat(kind, ':', value, ' ', toString(strength), ' ', toString(reinterpretAsUInt8(trace_id)), ' ',
        toString(toUnixTimestamp(at) - 1795253154), ' ', replaceAll(links, '\\xFF', ','), ' ',
        replaceAll(replaceAll(milestones, '\\xFF', ','), '1795253154', '')) AS row
    FROM keys ORDER BY row";

#[tokio::test(flavor = "multi_thread")]
async fn the_best_key_of_a_trace_leads_to_it_and_the_others_lead_to_that_key() {
    let database = Database::start().await;
    let spans = vec![
        SpanBuilder::server(trace(1), 1, "oms", "POST /orders").at(2100, 5).key("cart", "C").key("order", "A").build(),
        SpanBuilder::internal(trace(1), 2, "erp").at(1050, 5).key("order", "A").within("payment", "7", "psp").build(),
        SpanBuilder::internal(trace(1), 3, "erp").at(70, 5).key("order", "A").milestone("order.created").build(),
        SpanBuilder::internal(trace(1), 4, "oms").at(1010, 5).key("order", "A").weak("sku", "S").build(),
        SpanBuilder::internal(trace(1), 5, "oms").at(3000, 5).key("order", "B").session("s").build(),
        SpanBuilder::internal(trace(2), 6, "oms").at(20, 5).key("order", "A").build(),
    ];
    database.spans(spans).await.unwrap();
    let expected = [
        "cart:C strong 0 2 order,,A, ",
        "order:A strong 1 2 cart,,C,payment,psp,7, 070000000,order.created,erp,",
        "order:A strong 2 0  ",
        "order:B strong 1 3  ",
        "payment:7 strong 0 2 order,,A, ",
        "session:s session 1 3  ",
    ];
    assert_eq!(rows(&database, KEYS).await, expected);
    let listed = "SELECT concat(kind, ':', value, ' ', toString(toUnixTimestamp64Milli(at) - 1795253154000)) AS row
        FROM activity ORDER BY row";
    assert_eq!(rows(&database, listed).await, ["order:A 20", "order:A 2100", "order:B 3000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_batch_join_nothing_but_their_milestones_are_noted() {
    let database = Database::start().await;
    let mut batch = SpanBuilder::internal(trace(1), 1, "oms").weak("customer", "C").milestone("order.exported");
    for order in ["A", "B"] {
        batch = batch.weak("order", order);
    }
    database.spans(vec![batch.build()]).await.unwrap();
    let expected =
        ["order:A weak 0 0  000000000,order.exported,oms,", "order:B weak 0 0  000000000,order.exported,oms,"];
    assert_eq!(rows(&database, KEYS).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_keys_as_may_come_are_noted_in_time() {
    let database = Database::start().await;
    let started = std::time::Instant::now();
    // Each span names the order of the one before it as well: from the last to the first.
    let spans = (0..20_000_u32)
        .rev()
        .map(|n| {
            let span = SpanBuilder::internal(trace(1), 1, "oms").key("order", &format!("R{n}"));
            let mut span = span.key("order", &format!("R{}", n + 1)).build();
            span.span_id = u64::from(n + 1).to_be_bytes();
            span
        })
        .collect();
    database.spans(spans).await.unwrap();
    let counts =
        "SELECT concat(toString(countIf(links != '')), ' ', toString(countIf(trace_id != toFixedString('', 16))))
        FROM keys";
    assert_eq!(rows(&database, counts).await, ["20001 1"]);
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ends_without_their_other_end_are_loose() {
    let database = Database::start().await;
    let spans = vec![
        SpanBuilder::client(trace(1), 1, "shop", "oms", "POST /a").at(0, 5).build(),
        SpanBuilder::proxy(trace(1), 2, "shop", "oms", "POST /b").parent(1).at(0, 5).key("order", "A").build(),
        SpanBuilder::server(trace(1), 3, "oms", "POST /c").parent(2).at(0, 5).build(),
        SpanBuilder::server(trace(2), 4, "oms", "POST /d").at(0, 5).build(),
        SpanBuilder::internal(trace(2), 5, "oms").at(0, 5).build(),
    ];
    database.spans(spans).await.unwrap();
    let sql = "SELECT concat(toString(observer), ' ', handoff_to, ' ', method, ' ', path, ' ',
        replaceAll(keys, '\\xFF', ',')) AS row FROM loose_ends ORDER BY row";
    assert_eq!(rows(&database, sql).await, ["proxy oms POST /b order,,A,", "server oms POST /d "]);
}
