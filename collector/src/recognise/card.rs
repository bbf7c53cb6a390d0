/// Whether the text may be a payment card number (ISO/IEC 7812-1: 13 to 19 digits whose last
/// one is the Luhn check digit). Such a text is never kept as a key.
pub(super) fn may_be_card_number(text: &str) -> bool {
    let mut digits = 0_u32;
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
            }
            b'-' | b'.' | b' ' => {}
            _ => return false,
        }
    }
    (13..=19).contains(&digits) && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_known_by_length_and_check_digit() {
        // The card schemes' published test numbers.
        for text in
            ["4111111111111111", "5555-5555-5555-4444", "378282246310005", "4222222222222", "6304000000000000000"]
        {
            assert!(may_be_card_number(text), "{text}");
        }
        for text in ["4111111111111112", "10042", "A4111111111111111", "", "41111111111111110000", "411111111116"] {
            assert!(!may_be_card_number(text), "{text}");
        }
    }
}
