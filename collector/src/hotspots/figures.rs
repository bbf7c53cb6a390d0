use ordertrace_api::hotspot::{Figures, Slice};

use crate::storage::Sketch;

/// What is added up of attempts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) attempts: u64,
    pub(super) failed: u64,
    pub(super) resent: u64,
    pub(super) duration_ns: u64,
    pub(super) durations: Sketch,
    /// The same by time; none when nobody asked for it.
    pub(super) slices: Vec<Slice>,
}

/// A receiver reports more attempts than its callers where one attempt in so many is unknown to them:
/// fewer are those that started in one minute and arrived in the next.
const UNKNOWN_FROM: u64 = 20;

impl Sums {
    /// Adds other attempts.
    pub(super) fn add(&mut self, other: &Self) {
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.failed = self.failed.saturating_add(other.failed);
        self.resent = self.resent.saturating_add(other.resent);
        self.duration_ns = self.duration_ns.saturating_add(other.duration_ns);
        self.durations.merge(&other.durations);
        if self.slices.len() < other.slices.len() {
            self.slices.resize(other.slices.len(), Slice::default());
        }
        for (slice, other) in self.slices.iter_mut().zip(&other.slices) {
            slice.attempts += other.attempts;
            slice.failed += other.failed;
            slice.time_ns = slice.time_ns.saturating_add(other.time_ns);
        }
    }

    /// What is left of a receiver's attempts when those that callers reported are taken away; `None`
    /// when that is not worth a word. Which ones these were nobody can say: durations are all of them's.
    pub(super) fn without(&self, known: &Self) -> Option<Self> {
        let attempts = self.attempts.saturating_sub(known.attempts);
        if attempts.saturating_mul(UNKNOWN_FROM) <= self.attempts {
            return None;
        }
        let part = |whole: u64| {
            let part = u128::from(whole) * u128::from(attempts) / u128::from(self.attempts.max(1));
            u64::try_from(part).unwrap_or(u64::MAX)
        };
        let slice = |slice: &Slice| Slice {
            attempts: part(slice.attempts),
            failed: part(slice.failed),
            time_ns: part(slice.time_ns),
        };
        Some(Self {
            attempts,
            failed: self.failed.saturating_sub(known.failed).min(attempts),
            resent: self.resent.saturating_sub(known.resent).min(attempts),
            duration_ns: part(self.duration_ns),
            durations: self.durations.clone(),
            slices: self.slices.iter().map(slice).collect(),
        })
    }

    /// What they say of attempts that started within so many seconds.
    pub(super) fn figures(&self, seconds: f64) -> Figures {
        let attempts = self.attempts.max(1);
        // A first attempt there was, though it may lie before the range.
        let first = self.attempts.saturating_sub(self.resent).max(1);
        Figures {
            attempts: self.attempts,
            per_s: if seconds > 0.0 { self.attempts as f64 / seconds } else { 0.0 },
            failed: self.failed,
            error_share: self.failed as f64 / attempts as f64,
            resent: self.resent,
            amplification: attempts as f64 / first as f64,
            time_ns: self.duration_ns,
            mean_ns: self.duration_ns / attempts,
            p50_ns: self.durations.quantile(0.5),
            p95_ns: self.durations.quantile(0.95),
            p99_ns: self.durations.quantile(0.99),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// So many attempts of one duration.
    pub(in super::super) fn sums(attempts: u64, failed: u64, resent: u64, each_ns: u64) -> Sums {
        let mut durations = Sketch::default();
        (0..attempts).for_each(|_| durations.add(each_ns));
        Sums { attempts, failed, resent, duration_ns: attempts * each_ns, durations, slices: Vec::new() }
    }

    #[test]
    fn figures_of_sums() {
        let mut all = sums(95, 5, 20, 1_000_000);
        all.add(&sums(5, 5, 0, 3_000_000_000));
        let figures = all.figures(50.0);
        assert_eq!((figures.attempts, figures.per_s), (100, 2.0));
        assert_eq!((figures.failed, figures.error_share), (10, 0.1));
        assert_eq!((figures.resent, figures.amplification), (20, 1.25));
        assert_eq!((figures.time_ns, figures.mean_ns), (15_095_000_000, 150_950_000));
        let near = |found: u64, exact: f64| (found as f64 - exact).abs() <= exact * 0.010_001;
        assert!(near(figures.p50_ns, 1e6) && near(figures.p95_ns, 1e6) && near(figures.p99_ns, 3e9), "{figures:?}");
    }

    #[test]
    fn what_callers_did_not_report_is_left() {
        let slice = |attempts| Slice { attempts, failed: 0, time_ns: attempts };
        let received = Sums { slices: vec![slice(60), slice(40)], ..sums(100, 10, 4, 1_000) };
        let left = received.without(&sums(75, 4, 6, 9)).unwrap();
        assert_eq!((left.attempts, left.failed, left.resent, left.duration_ns), (25, 6, 0, 25_000));
        assert_eq!(left.slices, [slice(15), slice(10)]);
        assert_eq!(received.without(&sums(95, 0, 0, 1)), None, "minutes' ends");
        assert_eq!(received.without(&sums(101, 0, 0, 1)), None);
        assert_eq!(Sums::default().without(&Sums::default()), None);
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        let figures = sums(4, 0, 4, 0).figures(0.0);
        assert_eq!((figures.per_s, figures.amplification, figures.p99_ns), (0.0, 4.0, 0));
        let none = Sums::default().figures(60.0);
        assert_eq!((none.per_s, none.error_share, none.amplification, none.mean_ns), (0.0, 0.0, 1.0, 0));
    }
}
