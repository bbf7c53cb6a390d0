use ordertrace_api::hotspot::Slice;

use super::columns::Column;

/// What a sparkline is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spark {
    /// How many attempts started.
    Rate,
    /// How long they took on average.
    Mean,
    /// How many of them failed.
    Failed,
}

/// From low to high; nothing is a dot.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Spark {
    /// The one that goes with what lines are sorted by.
    pub fn of(sorted: Column) -> Self {
        match sorted {
            Column::Failed | Column::Errors => Self::Failed,
            Column::P50
            | Column::P95
            | Column::P99
            | Column::Mean
            | Column::Waiting
            | Column::Path
            | Column::AtRisk => Self::Mean,
            Column::Attempts
            | Column::Rate
            | Column::Time
            | Column::Resent
            | Column::Tries
            | Column::Orders
            | Column::InFlight => Self::Rate,
        }
    }

    /// Its heading.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rate => "~RATE",
            Self::Mean => "~MEAN",
            Self::Failed => "~FAILED",
        }
    }

    /// A bar for each part of the time, as high as the highest of them; in so many columns at most, parts
    /// joined where they are more.
    pub fn line(self, slices: &[Slice], columns: usize) -> String {
        let joined = slices.len().div_ceil(columns.max(1)).max(1);
        let heights: Vec<f64> = slices.chunks(joined).map(|slices| self.height(slices)).collect();
        let highest = heights.iter().copied().fold(0.0, f64::max);
        let bar = |height: f64| {
            let eighth = (height / highest * BARS.len() as f64).ceil() as usize;
            if height > 0.0 { BARS.get(eighth.saturating_sub(1)).copied().unwrap_or('█') } else { '·' }
        };
        heights.into_iter().map(bar).collect()
    }

    fn height(self, slices: &[Slice]) -> f64 {
        let sum = |of: fn(&Slice) -> u64| slices.iter().map(of).fold(0, u64::saturating_add) as f64;
        match self {
            Self::Rate => sum(|slice| slice.attempts),
            Self::Failed => sum(|slice| slice.failed),
            Self::Mean => sum(|slice| slice.time_ns) / sum(|slice| slice.attempts).max(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices(attempts: &[u64]) -> Vec<Slice> {
        attempts.iter().map(|n| Slice { attempts: *n, failed: n / 2, time_ns: n * n }).collect()
    }

    #[test]
    fn bars_are_as_high_as_the_highest() {
        assert_eq!(Spark::Rate.line(&slices(&[0, 1, 2, 4, 8, 16]), 20), "·▁▁▂▄█");
        assert_eq!(Spark::Mean.line(&slices(&[0, 8, 16]), 20), "·▄█", "time by attempt");
        assert_eq!(Spark::Failed.line(&slices(&[0, 1, 2, 4]), 20), "··▄█");
        assert_eq!(Spark::Rate.line(&slices(&[0, 0]), 20), "··");
        assert_eq!(Spark::Rate.line(&[], 20), "");
    }

    #[test]
    fn where_room_is_short_parts_are_joined() {
        assert_eq!(Spark::Rate.line(&slices(&[1, 1, 2, 2, 4]), 3), "▄██");
        for columns in 0..30 {
            assert!(Spark::Rate.line(&slices(&[1; 20]), columns).chars().count() <= columns.max(1), "{columns}");
        }
    }
}
