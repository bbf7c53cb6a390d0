//! What happens, told in the order in which it was stored.

use std::time::Duration;

use ordertrace_api::keys::KindTable;
use ordertrace_api::tail::{TailEntry, TailKind};
use ordertrace_collector::journey::{JourneyLimits, Journeys};
use ordertrace_collector::tail::Tail;

use crate::support::{Database, SpanBuilder, trace};

fn tail(database: &Database) -> Tail {
    let client = database.client();
    let journeys = Journeys::new(client.clone(), JourneyLimits::default(), &KindTable::default(), Vec::new());
    Tail::new(client, journeys)
}

/// What comes next; it is told once everybody sees it, a moment after it was stored.
async fn next(tail: &Tail, cursor: &mut String) -> Vec<TailEntry> {
    let asking = async {
        loop {
            let page = tail.page(Some(cursor.parse().unwrap())).await.unwrap();
            *cursor = page.cursor;
            if !page.entries.is_empty() {
                return page.entries;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asking).await.expect("nothing was told")
}

fn told(entries: &[TailEntry]) -> Vec<(TailKind, String, &str, &str)> {
    let order = |entry: &TailEntry| entry.order.as_ref().map(ToString::to_string).unwrap_or_default();
    entries.iter().map(|entry| (entry.kind, order(entry), &*entry.what, &*entry.says)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_new_is_told() {
    let database = Database::start().await;
    let tail = tail(&database);
    let placed = SpanBuilder::server(trace(1), 1, "storefront", "POST /orders")
        .at(0, 10)
        .key("order", "A-1")
        .milestone("order.placed");
    let before = SpanBuilder::server(trace(9), 9, "storefront", "POST /orders")
        .at(0, 10)
        .key("order", "A-9")
        .milestone("order.placed");
    database.spans(vec![before.build()]).await.unwrap();
    // Whatever was stored before is not told.
    let mut cursor = loop {
        let page = tail.page(None).await.unwrap();
        assert!(page.entries.is_empty() && !page.more);
        let (ms, _) = page.cursor.split_once('.').unwrap();
        if database.number(&format!("SELECT countIf(toUnixTimestamp64Milli(stored_at) < {ms}) FROM activity")).await
            == 1
        {
            break page.cursor;
        }
    };
    database.spans(vec![placed.build()]).await.unwrap();
    let first = next(&tail, &mut cursor).await;
    assert_eq!(told(&first), [(TailKind::Milestone, "order:A-1".to_owned(), "order.placed", "")]);
    assert_eq!(first[0].system, "storefront");

    let failed = SpanBuilder::client(trace(2), 2, "storefront", "payments", "POST /capture")
        .at(100_000, 50)
        .key("order", "A-1")
        .status(503);
    let captured = SpanBuilder::client(trace(2), 3, "storefront", "payments", "POST /capture")
        .at(101_000, 50)
        .key("order", "A-1")
        .attributes(&[("commerce.amount", "49.90"), ("commerce.currency", "EUR")])
        .milestone("payment.captured");
    database.spans(vec![failed.build(), captured.build()]).await.unwrap();
    let then = next(&tail, &mut cursor).await;
    let order = || "order:A-1".to_owned();
    assert_eq!(
        told(&then),
        [
            (TailKind::Failure, order(), "POST /capture", "storefront → payments: 503, attempt 1 of 2"),
            (TailKind::Milestone, order(), "payment.captured", "49.90 EUR"),
        ]
    );
}
