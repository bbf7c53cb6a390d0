use super::item::Item;

/// A reading, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) item: Item,
    pub(super) system: String,
    pub(super) value: String,
    /// When it was read, nanoseconds since the Unix epoch, as all times here.
    pub(super) at_ns: i64,
    /// When the system changed it; 0 = unknown.
    pub(super) changed_at_ns: i64,
    /// The system's own version; empty = unknown.
    pub(super) version: String,
    /// Milliseconds between two polls; 0 = it was not polled.
    pub(super) interval_ms: u32,
}

/// One system's copy of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) item: Item,
    pub(super) system: String,
    pub(super) value: String,
    /// Since when it has this value, as far as is known.
    pub(super) since_ns: i64,
    /// How much earlier that may have been.
    pub(super) uncertain_ms: u32,
    /// When it was last read.
    pub(super) at_ns: i64,
    /// When what was read then was so: when the system changed it, else when it was read.
    pub(super) moment_ns: i64,
    pub(super) version: String,
}

impl Read {
    /// The same of a SKU.
    pub(super) fn of_sku(&self, sku: &str) -> Self {
        let mut read = self.clone();
        sku.clone_into(&mut read.item.subject.name);
        read
    }

    /// When what was read was so.
    pub(super) fn moment_ns(&self) -> i64 {
        if self.changed_at_ns > 0 { self.changed_at_ns } else { self.at_ns }
    }
}

impl Copy {
    /// The first that is known of it.
    pub(super) fn of(read: &Read) -> Self {
        Self {
            item: read.item.clone(),
            system: read.system.clone(),
            value: read.value.clone(),
            since_ns: read.moment_ns(),
            uncertain_ms: if read.changed_at_ns > 0 { 0 } else { read.interval_ms },
            at_ns: read.at_ns,
            moment_ns: read.moment_ns(),
            version: read.version.clone(),
        }
    }

    /// Takes a reading in, in whichever order they come: the newest says what the value is. Whether it is
    /// another value now.
    pub(super) fn take(&mut self, read: &Read) -> bool {
        let last_at_ns = self.at_ns;
        self.at_ns = self.at_ns.max(read.at_ns);
        if !self.is_older_than(read) {
            return false;
        }
        if self.value == read.value {
            self.moment_ns = read.moment_ns();
            self.version.clone_from(&read.version);
            return false;
        }
        let newest = Self::of(read);
        let uncertain_ms = match newest.uncertain_ms {
            0 => 0,
            // It was changed after it was looked at before, which is more than an interval ago where polls failed.
            _ => {
                let looked_ms = read.at_ns.saturating_sub(last_at_ns).max(0) / 1_000_000;
                u32::try_from(looked_ms).unwrap_or(u32::MAX)
            }
        };
        *self = Self { uncertain_ms, at_ns: self.at_ns, ..newest };
        true
    }

    /// Whether a reading is newer: by the system's own counting where it counts, else by time. Of two of the
    /// same time always the same one is, whichever came first.
    fn is_older_than(&self, read: &Read) -> bool {
        match (self.version.parse::<u64>(), read.version.parse::<u64>()) {
            (Ok(known), Ok(version)) if known != version => known < version,
            _ => (self.moment_ns, &self.value) < (read.moment_ns(), &read.value),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use ordertrace_api::reading::Entity;
    use proptest::prelude::*;

    use super::*;
    use crate::sync::item::Subject;

    pub(in crate::sync) fn stock(location: &str) -> Item {
        Item {
            subject: Subject { entity: Entity::Inventory, name: "SKU".to_owned() },
            location: location.to_owned(),
            channel: String::new(),
            currency: String::new(),
            state: "available".to_owned(),
            field: String::new(),
        }
    }

    pub(in crate::sync) fn read(system: &str, value: &str, at_s: i64) -> Read {
        Read {
            item: stock("main"),
            system: system.to_owned(),
            value: value.to_owned(),
            at_ns: at_s * 1_000_000_000,
            changed_at_ns: 0,
            version: String::new(),
            interval_ms: 0,
        }
    }

    #[test]
    fn the_value_is_that_of_the_newest_reading() {
        let mut copy = Copy::of(&read("erp", "5", 10));
        assert!(!copy.take(&read("erp", "5", 20)));
        assert_eq!((copy.since_ns, copy.at_ns), (10_000_000_000, 20_000_000_000));
        assert!(!copy.take(&read("erp", "9", 15)), "it came late");
        assert!(copy.take(&Read { interval_ms: 60_000, ..read("erp", "4", 30) }));
        assert_eq!((copy.value.as_str(), copy.since_ns), ("4", 30_000_000_000));
        assert_eq!(copy.uncertain_ms, 10_000, "no earlier than it was last read");
        let changed = Read { changed_at_ns: 35_000_000_000, interval_ms: 60_000, ..read("erp", "3", 40) };
        assert!(copy.take(&changed));
        assert_eq!((copy.since_ns, copy.uncertain_ms), (35_000_000_000, 0));
    }

    #[test]
    fn polls_that_failed_leave_more_open() {
        let polled = |value: &str, at_s| Read { interval_ms: 60_000, ..read("web", value, at_s) };
        let mut copy = Copy::of(&polled("5", 60));
        assert!(copy.take(&polled("4", 240)));
        assert_eq!((copy.since_ns, copy.uncertain_ms), (240_000_000_000, 180_000));
    }

    #[test]
    fn a_systems_own_counting_goes_before_its_clock() {
        let versioned =
            |value: &str, at_s, version: &str| Read { version: version.to_owned(), ..read("erp", value, at_s) };
        let mut copy = Copy::of(&versioned("5", 10, "7"));
        assert!(!copy.take(&versioned("6", 20, "6")));
        assert!(copy.take(&versioned("4", 5, "8")));
        assert!(copy.take(&versioned("3", 30, "")), "by time where one does not count");
    }

    proptest! {
        #[test]
        fn order_of_arrival_does_not_matter(
            reads in prop::collection::vec((0..4_i64, "[a-c]", 0..3_i64), 1..8),
            seed in any::<u64>(),
        ) {
            let reads: Vec<Read> = reads
                .into_iter()
                .map(|(at, value, changed)| Read { changed_at_ns: changed, ..read("erp", &value, at + 1) })
                .collect();
            let newest = |reads: &[Read]| {
                let mut copy = Copy::of(&reads[0]);
                reads[1..].iter().for_each(|read| { copy.take(read); });
                copy.value
            };
            let mut shuffled = reads.clone();
            let mut state = seed;
            for at in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                shuffled.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
            }
            prop_assert_eq!(newest(&reads), newest(&shuffled));
        }
    }
}
