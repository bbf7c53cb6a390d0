use ordertrace_api::hotspot::Figures;

use super::order::HotspotSort;
use crate::text::human;

/// A figure of a hotspot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Attempts,
    Rate,
    P50,
    P95,
    P99,
    Mean,
    Time,
    Failed,
    Errors,
    Resent,
    Tries,
}

use Column::{Attempts, Errors, Failed, Mean, P50, P95, P99, Rate, Resent, Time, Tries};

/// Those that matter most first.
const BY_WEIGHT: [Column; 11] = [Time, P99, Errors, Rate, Tries, P95, P50, Mean, Attempts, Failed, Resent];

impl Column {
    /// The figures that fit beside names, in the order in which they are shown: that which is
    /// sorted by first of all.
    pub(super) fn that_fit(columns: usize, sort: HotspotSort) -> Vec<Self> {
        // Names are long, and tell one handoff from another.
        let mut free = columns.saturating_sub(columns * 2 / 5);
        let sorted = Self::sorted(sort);
        let others = BY_WEIGHT.into_iter().filter(|column| *column != sorted);
        let mut shown: Vec<Self> = std::iter::once(sorted)
            .chain(others)
            .take_while(|column| {
                let taken = column.width() + 1;
                let fits = taken <= free;
                free = free.saturating_sub(taken);
                fits
            })
            .collect();
        shown.sort_unstable();
        shown
    }

    /// The one that shows what is sorted by.
    pub(super) fn sorted(sort: HotspotSort) -> Self {
        match sort {
            HotspotSort::Time => Time,
            HotspotSort::P99 => P99,
            HotspotSort::P95 => P95,
            HotspotSort::P50 => P50,
            HotspotSort::Rate => Rate,
            HotspotSort::Errors => Failed,
            HotspotSort::Retries => Resent,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Attempts => "ATTEMPTS",
            Rate => "PER S",
            P50 => "P50",
            P95 => "P95",
            P99 => "P99",
            Mean => "MEAN",
            Time => "TIME",
            Failed => "FAILED",
            Errors => "ERRORS",
            Resent => "RESENT",
            Tries => "TRIES",
        }
    }

    /// Columns of the terminal, room for a change included.
    pub(super) fn width(self) -> usize {
        match self {
            Attempts => 8,
            P50 | P95 | P99 | Mean | Time => 7,
            Rate | Failed | Errors | Resent | Tries => 6,
        }
    }

    /// The figure for people.
    pub(super) fn text(self, figures: &Figures) -> String {
        match self {
            Attempts => count(figures.attempts),
            Rate => rate(figures.per_s),
            P50 => human(figures.p50_ns),
            P95 => human(figures.p95_ns),
            P99 => human(figures.p99_ns),
            Mean => human(figures.mean_ns),
            Time => human(figures.time_ns),
            Failed => count(figures.failed),
            Errors => share(figures.error_share),
            Resent => count(figures.resent),
            Tries => rate(figures.amplification),
        }
    }

    /// The figure that can be compared with that of another range, which need not be as long:
    /// what grows with time is taken per second.
    pub(super) fn compared(self, figures: &Figures) -> f64 {
        match self {
            Attempts | Rate => figures.per_s,
            P50 => figures.p50_ns as f64,
            P95 => figures.p95_ns as f64,
            P99 => figures.p99_ns as f64,
            Mean => figures.mean_ns as f64,
            Time => figures.per_s * figures.mean_ns as f64,
            Failed => figures.per_s * figures.error_share,
            Errors => figures.error_share,
            Resent => figures.per_s * figures.resent as f64 / figures.attempts.max(1) as f64,
            Tries => figures.amplification,
        }
    }

    /// How much more is a difference at all; `None` where more is not worse, or is said by
    /// another column: half of a hundred attempts more fail, a millisecond.
    pub(super) fn matters_from(self) -> Option<f64> {
        match self {
            Attempts | Rate | Failed | Resent => None,
            P50 | P95 | P99 | Mean => Some(1e6),
            Time => Some(0.0),
            Errors => Some(0.005),
            Tries => Some(0.05),
        }
    }
}

/// At most six digits.
fn count(count: u64) -> String {
    match count {
        0..1_000_000 => count.to_string(),
        1_000_000..1_000_000_000 => format!("{:.1}M", count as f64 / 1e6),
        _ => format!("{:.0}G", count as f64 / 1e9),
    }
}

fn rate(rate: f64) -> String {
    match rate {
        0.0 => "0".to_owned(),
        rate if rate < 0.01 => "<0.01".to_owned(),
        rate if rate < 9.995 => format!("{rate:.2}"),
        rate if rate < 99.95 => format!("{rate:.1}"),
        rate if rate < 99_999.5 => format!("{rate:.0}"),
        rate => format!("{:.0}k", rate / 1e3),
    }
}

fn share(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0".to_owned(),
        percent if percent < 0.1 => "<0.1 %".to_owned(),
        percent if percent < 9.95 => format!("{percent:.1} %"),
        // Not all is not "100 %".
        percent if percent < 100.0 => format!("{:.0} %", percent.min(99.0)),
        _ => "100 %".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_in_few_columns() {
        for (number, expected) in
            [(0.0, "0"), (0.004, "<0.01"), (1.25, "1.25"), (9.996, "10.0"), (99.96, "100"), (3e5, "300k")]
        {
            assert_eq!(rate(number), expected);
        }
        for (number, expected) in
            [(0.0, "0"), (0.0004, "<0.1 %"), (0.012, "1.2 %"), (0.5, "50 %"), (0.9999, "99 %"), (1.0, "100 %")]
        {
            assert_eq!(share(number), expected);
        }
        for (number, expected) in [(0, "0"), (999_999, "999999"), (1_250_000, "1.2M"), (4_200_000_000, "4G")] {
            assert_eq!(count(number), expected);
        }
    }

    #[test]
    fn what_is_sorted_by_is_always_shown() {
        use clap::ValueEnum;
        for sort in HotspotSort::value_variants() {
            for columns in [30, 80, 120, 200] {
                let shown = Column::that_fit(columns, *sort);
                assert!(shown.contains(&Column::sorted(*sort)), "{sort:?} at {columns}");
                let taken: usize = shown.iter().map(|column| column.width() + 1).sum();
                assert!(taken <= columns * 3 / 5 + 1, "{sort:?} at {columns}: {shown:?}");
            }
        }
        assert_eq!(Column::that_fit(80, HotspotSort::Time), [Rate, P95, P99, Time, Errors, Tries]);
        assert_eq!(Column::that_fit(200, HotspotSort::Time).len(), BY_WEIGHT.len());
    }
}
