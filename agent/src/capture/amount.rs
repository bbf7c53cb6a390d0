//! What a milestone is about, in money, as a body says it. Decimals throughout: an amount is never
//! a float. Bodies are read as JSON numbers, whose shortest decimal form is taken.

use std::collections::BTreeMap;

use iso_currency::Currency;
use rust_decimal::Decimal;

/// Most digits of a minor unit; ISO 4217 has four at most.
const MOST_DIGITS: u8 = 8;

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
    /// With the digits of currencies that are not as ISO 4217 has them.
    Minor(BTreeMap<String, u8>),
}

/// An amount of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// Decimal text in the currency's major unit: `12.30`.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: &'static str,
}

/// The currency of a code in any case.
pub(super) fn currency(code: &str) -> Option<Currency> {
    Currency::from_code(&code.trim().to_ascii_uppercase())
}

/// Digits that a configuration gives for minor units.
pub(super) fn digits(configured: &BTreeMap<String, u8>) -> Result<BTreeMap<String, u8>, &'static str> {
    if configured.keys().any(|code| Currency::from_code(code).is_none()) {
        return Err("minor_digits is by ISO 4217 code in capitals: ISK: 2");
    }
    if configured.values().any(|digits| *digits > MOST_DIGITS) {
        return Err("minor_digits has at most 8 digits");
    }
    Ok(configured.clone())
}

impl Unit {
    /// The amount that a text tells; `None` for what is negative or no decimal of at most 28 digits.
    pub(super) fn money(&self, text: &str, currency: Currency) -> Option<Money> {
        let told = Decimal::from_str_exact(text.trim()).ok().filter(|told| !told.is_sign_negative())?;
        let amount = match self {
            Self::Major => told,
            Self::Minor(digits) => {
                let digits = digits.get(currency.code()).copied().map(u16::from).or(currency.exponent())?;
                told.checked_mul(Decimal::new(1, u32::from(digits)))?
            }
        };
        Some(Money { amount: amount.to_string(), currency: currency.code() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(text: &str, code: &str, unit: &Unit) -> Option<String> {
        unit.money(text, currency(code).unwrap()).map(|money| format!("{} {}", money.amount, money.currency))
    }

    #[test]
    fn minor_units_have_as_many_digits_as_the_currency() {
        let unit = Unit::Minor(BTreeMap::from([("ISK".to_owned(), 2)]));
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
        let unit = Unit::Minor(BTreeMap::new());
        for text in ["", "free", "-5", "1e5", "NaN", "99999999999999999999999999999999"] {
            assert_eq!(minor(text, "EUR", &unit), None, "{text}");
        }
        // Gold has no minor unit.
        assert_eq!(minor("5", "XAU", &unit), None);
        assert_eq!(currency("euro"), None);
    }
}
