//! What changes when: every source change of the run, how the targets follow, and what that leaves open.

use std::collections::BTreeSet;

/// The system that is right.
pub(super) const SOURCE: &str = "wms";

/// Each with the ticks after which it shows a change.
pub(super) const TARGETS: [(&str, u64); 3] = [("storefront", 20), ("marketplace", 30), ("erp", 50)];

/// Requests in a second.
pub(super) const TICKS_PER_S: u64 = 10;

/// Of so many changes each target loses one.
const LOST_ONE_OF: u64 = 100;

/// Prime, so that its multiples go through all items, in an order in which neighbours are far apart.
const STRIDE: u64 = 15_485_863;

/// Stock before anything changes is below this.
pub(super) const STOCK: u64 = 500;

/// Which items change, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    pub(super) skus: u64,
    pub(super) locations: u64,
    /// Source changes in a tick.
    pub(super) changes_per_tick: u64,
    /// Ticks in which the source changes.
    pub(super) ticks: u64,
}

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) system: &'static str,
    pub(super) sku: u64,
    pub(super) location: u64,
    pub(super) value: u64,
}

impl Schedule {
    /// So many readings a second for so long: of four that tell of a change, one is the source's.
    pub(super) fn new(skus: u64, locations: u64, changes_per_s: u64, duration_s: u64) -> anyhow::Result<Self> {
        let each = (TARGETS.len() as u64 + 1) * TICKS_PER_S;
        let changes_per_tick = (changes_per_s / each).max(1);
        let schedule = Self { skus, locations, changes_per_tick, ticks: duration_s * TICKS_PER_S };
        let (items, changes) = (skus.saturating_mul(locations), schedule.changes());
        anyhow::ensure!(
            changes <= items && !items.is_multiple_of(STRIDE),
            "{changes} changes of {items} items: none changes twice, so take more --skus, or a shorter --duration-s"
        );
        Ok(schedule)
    }

    /// Source changes in all.
    pub(super) fn changes(&self) -> u64 {
        self.changes_per_tick * self.ticks
    }

    /// Readings in all.
    pub(super) fn readings(&self) -> u64 {
        let lost: u64 = (0..TARGETS.len()).map(|target| self.lost(target).count() as u64).sum();
        self.changes() * (TARGETS.len() as u64 + 1) - lost
    }

    /// Ticks until the last target has followed.
    pub(super) fn all_ticks(&self) -> u64 {
        self.ticks + TARGETS.iter().map(|(_, after)| after + 1).max().unwrap_or(0)
    }

    /// What is told in a tick.
    pub(super) fn told(&self, tick: u64) -> Vec<Told> {
        let of_source = self.changed(tick).map(|change| self.read(change, SOURCE));
        let of_targets = TARGETS.iter().enumerate().flat_map(|(target, (system, after))| {
            let changed = tick.checked_sub(*after).map(|then| self.changed(then)).into_iter().flatten();
            changed.filter(move |change| !is_lost(*change, target)).map(move |change| self.read(change, system))
        });
        of_source.chain(of_targets).collect()
    }

    /// What differs in the end: SKU, location and target.
    pub(super) fn open(&self) -> BTreeSet<(String, String, String)> {
        let targets = TARGETS.iter().enumerate();
        let open = targets.flat_map(|(target, (system, _))| {
            self.lost(target).map(move |change| {
                let told = self.read(change, system);
                (sku(told.sku), location(told.location), (*system).to_owned())
            })
        });
        open.collect()
    }

    /// Changes that the source makes in a tick.
    fn changed(&self, tick: u64) -> std::ops::Range<u64> {
        let from = tick.min(self.ticks) * self.changes_per_tick;
        from..(tick + 1).min(self.ticks) * self.changes_per_tick
    }

    fn lost(&self, target: usize) -> impl Iterator<Item = u64> {
        (0..self.changes()).filter(move |change| is_lost(*change, target))
    }

    fn read(&self, change: u64, system: &'static str) -> Told {
        let item = change.wrapping_mul(STRIDE) % (self.skus * self.locations);
        let (sku, location) = (item / self.locations, item % self.locations);
        Told { system, sku, location, value: item % STOCK + 1 + change % 10 }
    }
}

fn is_lost(change: u64, target: usize) -> bool {
    change % LOST_ONE_OF == 7 * (target as u64 + 1)
}

pub(super) fn sku(number: u64) -> String {
    format!("SKU-{number:07}")
}

pub(super) fn location(number: u64) -> String {
    format!("location-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_told_once_and_what_is_lost_stays_open() {
        let schedule = Schedule::new(1_000, 5, 400, 30).unwrap();
        let told: Vec<Told> = (0..schedule.all_ticks()).flat_map(|tick| schedule.told(tick)).collect();
        assert_eq!(told.len() as u64, schedule.readings());
        let items = |system: &str| -> BTreeSet<(u64, u64)> {
            let told = told.iter().filter(|told| told.system == system);
            told.map(|told| (told.sku, told.location)).collect()
        };
        assert_eq!(items(SOURCE).len() as u64, schedule.changes(), "no item changes twice");
        let open = schedule.open();
        for (system, _) in TARGETS {
            let lost = open.iter().filter(|(_, _, target)| target == system).count();
            assert_eq!(lost, 30);
            assert_eq!(items(system).len() + lost, items(SOURCE).len());
        }
        assert!(schedule.told(schedule.all_ticks()).is_empty());
    }

    #[test]
    fn a_change_too_many_is_refused() {
        assert!(Schedule::new(10, 5, 400, 30).unwrap_err().to_string().contains("take more --skus"));
    }
}
