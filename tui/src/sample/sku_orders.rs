use jiff::SignedDuration;
use ordertrace_api::finding::Money;
use ordertrace_api::lines::{LineSeen, SkuOrder, SkuOrders};

use super::{key, now};

/// The orders that touched the hat of which the marketplace has not heard.
pub(crate) fn sku_orders() -> SkuOrders {
    let seen = |minutes: i64, system: &str, milestone: Option<&str>, units: Option<&str>| LineSeen {
        at: now() - SignedDuration::from_mins(minutes),
        system: system.to_owned(),
        milestone: milestone.map(str::to_owned),
        location: (system == "wms").then(|| "main".to_owned()),
        units: units.map(str::to_owned),
    };
    let order = |id: &str, open, units: Option<&str>, money: Option<(&str, &str)>, seen: Vec<LineSeen>| SkuOrder {
        order: key(id),
        open,
        units: units.map(str::to_owned),
        money: money.map(|(amount, currency)| Money { amount: amount.to_owned(), currency: currency.to_owned() }),
        seen,
    };
    let (placed, reserved, shipped) = (Some("order.placed"), Some("inventory.reserved"), Some("shipment.created"));
    let started = |minutes: i64, units| {
        vec![seen(minutes, "storefront", placed, Some(units)), seen(minutes - 1, "wms", reserved, Some(units))]
    };
    let ended = |minutes: i64, units| {
        let end = seen(minutes - 300, "shipping", shipped, None);
        started(minutes, units).into_iter().chain([end]).collect()
    };
    let hat = |id: &str, minutes| order(id, false, Some("1"), Some(("19.95", "EUR")), ended(minutes, "1"));
    let mentioned = [seen(60, "crm", None, None)];
    SkuOrders {
        orders: vec![
            order(
                "order:A-10042",
                true,
                Some("7"),
                Some(("64.95", "EUR")),
                [started(121, "7"), mentioned.to_vec()].concat(),
            ),
            order("order:A-10040", true, Some("5"), Some(("64.95", "EUR")), started(202, "5")),
            hat("order:A-10031", 700),
            order("order@marketplace:028-1192-55", false, Some("8"), None, ended(1_100, "8")),
            order(
                "order:FCJVW7ZW9CKTTHM1",
                true,
                None,
                Some(("1810233.40", "JPY")),
                vec![seen(1_430, "storefront", placed, None)],
            ),
            hat("order:A-10007", 1_750),
        ],
        more: true,
    }
}
