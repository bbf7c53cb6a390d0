//! Who will order what: a pure function of the seed.

use crate::chance::{Chance, Seed};
use crate::flow::catalogue::{Product, Stock, of_stock};
use crate::truth::Flow;

/// Orders planned together. Those that are exported to the ERP in one batch are of one block.
pub(crate) const BLOCK: u64 = 10;

/// One after the other, by one shopper; or one order of the marketplace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A visit to the web shop.
    Session(Session),
    /// An order that comes in through the marketplace.
    Marketplace {
        /// Index of the order.
        index: u64,
        /// What is ordered.
        items: Vec<&'static Product>,
    },
    /// What is no order's: a visit without an order, health checks, database polling.
    Noise {
        /// The visit.
        browsing: Session,
    },
}

/// A visit to the web shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    /// Names the session within the shop.
    pub(crate) name: String,
    /// Several sessions may be the same customer's.
    pub(crate) customer: String,
    /// Terms looked for before anything else.
    pub(crate) searches: Vec<&'static str>,
    /// In this order.
    pub(crate) orders: Vec<WebOrder>,
    /// A term looked for after the last order, when nothing is under way any more.
    pub(crate) afterthought: Option<&'static str>,
}

/// An order in the web shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebOrder {
    pub(crate) index: u64,
    pub(crate) flow: Flow,
    pub(crate) items: Vec<&'static Product>,
    /// A term looked for between cart and checkout.
    pub(crate) second_thought: Option<&'static str>,
    /// Whether the shopper looks at the order once it is placed.
    pub(crate) looks_back: bool,
    /// The orders it is exported with.
    pub(crate) wave: Option<Wave>,
}

/// Orders that the OMS exports to the ERP in one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wave {
    pub(crate) id: String,
    /// Two at least: a batch of one would be that order's alone.
    pub(crate) size: usize,
}

impl Unit {
    /// The indices of its orders.
    pub(crate) fn orders(&self) -> Vec<(u64, Flow)> {
        match self {
            Self::Session(session) => session.orders.iter().map(|order| (order.index, order.flow)).collect(),
            Self::Marketplace { index, .. } => vec![(*index, Flow::Marketplace)],
            Self::Noise { .. } => Vec::new(),
        }
    }
}

/// The units of a block of `size` orders, at most [`BLOCK`], in the order they begin.
pub(crate) fn block(seed: Seed, number: u64, size: u64) -> Vec<Unit> {
    let mut chance = seed.chance(&["block", &number.to_string()]);
    let first = number * BLOCK;
    let flows: Vec<Flow> = (0..BLOCK).map(|_| flow(&mut chance)).take(usize::try_from(size).unwrap_or(0)).collect();
    let batched = flows.iter().filter(|flow| **flow == Flow::Batched).count();
    let wave = (batched > 1).then(|| Wave { id: format!("W-{number}"), size: batched });
    let mut units = vec![Unit::Noise { browsing: browsing(seed, number) }];
    for (index, flow) in (first..).zip(flows) {
        let mut chance = seed.chance(&["order", &index.to_string()]);
        if flow == Flow::Marketplace {
            units.push(Unit::Marketplace { index, items: items(&mut chance, flow) });
            continue;
        }
        let order = web_order(&mut chance, index, flow, wave.as_ref());
        let again = chance.happens(20);
        match units.last_mut() {
            Some(Unit::Session(session)) if again && session.orders.len() < 2 => session.orders.push(order),
            _ => units.push(Unit::Session(session(&mut chance, index, order))),
        }
    }
    units
}

fn flow(chance: &mut Chance) -> Flow {
    match chance.between(1, 100) {
        1..=15 => Flow::Marketplace,
        16..=26 => Flow::Cancelled,
        27..=36 => Flow::OutOfStock,
        37..=62 => Flow::Batched,
        _ => Flow::Web,
    }
}

fn web_order(chance: &mut Chance, index: u64, flow: Flow, wave: Option<&Wave>) -> WebOrder {
    let wave = wave.filter(|_| flow == Flow::Batched).cloned();
    WebOrder {
        index,
        // Alone in its block, it is exported alone.
        flow: if flow == Flow::Batched && wave.is_none() { Flow::Web } else { flow },
        items: items(chance, flow),
        second_thought: term(chance, 35),
        looks_back: chance.happens(40),
        wave,
    }
}

fn session(chance: &mut Chance, index: u64, order: WebOrder) -> Session {
    Session {
        name: index.to_string(),
        // Few enough that customers come back.
        customer: format!("C-{:04}", chance.between(1, 400)),
        searches: (0..chance.between(1, 3)).filter_map(|_| term(chance, 100)).collect(),
        orders: vec![order],
        afterthought: term(chance, 20),
    }
}

fn browsing(seed: Seed, number: u64) -> Session {
    let mut chance = seed.chance(&["browsing", &number.to_string()]);
    Session {
        name: format!("browsing {number}"),
        customer: format!("C-{:04}", chance.between(1, 400)),
        searches: (0..chance.between(1, 4)).filter_map(|_| term(&mut chance, 100)).collect(),
        orders: Vec::new(),
        afterthought: None,
    }
}

/// Different products, at least one; the first decides what becomes of the order.
fn items(chance: &mut Chance, flow: Flow) -> Vec<&'static Product> {
    let first = match flow {
        Flow::Cancelled => Stock::Reviewed,
        Flow::OutOfStock => Stock::Gone,
        Flow::Web | Flow::Batched | Flow::Marketplace => Stock::Plenty,
    };
    let mut items: Vec<&'static Product> = chance.pick(&of_stock(first)).copied().into_iter().collect();
    for _ in 1..chance.between(1, 3) {
        if let Some(product) = chance.pick(&of_stock(Stock::Plenty))
            && !items.contains(product)
        {
            items.push(product);
        }
    }
    items
}

fn term(chance: &mut Chance, percent: u32) -> Option<&'static str> {
    if !chance.happens(percent) {
        return None;
    }
    chance.pick(&of_stock(Stock::Plenty)).map(|product| product.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_order_is_planned_once_and_every_flow_occurs() {
        for seed in 1..=5 {
            let units: Vec<Unit> = (0..50).flat_map(|number| block(Seed(seed), number, BLOCK)).collect();
            let orders: Vec<(u64, Flow)> = units.iter().flat_map(Unit::orders).collect();
            assert_eq!(orders.iter().map(|(index, _)| *index).collect::<Vec<_>>(), (0..500).collect::<Vec<_>>());
            let flows: BTreeSet<Flow> = orders.iter().map(|(_, flow)| *flow).collect();
            assert_eq!(flows.len(), 5);
            assert!(units.iter().any(|unit| unit.orders().len() == 2), "two orders in one session");
        }
    }

    #[test]
    fn a_wave_has_all_its_orders() {
        for size in 1..=BLOCK {
            for number in 0..40 {
                let units = block(Seed(3), number, size);
                let waves: Vec<Wave> = units
                    .iter()
                    .filter_map(|unit| match unit {
                        Unit::Session(session) => Some(session.orders.iter().filter_map(|order| order.wave.clone())),
                        Unit::Marketplace { .. } | Unit::Noise { .. } => None,
                    })
                    .flatten()
                    .collect();
                assert!(waves.iter().all(|wave| wave.size == waves.len() && wave.size > 1), "{waves:?}");
            }
        }
    }
}
