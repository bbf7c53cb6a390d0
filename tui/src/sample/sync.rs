use ordertrace_api::finding::Money;
use ordertrace_api::reading::Entity;
use ordertrace_api::source::{Doubt, SourceState};
use ordertrace_api::sync::{AgeNow, DriftNow, Endangered, InFlight, SyncLag, SyncReply, UnclearId, UnclearIds};

use super::{HOUR_MS, MINUTE_MS, at_ms};

/// A shop whose marketplace has not heard of its stock for two hours.
pub(crate) fn sync() -> SyncReply {
    let now_ms = 51 * HOUR_MS + 20 * MINUTE_MS;
    let doubt = |system: &str, as_of| Doubt {
        system: system.to_owned(),
        poll: Some("marketplace-stock".to_owned()),
        state: SourceState::Failed,
        as_of,
    };
    let lag = |sync: &str, entity, target: &str, arrived: u64, waiting| SyncLag {
        sync: sync.to_owned(),
        entity,
        source: if entity == Entity::Price { "pim" } else { "wms" }.to_owned(),
        target: target.to_owned(),
        arrived,
        p50_ms: (arrived > 0).then_some(2_400.0),
        p95_ms: (arrived > 0).then_some(31_000.0),
        p99_ms: (arrived > 0).then_some(64_250.5),
        max_ms: (arrived > 0).then_some(90_000.0),
        waiting,
        late: waiting / 2,
        oldest: (waiting > 0).then(|| at_ms(now_ms - 2 * HOUR_MS)),
        uncertain_ms: if target == "marketplace" { 30_000 } else { 0 },
        doubts: if target == "marketplace" {
            vec![doubt("marketplace", Some(at_ms(now_ms - 2 * HOUR_MS)))]
        } else {
            Vec::new()
        },
    };
    let drift = |subject: &str,
                 values: (&str, &str),
                 (difference, percent): (Option<&str>, Option<&str>),
                 minutes: u64| DriftNow {
        sync: "stock".to_owned(),
        entity: Entity::Inventory,
        subject: subject.to_owned(),
        location: "main".to_owned(),
        channel: String::new(),
        currency: String::new(),
        field: String::new(),
        source: "wms".to_owned(),
        source_value: values.0.to_owned(),
        target: "marketplace".to_owned(),
        target_value: values.1.to_owned(),
        difference: difference.map(str::to_owned),
        percent: percent.map(str::to_owned),
        since: at_ms(now_ms - minutes * MINUTE_MS),
        uncertain_ms: 30_000,
        late: minutes > 10,
        past: minutes / 10,
        past_late: minutes / 40,
        doubtful: true,
        in_flight: None,
        endangered: None,
    };
    let scarf = DriftNow {
        in_flight: Some(InFlight {
            orders: 3,
            units: "4".to_owned(),
            explained: "-4".to_owned(),
            unexplained: "-7".to_owned(),
            settled: false,
            more: false,
        }),
        endangered: Some(Endangered {
            orders: 12,
            money: [("1204.50", "EUR"), ("80", "USD")]
                .map(|(amount, currency)| Money { amount: amount.to_owned(), currency: currency.to_owned() })
                .to_vec(),
            unpriced: 1,
            first: ["order:FCJVW7ZW9CKTTHM1", "order:9QK2"].iter().filter_map(|key| key.parse().ok()).collect(),
            more: true,
        }),
        ..drift("SCARF-BLUE", ("12", "1"), (Some("-11"), Some("-91.67")), 45)
    };
    let hat = DriftNow {
        endangered: Some(Endangered {
            orders: 2,
            money: vec![Money { amount: "129.90".to_owned(), currency: "EUR".to_owned() }],
            unpriced: 0,
            first: ["order:A-10042", "order:A-10040"].map(super::key).to_vec(),
            more: false,
        }),
        ..drift("HAT-RED-M", ("0", "7"), (Some("7"), None), 120)
    };
    let price = DriftNow {
        endangered: Some(Endangered::default()),
        sync: "prices".to_owned(),
        entity: Entity::Price,
        location: String::new(),
        channel: "web".to_owned(),
        currency: "EUR".to_owned(),
        source: "pim".to_owned(),
        target: "storefront".to_owned(),
        doubtful: false,
        ..drift("HAT-RED-M", ("19.95", "24.95"), (Some("5"), Some("25.06")), 1)
    };
    let age = |entity, name: &str, minutes: u64| AgeNow {
        entity,
        system: "pim".to_owned(),
        name: name.to_owned(),
        made_at: at_ms(now_ms - minutes * MINUTE_MS),
        age_ms: minutes * MINUTE_MS,
        told_at: at_ms(now_ms - 5 * MINUTE_MS),
    };
    let id = |value: &str, sku: Option<&str>, other: Option<&str>| UnclearId {
        kind: "inventory_item".to_owned(),
        value: value.to_owned(),
        system: "storefront".to_owned(),
        sku: sku.map(str::to_owned),
        other: other.map(str::to_owned),
        configured: true,
        at: at_ms(now_ms - MINUTE_MS),
    };
    let examples = vec![id("808950810", None, None), id("457924702", Some("HAT-RED-M"), Some("HAT-RED-L"))];
    SyncReply {
        ids: UnclearIds { unresolved: 3, contradicting: 1, examples },
        ages: vec![age(Entity::Feed, "shopping", 125), age(Entity::SearchIndex, "products", 6)],
        lags: vec![
            lag("stock", Entity::Inventory, "storefront", 4_120, 0),
            lag("stock", Entity::Inventory, "marketplace", 0, 613),
            lag("prices", Entity::Price, "storefront", 12, 1),
        ],
        drifts: vec![hat, scarf, drift("GLOVES", ("3", "many"), (None, None), 5), price],
        more: true,
    }
}
