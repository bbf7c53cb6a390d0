//! What an id's value alone tells.

use super::card::may_be_card_number;

/// Longest value kept as a key, in bytes. UUIDs, Shopify GIDs and SHA-256 digests fit.
const LONGEST: usize = 128;

/// Id prefixes that one vendor alone uses, and the kind they name.
/// Source: Stripe API reference, object ids; Medusa v2 entity id prefixes.
const PREFIXES: [(&str, &str); 8] = [
    ("pi_", "payment"),
    ("ch_", "charge"),
    ("py_", "charge"),
    ("re_", "refund"),
    ("pyr_", "refund"),
    ("cs_test_", "checkout"),
    ("cs_live_", "checkout"),
    ("cus_", "customer"),
];

/// Texts that stand where an id should and name nothing.
const NOTHING: [&str; 10] = ["null", "undefined", "none", "nil", "nan", "unknown", "true", "false", "n/a", "-"];

/// Whether a value can be an id at all: 1 to 128 printable bytes without white space that
/// are not a way of writing "nothing". A lone zero is what many systems write for "none yet".
/// A payment card number is never kept.
pub fn usable(value: &str) -> bool {
    (1..=LONGEST).contains(&value.len())
        && !value.chars().any(|c| c.is_control() || c.is_whitespace())
        && value.bytes().any(|b| b != b'0')
        && !NOTHING.iter().any(|nothing| nothing.eq_ignore_ascii_case(value))
        && !may_be_card_number(value)
}

/// Whether the value is so plain that every system has one like it: a number, possibly
/// behind a `#`.
pub fn usable_only_within_a_system(value: &str) -> bool {
    let digits = value.strip_prefix('#').unwrap_or(value);
    digits.bytes().all(|b| b.is_ascii_digit())
}

/// The kind that a value's form gives away: `pi_uKa3HTSa0qZBtw` is a payment.
pub fn kind_of_value(value: &str) -> Option<&'static str> {
    let (prefix, kind) = PREFIXES.iter().find(|(prefix, _)| value.starts_with(prefix))?;
    let rest = &value[prefix.len()..];
    // Stripe's ids are base 62 without separators: `pi_x_secret_y` is a credential, not an id.
    (rest.len() >= 8 && rest.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(*kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_name_nothing() {
        for value in ["", "0", "000", "null", "NULL", "undefined", "a b", "a\u{7}b", &"x".repeat(129)] {
            assert!(!usable(value), "{value:?}");
        }
        for value in ["4", "A", "gid://shopify/Order/4", "Bestellung-é", &"x".repeat(128)] {
            assert!(usable(value), "{value:?}");
        }
    }

    #[test]
    fn vendor_prefixes() {
        assert_eq!(kind_of_value("pi_uKa3HTSa0qZBtw"), Some("payment"));
        assert_eq!(kind_of_value("pi_uKa3HTSa0qZBtw_secret_nFKWJiK33JXZu0Uv"), None);
        assert_eq!(kind_of_value("pi_"), None);
        assert_eq!(kind_of_value("order"), None);
    }
}
