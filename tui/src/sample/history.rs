use jiff::SignedDuration;
use ordertrace_api::history::{CopyHistory, History, ValueSince};
use ordertrace_api::reading::Entity;

use super::now;

/// A hat of which the marketplace has not heard for two hours, with a day before it, and its price.
pub(crate) fn history() -> History {
    let ago = |minutes: i64| now() - SignedDuration::from_mins(minutes);
    let copy = |entity, system: &str, units_each: &str, uncertain_ms: u32, values: &[(&str, i64)]| CopyHistory {
        entity,
        currency: if entity == Entity::Price { "EUR" } else { "" }.to_owned(),
        state: if entity == Entity::Inventory { "available" } else { "" }.to_owned(),
        field: String::new(),
        channel: if entity == Entity::Price { "web" } else { "" }.to_owned(),
        location: if entity == Entity::Inventory { "main" } else { "" }.to_owned(),
        system: system.to_owned(),
        units_each: units_each.to_owned(),
        read_at: ago(1),
        values: values
            .iter()
            .map(|(value, minutes)| ValueSince { value: (*value).to_owned(), since: ago(*minutes), uncertain_ms })
            .collect(),
        cut: false,
    };
    let stock = Entity::Inventory;
    History {
        subject: "HAT-RED-M".to_owned(),
        since: ago(24 * 60),
        until: now(),
        copies: vec![
            copy(stock, "erp", "12", 0, &[("2", 2_000), ("1", 650), ("0", 115)]),
            copy(stock, "marketplace", "1", 30_000, &[("24", 2_001), ("20", 1_100), ("12", 699), ("7", 200)]),
            copy(stock, "storefront", "1", 0, &[("24", 2_000), ("20", 1_100), ("12", 700), ("7", 201), ("0", 119)]),
            copy(stock, "wms", "1", 0, &[("24", 2_000), ("20", 1_101), ("12", 701), ("7", 201), ("0", 120)]),
            copy(Entity::Price, "pim", "1", 0, &[("24.95", 3_000), ("19.95", 1)]),
            copy(Entity::Price, "storefront", "1", 0, &[("24.95", 2_999)]),
        ],
        more: false,
    }
}
