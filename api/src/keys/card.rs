/// Leading digits and lengths of payment card numbers (ISO/IEC 7812-1; the ranges that Visa,
/// Mastercard, American Express, Diners Club, Discover, JCB, UnionPay and Maestro publish).
const SCHEMES: [(&[u8], std::ops::RangeInclusive<usize>); 4] =
    [(b"4", 13..=13), (b"3", 14..=15), (b"23456", 16..=16), (b"3456", 17..=19)];

/// Whether the text may be a payment card number: of a card scheme's length and first digit,
/// possibly with dashes, dots or spaces, and with the Luhn check digit. Such a text is never
/// kept.
pub fn may_be_card_number(text: &str) -> bool {
    let mut digits = 0;
    let mut first = 0;
    let mut sum = 0;
    for byte in text.bytes().rev() {
        match byte {
            b'0'..=b'9' => {
                let digit = u32::from(byte - b'0');
                sum += match (digits % 2, digit) {
                    (0, digit) => digit,
                    (_, digit @ 0..=4) => digit * 2,
                    (_, digit) => digit * 2 - 9,
                };
                digits += 1;
                first = byte;
            }
            b'-' | b'.' | b' ' => {}
            _ => return false,
        }
    }
    sum.is_multiple_of(10)
        && SCHEMES.iter().any(|(firsts, lengths)| lengths.contains(&digits) && firsts.contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_known_by_scheme_length_and_check_digit() {
        // The card schemes' published test numbers.
        for text in [
            "4111111111111111",
            "5555-5555-5555-4444",
            "4242 4242 4242 4242",
            "378282246310005",
            "4222222222222",
            "30569309025904",
            "6304000000000000000",
        ] {
            assert!(may_be_card_number(text), "{text}");
        }
        for text in ["4111111111111112", "10042", "A4111111111111111", "", "41111111111111110000", "424242424242"] {
            assert!(!may_be_card_number(text), "{text}");
        }
    }

    #[test]
    fn long_ids_of_shops_are_no_card_numbers() {
        // Thirteen digits as Shopify counts them; one in ten passes the Luhn check.
        assert!((5_678_901_234_000_u64..5_678_901_235_000).all(|id| !may_be_card_number(&id.to_string())));
    }
}
