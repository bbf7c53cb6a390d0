//! Hundredths of something, in exact decimals.

use rust_decimal::Decimal;

/// Whether a difference is more than so many percent of `whole`; the sign of either does not matter.
///
/// Multiplied out, so that nothing is divided by 0: of nothing any difference is over every percentage. What no
/// decimal holds is larger than what one does.
pub(crate) fn is_over(difference: Decimal, whole: Decimal, percent: Decimal) -> bool {
    let (difference, whole) = (difference.abs(), whole.abs());
    match (difference.checked_mul(Decimal::ONE_HUNDRED), whole.checked_mul(percent)) {
        (Some(difference), Some(limit)) => difference > limit,
        (None, Some(_)) => true,
        (Some(_), None) => false,
        (None, None) => whole.checked_mul(percent / Decimal::ONE_HUNDRED).is_some_and(|limit| difference > limit),
    }
}

/// How many percent of `whole` a difference is, with its sign, to two places; `None` of nothing, and where no
/// decimal holds it.
pub(crate) fn of(difference: Decimal, whole: Decimal) -> Option<Decimal> {
    let percent = difference.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole.abs())?;
    Some(percent.round_dp(2).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    #[test]
    fn a_difference_is_a_part_of_the_whole() {
        let percent =
            |difference: &str, whole: &str| of(decimal(difference), decimal(whole)).map(|percent| percent.to_string());
        assert_eq!(percent("5", "19.95").as_deref(), Some("25.06"));
        assert_eq!(percent("-11", "12").as_deref(), Some("-91.67"));
        assert_eq!(percent("-3", "-6").as_deref(), Some("-50"));
        assert_eq!(percent("7", "0"), None);
        assert_eq!(percent("79228162514264337593543950335", "1"), None);
    }

    #[test]
    fn what_is_over_is_exact() {
        let is_over = |difference, whole, percent| is_over(decimal(difference), decimal(whole), decimal(percent));
        assert!(!is_over("0.3", "10", "3"), "no float");
        assert!(is_over("0.3000000000000000000000000001", "10", "3"));
        assert!(is_over("0.0001", "0", "1000"));
        assert!(!is_over("0", "0", "0"));
        assert!(is_over("-1.01", "-100", "1"));
    }
}
