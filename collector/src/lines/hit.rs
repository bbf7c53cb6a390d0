use std::collections::{BTreeMap, HashMap};

use ordertrace_api::finding::Money;
use ordertrace_api::sync::Endangered;
use rust_decimal::Decimal;

use super::{Held, Holder};
use crate::flow::Flows;

/// Orders that are named.
const MOST_NAMED: usize = 5;

/// Who is hit when something is wrong with these SKUs at locations, or anywhere: the orders that hold one and are open.
pub(crate) fn endangered<'i>(
    held: &'i Held,
    items: impl IntoIterator<Item = (&'i str, &'i str)>,
    flows: &Flows,
) -> Endangered {
    let ends = flows.ends();
    let (mut open, mut worth, mut more) = (Vec::new(), HashMap::new(), false);
    for (sku, location) in items {
        more |= held.is_cut(sku);
        let is_hit = |order: &&Holder| order.may_be_at(location) && order.is_open(&ends);
        for order in held.of(sku).iter().filter(is_hit) {
            let known = worth.entry(order.id()).or_insert_with(|| {
                open.push(order.id());
                None
            });
            // It may be told where another of its goods is.
            *known = known.take().or_else(|| order.worth(flows));
        }
    }
    let mut money: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut unpriced = 0;
    for worth in worth.into_values() {
        let sum = worth.and_then(|(amount, currency)| {
            let sum = money.get(&currency).copied().unwrap_or_default().checked_add(amount)?;
            Some((currency, sum))
        });
        match sum {
            Some((currency, sum)) => _ = money.insert(currency, sum),
            None => unpriced += 1,
        }
    }
    Endangered {
        orders: open.len() as u64,
        money: money.into_iter().map(|(currency, sum)| Money { amount: sum.to_string(), currency }).collect(),
        unpriced,
        first: open.into_iter().take(MOST_NAMED).cloned().collect(),
        more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lines::holder;
    use crate::recognise::Recogniser;
    use crate::settings::{FlowSettings, RecogniseSettings};

    #[test]
    fn open_orders_are_hit_with_their_money() {
        let flow = FlowSettings::shop();
        let end = flow.ends[0].clone();
        let flows = Flows::new(&[flow], &Recogniser::new(&RecogniseSettings::default()).unwrap()).unwrap();
        let placed = (1, "order.placed", "web", "main", "2");
        let priced = |id: &str, amount: &str, currency: &str| {
            let mut order = holder(id, &[placed]);
            amount.clone_into(&mut order.mentioned[0].amount);
            currency.clone_into(&mut order.mentioned[0].currency);
            order
        };
        let over = holder("order:D", &[placed, (9, &end, "erp", "main", "2")]);
        let orders = vec![
            priced("order:A", "12.30", "EUR"),
            priced("order:B", "0.70", "eur"),
            priced("order:C", "5", "USD"),
            over,
        ];
        let held = Held::for_test("HAT", [orders, vec![holder("order:E", &[placed])]].concat());
        let hit = endangered(&held, [("HAT", "main"), ("HAT", "")], &flows);
        let money: Vec<String> = hit.money.iter().map(|money| format!("{} {}", money.amount, money.currency)).collect();
        assert_eq!((hit.orders, hit.unpriced, hit.more), (4, 1, false));
        assert_eq!(money, ["13.00 EUR", "5 USD"]);
        assert_eq!(hit.first.len(), 4, "each once, however many of its goods are hit");
        assert_eq!(endangered(&held, [("HAT", "east")], &flows).orders, 0, "their goods are elsewhere");
        assert_eq!(endangered(&held, [("BELT", "")], &flows), Endangered::default());
    }
}
