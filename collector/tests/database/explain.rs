//! What orders of a set have in common, from what is stored of them.

use jiff::Timestamp;
use ordertrace_api::explain::{Condition, Explanation, HandoffSymptom, Symptom};
use ordertrace_api::journey::JourneyState;
use ordertrace_api::keys::{Key, KindTable};
use ordertrace_collector::explain::{Answer, Asked, Explainer};
use ordertrace_collector::journey::{JourneyLimits, Journeys};
use ordertrace_collector::record::{Attribute, SpanRecord};
use ordertrace_collector::settings::FlowSettings;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::{Database, SpanBuilder, at_ns, kept, origin};

const SECOND_MS: i64 = 1_000;
const ORDERS: u32 = 240;

/// So many milliseconds into the tests' day.
fn at(ms: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at_ns(ms))).unwrap()
}

fn explainer(database: &Database) -> Explainer {
    let ends = FlowSettings::shop().ends;
    let journeys = Journeys::new(database.client(), JourneyLimits::default(), &KindTable::default(), ends);
    Explainer::new(database.client(), journeys)
}

async fn ask(database: &Database, asked: Asked) -> Box<Explanation> {
    let answer = explainer(database).explain(asked, at(-SECOND_MS), at(3_600 * SECOND_MS)).await.unwrap();
    let Answer::Explained(explanation) = answer else { panic!("{answer:?}") };
    explanation
}

/// A number drawn for an order, the same each time.
fn drawn(order: u32, what: u32, below: u32) -> u32 {
    StdRng::seed_from_u64((u64::from(order) << 32) | u64::from(what)).random_range(0..below)
}

fn attributes(pairs: &[(&str, String)]) -> &'static [Attribute<'static>] {
    pairs.iter().map(|(name, value)| (kept(name), kept(value))).collect::<Vec<_>>().leak()
}

fn carrier(order: u32) -> &'static str {
    ["DHL", "UPS", "X"][drawn(order, 1, 3) as usize]
}

fn version(order: u32) -> &'static str {
    ["3.0", "3.1", "3.2"][drawn(order, 2, 3) as usize]
}

/// Checkout and label of an order; `fails` says whether the label fails.
fn order(order: u32, fails: bool) -> Vec<SpanRecord<'static>> {
    let mut trace = [7; 16];
    trace[..4].copy_from_slice(&order.to_be_bytes());
    let ms = i64::from(order) * SECOND_MS;
    let id = format!("A-{order}");
    let shop = attributes(&[
        ("app.channel", ["web", "mobile"][drawn(order, 3, 2) as usize].to_owned()),
        ("app.order.id", id.clone()),
        ("error.type", if fails { "500" } else { "" }.to_owned()),
    ]);
    let placed = SpanBuilder::client(trace, 1, "storefront", "oms", "POST /orders")
        .at(ms, 100)
        .key("order", &id)
        .weak("sku", &format!("SKU-{}", drawn(order, 4, 30)))
        .attributes(shop)
        .build();
    let label = attributes(&[("carrier", carrier(order).to_owned()), ("label.id", format!("L{order}"))]);
    let mut label = SpanBuilder::client(trace, 2, "wms", "shipping", "POST /labels")
        .parent(1)
        .at(ms + 200, 50)
        .status(if fails { 500 } else { 200 })
        .attributes(label)
        .build();
    label.origin = origin("wms", attributes(&[("service.version", version(order).to_owned())]));
    if fails {
        label.status = ordertrace_collector::record::SpanStatus::Error;
    }
    vec![placed, label]
}

async fn shop(fails: impl Fn(u32) -> bool) -> Database {
    let database = Database::start().await;
    database.spans((0..ORDERS).flat_map(|n| order(n, fails(n))).collect()).await.unwrap();
    database
}

fn labels() -> Symptom {
    Symptom::Handoff(HandoffSymptom {
        from: Some("wms".to_owned()),
        to: "shipping".to_owned(),
        operation: None,
        slower_than_ms: None,
    })
}

fn condition(attribute: &str, system: Option<&str>, value: &str) -> Condition {
    Condition { attribute: attribute.to_owned(), system: system.map(str::to_owned), value: value.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_fails_on_one_version_is_found_and_who_else_is_hit() {
    let is_hit = |order: u32| carrier(order) == "X" && version(order) == "3.2";
    let database = shop(is_hit).await;
    let hit: Vec<u32> = (0..ORDERS).filter(|order| is_hit(*order)).collect();
    assert!((10..60).contains(&hit.len()), "{}", hit.len());

    let expected = [condition("carrier", None, "X"), condition("service.version", Some("wms"), "3.2")];
    let explanation = ask(&database, Asked::Symptom(labels())).await;
    assert_eq!(explanation.compared.set, hit.len() as u64);
    assert_eq!(explanation.compared.rest, u64::from(ORDERS) - hit.len() as u64);
    assert!(!explanation.compared.set_more && !explanation.compared.rest_more && !explanation.compared.values_more);
    let first = &explanation.values[0];
    assert_eq!(first.conditions, expected);
    assert_eq!((first.set_with, first.set_of), (hit.len() as u64, hit.len() as u64));
    assert_eq!((first.rest_with, first.ratio), (0, None));
    let mut named = first.hit.clone();
    named.sort();
    let mut keys: Vec<Key> = hit.iter().map(|order| Key::global("order", &format!("A-{order}")).unwrap()).collect();
    keys.sort();
    assert_eq!(named, keys);
    assert!(explanation.values.iter().all(|value| value.conditions.iter().all(|one| one.attribute != "error.type")));
    // Each by itself is over-represented as well, and nothing else is.
    let others: Vec<&Condition> = explanation.values[1..].iter().flat_map(|value| &value.conditions).collect();
    assert!(others.len() == 2 && expected.iter().all(|one| others.contains(&one)), "{others:?}");
    let carrier = explanation.values[1..].iter().find(|value| value.conditions[0] == expected[0]).unwrap();
    assert_eq!(carrier.at_risk, carrier.rest_with, "none of them came to its end");

    let one = hit[0];
    let of_order = ask(&database, Asked::Order(format!("A-{one}").parse().unwrap())).await;
    let expected_symptom = Symptom::Handoff(HandoffSymptom {
        from: Some("wms".to_owned()),
        to: "shipping".to_owned(),
        operation: Some("POST /labels".to_owned()),
        slower_than_ms: None,
    });
    assert_eq!(of_order.symptom, expected_symptom);
    assert_eq!(of_order.order, Key::global("order", &format!("A-{one}")));
    assert_eq!((of_order.values[0].hit.len(), of_order.values[0].of_order), (hit.len() - 1, Some(true)));
    let failed = ask(&database, Asked::Symptom(Symptom::State(JourneyState::Failed))).await;
    assert_eq!(failed.values[0].conditions, expected, "they stand there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_cause_in_what_is_known_has_none() {
    let database = shop(|order| drawn(order, 9, 8) == 0).await;
    let explanation = ask(&database, Asked::Symptom(labels())).await;
    assert!(explanation.compared.set >= 10, "{:?}", explanation.compared);
    assert_eq!(explanation.values, []);
    assert!(explanation.compared.comparisons > 0);
    let nothing = explainer(&database).explain(Asked::Order("A-none".parse().unwrap()), at(0), at(1)).await.unwrap();
    assert!(matches!(nothing, Answer::Nothing));
    let none = ask(&database, Asked::Symptom(Symptom::SlowerThanMs(3_600_000))).await;
    assert_eq!((none.compared.set, none.compared.rest), (0, u64::from(ORDERS)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_trace_does_for_several_orders_is_each_ones_own() {
    let database = Database::start().await;
    // Jobs of twenty orders each, of which those to the third shop are refused.
    for job in 0..6_u8 {
        let mut spans = vec![SpanBuilder::internal([job + 1; 16], 255, "oms").at(i64::from(job), 5).build()];
        for n in 0..20_u8 {
            let shop = ["a", "b", "c"][usize::from(n) % 3];
            let order = SpanBuilder::client([job + 1; 16], n + 1, "oms", "erp", "POST /documents");
            let order = order.parent(255).at(i64::from(job) * SECOND_MS, 5).key("order", &format!("J-{job}-{n}"));
            let order = order.attributes(attributes(&[("shop", shop.to_owned())]));
            let mut order = order.status(if shop == "c" { 422 } else { 200 }).build();
            if shop == "c" {
                order.status = ordertrace_collector::record::SpanStatus::Error;
            }
            spans.push(order);
        }
        database.spans(spans).await.unwrap();
    }
    let symptom = HandoffSymptom { from: None, to: "erp".to_owned(), operation: None, slower_than_ms: None };
    let explanation = ask(&database, Asked::Symptom(Symptom::Handoff(symptom))).await;
    assert_eq!((explanation.compared.set, explanation.compared.rest), (36, 84));
    let first = &explanation.values[0];
    assert_eq!(first.conditions, [condition("shop", None, "c")]);
    assert_eq!((first.set_with, first.set_of, first.rest_with, first.rest_of), (36, 36, 0, 84));
}
