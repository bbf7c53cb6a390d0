use std::fmt;

use serde::Serialize;

/// Differences that are printed for each seed; all are counted.
const PRINTED: usize = 20;

/// What a run without a terminal found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DemoReport {
    /// By seed.
    pub seeds: Vec<SeedReport>,
}

/// What one seed's run found. Counts are the shop's truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeedReport {
    /// The seed.
    pub seed: u64,
    /// Orders.
    pub orders: u64,
    /// Orders whose journey equals the truth, by every key.
    pub agreeing: u64,
    /// Systems, summed over orders.
    pub systems: u64,
    /// Handoffs of orders.
    pub handoffs: u64,
    /// Attempts of these.
    pub attempts: u64,
    /// Strong keys.
    pub keys: u64,
    /// Handoffs that belong to no order and were found in none.
    pub handoffs_elsewhere: u64,
    /// Attempts whose ends were joined without trace context.
    pub inferred: u64,
    /// Longest time a journey took to arrive, in milliseconds.
    pub slowest_answer_ms: f64,
    /// Time all comparisons took, in seconds.
    pub checking_s: f64,
    /// What differs, in words; empty = all agree.
    pub differences: Vec<String>,
}

impl DemoReport {
    /// Whether everything found is true, and everything true was found.
    pub fn agrees(&self) -> bool {
        self.seeds.iter().all(|seed| seed.differences.is_empty() && seed.agreeing == seed.orders)
    }
}

impl fmt::Display for DemoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>5} {:>7} {:>8} {:>8} {:>9} {:>9} {:>7} {:>9} {:>9} {:>12}",
            "seed",
            "orders",
            "agree",
            "systems",
            "handoffs",
            "attempts",
            "keys",
            "elsewhere",
            "inferred",
            "differences"
        )?;
        for seed in &self.seeds {
            writeln!(
                f,
                "{:>5} {:>7} {:>8} {:>8} {:>9} {:>9} {:>7} {:>9} {:>9} {:>12}",
                seed.seed,
                seed.orders,
                seed.agreeing,
                seed.systems,
                seed.handoffs,
                seed.attempts,
                seed.keys,
                seed.handoffs_elsewhere,
                seed.inferred,
                seed.differences.len()
            )?;
        }
        for seed in &self.seeds {
            for difference in seed.differences.iter().take(PRINTED) {
                writeln!(f, "seed {}: {difference}", seed.seed)?;
            }
            if let Some(more) = seed.differences.len().checked_sub(PRINTED).filter(|more| *more > 0) {
                writeln!(f, "seed {}: {more} more", seed.seed)?;
            }
        }
        let verdict = if self.agrees() { "every journey equals the shop's truth" } else { "NOT every journey is true" };
        writeln!(f, "{verdict}")
    }
}
