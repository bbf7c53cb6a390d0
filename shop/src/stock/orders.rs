//! The orders behind what channels take off by themselves, and what systems tell of them.

use ordertrace_api::attributes::{AMOUNT, CURRENCY, LOCATION, UNITS, key_attribute};

use super::amount;
use super::held::{MINUTE_MS, SECOND_MS};
use super::moves::{Asked, LOCATIONS, Stock};
use super::telling::arrivals;
use crate::chance::{Chance, Seed};

/// An order of one SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockOrder {
    /// Its key, of kind `order`.
    pub(super) id: String,
    /// The channel, which takes it off at once.
    pub(super) channel: &'static str,
    /// In hundredths.
    pub(super) units: i64,
    /// In hundredths of the currency.
    pub(super) amount: i64,
    pub(super) currency: &'static str,
    /// By the time at which it happened.
    pub(super) told: Vec<OrderTold>,
}

/// Something that a system tells of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OrderTold {
    pub(super) at_ms: i64,
    pub(super) system: &'static str,
    pub(super) milestone: &'static str,
    /// Whether it says which goods; and where they are, if that is known.
    pub(super) goods: Option<&'static str>,
    /// When it arrives, each time that it does; the first is the first.
    pub(super) arrives_ms: Vec<i64>,
}

pub(super) const PLACED: &str = "order.placed";
const RESERVED: &str = "inventory.reserved";
const EXPORTED: &str = "order.exported";
pub(super) const COMPLETED: &str = "order.completed";

/// Reservations in a hundred of which the WMS tells by the order's number alone.
const BARE_PERCENT: u32 = 25;

/// The orders of a SKU's channels.
pub(super) fn of_channels(seed: Seed, sku: &str, stock: &Stock) -> Vec<StockOrder> {
    let mut chance = seed.chance(&["orders", sku]);
    let cents = chance.whole(199, 29_999);
    let asked = stock.moves.iter().filter_map(|step| match step.asked {
        Asked::Storefront => Some(("storefront", step)),
        Asked::Marketplace => Some(("marketplace", step)),
        Asked::Warehouse => None,
    });
    let orders = asked.enumerate().map(|(number, (channel, step))| {
        let happened = [
            (step.asked_ms, channel, PLACED, Some("")),
            (step.booked_ms, "wms", RESERVED, Some(LOCATIONS[step.location]).filter(|_| !chance.happens(BARE_PERCENT))),
            (step.booked_ms + chance.whole(SECOND_MS, 5 * MINUTE_MS), "erp", EXPORTED, None),
            (step.booked_ms + chance.whole(10 * MINUTE_MS, 40 * MINUTE_MS), "erp", COMPLETED, None),
        ];
        StockOrder {
            id: format!("{}-{sku}-{number}", &channel[..1].to_uppercase()),
            channel,
            units: -step.units,
            amount: -step.units * cents / 100,
            currency: if chance.happens(30) { "USD" } else { "EUR" },
            told: happened.map(|happened| told(happened, &mut chance)).to_vec(),
        }
    });
    orders.collect()
}

fn told(
    (at_ms, system, milestone, goods): (i64, &'static str, &'static str, Option<&'static str>),
    chance: &mut Chance,
) -> OrderTold {
    OrderTold { at_ms, system, milestone, goods, arrives_ms: arrivals(at_ms, 3 * SECOND_MS, chance) }
}

impl StockOrder {
    /// What a telling of it says, by attribute.
    pub(super) fn said(&self, sku: &str, told: &OrderTold) -> Vec<(String, String)> {
        let mut said = vec![(key_attribute("order", None), self.id.clone())];
        if let Some(location) = told.goods {
            said.push((key_attribute("sku", None), sku.to_owned()));
            said.push((UNITS.to_owned(), amount::text(self.units)));
            if !location.is_empty() {
                said.push((LOCATION.to_owned(), location.to_owned()));
            }
        }
        if told.milestone == PLACED {
            said.push((AMOUNT.to_owned(), amount::text(self.amount)));
            said.push((CURRENCY.to_owned(), self.currency.to_owned()));
        }
        said
    }
}
