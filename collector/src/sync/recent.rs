//! Subjects that were taken in lately, as they were written: the targets of a change follow within seconds, and
//! what each of them says would be looked up again.

use lru::LruCache;

use super::item::Subject;
use super::packed::Packed;

/// Texts that are remembered, in bytes.
const MOST_BYTES: usize = 48 << 20;

/// What else remembering a subject takes, about.
const OVERHEAD_BYTES: usize = 160;

/// As many subjects as there is room for, those that were taken in last.
#[derive(Debug)]
pub(super) struct Recent {
    subjects: LruCache<Subject, Packed>,
    bytes: usize,
}

impl Recent {
    /// Nothing is remembered yet.
    pub(super) fn new() -> Self {
        Self { subjects: LruCache::unbounded(), bytes: 0 }
    }

    /// What was written of a subject last, if that is remembered. It is remembered no longer.
    pub(super) fn take(&mut self, subject: &Subject) -> Option<Packed> {
        let packed = self.subjects.pop(subject)?;
        self.bytes -= size(subject, &packed);
        Some(packed)
    }

    /// Remembers what is written of a subject.
    pub(super) fn put(&mut self, subject: Subject, packed: Packed) {
        self.take(&subject);
        self.bytes += size(&subject, &packed);
        self.subjects.put(subject, packed);
        while self.bytes > MOST_BYTES {
            let Some((subject, packed)) = self.subjects.pop_lru() else { return };
            self.bytes -= size(&subject, &packed);
        }
    }

    /// Forgets everything: it may have been written anew by others.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }
}

fn size(subject: &Subject, packed: &Packed) -> usize {
    subject.name.len() + packed.text.len() + OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    use ordertrace_api::reading::Entity;

    use super::*;

    #[test]
    fn those_that_were_taken_in_last_are_remembered() {
        let subject = |name: usize| Subject { entity: Entity::Inventory, name: format!("{name:08}") };
        let packed = |until_ms| Packed { text: "x".repeat((1 << 20) - OVERHEAD_BYTES - 8), until_ms };
        let mut recent = Recent::new();
        (0..48).for_each(|name| recent.put(subject(name), packed(0)));
        recent.put(subject(0), packed(1));
        assert_eq!(recent.bytes, MOST_BYTES, "what is put again counts once");
        recent.put(subject(48), packed(0));
        assert_eq!(recent.take(&subject(1)), None, "the oldest goes");
        assert_eq!(recent.take(&subject(0)), Some(packed(1)));
        assert_eq!(recent.take(&subject(0)), None);
        (2..49).for_each(|name| assert!(recent.take(&subject(name)).is_some()));
        assert_eq!(recent.bytes, 0);
    }
}
