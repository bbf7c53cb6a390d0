use ordertrace_shop::compare::compare;
use ordertrace_shop::{Shop, ShopSettings};

use crate::proxy::Proxies;
use crate::sink::Sink;
use crate::tracer::Tracer;

/// The truth follows from what services and proxies see, by the documented rules, for every
/// order and from each of its keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_truth_can_be_found() {
    for seed in [1, 2] {
        let sink = Sink::bind().await;
        let settings = ShopSettings { seed, fault_percent: 15, ..ShopSettings::default() };
        let shop = Shop::bind(settings).await.unwrap();
        let proxies = Proxies::between(&shop).await;
        shop.set_otlp(&sink.endpoint).unwrap();
        let truth = shop.run_orders(30, 8).await.unwrap();
        shop.flush().await.unwrap();
        shop.stop().await.unwrap();
        let tracer = Tracer::new(&sink.spans(), &sink.events(), &proxies.exchanges());
        let mut differences = Vec::new();
        for order in &truth.orders {
            let first = order.keys.first().and_then(|key| tracer.journey(key));
            let Some(journey) = first else {
                differences.push(format!("seed {seed}, order {}: not found", order.index));
                continue;
            };
            let found = compare(order, &journey);
            differences.extend(found.iter().map(|found| format!("seed {seed}, order {}: {found}", order.index)));
        }
        assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    }
}
