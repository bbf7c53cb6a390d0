use ordertrace_api::hotspot::Figures;

use crate::storage::Sketch;

/// What is added up of attempts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) attempts: u64,
    pub(super) failed: u64,
    pub(super) resent: u64,
    pub(super) duration_ns: u64,
    pub(super) durations: Sketch,
}

impl Sums {
    /// Adds other attempts.
    pub(super) fn add(&mut self, other: &Self) {
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.failed = self.failed.saturating_add(other.failed);
        self.resent = self.resent.saturating_add(other.resent);
        self.duration_ns = self.duration_ns.saturating_add(other.duration_ns);
        self.durations.merge(&other.durations);
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
        Sums { attempts, failed, resent, duration_ns: attempts * each_ns, durations }
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
    fn nothing_is_divided_by_nothing() {
        let figures = sums(4, 0, 4, 0).figures(0.0);
        assert_eq!((figures.per_s, figures.amplification, figures.p99_ns), (0.0, 4.0, 0));
        let none = Sums::default().figures(60.0);
        assert_eq!((none.per_s, none.error_share, none.amplification, none.mean_ns), (0.0, 0.0, 1.0, 0));
    }
}
