//! What the collector notes of keys and of loose ends beside the spans.

use crate::support::{Database, SpanBuilder, trace};

async fn rows(database: &Database, sql: &str) -> Vec<String> {
    database.client().query_raw(sql).fetch_all::<String>().await.unwrap()
}

const KEYS: &str =
    "SELECT concat(kind, ':', value, ' ', toString(strength), ' ', toString(reinterpretAsUInt8(trace_id)), ' ',
        toString(toUnixTimestamp64Milli(at) - 1795253154000), ' ', seen_in, ' ', milestone, ' ',
        arrayStringConcat(arraySort(arrayMap(link -> concat(link.1, '@', link.2, ':', link.3), links)), ' ')) AS row
    FROM keys ORDER BY row";

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_noted_once_for_each_trace_of_a_request() {
    let database = Database::start().await;
    let spans = vec![
        SpanBuilder::server(trace(1), 1, "oms", "POST /orders").at(100, 5).key("order", "A").key("cart", "C").build(),
        SpanBuilder::internal(trace(1), 2, "erp").at(50, 5).key("order", "A").within("payment", "7", "psp").build(),
        SpanBuilder::internal(trace(1), 3, "erp").at(70, 5).key("order", "A").milestone("order.created").build(),
        SpanBuilder::internal(trace(1), 4, "oms").at(10, 5).key("order", "A").weak("sku", "S").build(),
        SpanBuilder::internal(trace(2), 5, "oms").at(20, 5).key("order", "A").build(),
    ];
    database.spans(spans).await.unwrap();
    let expected = [
        "cart:C strong 1 100 oms  order@:A",
        "order:A strong 1 10 oms  cart@:C payment@psp:7",
        "order:A strong 1 70 erp order.created ",
        "order:A strong 2 20 oms  ",
        "payment:7 strong 1 50 erp  order@:A",
        "sku:S weak 1 10 oms  ",
    ];
    assert_eq!(rows(&database, KEYS).await, expected);
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
        arrayStringConcat(keys.value, ',')) AS row FROM loose_ends ORDER BY row";
    assert_eq!(rows(&database, sql).await, ["proxy oms POST /b A", "server oms POST /d "]);
}
