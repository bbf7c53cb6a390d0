//! How much is too much, in exact decimals.

use rust_decimal::Decimal;

use crate::percent;

/// What a difference is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// As it is counted.
    Units,
    /// Hundredths of what the source says.
    Percent,
    /// Major units of a currency.
    Money,
}

/// From where on something is told, and from where on no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Threshold {
    pub(super) unit: Unit,
    pub(super) over: Decimal,
    /// At most `over`.
    pub(super) closes_under: Decimal,
}

/// How a measure stands to a threshold. Between the two limits it is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Above the one that opens.
    Over,
    /// Not above the one that opens, above the one that closes.
    Between,
    /// Not above the one that closes.
    Under,
}

impl Threshold {
    /// A little less than what opens, for a database that counts in floating point: what is exact is decided
    /// afterwards.
    pub(super) fn approximately(&self) -> f64 {
        // Every decimal has an f64 near it.
        f64::try_from(self.over).unwrap_or(0.0) * (1.0 - 1e-9)
    }

    /// How a `difference` stands whose source says `source`. The sign of either does not matter, and of a
    /// source that says 0 any difference is over every percentage.
    pub(super) fn level(&self, difference: Decimal, source: Decimal) -> Level {
        let is_over = |limit: Decimal| match self.unit {
            Unit::Units | Unit::Money => difference.abs() > limit,
            Unit::Percent => percent::is_over(difference, source, limit),
        };
        level(is_over(self.over), is_over(self.closes_under))
    }
}

/// The level of what is over the limit that opens, and over the one that closes.
pub(super) fn level(over: bool, over_closing: bool) -> Level {
    match (over, over_closing) {
        (true, _) => Level::Over,
        (false, true) => Level::Between,
        (false, false) => Level::Under,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    fn threshold(unit: Unit, over: &str, closes_under: &str) -> Threshold {
        Threshold { unit, over: decimal(over), closes_under: decimal(closes_under) }
    }

    #[test]
    fn units_either_way() {
        let threshold = threshold(Unit::Units, "5", "2");
        let level = |difference| threshold.level(decimal(difference), Decimal::ZERO);
        assert_eq!(
            ["5.0001", "-6", "5", "-2.5", "2", "0"].map(level),
            [Level::Over, Level::Over, Level::Between, Level::Between, Level::Under, Level::Under]
        );
    }

    #[test]
    fn percent_of_the_source() {
        let threshold = threshold(Unit::Percent, "10", "5");
        let level = |difference, source| threshold.level(decimal(difference), decimal(source));
        assert_eq!(level("10.1", "100"), Level::Over);
        assert_eq!(level("-10", "100"), Level::Between);
        assert_eq!(level("5", "-100"), Level::Under);
    }

    #[test]
    fn of_nothing_any_difference_is_over_every_percentage() {
        let huge = threshold(Unit::Percent, "100000", "1000");
        assert_eq!(huge.level(decimal("0.0001"), Decimal::ZERO), Level::Over);
        assert_eq!(huge.level(Decimal::ZERO, Decimal::ZERO), Level::Under);
    }

    proptest! {
        #[test]
        fn no_number_makes_it_stop(
            difference in any::<[u8; 16]>(),
            source in any::<[u8; 16]>(),
            over in any::<[u8; 16]>(),
            percent in any::<bool>(),
        ) {
            let [difference, source, over] = [difference, source, over].map(Decimal::deserialize);
            let unit = if percent { Unit::Percent } else { Unit::Units };
            let over = over.abs();
            let level = Threshold { unit, over, closes_under: over }.level(difference, source);
            prop_assert_ne!(level, Level::Between);
        }
    }
}
