//! What a milestone is about, in money, as a body says it. Decimals throughout: an amount is never
//! a float. Bodies are read as JSON numbers, whose shortest decimal form is taken.

use iso_currency::Currency;
use ordertrace_api::finding::Money;

use crate::decimal::exact;
use crate::minor::MinorUnits;

/// Where an amount stands and how to read it.
#[derive(Clone, Debug)]
pub(super) struct Amount {
    /// Index of the amount's pattern.
    pub(super) value: usize,
    pub(super) currency: CurrencySource,
    pub(super) unit: Unit,
}

#[derive(Clone, Debug)]
pub(super) enum CurrencySource {
    Fixed(Currency),
    /// Index of the pattern of its code.
    At(usize),
}

/// The unit that amounts are told in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Major,
    Minor(MinorUnits),
}

/// The currency of a code in any case.
pub(super) fn currency(code: &str) -> Option<Currency> {
    Currency::from_code(&code.trim().to_ascii_uppercase())
}

impl Unit {
    /// The amount that a text tells; `None` for what is negative or no decimal of at most 28 digits.
    pub(super) fn money(&self, text: &str, currency: Currency) -> Option<Money> {
        let shift = match self {
            Self::Major => 0,
            Self::Minor(units) => units.shift(currency)?,
        };
        let amount = exact(text, false, shift).ok()?;
        (!amount.starts_with('-')).then(|| Money { amount, currency: currency.code().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn minor(text: &str, code: &str, unit: &Unit) -> Option<String> {
        unit.money(text, currency(code).unwrap()).map(|money| format!("{} {}", money.amount, money.currency))
    }

    #[test]
    fn minor_units_have_as_many_digits_as_the_currency() {
        let unit = Unit::Minor(MinorUnits::new(&BTreeMap::from([("ISK".to_owned(), 2)])).unwrap());
        for (text, code, expected) in [
            ("7604", "usd", "76.04 USD"),
            ("1230", "JPY", "1230 JPY"),
            ("1230", "KWD", "1.230 KWD"),
            ("5", "EUR", "0.05 EUR"),
            ("123000", "ISK", "1230.00 ISK"),
            ("9007199254740993", "EUR", "90071992547409.93 EUR"),
        ] {
            assert_eq!(minor(text, code, &unit).as_deref(), Some(expected), "{text} {code}");
        }
        assert_eq!(minor("12.30", "EUR", &Unit::Major).as_deref(), Some("12.30 EUR"));
    }

    #[test]
    fn what_is_no_amount_is_none() {
        let unit = Unit::Minor(MinorUnits::default());
        for text in ["", "free", "-5", "NaN", "99999999999999999999999999999999"] {
            assert_eq!(minor(text, "EUR", &unit), None, "{text}");
        }
        // Gold has no minor unit.
        assert_eq!(minor("5", "XAU", &unit), None);
        assert_eq!(currency("euro"), None);
    }
}
