//! Minor units of currencies: 1230 is 12.30 EUR and 1230 JPY.

use std::collections::BTreeMap;

use iso_currency::Currency;

/// Most digits of a minor unit; ISO 4217 has four at most.
const MOST_DIGITS: u8 = 8;

/// The digits of minor units: those of ISO 4217, but for some currencies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MinorUnits(BTreeMap<String, u8>);

impl MinorUnits {
    /// With the digits of currencies that are configured not to be as ISO 4217 has them.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn new(configured: &BTreeMap<String, u8>) -> Result<Self, &'static str> {
        if configured.keys().any(|code| Currency::from_code(code).is_none()) {
            return Err("minor_digits is by ISO 4217 code in capitals: ISK: 2");
        }
        if configured.values().any(|digits| *digits > MOST_DIGITS) {
            return Err("minor_digits has at most 8 digits");
        }
        Ok(Self(configured.clone()))
    }

    /// By which power of ten an amount is multiplied; `None` for what has no minor unit, as gold.
    pub(crate) fn shift(&self, currency: Currency) -> Option<i8> {
        let digits = self.0.get(currency.code()).copied().map(u16::from).or(currency.exponent())?;
        i8::try_from(digits).ok().map(|digits| -digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_have_as_many_digits_as_iso_4217_says() {
        let units = MinorUnits::new(&BTreeMap::from([("ISK".to_owned(), 2)])).unwrap();
        let shift = |code| units.shift(Currency::from_code(code).unwrap());
        assert_eq!(["EUR", "JPY", "KWD", "ISK"].map(shift), [Some(-2), Some(0), Some(-3), Some(-2)]);
        assert_eq!(shift("XAU"), None, "gold");
        assert!(MinorUnits::new(&BTreeMap::from([("eur".to_owned(), 2)])).is_err());
        assert!(MinorUnits::new(&BTreeMap::from([("EUR".to_owned(), 9)])).is_err());
    }
}
