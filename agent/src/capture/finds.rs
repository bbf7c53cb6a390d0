//! What becomes of a value that was found: a key, a hashed key, or nothing.

use std::borrow::Cow;

use ordertrace_api::keys::{Key, usable_only_within_a_system};
use sha2::{Digest, Sha256};

/// Keys kept of one exchange.
const KEYS: usize = 64;

/// Where an id is unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Global,
    /// Numbers within the sending system, anything else everywhere.
    From,
    /// Numbers within the receiving system, anything else everywhere.
    To,
    System(String),
}

impl Scope {
    pub(super) fn parse(text: &str) -> Self {
        match text {
            "global" => Self::Global,
            "from" => Self::From,
            "" | "auto" | "to" => Self::To,
            system => Self::System(system.to_owned()),
        }
    }
}

/// The keys of one exchange, in order of discovery, each once.
#[derive(Debug)]
pub(super) struct Finds<'e> {
    from: &'e str,
    to: &'e str,
    keys: Vec<Key>,
}

impl<'e> Finds<'e> {
    pub(super) fn new(from: &'e str, to: &'e str) -> Self {
        Self { from, to, keys: Vec::new() }
    }

    /// The only way in. Card numbers never pass; sessions and addresses pass hashed.
    pub(super) fn add(&mut self, kind: &str, value: &str, scope: &Scope, hash: bool) {
        let value = value.trim();
        if self.keys.len() >= KEYS || is_card_number(value) {
            return;
        }
        // Sent in the clear, an id is a number only within its system whoever hashes it later.
        let system = match scope {
            Scope::Global => None,
            Scope::From => usable_only_within_a_system(value).then_some(self.from),
            Scope::To => usable_only_within_a_system(value).then_some(self.to),
            Scope::System(system) => Some(system.as_str()),
        };
        let Some(key) = Key::global(kind, value) else { return };
        let key = Key { system: system.map(str::to_owned), ..key };
        let key =
            if hash || kind == "session" || value.contains('@') { Key { value: digest(value), ..key } } else { key };
        if !self.keys.contains(&key) {
            self.keys.push(key);
        }
    }

    pub(super) fn into_keys(self) -> Vec<Key> {
        self.keys
    }
}

/// The first 32 hexadecimal digits of the SHA-256 of a value: equal values stay equal, and
/// what cannot be guessed cannot be read back.
pub(super) fn digest(value: &str) -> String {
    hex::encode(&Sha256::digest(value.as_bytes())[..16])
}

/// 13 to 19 digits, possibly with dashes, that pass the Luhn check (ISO/IEC 7812-1).
pub(super) fn is_card_number(value: &str) -> bool {
    let digits: Cow<'_, [u8]> = if value.contains('-') {
        Cow::Owned(value.bytes().filter(|b| *b != b'-').collect())
    } else {
        Cow::Borrowed(value.as_bytes())
    };
    if !(13..=19).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| luhn(at, u32::from(digit - b'0'))).sum();
    sum.is_multiple_of(10)
}

fn luhn(at: usize, digit: u32) -> u32 {
    match (at % 2, digit * 2) {
        (0, _) => digit,
        (_, doubled) if doubled > 9 => doubled - 9,
        (_, doubled) => doubled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(kind: &str, value: &str, scope: &str) -> Vec<String> {
        let mut finds = Finds::new("shop", "psp");
        finds.add(kind, value, &Scope::parse(scope), false);
        finds.into_keys().iter().map(Key::to_string).collect()
    }

    #[test]
    fn numbers_stay_within_a_system() {
        assert_eq!(keys("order", "4", "auto"), ["order@psp:4"]);
        assert_eq!(keys("order", "4", "from"), ["order@shop:4"]);
        assert_eq!(keys("order", "4", "global"), ["order:4"]);
        assert_eq!(keys("order", "4", "erp"), ["order@erp:4"]);
        assert_eq!(keys("order", "A-4", "erp"), ["order@erp:A-4"]);
        assert_eq!(keys("order", "A-4", "from"), ["order:A-4"]);
    }

    #[test]
    fn card_numbers_are_never_keys() {
        for number in ["4242424242424242", "4242-4242-4242-4242", "378282246310005"] {
            assert!(is_card_number(number), "{number}");
            assert!(keys("order", number, "global").is_empty());
        }
        for number in ["4242424242424241", "424242424242", "42424242424242424242", "42424242424242a2"] {
            assert!(!is_card_number(number), "{number}");
        }
    }

    #[test]
    fn sessions_and_addresses_are_hashed() {
        let hashed = keys("session", "secret-token-1", "auto").remove(0);
        assert_eq!(hashed, format!("session:{}", digest("secret-token-1")));
        assert_eq!(hashed.len(), "session:".len() + 32);
        assert!(!keys("customer", "jo@example.com", "auto")[0].contains("jo"));
    }

    proptest::proptest! {
        /// Every number completed by its check digit is a card number; every other digit is not.
        #[test]
        fn exactly_one_last_digit_makes_a_card_number(body in "[0-9]{12,18}") {
            let passing = (0..10).filter(|last| is_card_number(&format!("{body}{last}"))).count();
            proptest::prop_assert_eq!(passing, 1);
        }
    }
}
