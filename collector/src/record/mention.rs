use ordertrace_api::keys::{Key, Strength};

/// A key on a span or event, and what it says there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mention<'a> {
    /// `order`, `payment`, …
    pub kind: &'a str,
    /// The system within which the value is unique; empty = everywhere.
    pub system: &'a str,
    /// The id itself.
    pub value: &'a str,
    /// Its kind's strength, or [`Strength::Weak`] where the span names so many orders that
    /// it is a batch and joins none of them.
    pub strength: Strength,
}

/// A cart alone is no order.
const CART: &str = "cart";

impl Mention<'_> {
    /// Whether it names an order.
    pub fn is_strong(&self) -> bool {
        self.strength == Strength::Strong
    }

    /// Whether it names what is an order, or becomes one: a cart alone is none.
    pub fn is_of_order(&self) -> bool {
        self.is_strong() && self.kind != CART
    }

    /// How well it names an order, the best first.
    pub fn rank(&self) -> (usize, bool) {
        const BEST: [&str; 4] = ["order", "marketplace_order", "checkout", "payment"];
        let rank = match self.kind {
            CART => BEST.len() + 1,
            kind => BEST.iter().position(|best| *best == kind).unwrap_or(BEST.len()),
        };
        (rank, !self.system.is_empty())
    }

    /// Whether both are the same key, whatever they say.
    pub fn is_same_key(&self, other: &Self) -> bool {
        self.value == other.value && self.kind == other.kind && self.system == other.system
    }

    /// The key.
    pub fn key(&self) -> Key {
        let system = Some(self.system).filter(|system| !system.is_empty());
        Key { kind: self.kind.to_owned(), system: system.map(str::to_owned), value: self.value.to_owned() }
    }
}

/// A [`Mention`] as journeys read it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key.
    pub key: Key,
    /// See [`Mention::strength`].
    pub strength: Strength,
}
