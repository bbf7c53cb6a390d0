//! What a span or event says of an order's goods: which SKUs, how many units of each, and where they are.

use bumpalo::Bump;
use ordertrace_api::attributes::{AMOUNT, CURRENCY, LOCATION, UNITS};
use rust_decimal::Decimal;

use super::keys::{KeySource, each_value};
use crate::record::{LineRecord, Mention, OrderLines};

const SKU_KIND: &str = "sku";
const LOCATION_KIND: &str = "location";

/// The order of whose goods a span or event may speak. Nearly all bear no SKU, and cost a look at their keys.
pub(super) fn order<'a>(keys: &[Mention<'a>]) -> Option<Mention<'a>> {
    if !keys.iter().any(|key| key.kind == SKU_KIND) {
        return None;
    }
    keys.iter().filter(|key| key.is_of_order()).min_by_key(|key| key.rank()).copied()
}

/// Attributes that stand together: those of a span, of a span event, of a log record.
#[derive(Debug, Default)]
pub(super) struct Place<'a> {
    skus: Vec<&'a str>,
    locations: Vec<&'a str>,
    units: Vec<&'a str>,
    amount: &'a str,
    currency: &'a str,
}

impl<'a> Place<'a> {
    /// Takes an attribute; `source` says which keys its values are.
    pub(super) fn take(&mut self, name: &str, text: &'a str, source: Option<&KeySource>, arena: &'a Bump) {
        let is_of = |kind: &str| source.is_some_and(|source| source.kind() == kind);
        let list = match name {
            AMOUNT => return self.amount = text,
            CURRENCY => return self.currency = text,
            UNITS => &mut self.units,
            LOCATION => &mut self.locations,
            _ if is_of(SKU_KIND) => &mut self.skus,
            _ if is_of(LOCATION_KIND) => &mut self.locations,
            _ => return,
        };
        let mut values = Vec::new();
        each_value(text, arena, |value| {
            let value = if name == UNITS { Some(value) } else { source.map_or(Some(value), |s| s.value(value, arena)) };
            values.push(value.unwrap_or_default().trim());
        });
        // Several attributes may say the same.
        if *list != values {
            list.extend(values);
        }
    }

    /// Its lines, in the order in which they were sent.
    fn lines(&self) -> impl Iterator<Item = LineRecord<'a>> {
        self.skus.iter().enumerate().map(|(at, sku)| LineRecord {
            sku,
            location: match self.locations[..] {
                [location] => location,
                _ => nth(&self.locations, at, self.skus.len()),
            },
            units: nth(&self.units, at, self.skus.len()),
        })
    }
}

/// Of lists that are side by side, which are of one length.
fn nth<'a>(list: &[&'a str], at: usize, length: usize) -> &'a str {
    list.get(at).filter(|_| list.len() == length).copied().unwrap_or_default()
}

/// What `places`, the own attributes first, say of the goods of `order`, of whose span or event these are all `keys`.
pub(super) fn lines<'a>(
    order: Mention<'a>,
    keys: &[Mention<'a>],
    mut places: Vec<Place<'a>>,
    arena: &'a Bump,
) -> Option<&'a OrderLines<'a>> {
    let skus = || keys.iter().filter(|key| key.kind == SKU_KIND).map(|key| key.value);
    // A URL may say it.
    if places.iter().all(|place| place.skus.is_empty())
        && let Some(own) = places.first_mut()
    {
        own.skus = skus().collect();
    }
    let mut lines: Vec<LineRecord<'a>> = Vec::new();
    for line in places.iter().flat_map(Place::lines).filter(|line| skus().any(|sku| sku == line.sku)) {
        let units = units(line.units).map_or("", |_| line.units);
        match lines.iter_mut().find(|known| (known.sku, known.location) == (line.sku, line.location)) {
            Some(known) => known.units = sum(known.units, units, arena),
            None => lines.push(LineRecord { units, ..line }),
        }
    }
    let (amount, currency) = places.first().map_or(("", ""), |own| (own.amount, own.currency));
    let lines = arena.alloc_slice_copy(&lines);
    (!lines.is_empty()).then(|| &*arena.alloc(OrderLines { order, amount, currency, lines }))
}

fn units(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok().filter(|units| !units.is_sign_negative())
}

/// Of one that is not known nor is the sum.
fn sum<'a>(one: &str, other: &str, arena: &'a Bump) -> &'a str {
    let sum = units(one).zip(units(other)).and_then(|(one, other)| one.checked_add(other));
    sum.map_or("", |sum| arena.alloc_str(&sum.to_string()))
}
