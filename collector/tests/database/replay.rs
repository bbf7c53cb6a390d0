//! Rules held against what was recorded come to what they came to at the time.

use std::collections::BTreeMap;

use ordertrace_api::alert::{Alert, AlertState};
use ordertrace_api::replay::ReplayedAlert;
use ordertrace_collector::alert::{AlertMetrics, Evaluator, Ledger, Moment, Replay, Rules, Wanted};
use ordertrace_collector::settings::{AlertSettings, SyncSettings};
use ordertrace_collector::storage::now_ms;

use crate::support::{Database, at_ns};

const RULES: &str = "
- {name: Items, drift: {sync: stock, over: {units: '5'}, closes_under: {units: '2'}}, for: 30s}
- {name: Few, drift: {sync: stock, over: {percent: '5'}}, limit: 2}
- {name: Sum, drift: {sync: stock, over: {units: '11'}, each: target}}
- {name: Dear, drift: {sync: stock, over: {money: {amount: '100', currency: EUR}}, closes_under: {money: {amount: '50', currency: EUR}}}}
- {name: DearSum, drift: {sync: stock, over: {money: {amount: '250', currency: EUR}}, each: target}}
- {name: Stopped, lag: {sync: stock, over: 2m, closes_under: 1m, only: {targets: [erp]}}}
- {name: Jump, change: {entity: price, over: {percent: '50'}, within: 5m}}
- {name: Stale, age: {entity: feed, over: 4m, closes_under: 2m}}
- {name: Paid, finding: {kinds: [paid_not_created]}, for: 15s}";

fn rules() -> Rules {
    let sync = "[{name: stock, entity: inventory, source: wms, targets: [{system: web}, {system: erp}]}]";
    let sync: Vec<SyncSettings> = ordertrace_config::parse(sync, "s").unwrap();
    let alerts: AlertSettings = ordertrace_config::parse(&format!("rules:{RULES}"), "a").unwrap();
    Rules::new(&alerts, &sync).unwrap()
}

/// Seconds from one look to the next.
const STEP_S: i64 = 15;

/// A shop whose time the test lets pass, and the looks at it.
struct Shop {
    database: Database,
    now_s: i64,
    looks: Vec<Moment>,
}

impl Shop {
    async fn start() -> Self {
        Self { database: Database::start().await, now_s: 0, looks: Vec::new() }
    }

    /// How much more the target has of a SKU than the WMS, which has 10; nothing = it shows the same.
    async fn drift(&self, sku: &str, target: &str, difference: Option<i64>) {
        let now = at_ns(self.now_s * 1_000);
        let ended = if difference.is_none() { now } else { 0 };
        let by = difference.unwrap_or(0);
        let sql = format!(
            "INSERT INTO drifts (entity, subject, location, state, sync, target, since, ended, source_value, target_value,
                difference)
             SELECT 'inventory', '{sku}', 'main', 'available', 'stock', '{target}', fromUnixTimestamp64Nano({now}),
                fromUnixTimestamp64Nano({ended}), '10', '{}', '{by}'",
            10 + by
        );
        self.database.execute(&sql).await;
    }

    /// A price as it is read, and what the copy becomes if that is news.
    async fn price(&self, sku: &str, value: &str, version: u32, is_news: bool) {
        let now = format!("fromUnixTimestamp64Nano({})", at_ns(self.now_s * 1_000));
        let columns = "entity, subject, channel, currency, system, value, version";
        let of = format!("'price', '{sku}', 'web', 'EUR', 'pim', '{value}', '{version}'");
        self.database.execute(&format!("INSERT INTO readings ({columns}, at) SELECT {of}, {now}")).await;
        if is_news {
            let copy = format!("INSERT INTO copies ({columns}, since, moment, at) SELECT {of}, {now}, {now}, {now}");
            self.database.execute(&copy).await;
        }
    }

    /// A feed is made, and that is read.
    async fn feed(&self, version: u32) {
        let now = format!("fromUnixTimestamp64Nano({})", at_ns(self.now_s * 1_000));
        let (columns, of) =
            ("entity, subject, system, value, version", format!("'feed', 'shop', 'pim', '1', '{version}'"));
        self.database.execute(&format!("INSERT INTO readings ({columns}, at) SELECT {of}, {now}")).await;
        let copy = format!("INSERT INTO copies ({columns}, since, moment, at) SELECT {of}, {now}, {now}, {now}");
        self.database.execute(&copy).await;
    }

    async fn finding(&self, id: u8, state: &str, amount: &str) {
        let now = at_ns(self.now_s * 1_000);
        let sql = format!(
            "INSERT INTO findings (id, updated_at, anchor_kind, anchor_value, order_key, kind, severity, state, says, since, amount, currency, evidence)
             SELECT unhex('{}'), now64(3), 'order', 'A{id}', 'order:A{id}', 'paid_not_created', 'critical', '{state}',
                'paid, and no order', fromUnixTimestamp64Nano({now}), '{amount}', 'EUR', '[]'",
            format!("{id:02x}").repeat(16)
        );
        self.database.execute(&sql).await;
    }

    /// Lets time pass and has rules evaluated, whatever was written before and nothing that is written later.
    async fn pass(&mut self, evaluator: &Evaluator, steps: usize) {
        for _ in 0..steps {
            self.now_s += STEP_S;
            let client = self.database.client();
            let known_ms = now_ms(&client).await.unwrap() + 1;
            while now_ms(&client).await.unwrap() <= known_ms {}
            let moment = Moment { now_ms: at_ns(self.now_s * 1_000) / 1_000_000, known_ms };
            assert_eq!(evaluator.round_at(moment.now_ms).await.unwrap(), 0, "a rule could not be evaluated");
            self.looks.push(moment);
        }
    }

    async fn alerts(&self) -> Vec<Alert> {
        let wanted = Wanted { limit: 1_000, ..Wanted::default() };
        Ledger::new(self.database.client()).list(&wanted).await.unwrap()
    }
}

fn by_episode(alerts: impl IntoIterator<Item = Alert>) -> BTreeMap<(String, u32), Alert> {
    alerts.into_iter().map(|alert| ((alert.id.clone(), alert.episode), alert)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_come_to_the_same_as_at_the_time() {
    let mut shop = Shop::start().await;
    let evaluator = Evaluator::new(shop.database.client(), rules(), AlertMetrics::default());
    shop.price("HAT", "20", 7, true).await;
    shop.feed(1).await;
    shop.pass(&evaluator, 1).await;
    shop.drift("HAT", "web", Some(9)).await;
    shop.drift("SCARF", "erp", Some(-4)).await;
    shop.finding(1, "open", "12.30").await;
    shop.pass(&evaluator, 4).await;
    shop.drift("HAT", "web", Some(3)).await;
    shop.drift("GLOVE", "web", Some(1)).await;
    shop.drift("SOCK", "web", Some(8)).await;
    shop.finding(1, "open", "99").await;
    shop.pass(&evaluator, 6).await;
    shop.price("HAT", "40", 8, true).await;
    shop.price("HAT", "1", 6, false).await;
    shop.drift("SOCK", "web", None).await;
    shop.finding(2, "open", "5").await;
    shop.pass(&evaluator, 5).await;
    shop.drift("HAT", "web", None).await;
    shop.drift("SCARF", "erp", None).await;
    shop.finding(1, "closed", "99").await;
    shop.finding(2, "retracted", "5").await;
    shop.pass(&evaluator, 3).await;
    shop.drift("HAT", "web", Some(9)).await;
    shop.finding(1, "open", "99").await;
    shop.pass(&evaluator, 12).await;
    shop.feed(2).await;
    shop.pass(&evaluator, 8).await;

    // What is replaced is gone.
    for table in ["drifts", "findings", "copies", "alerts"] {
        shop.database.execute(&format!("OPTIMIZE TABLE {table} FINAL")).await;
    }
    let at_the_time = by_episode(shop.alerts().await);
    let (client, rules, mut replay) = (shop.database.client(), rules(), Replay::default());
    for moment in &shop.looks {
        replay.look(&client, &rules, *moment).await.unwrap();
    }
    let replayed = replay.into_alerts();
    assert!(replayed.iter().all(|replayed| replayed.fired_value.is_some() == replayed.alert.fired_at.is_some()));
    let again = by_episode(replayed.into_iter().map(|ReplayedAlert { alert, .. }| alert));
    assert_eq!(again, at_the_time);

    let of = |rule: &str| at_the_time.values().filter(|alert| alert.rule == rule).count();
    let rules = ["Items", "Few", "Sum", "Dear", "DearSum", "Stopped", "Jump", "Stale", "Paid"];
    assert!(rules.iter().all(|rule| of(rule) > 0), "{:?}", rules.map(of));
    assert!(at_the_time.values().any(|alert| alert.episode == 2 && alert.state == AlertState::Firing));
}
