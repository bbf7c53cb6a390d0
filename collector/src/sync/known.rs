use std::collections::{BTreeMap, BTreeSet};

use super::copy::{Copy, Read};
use super::drift::{Drift, decide};
use super::item::Item;
use super::pair::{Pair, Pairs};

/// All that is known of one subject, and what readings make of it.
#[derive(Debug)]
pub(super) struct Known {
    copies: BTreeMap<(Item, String), Copy>,
    /// Those that were read by now.
    touched: BTreeSet<(Item, String)>,
    /// As they were written last, and as they are now; what is over stands among `over`.
    written: BTreeMap<Place, Drift>,
    open: BTreeMap<Place, Drift>,
    over: Vec<Drift>,
}

/// What is compared, its target, and the target's item.
pub(super) type Place = (String, String, Item);

pub(super) fn place(drift: &Drift) -> Place {
    (drift.sync.clone(), drift.target.clone(), drift.item.clone())
}

impl Known {
    pub(super) fn new(copies: Vec<Copy>, open: Vec<Drift>) -> Self {
        let copies = copies.into_iter().map(|copy| ((copy.item.clone(), copy.system.clone()), copy)).collect();
        let open: BTreeMap<Place, Drift> = open.into_iter().map(|drift| (place(&drift), drift)).collect();
        Self { copies, touched: BTreeSet::new(), written: open.clone(), open, over: Vec::new() }
    }

    /// Takes readings in, whatever arrived first, in the order in which what they tell happened: so it does
    /// not matter which of them are taken in at once.
    pub(super) fn take(&mut self, pairs: &Pairs, mut reads: Vec<&Read>) {
        reads.sort_by_key(|read| (read.moment_ns(), read.at_ns, &read.system, &read.item, &read.value));
        for read in reads {
            if self.read(read) {
                let concerned = |pair: &&Pair| [&pair.source, &pair.target].contains(&&read.system);
                pairs.iter().filter(concerned).for_each(|pair| self.hold(pair));
            }
        }
        // What is there for the first time is no change, and not alone: all locations of a stock come one by
        // one. And what another collector took in is no news, but what follows from it may not be written yet.
        pairs.iter().for_each(|pair| self.hold(pair));
    }

    /// Whether the copy has another value than before.
    fn read(&mut self, read: &Read) -> bool {
        let place = (read.item.clone(), read.system.clone());
        self.touched.insert(place.clone());
        match self.copies.get_mut(&place) {
            Some(copy) => copy.take(read),
            None => {
                self.copies.insert(place, Copy::of(read));
                false
            }
        }
    }

    /// Holds the copies of a pair against each other.
    fn hold(&mut self, pair: &Pair) {
        let copies: Vec<&Copy> = self.copies.values().collect();
        for standing in pair.standings(&copies) {
            let at = (pair.sync.clone(), pair.target.clone(), standing.item.clone());
            match decide(pair, &standing, self.open.get(&at)) {
                None => {}
                Some(drift) if drift.ended_ns == 0 => {
                    self.open.insert(at, drift);
                }
                Some(drift) => {
                    self.open.remove(&at);
                    self.over.push(drift);
                }
            }
        }
    }

    /// All copies.
    pub(super) fn all(&self) -> impl Iterator<Item = &Copy> {
        self.copies.values()
    }

    /// Drifts that have not ended.
    pub(super) fn open(&self) -> impl Iterator<Item = &Drift> {
        self.open.values()
    }

    /// Copies to write.
    pub(super) fn copies(&self) -> impl Iterator<Item = &Copy> {
        self.touched.iter().filter_map(|place| self.copies.get(place))
    }

    /// Drifts that are over.
    pub(super) fn over(&self) -> impl Iterator<Item = &Drift> {
        self.over.iter()
    }

    /// Drifts to write: those that are open and were not so, and those that were open and are over.
    pub(super) fn drifts(&self) -> impl Iterator<Item = &Drift> {
        let open = self.open.iter().filter(|(at, drift)| self.written.get(at) != Some(drift)).map(|(_, drift)| drift);
        let closed = self.written.keys().filter(|at| !self.open.contains_key(at));
        open.chain(closed.filter_map(|at| self.over.iter().rfind(|drift| place(drift) == *at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SyncSettings;
    use crate::sync::copy::tests::{read, stock};

    fn pairs() -> Pairs {
        let mut settings = SyncSettings::example();
        settings.truncate(1);
        settings[0].source = "wms".to_owned();
        settings[0].targets.truncate(1);
        settings[0].targets[0].system = "web".to_owned();
        Pairs::new(&settings).unwrap()
    }

    /// Since when and until when, in seconds.
    fn seconds<'d>(drifts: impl Iterator<Item = &'d Drift>) -> Vec<(i64, i64)> {
        drifts.map(|drift| (drift.since_ns / 1_000_000_000, drift.ended_ns / 1_000_000_000)).collect()
    }

    fn known(reads: &[Read]) -> Known {
        let mut known = Known::new(Vec::new(), Vec::new());
        known.take(&pairs(), reads.iter().collect());
        known
    }

    #[test]
    fn every_change_that_was_stored_at_once_leaves_its_lag() {
        let reads = [
            read("wms", "10", 0),
            read("web", "10", 0),
            read("web", "4", 47),
            read("wms", "7", 20),
            read("web", "7", 25),
            read("wms", "4", 40),
            read("wms", "3", 50),
        ];
        let known = known(&reads);
        assert_eq!(seconds(known.over()), [(20, 25), (40, 47)]);
        assert_eq!(seconds(known.drifts()), [(50, 0)], "what is over before it was written is no drift to write");
        assert_eq!(known.copies().count(), 2);
    }

    #[test]
    fn what_is_first_seen_is_no_change() {
        let known = known(&[read("wms", "10", 0), read("web", "10", 40)]);
        assert_eq!((known.over().count(), known.drifts().count(), known.copies().count()), (0, 0, 2));
    }

    #[test]
    fn locations_that_come_one_by_one_are_a_sum_in_the_end() {
        let at = |location: &str, read: Read| Read { item: stock(location), ..read };
        let known = known(&[
            at("", read("web", "10", 0)),
            at("main", read("wms", "7", 1)),
            at("east", read("wms", "3", 2)),
            at("west", read("wms", "1", 3)),
        ]);
        assert_eq!((known.over().count(), seconds(known.drifts())), (0, vec![(3, 0)]));
    }

    #[test]
    fn readings_at_once_or_one_by_one_come_to_the_same() {
        let reads = [("wms", "10", 0), ("web", "10", 1), ("wms", "7", 20), ("web", "7", 25), ("web", "6", 30)]
            .map(|(system, value, at_s)| read(system, value, at_s));
        let at_once = known(&reads);
        let mut one_by_one = Known::new(Vec::new(), Vec::new());
        reads.iter().for_each(|read| one_by_one.take(&pairs(), vec![read]));
        assert_eq!(seconds(at_once.over()), seconds(one_by_one.over()));
        assert_eq!(seconds(at_once.drifts()), seconds(one_by_one.drifts()));
    }

    #[test]
    fn what_another_took_in_is_written_once_more() {
        let reads = [read("wms", "10", 0), read("web", "10", 0), read("wms", "7", 20)];
        let before = known(&reads);
        // This one ended after writing copies and before writing that they agree again.
        let copies: Vec<Copy> =
            known(&[reads.to_vec(), vec![read("web", "7", 25)]].concat()).copies().cloned().collect();
        let mut other = Known::new(copies, before.drifts().cloned().collect());
        other.take(&pairs(), vec![&read("web", "7", 25)]);
        assert_eq!(seconds(other.drifts()), [(20, 25)]);
        assert_eq!(seconds(other.over()), [(20, 25)]);
    }
}
