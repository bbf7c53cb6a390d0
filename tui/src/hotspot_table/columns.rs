use ordertrace_api::hotspot::{Figures, OrderFigures};

use crate::money::{largest, short};
use crate::text::human;

/// A figure of a hotspot, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// How many attempts started.
    Attempts,
    /// The same per second.
    Rate,
    /// Median duration.
    P50,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
    /// Mean duration.
    Mean,
    /// All durations together.
    Time,
    /// How many attempts failed.
    Failed,
    /// Their share.
    Errors,
    /// Attempts sent again.
    Resent,
    /// Attempts for each first one.
    Tries,
    /// Orders that had such a handoff.
    Orders,
    /// How long orders waited before it.
    Waiting,
    /// Share of the critical path.
    Path,
    /// What orders are worth that are at no end.
    InFlight,
    /// Sales at risk.
    AtRisk,
}

use Column::{
    AtRisk, Attempts, Errors, Failed, InFlight, Mean, Orders, P50, P95, P99, Path, Rate, Resent, Time, Tries, Waiting,
};

/// What columns tell of.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'h> {
    /// What attempts cost.
    pub figures: &'h Figures,
    /// What they meant to orders.
    pub orders: &'h OrderFigures,
}

/// Those that matter most first.
const BY_WEIGHT: [Column; 16] =
    [Time, P99, Errors, AtRisk, Rate, Tries, Path, Orders, Waiting, P95, InFlight, P50, Mean, Attempts, Failed, Resent];

impl Column {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 16] = [
        Attempts, Rate, P50, P95, P99, Mean, Time, Failed, Errors, Resent, Tries, Orders, Waiting, Path, InFlight,
        AtRisk,
    ];

    /// The figures that fit into so many columns of the terminal, in the order in which they are shown:
    /// that which is sorted by first of all.
    pub fn that_fit(mut free: usize, sorted: Self) -> Vec<Self> {
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

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|column| *column == self).unwrap_or(0);
        Self::ALL.get(at + 1).copied().unwrap_or(Attempts)
    }

    /// Its heading.
    pub fn name(self) -> &'static str {
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
            Orders => "ORDERS",
            Waiting => "WAIT",
            Path => "PATH",
            InFlight => "IN FLIGHT",
            AtRisk => "AT RISK",
        }
    }

    /// Columns of the terminal, room for a change included.
    pub fn width(self) -> usize {
        match self {
            InFlight | AtRisk => 11,
            Attempts => 8,
            P50 | P95 | P99 | Mean | Time | Waiting => 7,
            Rate | Failed | Errors | Resent | Tries | Orders | Path => 6,
        }
    }

    /// The figure for people.
    pub fn text(self, Measured { figures, orders }: Measured<'_>) -> String {
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
            Orders => count(orders.orders),
            Waiting => human(orders.mean_waiting_ns),
            Path => share(orders.path_share),
            InFlight => short(&orders.in_flight, false),
            AtRisk => short(&orders.at_risk, false),
        }
    }

    /// What lines are sorted by, the largest first.
    pub fn weight(self, measured: Measured<'_>) -> f64 {
        match self {
            // Those that are sorted by how much there is of it, not how often.
            Attempts => measured.figures.attempts as f64,
            Time => measured.figures.time_ns as f64,
            Failed => measured.figures.failed as f64,
            Resent => measured.figures.resent as f64,
            Orders => measured.orders.orders as f64,
            InFlight => largest(&measured.orders.in_flight),
            AtRisk => largest(&measured.orders.at_risk),
            Rate | P50 | P95 | P99 | Mean | Errors | Tries | Waiting | Path => self.compared(measured),
        }
    }

    /// The figure that can be compared with that of another range, which need not be as long:
    /// what grows with time is taken per second.
    pub fn compared(self, Measured { figures, orders }: Measured<'_>) -> f64 {
        // Seconds of the range, by what is said of them.
        let per_s = |amount: f64| amount * figures.per_s / figures.attempts.max(1) as f64;
        match self {
            Attempts | Rate => figures.per_s,
            P50 => figures.p50_ns as f64,
            P95 => figures.p95_ns as f64,
            P99 => figures.p99_ns as f64,
            Mean => figures.mean_ns as f64,
            Time => figures.per_s * figures.mean_ns as f64,
            Failed => figures.per_s * figures.error_share,
            Errors => figures.error_share,
            Resent => per_s(figures.resent as f64),
            Tries => figures.amplification,
            Orders => per_s(orders.orders as f64),
            Waiting => orders.mean_waiting_ns as f64,
            Path => orders.path_share,
            InFlight => per_s(largest(&orders.in_flight)),
            AtRisk => per_s(largest(&orders.at_risk)),
        }
    }

    /// How much more is a difference at all; `None` where more is not worse, or is said by
    /// another column: half of a hundred attempts more fail, a millisecond.
    pub fn matters_from(self) -> Option<f64> {
        match self {
            // Yesterday's orders have had a day more to come to their end.
            Attempts | Rate | Failed | Resent | Orders | InFlight => None,
            P50 | P95 | P99 | Mean | Waiting => Some(1e6),
            Time | AtRisk => Some(0.0),
            Errors => Some(0.005),
            Tries | Path => Some(0.05),
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

/// A number of things per second, or for each other, in at most five columns.
pub fn rate(rate: f64) -> String {
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
        for sort in Column::ALL {
            for columns in [30, 80, 120, 200] {
                let free = columns * 3 / 5;
                let shown = Column::that_fit(free, sort);
                assert!(shown.contains(&sort), "{sort:?} at {columns}");
                let taken: usize = shown.iter().map(|column| column.width() + 1).sum();
                assert!(taken <= free, "{sort:?} at {columns}: {shown:?}");
            }
        }
        assert_eq!(Column::that_fit(48, Time), [Rate, P99, Time, Errors, AtRisk]);
        assert_eq!(Column::that_fit(200, Time).len(), BY_WEIGHT.len());
    }

    #[test]
    fn every_column_has_its_turn() {
        let mut column = Time;
        for _ in Column::ALL {
            column = column.next();
        }
        assert_eq!(column, Time);
        assert!(Column::ALL.is_sorted());
    }
}
