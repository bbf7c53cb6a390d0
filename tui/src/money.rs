//! Amounts of money in few columns.

use ordertrace_api::finding::Money;

/// `129.90 EUR`.
pub fn full(money: &Money) -> String {
    format!("{} {}", money.amount, money.currency)
}

/// The largest amount, cut to a few digits, and `+` where there are other currencies, or `more` of which nobody says
/// how much it is; JSON has all of it.
pub fn short(amounts: &[Money], more: bool) -> String {
    let Some(most) = amounts.iter().max_by(|one, other| amount(one).total_cmp(&amount(other))) else {
        // What nobody says is not nothing.
        return "–".to_owned();
    };
    let whole = most.amount.split('.').next().unwrap_or_default();
    let cut = |digits: usize, unit: &str| {
        let (whole, rest) = whole.split_at_checked(whole.len().saturating_sub(digits)).unwrap_or((whole, ""));
        format!("{whole}.{}{unit}", rest.get(..1).unwrap_or("0"))
    };
    let text = match whole.len() {
        0..=5 => whole.to_owned(),
        6 => format!("{}k", whole.get(..3).unwrap_or(whole)),
        7..=9 => cut(6, "M"),
        _ => cut(9, "G"),
    };
    let others = if amounts.len() > 1 || more { "+" } else { "" };
    format!("{text} {}{others}", most.currency)
}

fn amount(money: &Money) -> f64 {
    money.amount.parse().unwrap_or(0.0)
}

/// The largest amount, whatever its currency; only for comparing.
pub fn largest(amounts: &[Money]) -> f64 {
    amounts.iter().map(amount).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_in_few_columns() {
        let of = |amounts: &[(&str, &str)]| {
            let money = |(amount, currency): &(&str, &str)| Money {
                amount: (*amount).to_owned(),
                currency: (*currency).to_owned(),
            };
            short(&amounts.iter().map(money).collect::<Vec<_>>(), false)
        };
        for (amount, expected) in [
            ("0.05", "0 EUR"),
            ("49.95", "49 EUR"),
            ("99999", "99999 EUR"),
            ("123456.78", "123k EUR"),
            ("1810233.40", "1.8M EUR"),
            ("999999999.99", "999.9M EUR"),
            ("12345678901", "12.3G EUR"),
        ] {
            assert_eq!(of(&[(amount, "EUR")]), expected);
        }
        assert_eq!(of(&[]), "–");
        assert_eq!(of(&[("0", "EUR")]), "0 EUR");
        assert_eq!(of(&[("7", "EUR"), ("900", "JPY")]), "900 JPY+");
        let least = Money { amount: "7".to_owned(), currency: "EUR".to_owned() };
        assert_eq!(short(&[least], true), "7 EUR+");
    }
}
