//! Rules over what is stored: alerts open, hold and close, and outlive whoever sees them.

use jiff::Timestamp;
use ordertrace_api::alert::{Alert, AlertState};
use ordertrace_collector::alert::{AlertMetrics, Evaluator, Ledger, Rules, Wanted};
use ordertrace_collector::settings::{AlertSettings, SyncSettings};

use crate::support::{Database, at_ns};

fn rules(text: &str) -> Rules {
    let sync: Vec<SyncSettings> = ordertrace_config::parse(
        "[{name: stock, entity: inventory, source: wms, targets: [{system: web}, {system: erp}]}]",
        "s",
    )
    .unwrap();
    let alerts: AlertSettings = ordertrace_config::parse(&format!("rules:\n{text}"), "a").unwrap();
    Rules::new(&alerts, &sync).unwrap()
}

fn evaluator(database: &Database, text: &str) -> Evaluator {
    Evaluator::new(database.client(), rules(text), AlertMetrics::default())
}

/// Holds all rules against what is stored at that time.
async fn look(evaluator: &Evaluator, at_s: i64) {
    assert_eq!(evaluator.round_at(ms(at_s)).await.unwrap(), 0, "a rule could not be evaluated");
}

fn ms(at_s: i64) -> i64 {
    at_ns(at_s * 1_000) / 1_000_000
}

/// The drift of an item of stock as it is from now on: what the source and the target say, since when.
struct Drift<'d> {
    sku: &'d str,
    target: &'d str,
    values: (&'d str, &'d str),
    difference: &'d str,
    since_s: i64,
    over: bool,
}

const HAT: Drift<'static> =
    Drift { sku: "HAT", target: "web", values: ("10", "19"), difference: "9", since_s: 0, over: false };

async fn drift(database: &Database, drift: Drift<'_>) {
    let Drift { sku, target, values: (source, shown), difference, since_s, over } = drift;
    let (since, ended) = (at_ns(since_s * 1_000), if over { at_ns(since_s * 1_000) + 1 } else { 0 });
    let sql = format!(
        "INSERT INTO drifts (entity, subject, location, state, sync, target, since, ended, source_value, target_value,
            difference)
         SELECT 'inventory', '{sku}', 'main', 'available', 'stock', '{target}', fromUnixTimestamp64Nano({since}),
            fromUnixTimestamp64Nano({ended}), '{source}', '{shown}', '{difference}'"
    );
    database.execute(&sql).await;
}

async fn list(database: &Database, state: Option<AlertState>) -> Vec<Alert> {
    let wanted = Wanted { state, limit: 100, ..Wanted::default() };
    Ledger::new(database.client()).list(&wanted).await.unwrap()
}

/// SKU, state, episode, seconds since which it holds, fires and is over.
type Line = (String, AlertState, u32, i64, Option<i64>, Option<i64>);

async fn lines(database: &Database) -> Vec<Line> {
    let second = |at: Timestamp| (at.as_millisecond() - ms(0)) / 1_000;
    let line = |alert: Alert| {
        let sku = alert.labels.get("sku").or(alert.labels.get("target")).cloned().unwrap_or_default();
        let Alert { state, episode, since, fired_at, resolved_at, .. } = alert;
        (sku, state, episode, second(since), fired_at.map(second), resolved_at.map(second))
    };
    list(database, None).await.into_iter().map(line).collect()
}

const STOCK: &str = "
- name: StockDrift
  drift: {sync: stock, over: {units: '5'}, closes_under: {units: '2'}}
  for: 1m
  labels: {team: inventory}";

#[tokio::test(flavor = "multi_thread")]
async fn a_drift_over_its_threshold_alerts_until_it_is_under_the_one_that_closes() {
    let database = Database::start().await;
    drift(&database, HAT).await;
    drift(&database, Drift { sku: "SCARF", difference: "5", values: ("10", "15"), ..HAT }).await;
    look(&evaluator(&database, STOCK), 10).await;
    let hat = |state, fired, resolved| ("HAT".to_owned(), state, 1, 10, fired, resolved);
    assert_eq!(lines(&database).await, [hat(AlertState::Pending, None, None)], "5 is not over 5");

    // Another collector goes on where the first was killed.
    look(&evaluator(&database, STOCK), 80).await;
    assert_eq!(lines(&database).await, [hat(AlertState::Firing, Some(70), None)]);
    let alert = list(&database, Some(AlertState::Firing)).await.remove(0);
    assert_eq!((alert.value.as_str(), alert.says.as_str()), ("9 units, 90 %", "HAT main: wms 10, web 19"));
    assert_eq!(alert.labels.get("team").map(String::as_str), Some("inventory"));

    // Between the two thresholds nothing changes, however often it is looked at and by how many.
    drift(&database, Drift { difference: "3", values: ("10", "13"), ..HAT }).await;
    let both = (evaluator(&database, STOCK), evaluator(&database, STOCK));
    for at_s in [90, 100, 110] {
        tokio::join!(look(&both.0, at_s), look(&both.1, at_s));
    }
    assert_eq!(lines(&database).await, [hat(AlertState::Firing, Some(70), None)]);

    drift(&database, Drift { over: true, ..HAT }).await;
    look(&both.0, 120).await;
    // One that was slow, and saw it before.
    look(&both.1, 115).await;
    assert_eq!(lines(&database).await, [hat(AlertState::Resolved, Some(70), Some(120))]);

    // It comes again: another episode.
    drift(&database, HAT).await;
    look(&both.0, 200).await;
    let again = ("HAT".to_owned(), AlertState::Pending, 2, 200, None, None);
    assert_eq!(lines(&database).await, [again, hat(AlertState::Resolved, Some(70), Some(120))]);
    drift(&database, Drift { over: true, ..HAT }).await;
    look(&both.0, 210).await;
    assert_eq!(lines(&database).await, [hat(AlertState::Resolved, Some(70), Some(120))], "it never fired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_does_not_arrive_alerts_though_nothing_arrives_at_all() {
    let database = Database::start().await;
    drift(&database, Drift { since_s: 30, target: "erp", ..HAT }).await;
    drift(&database, Drift { since_s: 5, target: "erp", sku: "SCARF", ..HAT }).await;
    drift(&database, Drift { since_s: 5, ..HAT }).await;
    let text = "
- {name: Stopped, lag: {sync: stock, over: 10m, closes_under: 2m, only: {targets: [erp]}}}
- {name: Hats, lag: {sync: stock, over: 10m, only: {targets: [erp], subjects: ['HA?']}}}";
    let evaluator = evaluator(&database, text);
    look(&evaluator, 605).await;
    assert_eq!(lines(&database).await, [], "ten minutes are not longer than ten minutes");
    look(&evaluator, 606).await;
    let fired = list(&database, None).await;
    assert_eq!(fired.iter().map(|alert| alert.rule.as_str()).collect::<Vec<_>>(), ["Stopped"]);
    assert_eq!(fired[0].says, "erp has not shown a change of SCARF at wms for 10m 1s, and 1 more");
    look(&evaluator, 631).await;
    assert_eq!(list(&database, Some(AlertState::Firing)).await.len(), 2);
    drift(&database, Drift { over: true, target: "erp", sku: "SCARF", ..HAT }).await;
    drift(&database, Drift { over: true, target: "erp", ..HAT }).await;
    look(&evaluator, 640).await;
    assert_eq!(list(&database, Some(AlertState::Resolved)).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worst_are_told_and_stay_told() {
    let database = Database::start().await;
    let skus: Vec<String> = (10..20).map(|n| format!("SKU{n}")).collect();
    for sku in &skus {
        let difference = &sku[3..];
        drift(&database, Drift { sku, difference, values: ("0", difference), ..HAT }).await;
    }
    let text = "
- {name: Worst, drift: {sync: stock, over: {percent: '5'}}, limit: 3}
- {name: Sum, drift: {sync: stock, over: {units: '144.9'}, each: target}}
- {name: More, drift: {sync: stock, over: {units: '145'}, each: target}}";
    let evaluator = evaluator(&database, text);
    look(&evaluator, 10).await;
    let told = async || -> Vec<String> {
        let alerts = list(&database, Some(AlertState::Firing)).await.into_iter();
        let mut told: Vec<String> = alerts.filter_map(|alert| alert.labels.get("sku").cloned()).collect();
        told.sort();
        told
    };
    let first = told().await;
    assert_eq!(first.len(), 3);
    let says: Vec<String> = list(&database, None).await.into_iter().map(|alert| alert.says).collect();
    assert!(says.iter().any(|says| says.contains("more than 3 do; only the worst are told")), "{says:?}");
    assert!(says.contains(&"web differs from wms by 145 units in 10 items, most in SKU19".to_owned()), "{says:?}");
    assert!(list(&database, None).await.iter().all(|alert| alert.rule != "More"));
    // Worse ones come: those that are told are not over for that.
    for sku in ["WORSE1", "WORSE2", "WORSE3", "WORSE4", "WORSE5"] {
        drift(&database, Drift { sku, difference: "999", values: ("1", "1000"), ..HAT }).await;
    }
    look(&evaluator, 100).await;
    assert_eq!(told().await, first);
    // One of them is over: there is room for another.
    drift(&database, Drift { sku: &first[0], over: true, ..HAT }).await;
    look(&evaluator, 110).await;
    look(&evaluator, 120).await;
    let now = told().await;
    assert_eq!((now.len(), now.contains(&first[0]), now.contains(&first[2])), (3, false, true), "{now:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_worth_the_newest_price() {
    let database = Database::start().await;
    let price = |sku: &str, currency: &str, value: &str, at_s: i64| {
        format!(
            "INSERT INTO copies (entity, subject, channel, currency, system, value, moment)
             SELECT 'price', '{sku}', 'c{at_s}', '{currency}', 'pim', '{value}', fromUnixTimestamp64Nano({})",
            at_ns(at_s * 1_000)
        )
    };
    for statement in [
        price("HAT", "EUR", "3", 1),
        price("HAT", "EUR", "20.50", 2),
        price("HAT", "USD", "999", 3),
        price("SCARF", "EUR", "0.5", 1),
        price("GLOVE", "USD", "9", 1),
    ] {
        database.execute(&statement).await;
    }
    for sku in ["HAT", "SCARF", "GLOVE"] {
        drift(&database, Drift { sku, ..HAT }).await;
    }
    let text = "
- {name: Dear, drift: {sync: stock, over: {money: {amount: '184.4', currency: EUR}}}}
- {name: Sum, drift: {sync: stock, over: {money: {amount: '188.9', currency: EUR}}, each: target}}
- {name: More, drift: {sync: stock, over: {money: {amount: '189', currency: EUR}}, each: target}}";
    look(&evaluator(&database, text), 10).await;
    let told = list(&database, None).await.into_iter().map(|alert| (alert.rule, alert.value, alert.says));
    let mut told: Vec<(String, String, String)> = told.collect();
    told.sort();
    let text = |rule: &str, value: &str, says: &str| (rule.to_owned(), value.to_owned(), says.to_owned());
    let sum = "web differs from wms by 189 EUR in 3 items, most in HAT; 1 have no price in EUR";
    let expected = [text("Dear", "184.5 EUR, 9 units, 90 %", "HAT main: wms 10, web 19"), text("Sum", "189 EUR", sum)];
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_divides_by_nothing_and_what_is_no_number_is_told_and_breaks_no_rule() {
    let database = Database::start().await;
    let largest = "79228162514264337593543950335";
    for (sku, values, difference) in [
        ("ZERO", ("0", "1"), "1"),
        ("TEXT", ("10", "many"), ""),
        ("NAN", ("NaN", "10"), ""),
        ("INFINITE", ("10", "1e400"), ""),
        ("LARGEST", ("0", largest), largest),
        ("SMALL", ("100", "101"), "1"),
    ] {
        drift(&database, Drift { sku, values, difference, ..HAT }).await;
    }
    let columns = "entity, subject, channel, currency, system, value, moment";
    for (sku, currency, price) in [("ZERO", "EUR", largest), ("SMALL", "EUR", "NaN"), ("TEXT", "XXQ", "1")] {
        let of = format!("'price', '{sku}', 'web', '{currency}', 'pim', '{price}', now64(9)");
        database.execute(&format!("INSERT INTO copies ({columns}) SELECT {of}")).await;
    }
    let euros = |amount: &str| format!("money: {{amount: '{amount}', currency: EUR}}");
    let text = format!(
        "
- {{name: Percent, drift: {{sync: stock, over: {{percent: '{largest}'}}}}}}
- {{name: Units, drift: {{sync: stock, over: {{units: '5'}}}}}}
- {{name: Money, drift: {{sync: stock, over: {{{}}}}}}}
- {{name: Sum, drift: {{sync: stock, over: {{units: '{largest}'}}, each: target}}}}
- {{name: MoneySum, drift: {{sync: stock, over: {{{}}}, each: target}}}}
- {{name: Others, drift: {{sync: stock, over: {{units: '5'}}, each: target, only: {{subjects: [SMALL, ZERO]}}}}}}",
        euros("5"),
        euros(largest)
    );
    // Twice: what is told already is looked at in other ways.
    let evaluator = evaluator(&database, &text);
    for at_s in [10, 100] {
        look(&evaluator, at_s).await;
    }
    let alerts = list(&database, Some(AlertState::Firing)).await;
    let of = |rule: &str| {
        let of_rule = alerts.iter().filter(|alert| alert.rule == rule);
        let mut skus: Vec<&str> = of_rule.map(|alert| alert.labels.get("sku").map_or("all", String::as_str)).collect();
        skus.sort_unstable();
        skus
    };
    let no_numbers = ["INFINITE", "NAN", "TEXT"];
    assert_eq!(of("Percent"), ["INFINITE", "LARGEST", "NAN", "TEXT", "ZERO"], "of nothing anything is too much");
    assert_eq!(of("Units"), ["INFINITE", "LARGEST", "NAN", "TEXT"]);
    assert_eq!(of("Money"), [&no_numbers[..], &["ZERO"]].concat(), "what has no price is not told");
    assert_eq!((of("Sum"), of("MoneySum"), of("Others")), (vec!["all"], vec!["all"], Vec::new()));
    let sum = alerts.iter().find(|alert| alert.rule == "Sum").unwrap();
    assert!(sum.says.ends_with("; 4 differ by no number that can be added up"), "{}", sum.says);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_jumps_alerts_for_as_long_as_it_is_new() {
    let database = Database::start().await;
    let price = async |sku: &str, value: &str, at_s: i64| {
        let at = at_ns(at_s * 1_000);
        let of = format!("'price', '{sku}', 'web', 'EUR', 'pim', '{value}'");
        let columns = "entity, subject, channel, currency, system, value";
        database
            .execute(&format!("INSERT INTO readings ({columns}, at) SELECT {of}, fromUnixTimestamp64Nano({at})"))
            .await;
        database
            .execute(&format!(
                "INSERT INTO copies ({columns}, since, moment, at) SELECT {of}, fromUnixTimestamp64Nano({at}),
                    fromUnixTimestamp64Nano({at}), fromUnixTimestamp64Nano({at})"
            ))
            .await;
    };
    price("HAT", "10", 0).await;
    price("SCARF", "10", 0).await;
    let text = "
- {name: Jump, change: {entity: price, over: {percent: '50'}, within: 1h, systems: [pim]}}
- {name: Other, change: {entity: price, over: {percent: '50'}, within: 1h, systems: [erp]}}";
    let evaluator = evaluator(&database, text);
    look(&evaluator, 10).await;
    assert_eq!(lines(&database).await, [], "the first that is known is no change");
    // Long after it was read last.
    price("HAT", "15.01", 10_000).await;
    price("SCARF", "15", 10_000).await;
    look(&evaluator, 10_010).await;
    assert_eq!(lines(&database).await, [("HAT".to_owned(), AlertState::Firing, 1, 10_010, Some(10_010), None)]);
    assert_eq!(list(&database, None).await[0].says, "HAT web: pim went from 10 to 15.01 EUR within 1h");
    look(&evaluator, 13_590).await;
    assert_eq!(list(&database, Some(AlertState::Firing)).await.len(), 1);
    look(&evaluator, 13_610).await;
    assert_eq!(list(&database, Some(AlertState::Resolved)).await.len(), 1, "it is news no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_not_made_any_more_alerts_until_one_is() {
    let database = Database::start().await;
    let made = async |entity: &str, system: &str, name: &str, at_s: i64| {
        let at = at_ns(at_s * 1_000);
        let columns = "entity, subject, system, since, moment, at";
        let at = format!("fromUnixTimestamp64Nano({at})");
        let of = format!("'{entity}', '{name}', '{system}', {at}, {at}, {at}");
        database.execute(&format!("INSERT INTO copies ({columns}) SELECT {of}")).await;
    };
    made("feed", "pim", "google", 0).await;
    made("feed", "pim", "bing", 0).await;
    made("feed", "erp", "google", 0).await;
    made("search_index", "pim", "google", 0).await;
    let text = "
- {name: Stale, age: {entity: feed, over: 2h, closes_under: 1h, systems: [pim], only: {subjects: ['goo*']}}}
- {name: Index, age: {entity: search_index, over: 1d}}";
    let evaluator = evaluator(&database, text);
    look(&evaluator, 7_200).await;
    assert_eq!(list(&database, None).await.len(), 0, "two hours are not longer than two hours");
    look(&evaluator, 7_201).await;
    let fired = list(&database, Some(AlertState::Firing)).await;
    assert_eq!(fired.len(), 1);
    assert_eq!(fired[0].says, "the newest feed google of pim was made 2h 1s ago");
    assert_eq!(fired[0].labels.get("feed").map(String::as_str), Some("google"));
    // One that was made, but is old already, closes nothing.
    made("feed", "pim", "google", 3_500).await;
    look(&evaluator, 7_300).await;
    assert_eq!(list(&database, Some(AlertState::Firing)).await.len(), 1);
    made("feed", "pim", "google", 7_290).await;
    look(&evaluator, 7_310).await;
    assert_eq!(list(&database, Some(AlertState::Firing)).await.len(), 0);
    assert_eq!(list(&database, Some(AlertState::Resolved)).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_alert_and_rules_that_are_gone_do_not() {
    let database = Database::start().await;
    let insert = |state: &str, updated_s: i64| {
        let (at, updated) = (at_ns(0), at_ns(updated_s * 1_000));
        format!(
            "INSERT INTO findings (id, updated_at, anchor_kind, anchor_value, order_key, kind, severity, state, says, since, amount, currency, evidence)
             SELECT unhex('{}'), fromUnixTimestamp64Nano({updated}), 'order', 'A1', 'order:A1', 'paid_not_created', 'critical',
                '{state}', 'paid, and no order', fromUnixTimestamp64Nano({at}), '12.30', 'EUR', '[]'",
            "ab".repeat(16)
        )
    };
    database.execute(&insert("open", 1)).await;
    let text = "
- {name: Paid, finding: {kinds: [paid_not_created]}, severity: critical, runbook: 'https://wiki/paid'}
- {name: Storms, finding: {kinds: [retry_storm]}}";
    look(&evaluator(&database, text), 10).await;
    let alerts = list(&database, None).await;
    assert_eq!(alerts.len(), 1);
    let alert = &alerts[0];
    assert_eq!((alert.value.as_str(), alert.look.as_str()), ("12.30 EUR", "ordertrace order order:A1"));
    assert_eq!(alert.runbook.as_deref(), Some("https://wiki/paid"));
    assert_eq!(alert.hit, "order:A1, 12.30 EUR");

    // Others may still have the rule for a while.
    let other = "- {name: Storms, finding: {kinds: [retry_storm]}}";
    look(&evaluator(&database, other), 20).await;
    assert_eq!(list(&database, Some(AlertState::Firing)).await.len(), 1);
    look(&evaluator(&database, other), 311).await;
    assert_eq!(list(&database, Some(AlertState::Firing)).await.len(), 0);

    look(&evaluator(&database, text), 320).await;
    assert_eq!(list(&database, Some(AlertState::Firing)).await[0].episode, 2);
    database.execute(&insert("closed", 2)).await;
    look(&evaluator(&database, text), 330).await;
    assert_eq!(list(&database, Some(AlertState::Firing)).await.len(), 0);
}
