//! Decimals as sources write them, kept exact: no number passes through a float.

use std::borrow::Cow;

use rust_decimal::Decimal;

/// A text that is no decimal that can be kept exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not a number.
    #[error("is no decimal")]
    NotDecimal,
    /// `NaN` or an infinity.
    #[error("is not finite")]
    NotFinite,
    /// Beyond what is exact: 28 digits.
    #[error("has more digits than can be kept exactly (28)")]
    Overflow,
}

/// The exact decimal that `text` means, times ten to the power of `shift`: `1230` shifted by
/// -2 is `12.30`. Digits behind the point are kept as they stand.
///
/// Takes a sign, digits with one point, and an exponent as JSON writes it. With `comma` the
/// point is a comma, and a point is refused: it would group thousands or be one, and nobody
/// knows which.
pub(crate) fn exact(text: &str, comma: bool, shift: i8) -> Result<String, DecimalError> {
    let text = text.trim();
    let text = match comma {
        true if text.contains('.') => return Err(DecimalError::NotDecimal),
        true => Cow::Owned(text.replace(',', ".")),
        false => Cow::Borrowed(text),
    };
    let (sign, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (-1, &text[1..]),
        Some(b'+') => (1, &text[1..]),
        _ => (1, &*text),
    };
    let lower = unsigned.to_ascii_lowercase();
    if ["nan", "inf", "infinity"].contains(&lower.as_str()) {
        return Err(DecimalError::NotFinite);
    }
    let (digits, exponent) = match lower.split_once('e') {
        Some((digits, exponent)) => (digits, small(exponent)?),
        None => (lower.as_str(), 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_decimal = !(whole.is_empty() && fraction.is_empty())
        && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !is_decimal {
        return Err(DecimalError::NotDecimal);
    }
    let mut mantissa = 0_i128;
    for digit in whole.bytes().chain(fraction.bytes()) {
        mantissa = times_ten(mantissa)? + i128::from(digit - b'0');
    }
    let length = i64::try_from(fraction.len()).map_err(|_| DecimalError::Overflow)?;
    let mut scale = length - exponent - i64::from(shift);
    while scale < 0 && mantissa != 0 {
        mantissa = times_ten(mantissa)?;
        scale += 1;
    }
    while scale > i64::from(Decimal::MAX_SCALE) && mantissa % 10 == 0 && mantissa != 0 {
        mantissa /= 10;
        scale -= 1;
    }
    let scale = match mantissa {
        0 => scale.clamp(0, i64::from(Decimal::MAX_SCALE)),
        _ => scale,
    };
    let scale = u32::try_from(scale).map_err(|_| DecimalError::Overflow)?;
    let decimal = Decimal::try_from_i128_with_scale(sign * mantissa, scale).map_err(|_| DecimalError::Overflow)?;
    Ok(if decimal.is_zero() { decimal.abs() } else { decimal }.to_string())
}

/// Ten times a mantissa; no longer than what can be kept needs no more steps than digits.
fn times_ten(mantissa: i128) -> Result<i128, DecimalError> {
    mantissa.checked_mul(10).filter(|mantissa| *mantissa < i128::MAX / 10).ok_or(DecimalError::Overflow)
}

fn small(exponent: &str) -> Result<i64, DecimalError> {
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::NotDecimal);
    }
    // Any exponent of more digits is far beyond what can be kept.
    match exponent.parse::<i32>() {
        Ok(exponent) => Ok(i64::from(exponent)),
        Err(_) => Err(DecimalError::Overflow),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> Result<String, DecimalError> {
        exact(text, false, 0)
    }

    #[test]
    fn what_sources_write() {
        for (text, decimal) in [
            ("12.30", "12.30"),
            (" 7 ", "7"),
            ("-0.5", "-0.5"),
            ("+3", "3"),
            ("007", "7"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e3", "1000"),
            ("1.25E-2", "0.0125"),
            ("-0.00", "0.00"),
            ("0e99999", "0"),
            ("79228162514264337593543950335", "79228162514264337593543950335"),
        ] {
            assert_eq!(plain(text).as_deref(), Ok(decimal), "{text}");
        }
        assert_eq!(exact("1230", false, -2).as_deref(), Ok("12.30"));
        assert_eq!(exact("12.3", false, 3).as_deref(), Ok("12300"));
        assert_eq!(exact("12,30", true, 0).as_deref(), Ok("12.30"));
    }

    #[test]
    fn what_is_none() {
        for text in ["", " ", ".", "-", "1,000", "1.2.3", "0x10", "1_000", "12 EUR", "1e", "e5", "١٢", "--1"] {
            assert_eq!(plain(text), Err(DecimalError::NotDecimal), "{text:?}");
        }
        for text in ["NaN", "-inf", "Infinity", "+Infinity"] {
            assert_eq!(plain(text), Err(DecimalError::NotFinite), "{text}");
        }
        let long = "9".repeat(1_000_000);
        for text in ["1e400", "1e-400", "1e99999999999", "79228162514264337593543950336", &long] {
            assert_eq!(plain(text), Err(DecimalError::Overflow), "{text:.40}");
        }
        assert_eq!(exact("1.234,50", true, 0), Err(DecimalError::NotDecimal));
        assert_eq!(exact("1.234", true, 0), Err(DecimalError::NotDecimal));
    }

    proptest! {
        /// Minor units are major units with the point moved, to the last digit.
        #[test]
        fn minor_units_are_exact(cents in -10_i64.pow(18)..10_i64.pow(18)) {
            let text = exact(&cents.to_string(), false, -2).unwrap();
            let (sign, digits) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
            prop_assert_eq!(text, format!("{sign}{}.{:02}", digits / 100, digits % 100));
        }

        #[test]
        fn what_was_read_reads_as_itself(mantissa in -10_i128.pow(27)..10_i128.pow(27), scale in 0_u32..28) {
            let text = Decimal::from_i128_with_scale(mantissa, scale).to_string();
            prop_assert_eq!(plain(&text).unwrap(), if mantissa == 0 { text.replace('-', "") } else { text });
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}|[-+0-9.,eE]{0,60}", comma: bool, shift: i8) {
            if let Ok(decimal) = exact(&text, comma, shift) {
                prop_assert_eq!(plain(&decimal), Ok(decimal));
            }
        }
    }
}
