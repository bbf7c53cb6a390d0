//! What becomes of a value that was found: a key, a hashed key, or nothing.

use ordertrace_api::keys::{Key, digest, usable_only_within_a_system};

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
        if self.keys.len() >= KEYS {
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
            assert!(keys("order", number, "global").is_empty());
        }
    }

    #[test]
    fn sessions_and_addresses_are_hashed() {
        let hashed = keys("session", "secret-token-1", "auto").remove(0);
        assert_eq!(hashed, format!("session:{}", digest("secret-token-1")));
        assert_eq!(hashed.len(), "session:".len() + 32);
        assert!(!keys("customer", "jo@example.com", "auto")[0].contains("jo"));
    }
}
