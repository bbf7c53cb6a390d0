//! What moves the truth of one SKU's stock.

use super::held::{Change, HOUR_MS, Held, MINUTE_MS, SECOND_MS};
use crate::chance::Seed;

/// The WMS's locations.
pub(super) const LOCATIONS: [&str; 2] = ["main", "east"];

/// Who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Storefront,
    Marketplace,
    /// A receipt or a correction.
    Warehouse,
}

/// Stock that comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) asked: Asked,
    pub(super) asked_ms: i64,
    /// When the WMS books it: an order is in flight until then.
    pub(super) booked_ms: i64,
    /// Which of the [`LOCATIONS`].
    pub(super) location: usize,
    /// How much more there is, in hundredths of units.
    pub(super) units: i64,
}

/// One SKU's stock as the WMS has it.
#[derive(Clone, Debug)]
pub(super) struct Stock {
    /// By the time at which they are booked, no two at the same.
    pub(super) moves: Vec<Move>,
    /// By location.
    pub(super) of_location: Vec<Held>,
    /// Of all locations.
    pub(super) sum: Held,
}

impl Stock {
    pub(super) fn planned(seed: Seed, sku: &str, ends_ms: i64) -> Self {
        let mut chance = seed.chance(&["stock", sku]);
        // Some are sold by the metre.
        let grain = if chance.happens(20) { 25 } else { 100 };
        let first: Vec<i64> = [(20_000, 60_000), (8_000, 20_000)]
            .map(|(low, high)| chance.whole(low / grain, high / grain) * grain)
            .to_vec();
        let mut moves = Vec::new();
        let kinds = [
            (Asked::Storefront, 2 * HOUR_MS, 240 * SECOND_MS),
            (Asked::Marketplace, 5 * HOUR_MS, 120 * SECOND_MS),
            (Asked::Warehouse, 6 * HOUR_MS, 0),
        ];
        // Of some a change follows the other before the first is told of.
        let haste = if chance.happens(10) { 12 } else { 1 };
        for (asked, gap_ms, flight_ms) in kinds {
            let gap_ms = gap_ms / haste;
            let mut asked_ms = chance.whole(MINUTE_MS, gap_ms);
            while asked_ms < ends_ms - 5 * MINUTE_MS {
                let flight_ms = if flight_ms > 0 { chance.whole(2 * SECOND_MS, flight_ms) } else { 0 };
                let units = match asked {
                    Asked::Warehouse if chance.happens(50) => 4_800,
                    Asked::Warehouse => [-300, -100, 200][chance.between(0, 2) as usize],
                    Asked::Storefront | Asked::Marketplace => -grain * chance.whole(1, 4),
                };
                let location = usize::from(chance.happens(30));
                moves.push(Move { asked, asked_ms, booked_ms: asked_ms + flight_ms, location, units });
                asked_ms += chance.whole(gap_ms / 8, gap_ms);
            }
        }
        moves.sort_by_key(|step| step.booked_ms);
        let mut last_ms = 0;
        for step in &mut moves {
            step.booked_ms = step.booked_ms.max(last_ms + 1);
            last_ms = step.booked_ms;
        }
        let booked = |at: Option<usize>| -> Vec<Change> {
            let here = moves.iter().filter(|step| at.is_none_or(|location| step.location == location));
            here.map(|step| Change::by(step.booked_ms, step.units)).collect()
        };
        let of_location =
            first.iter().enumerate().map(|(location, first)| Held::from(*first, booked(Some(location)))).collect();
        let sum = Held::from(first.iter().sum(), booked(None));
        Self { moves, of_location, sum }
    }
}
