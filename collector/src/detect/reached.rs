use std::collections::BTreeMap;
use std::fmt;

use ordertrace_api::finding::Money;
use rust_decimal::Decimal;

use crate::journey::Sighting;

/// What a journey reached, by milestone.
#[derive(Debug)]
pub(super) struct Reached<'c>(BTreeMap<&'c str, Vec<&'c Sighting>>);

/// An amount of one currency, or a number of units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quantity {
    pub value: Decimal,
    /// ISO 4217; empty = units of goods.
    pub currency: String,
}

impl<'c> Reached<'c> {
    /// `sightings`, in any order.
    pub(super) fn new(sightings: &'c [Sighting]) -> Self {
        let mut reached: BTreeMap<&str, Vec<&Sighting>> = BTreeMap::new();
        for sighting in sightings {
            reached.entry(&sighting.name).or_default().push(sighting);
        }
        for seen in reached.values_mut() {
            seen.sort_unstable();
        }
        Self(reached)
    }

    /// Where a milestone was seen, by time.
    pub(super) fn all(&self, milestone: &str) -> &[&'c Sighting] {
        self.0.get(milestone).map(Vec::as_slice).unwrap_or_default()
    }

    /// Where it was seen first.
    pub(super) fn first(&self, milestone: &str) -> Option<&'c Sighting> {
        self.all(milestone).first().copied()
    }

    /// Where one of several milestones was seen first.
    pub(super) fn first_of<'m>(&self, milestones: impl IntoIterator<Item = &'m String>) -> Option<&'c Sighting> {
        milestones.into_iter().filter_map(|milestone| self.first(milestone)).min()
    }

    /// Whether a key of this kind was seen anywhere.
    pub(super) fn has_key_of(&self, kind: &str) -> bool {
        self.0.values().flatten().any(|sighting| sighting.keys.iter().any(|key| key.kind == kind))
    }

    /// What was seen last.
    pub(super) fn last(&self) -> Option<&'c Sighting> {
        self.0.values().filter_map(|seen| seen.last()).copied().max()
    }
}

impl Quantity {
    /// The amount that was said, in capitals of its currency; `None` when there is none that can be read.
    pub(super) fn amount(sighting: &Sighting) -> Option<Self> {
        let currency = sighting.said.currency.to_ascii_uppercase();
        let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        is_code.then_some(Self { value: positive(&sighting.said.amount)?, currency })
    }

    /// The units that were said: of a list, which is of an order's lines, all together.
    pub(super) fn units(sighting: &Sighting) -> Option<Self> {
        let text = sighting.said.units.trim();
        let value = match text.strip_prefix('[') {
            None => positive(text),
            Some(_) => list(text)?.iter().try_fold(Decimal::ZERO, |sum, text| sum.checked_add(positive(text)?)),
        };
        Some(Self { value: value?, currency: String::new() })
    }

    /// The largest of what several places said of one thing.
    pub(super) fn largest(said: impl Iterator<Item = Self>) -> Option<Self> {
        said.max_by(|a, b| (a.value, &b.currency).cmp(&(b.value, &a.currency)))
    }

    /// All together; `None` unless all are known and of one currency.
    pub(super) fn sum(parts: impl IntoIterator<Item = Option<Self>>) -> Option<Self> {
        parts.into_iter().reduce(|sum, part| {
            let (sum, part) = (sum?, part?);
            let value = sum.value.checked_add(part.value)?;
            (sum.currency == part.currency).then_some(Self { value, currency: sum.currency })
        })?
    }

    /// As the API writes it; `None` for units of goods.
    pub(super) fn into_money(self) -> Option<Money> {
        (!self.currency.is_empty()).then(|| Money { amount: self.value.to_string(), currency: self.currency })
    }

    /// By how much this is more than `other`; `None` when they cannot be compared.
    pub(super) fn beyond(&self, other: &Self) -> Option<Decimal> {
        if self.currency != other.currency {
            return None;
        }
        self.value.checked_sub(other.value)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.currency.is_empty() { "units" } else { &self.currency };
        write!(f, "{} {unit}", self.value)
    }
}

/// The texts and numbers of an array in JSON; `None` when it is none, or empty.
fn list(text: &str) -> Option<Vec<String>> {
    let values: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    (!values.is_empty()).then(|| values.into_iter().map(text).collect())
}

/// Decimal text as it was meant: exact, not below zero.
fn positive(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text.trim()).ok().filter(|value| !value.is_sign_negative())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_lines_are_units_of_all() {
        let units = |text: &str| {
            let mut sighting = Sighting::default();
            text.clone_into(&mut sighting.said.units);
            Quantity::units(&sighting).map(|units| units.to_string())
        };
        assert_eq!(units("3"), Some("3 units".to_owned()));
        assert_eq!(units(r#"["2","0.25",1]"#), Some("3.25 units".to_owned()));
        for unknown in ["", "[]", "[2", r#"["2",null]"#, r#"["2","-1"]"#] {
            assert_eq!(units(unknown), None, "{unknown}");
        }
    }
}
