use ordertrace_api::attributes::{AMOUNT, CURRENCY, IDEMPOTENCY_KEY, REASON, UNITS};
use ordertrace_api::keys::Key;

/// A milestone as it was seen in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sighting {
    /// Nanoseconds since the Unix epoch.
    pub at_ns: i64,
    /// The milestone.
    pub name: String,
    /// The system that showed it.
    pub system: String,
    /// All zero when outside of any trace, or not known.
    pub trace_id: [u8; 16],
    /// All zero when no span showed it, or that is not known.
    pub span_id: [u8; 8],
    /// Strong keys in the same place.
    pub keys: Vec<Key>,
    /// What else was said there.
    pub said: Said,
}

/// What a span or event says of the milestone it shows; as it was sent, empty = nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Said {
    /// The caller's idempotency key.
    pub idempotency_key: String,
    /// The amount it is about.
    pub amount: String,
    /// The amount's currency.
    pub currency: String,
    /// How many units of goods it is about.
    pub units: String,
    /// Why it came to it.
    pub reason: String,
}

impl Said {
    /// What attributes say.
    pub(super) fn of<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut said = Self::default();
        for (name, value) in attributes {
            let field = match name {
                IDEMPOTENCY_KEY => &mut said.idempotency_key,
                AMOUNT => &mut said.amount,
                CURRENCY => &mut said.currency,
                UNITS => &mut said.units,
                REASON => &mut said.reason,
                _ => continue,
            };
            value.clone_into(field);
        }
        said
    }
}

/// A milestone of a system at a time, whatever else is said of it.
pub(super) type Place<'s> = (i64, &'s str, &'s str);

impl Sighting {
    /// What makes it one with others of the same.
    pub(super) fn place(&self) -> Place<'_> {
        (self.at_ns, &self.name, &self.system)
    }
}
