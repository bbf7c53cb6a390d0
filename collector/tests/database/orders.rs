//! The orders list grows with its journeys.

use std::sync::Arc;
use std::time::Duration;

use ordertrace_api::journey::JourneyState;
use ordertrace_api::keys::KindTable;
use ordertrace_api::order::OrdersPage;
use ordertrace_collector::journey::{DEFAULT_ENDS, JourneyLimits, Journeys};
use ordertrace_collector::orders::{Orders, Touched, Tracked, track};
use ordertrace_collector::store::Store;
use tokio_util::sync::CancellationToken;

use crate::support::{Database, SpanBuilder, trace};

/// Asks again until the list is as wanted: how long the tracker gathers is its own affair.
async fn until(orders: &Orders, wanted: impl Fn(&OrdersPage) -> bool) -> OrdersPage {
    let asking = async {
        loop {
            let page = orders.list(None, None, 10).await.unwrap();
            if wanted(&page) {
                return page;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asking).await.expect("the list never became as wanted")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_is_listed_once_under_its_best_name() {
    let database = Database::start().await;
    let ends = DEFAULT_ENDS.map(str::to_owned).to_vec();
    let client = database.client();
    let journeys = Journeys::new(client.clone(), JourneyLimits::default(), &KindTable::default(), ends);
    let touched = Touched::default();
    let store = Tracked::new(Arc::new(database.storage), touched.clone());
    let stop = CancellationToken::new();
    let tracker = tokio::spawn(track(client.clone(), journeys.clone(), touched, stop.clone()));
    let orders = Orders::new(client, journeys);

    let cart = SpanBuilder::proxy(trace(1), 1, "shopper", "storefront", "POST /carts").at(0, 10).key("cart", "c-1");
    store.spans(vec![cart.build()]).await.unwrap();
    let pay = SpanBuilder::proxy(trace(2), 2, "storefront", "payments", "POST /pay")
        .at(100, 50)
        .key("cart", "c-1")
        .key("payment", "pay-1");
    store.spans(vec![pay.build()]).await.unwrap();
    let page = until(&orders, |page| !page.orders.is_empty()).await;
    assert_eq!(page.orders[0].id.to_string(), "cart:c-1");
    assert_eq!(page.orders[0].systems, ["shopper", "storefront", "payments"]);

    let place = SpanBuilder::proxy(trace(3), 3, "storefront", "oms", "POST /orders")
        .at(200, 20)
        .key("payment", "pay-1")
        .key("order", "A-1")
        .milestone("order.placed")
        .status(503);
    store.spans(vec![place.build()]).await.unwrap();
    let page = until(&orders, |page| page.orders.iter().any(|order| order.handoffs == 3)).await;
    assert_eq!(page.orders.len(), 1, "the line under the old name is gone");
    let order = &page.orders[0];
    assert_eq!(order.id.to_string(), "order:A-1");
    assert_eq!((order.errors, order.state), (1, JourneyState::Failed));
    assert_eq!(order.slowest.as_ref().map(|slowest| slowest.operation.as_str()), Some("POST /pay"));
    assert_eq!(order.last_milestone.as_ref().map(|milestone| milestone.name.as_str()), Some("order.placed"));

    let found = orders.search(&"pay-".parse().unwrap(), 10).await.unwrap();
    assert_eq!(found.orders.iter().map(|order| &order.id).collect::<Vec<_>>(), [&order.id]);
    stop.cancel();
    tracker.await.unwrap();
}
