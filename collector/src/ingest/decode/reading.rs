//! A reading from what a gauge point or an event says.

use iso_currency::Currency;
use jiff::Timestamp;
use ordertrace_api::attributes::{
    CHANGED_AT, CHANNEL, CURRENCY, ENTITY, FEED, FIELD, LOCATION, MINOR_UNITS, POLL_INTERVAL_MS, SKU, STOCK_STATE,
    SYSTEM, VALUE, VERSION, parse_key_attribute,
};
use ordertrace_api::keys::{Key, SKU_IDS, usable, usable_only_within_a_system};
use ordertrace_api::reading::{Entity, StockState};
use rust_decimal::Decimal;

use super::Walk;
use super::refusal::Refusal;
use crate::record::{Attribute, ReadingRecord, SkuId};

type Refused<T> = Result<T, (Refusal, String)>;

/// What was sent as a reading.
pub(super) struct Told<'a, 'v> {
    pub(super) entity: Entity,
    /// Unless the attributes say it more exactly.
    pub(super) value: &'v str,
    pub(super) at_ns: i64,
    pub(super) attributes: Vec<Attribute<'a>>,
}

impl<'a> Walk<'a> {
    /// The reading of an event.
    pub(super) fn reading_of_event(&self, at_ns: i64, attributes: &[Attribute<'a>]) -> Refused<ReadingRecord<'a>> {
        let mut attributes = attributes.to_vec();
        let named = take(&mut attributes, ENTITY);
        let Some(entity) = Entity::parse(named) else {
            let known = Entity::ALL.map(Entity::name).join(", ");
            return refuse(format!("its {ENTITY} is {:?}, which is none of {known}", shown(named)));
        };
        self.reading(Told { entity, value: "", at_ns, attributes })
    }

    /// The reading that was told.
    pub(super) fn reading(&self, told: Told<'a, '_>) -> Refused<ReadingRecord<'a>> {
        let Told { entity, value, at_ns, mut attributes } = told;
        let arena = self.texts.arena;
        let system = &*arena.alloc_str(&self.recogniser.system(needed(&mut attributes, SYSTEM)?));
        let mut ids: &[SkuId<'a>] = &[];
        let mut id = None;
        let subject = match entity {
            Entity::Inventory | Entity::Price | Entity::Product => {
                ids = arena.alloc_slice_copy(&sku_ids(&mut attributes, system));
                match (take(&mut attributes, SKU), ids.first()) {
                    ("", None) => return refuse(format!("it lacks the attribute {SKU}, or another id of it")),
                    ("", Some(first)) => {
                        ids = &[];
                        id.insert(*first).value
                    }
                    (sku, _) => sku,
                }
            }
            Entity::Feed | Entity::SearchIndex => needed(&mut attributes, FEED)?,
            Entity::OrderStatus => arena.alloc_str(&order(&mut attributes)?.to_string()),
        };
        let currency = match entity {
            Entity::Price => Some(currency(needed(&mut attributes, CURRENCY)?)?),
            _ => None,
        };
        let minor_units_of = match take(&mut attributes, MINOR_UNITS) {
            "" | "false" => None,
            "true" if currency.is_some() => currency,
            "true" => return refuse(format!("it has {MINOR_UNITS}, which only prices have")),
            other => return refuse(format!("its {MINOR_UNITS} is {:?}; write true or false", shown(other))),
        };
        let exact = take(&mut attributes, VALUE);
        let value = if exact.is_empty() { value } else { exact };
        let value = match entity {
            Entity::Inventory | Entity::Price => arena.alloc_str(&exact_decimal(value, minor_units_of)?),
            Entity::Product | Entity::OrderStatus if value.is_empty() => return lacks(VALUE),
            _ => arena.alloc_str(value),
        };
        let changed_at_ns = match take(&mut attributes, CHANGED_AT) {
            "" if matches!(entity, Entity::Feed | Entity::SearchIndex) => return lacks(CHANGED_AT),
            text => self.changed_at(text)?,
        };
        Ok(ReadingRecord {
            entity,
            system,
            subject,
            id_kind: id.map_or("", |id| id.kind),
            id_system: id.map_or("", |id| id.system),
            other_ids: ids,
            location: take(&mut attributes, LOCATION),
            channel: take(&mut attributes, CHANNEL),
            currency: currency.map_or("", |currency| currency.code()),
            state: match entity {
                Entity::Inventory => stock_state(take(&mut attributes, STOCK_STATE))?,
                _ => "",
            },
            field: match entity {
                Entity::Product => needed(&mut attributes, FIELD)?,
                _ => "",
            },
            value,
            at_ns,
            version: take(&mut attributes, VERSION),
            changed_at_ns,
            interval_ms: take(&mut attributes, POLL_INTERVAL_MS).parse().unwrap_or(0),
            attributes: arena.alloc_slice_copy(&attributes),
        })
    }

    /// Nanoseconds since the Unix epoch; 0 where nothing is said.
    fn changed_at(&self, text: &str) -> Refused<i64> {
        match text.parse::<Timestamp>() {
            _ if text.is_empty() => Ok(0),
            Ok(time) => {
                let time_ns = u64::try_from(time.as_nanosecond()).unwrap_or(0);
                self.window.check(time_ns).map_err(|wrong| (Refusal::Time, format!("its {CHANGED_AT} {wrong}")))
            }
            Err(_) => refuse(format!("its {CHANGED_AT} {:?} is no RFC 3339 time", shown(text))),
        }
    }
}

/// The only key of an order among the attributes.
fn order(attributes: &mut Vec<Attribute<'_>>) -> Refused<Key> {
    let of_order = |name: &str| parse_key_attribute(name).is_some_and(|(kind, _)| kind == "order");
    let Some(at) = attributes.iter().position(|(name, _)| of_order(name)) else {
        return lacks("commerce.order.id");
    };
    let (name, value) = attributes.remove(at);
    let system = parse_key_attribute(name).and_then(|(_, system)| system).map(str::to_owned);
    match Key::global("order", value) {
        Some(key) => Ok(Key { system, ..key }),
        None => refuse(format!("its {name} {:?} is no key", shown(value))),
    }
}

/// The ids among the attributes that name a SKU, taken out. Numbers are so within the system whose reading it is.
fn sku_ids<'a>(attributes: &mut Vec<Attribute<'a>>, system: &'a str) -> Vec<SkuId<'a>> {
    let mut ids = Vec::new();
    attributes.retain(|(name, value): &Attribute<'a>| {
        let (name, value) = (*name, value.trim());
        let Some((kind, within)) = parse_key_attribute(name).filter(|(kind, _)| SKU_IDS.contains(kind)) else {
            return true;
        };
        if !usable(value) {
            return true;
        }
        let seen_at = if usable_only_within_a_system(value) { system } else { "" };
        ids.push(SkuId { kind, system: within.unwrap_or(seen_at), value });
        false
    });
    ids
}

/// In major units, if it is in minor units of a currency. Trailing zeros mean nothing, so that equal values are equal
/// texts.
fn exact_decimal(text: &str, minor_units_of: Option<Currency>) -> Refused<String> {
    let value = match Decimal::from_str_exact(text.trim()) {
        Ok(value) => value.normalize(),
        Err(_) if text.is_empty() => return lacks(VALUE),
        Err(_) => return refuse(format!("its value {:?} is no decimal of at most 28 digits", shown(text))),
    };
    let Some(currency) = minor_units_of else { return Ok(value.to_string()) };
    let Some(digits) = currency.exponent() else {
        return refuse(format!("it has {MINOR_UNITS}, and {} has no minor unit", currency.code()));
    };
    match Decimal::try_from_i128_with_scale(value.mantissa(), value.scale() + u32::from(digits)) {
        Ok(value) => Ok(value.normalize().to_string()),
        Err(_) => refuse(format!("its value {:?} is no decimal of at most 28 digits", shown(text))),
    }
}

fn currency(code: &str) -> Refused<Currency> {
    match Currency::from_code(code) {
        Some(currency) => Ok(currency),
        None => refuse(format!("its {CURRENCY} {:?} is no code of ISO 4217, such as EUR", shown(code))),
    }
}

fn stock_state(name: &str) -> Refused<&'static str> {
    match StockState::parse(name) {
        _ if name.is_empty() => Ok(StockState::default().name()),
        Some(state) => Ok(state.name()),
        None => {
            let known = StockState::ALL.map(StockState::name).join(", ");
            refuse(format!("its {STOCK_STATE} is {:?}, which is none of {known}", shown(name)))
        }
    }
}

fn needed<'a>(attributes: &mut Vec<Attribute<'a>>, name: &str) -> Refused<&'a str> {
    match take(attributes, name) {
        "" => lacks(name),
        value => Ok(value),
    }
}

/// Takes an attribute out; empty when it is not there.
fn take<'a>(attributes: &mut Vec<Attribute<'a>>, name: &str) -> &'a str {
    match attributes.iter().position(|(known, _)| *known == name) {
        Some(at) => attributes.remove(at).1,
        None => "",
    }
}

fn lacks<T>(name: &str) -> Refused<T> {
    refuse(format!("it lacks the attribute {name}"))
}

pub(super) fn refuse<T>(what: impl Into<String>) -> Refused<T> {
    Err((Refusal::Reading, what.into()))
}

/// As much of it as a message needs.
fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(80)]
}
