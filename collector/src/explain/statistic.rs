//! Whether a share differs by more than chance: Fisher's exact test, one-sided, for many values at once.
//!
//! - One value: with the margins of the table given, how many of the set have it is hypergeometric
//!   (R. A. Fisher, Statistical Methods for Research Workers, §21.02; A. Agresti, Categorical Data
//!   Analysis, §3.5). Exact for any number of orders, however small.
//! - Many values: Bonferroni's bound over those that could be significant at all, given their margins
//!   (R. E. Tarone, A Modified Bonferroni Method for Discrete Data, Biometrics 46, 1990, 515–522). The
//!   chance that any value without a connection is reported is at most [`LEVEL`], however values depend on
//!   each other.

/// The chance that something is reported where nothing is to be found.
pub(super) const LEVEL: f64 = 0.01;

/// How many orders of the set and of the rest have a value, of those that could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) set_with: usize,
    pub(super) set_of: usize,
    pub(super) rest_with: usize,
    pub(super) rest_of: usize,
}

/// Logarithms of factorials.
#[derive(Clone, Debug)]
pub(super) struct Fisher {
    ln_factorials: Vec<f64>,
}

impl Fisher {
    /// For tables of at most so many orders.
    pub(super) fn up_to(orders: usize) -> Self {
        let mut ln_factorials = vec![0.0];
        let mut sum = 0.0;
        for n in 1..=orders {
            sum += (n as f64).ln();
            ln_factorials.push(sum);
        }
        Self { ln_factorials }
    }

    /// The chance that at least as many of the set have the value, were it spread by chance.
    pub(super) fn p(&self, table: Table) -> f64 {
        (table.set_with..=table.most()).map(|set_with| self.chance(table, set_with)).sum::<f64>().min(1.0)
    }

    /// The least that [`p`](Self::p) can be for as many orders with the value in both together.
    pub(super) fn least_p(&self, table: Table) -> f64 {
        self.chance(table, table.most()).min(1.0)
    }

    /// The chance that exactly so many of the set have the value.
    fn chance(&self, table: Table, set_with: usize) -> f64 {
        let (all, with) = (table.set_of + table.rest_of, table.set_with + table.rest_with);
        let without = all.saturating_sub(with);
        match table.set_of.checked_sub(set_with) {
            Some(set_without) if set_with <= with && set_without <= without => {
                let ways = self.ln_choose(with, set_with) + self.ln_choose(without, set_without);
                (ways - self.ln_choose(all, table.set_of)).exp()
            }
            _ => 0.0,
        }
    }

    fn ln_choose(&self, n: usize, k: usize) -> f64 {
        let ln = |n: usize| self.ln_factorials.get(n).copied().unwrap_or(f64::INFINITY);
        ln(n) - ln(k) - ln(n.saturating_sub(k))
    }
}

impl Table {
    /// The most of the set that could have the value, were it spread otherwise.
    fn most(self) -> usize {
        self.set_of.min(self.set_with + self.rest_with)
    }

    /// Of the set, from 0 to 1.
    pub(super) fn set_share(self) -> f64 {
        self.set_with as f64 / self.set_of.max(1) as f64
    }

    /// Of the rest, from 0 to 1.
    pub(super) fn rest_share(self) -> f64 {
        self.rest_with as f64 / self.rest_of.max(1) as f64
    }
}

/// By how much each p must be multiplied when so many values are looked at together: the number of those
/// that could be significant at all, by the least p that each could have.
pub(super) fn comparisons(least: &[f64]) -> usize {
    let mut sorted = least.to_vec();
    sorted.sort_by(f64::total_cmp);
    // How many could be significant falls with the factor; where it does not exceed the factor is enough.
    let testable = |factor: usize| sorted.partition_point(|p| *p <= LEVEL / factor as f64);
    (1..=least.len()).find(|factor| testable(*factor) <= *factor).unwrap_or(least.len()).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(set_with: usize, set_of: usize, rest_with: usize, rest_of: usize) -> Table {
        Table { set_with, set_of, rest_with, rest_of }
    }

    fn choose(n: u128, k: u128) -> u128 {
        (0..k).fold(1, |product, i| product * (n - i) / (i + 1))
    }

    /// All ways to choose the set, counted.
    fn counted(table: Table) -> f64 {
        let Table { set_with, set_of, rest_with, rest_of } = table;
        let [with, without, of] = [set_with + rest_with, set_of + rest_of - set_with - rest_with, set_of];
        let ways = |k: usize| {
            if k > with || of - k > without {
                0
            } else {
                choose(with as u128, k as u128) * choose(without as u128, (of - k) as u128)
            }
        };
        let all: u128 = (0..=of).map(ways).sum();
        (set_with..=of).map(ways).sum::<u128>() as f64 / all as f64
    }

    #[test]
    fn the_lady_who_tastes_tea() {
        // Fisher, The Design of Experiments, II: four cups of eight.
        let fisher = Fisher::up_to(8);
        assert!((fisher.p(table(4, 4, 0, 4)) - 1.0 / 70.0).abs() < 1e-12);
        assert!((fisher.p(table(3, 4, 1, 4)) - 17.0 / 70.0).abs() < 1e-12);
        assert!((fisher.least_p(table(2, 4, 2, 4)) - 1.0 / 70.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_significant_is_not_counted() {
        assert_eq!(comparisons(&[]), 1);
        assert_eq!(comparisons(&[0.5; 1_000]), 1, "none could be");
        assert_eq!(comparisons(&[1e-9; 40]), 40, "all could be");
        let mixed: Vec<f64> = [1e-9; 3].into_iter().chain([0.004; 500]).collect();
        assert_eq!(comparisons(&mixed), 3, "the others could not be at a third of the level");
    }

    #[test]
    fn chance_alone_is_seldom_reported() {
        use rand::rngs::StdRng;
        use rand::{RngExt, SeedableRng};
        let (set, rest, values, fisher) = (20, 200, 60, Fisher::up_to(220));
        let mut reported = 0;
        for seed in 0..400 {
            let mut rng = StdRng::seed_from_u64(seed);
            let tables: Vec<Table> = (0..values)
                .map(|value| {
                    let share = 0.02 + 0.9 * f64::from(value) / f64::from(values);
                    let mut draw = |of| (0..of).filter(|_| rng.random_bool(share)).count();
                    table(draw(set), set, draw(rest), rest)
                })
                .collect();
            let least: Vec<f64> = tables.iter().map(|table| fisher.least_p(*table)).collect();
            let factor = comparisons(&least) as f64;
            reported += u32::from(tables.iter().any(|table| fisher.p(*table) * factor <= LEVEL));
        }
        // With the stated level 4 are expected; 12 or more would happen once in a thousand runs.
        assert!(reported < 12, "{reported} of 400");
    }

    proptest! {
        #[test]
        fn p_is_what_counting_gives(set_of in 0..12_usize, rest_of in 0..12_usize, set in 0..12_usize, rest in 0..12_usize) {
            let table = table(set.min(set_of), set_of, rest.min(rest_of), rest_of);
            let fisher = Fisher::up_to(set_of + rest_of);
            prop_assert!((fisher.p(table) - counted(table)).abs() < 1e-9, "{table:?}");
            prop_assert!(fisher.least_p(table) <= fisher.p(table) + 1e-9);
        }

        #[test]
        fn more_of_the_set_is_less_likely(set_of in 1..300_usize, rest_of in 1..1_000_usize, with in 0..300_usize, rest in 0..1_000_usize) {
            let (with, rest) = (with.min(set_of - 1), rest.min(rest_of));
            let fisher = Fisher::up_to(set_of + rest_of);
            // The same number with the value in both, one more of them in the set.
            if rest > 0 {
                let (less, more) = (fisher.p(table(with, set_of, rest, rest_of)), fisher.p(table(with + 1, set_of, rest - 1, rest_of)));
                prop_assert!(more <= less + 1e-12, "{more} {less}");
                prop_assert!((0.0..=1.0).contains(&less));
            }
        }

        #[test]
        fn the_factor_bounds_what_could_be_reported(least in prop::collection::vec(0.0..0.02_f64, 0..200)) {
            let factor = comparisons(&least);
            let could = least.iter().filter(|p| **p <= LEVEL / factor as f64).count();
            prop_assert!(could as f64 * (LEVEL / factor as f64) <= LEVEL + 1e-12, "{could} at {factor}");
        }
    }
}
