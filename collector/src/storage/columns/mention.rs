use crate::native::{BlockBuilder, Dictionary, Fixed, Offsets, Text};
use crate::record::Mention;
use crate::storage::codes::strength_code;

/// `keys Nested(kind, system, value, strength)`: the keys on a span, an event or an end.
#[derive(Debug)]
pub(super) struct Mentions {
    offsets: Offsets,
    kind: Dictionary,
    system: Dictionary,
    value: Text,
    strength: Fixed<1>,
}

impl Default for Mentions {
    fn default() -> Self {
        Self {
            offsets: Offsets::default(),
            kind: Dictionary::default(),
            system: Dictionary::default(),
            value: Text::default(),
            strength: Fixed::new("Enum8('strong' = 1, 'session' = 2, 'weak' = 3)"),
        }
    }
}

impl Mentions {
    pub(super) fn push(&mut self, keys: &[Mention<'_>]) {
        for Mention { kind, system, value, strength } in keys {
            self.kind.push(kind);
            self.system.push(system);
            self.value.push(value);
            self.strength.push(strength_code(*strength).to_le_bytes());
        }
        self.offsets.push(keys.len());
    }

    pub(super) fn write(self, block: &mut BlockBuilder) {
        let offsets = self.offsets.into_bytes();
        block
            .array("keys.kind", &offsets, self.kind)
            .array("keys.system", &offsets, self.system)
            .array("keys.value", &offsets, self.value)
            .array("keys.strength", &offsets, self.strength);
    }
}
