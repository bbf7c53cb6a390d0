//! The orders list grows with its journeys.

use ordertrace_api::journey::JourneyState;
use ordertrace_api::keys::KindTable;
use ordertrace_collector::journey::{JourneyLimits, Journeys};
use ordertrace_collector::orders::Orders;
use ordertrace_collector::settings::FlowSettings;

use crate::support::{Database, SpanBuilder, trace};

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_is_listed_once_under_its_best_name() {
    let database = Database::start().await;
    let ends = FlowSettings::shop().ends;
    let client = database.client();
    let journeys = Journeys::new(client.clone(), JourneyLimits::default(), &KindTable::default(), ends);
    let orders = Orders::new(client, journeys);

    let cart = SpanBuilder::proxy(trace(1), 1, "shopper", "storefront", "POST /carts").at(0, 10).key("cart", "c-1");
    database.spans(vec![cart.build()]).await.unwrap();
    assert!(orders.list(None, None, 10).await.unwrap().orders.is_empty(), "a cart alone is no order");
    let pay = SpanBuilder::proxy(trace(2), 2, "storefront", "payments", "POST /pay")
        .at(100, 50)
        .key("cart", "c-1")
        .key("payment", "pay-1");
    database.spans(vec![pay.build()]).await.unwrap();
    let page = orders.list(None, None, 10).await.unwrap();
    assert_eq!(page.orders.len(), 1);
    assert_eq!(page.orders[0].id.to_string(), "cart:c-1");
    assert_eq!(page.orders[0].systems, ["shopper", "storefront", "payments"]);

    let place = SpanBuilder::proxy(trace(3), 3, "storefront", "oms", "POST /orders")
        .at(200, 20)
        .key("payment", "pay-1")
        .key("order", "A-1")
        .milestone("order.placed")
        .status(503);
    database.spans(vec![place.build()]).await.unwrap();
    let page = orders.list(None, None, 10).await.unwrap();
    assert_eq!(page.orders.len(), 1, "the line under the old name is gone");
    let order = &page.orders[0];
    assert_eq!((order.id.to_string(), order.handoffs), ("order:A-1".to_owned(), 3));
    assert_eq!((order.errors, order.state), (1, JourneyState::Failed));
    assert_eq!(order.slowest.as_ref().map(|slowest| slowest.operation.as_str()), Some("POST /pay"));
    assert_eq!(order.last_milestone.as_ref().map(|milestone| milestone.name.as_str()), Some("order.placed"));

    let found = orders.search(&"pay-".parse().unwrap(), 10).await.unwrap();
    assert_eq!(found.orders.iter().map(|order| &order.id).collect::<Vec<_>>(), [&order.id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_cut_by_time_and_number() {
    let database = Database::start().await;
    let ends = FlowSettings::shop().ends;
    let journeys = Journeys::new(database.client(), JourneyLimits::default(), &KindTable::default(), ends);
    let orders = Orders::new(database.client(), journeys);
    let of = |n: u8| {
        SpanBuilder::client(trace(n), n, "storefront", "payments", "POST /pay")
            .at(i64::from(n) * 1_000, 10)
            .key("order", &format!("T-{n}"))
            // Each order also has news under a second name, in a trace of its own.
            .key("payment", &format!("pi_t{n}"))
            .build()
    };
    let paid = |n: u8| {
        SpanBuilder::client(trace(100 + n), n, "payments", "psp", "POST /charge")
            .at(i64::from(n) * 1_000 + 5, 1)
            .key("payment", &format!("pi_t{n}"))
            .build()
    };
    database.spans((1..=9).map(of).collect()).await.unwrap();
    database.spans((1..=9).map(paid).collect()).await.unwrap();
    let ids = |page: &ordertrace_api::order::OrdersPage| -> Vec<String> {
        page.orders.iter().map(|order| order.id.value.clone()).collect()
    };
    let page = orders.list(None, None, 20).await.unwrap();
    assert_eq!(ids(&page), ["T-9", "T-8", "T-7", "T-6", "T-5", "T-4", "T-3", "T-2", "T-1"]);
    assert!(!page.more && page.orders.iter().all(|order| order.handoffs == 2));
    let page = orders.list(None, None, 2).await.unwrap();
    assert_eq!((page.orders.len(), page.more), (2, true));
    let at = |s: i64| jiff::Timestamp::from_nanosecond(i128::from(crate::support::at_ns(s * 1_000))).unwrap();
    let page = orders.list(Some(at(3)), Some(at(5)), 20).await.unwrap();
    assert_eq!(ids(&page), ["T-4", "T-3"]);
}
