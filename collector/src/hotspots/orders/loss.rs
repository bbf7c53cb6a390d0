use rust_decimal::Decimal;

use crate::settings::HotspotSettings;

/// What delays cost: an estimate by published figures, exact in itself.
#[derive(Clone, Debug)]
pub struct Loss {
    customer_waits_until: Vec<String>,
    /// Nanoseconds of delay, and how many of a thousand sales they cost; the shortest first, from none.
    points: Vec<(u64, u64)>,
}

/// Millionths of a whole.
const WHOLE_PPM: u64 = 1_000_000;

/// Decimals of what is estimated: nobody's currency has more.
const DECIMALS: u32 = 4;

impl Loss {
    /// As configured.
    pub fn new(settings: &HotspotSettings) -> Self {
        let points = settings.losses.iter().map(|loss| {
            let delay_ns = u64::try_from(loss.delay.get().as_nanos()).unwrap_or(u64::MAX);
            (delay_ns, u64::from(loss.per_mille))
        });
        Self {
            customer_waits_until: settings.customer_waits_until.clone(),
            points: std::iter::once((0, 0)).chain(points).collect(),
        }
    }

    /// Whether the customer goes on when this is reached.
    pub(super) fn ends_waiting(&self, milestone: &str) -> bool {
        self.customer_waits_until.iter().any(|until| until == milestone)
    }

    /// The part of `amount` that a delay puts at risk.
    pub(super) fn of(&self, amount: Decimal, delay_ns: u64) -> Option<Decimal> {
        let share = Decimal::try_from_i128_with_scale(i128::from(self.ppm(delay_ns)), 6).ok()?;
        Some(amount.checked_mul(share)?.round_dp(DECIMALS))
    }

    /// Millionths of sales that a delay costs.
    fn ppm(&self, delay_ns: u64) -> u64 {
        let next = self.points.partition_point(|(point_ns, _)| *point_ns <= delay_ns);
        let Some((from_ns, from)) = next.checked_sub(1).and_then(|last| self.points.get(last)).copied() else {
            return 0;
        };
        let (to_ns, to) = self.points.get(next).copied().unwrap_or((u64::MAX, from));
        let part = u128::from(delay_ns - from_ns) * u128::from(to.saturating_sub(from)) * 1_000;
        // Less than what a whole step costs, hence far from a u64's end.
        let more = u64::try_from(part / u128::from(to_ns - from_ns).max(1)).unwrap_or(0);
        (from * 1_000 + more).min(WHOLE_PPM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::LossSettings;

    const MS: u64 = 1_000_000;

    #[test]
    fn the_published_figures_and_what_lies_between() {
        let loss = Loss::new(&HotspotSettings::default());
        for (delay_ns, ppm) in [
            (0, 0),
            (1, 0),
            (50 * MS, 5_000),
            (100 * MS, 10_000),
            (550 * MS, 105_000),
            (1_000 * MS, 200_000),
            (3_600_000 * MS, 200_000),
            (u64::MAX, 200_000),
        ] {
            assert_eq!(loss.ppm(delay_ns), ppm, "{delay_ns}");
        }
    }

    #[test]
    fn amounts_stay_exact() {
        let loss = Loss::new(&HotspotSettings::default());
        let of = |amount: &str, delay_ns| loss.of(amount.parse().unwrap(), delay_ns).unwrap().to_string();
        assert_eq!(of("49.90", 1_000 * MS), "9.9800");
        assert_eq!(of("0.1", 100 * MS), "0.0010");
        // A third of a cent that floats would smear.
        assert_eq!(of("33.33", 10 * MS), "0.0333");
        assert_eq!(loss.of(Decimal::MAX, u64::MAX), Some(Decimal::MAX * Decimal::new(2, 1)));
    }

    #[test]
    fn without_figures_nothing_is_at_risk() {
        let none = Loss::new(&HotspotSettings { losses: Vec::new(), ..HotspotSettings::default() });
        assert_eq!((none.ppm(0), none.ppm(u64::MAX)), (0, 0));
    }

    #[test]
    fn figures_that_contradict_each_other_are_refused() {
        let check = |losses: &[(u64, u16)]| {
            let loss = |(ms, per_mille): &(u64, u16)| LossSettings {
                delay: ordertrace_config::Duration::from_millis(*ms),
                per_mille: *per_mille,
            };
            let hotspots = HotspotSettings { losses: losses.iter().map(loss).collect(), ..HotspotSettings::default() };
            crate::settings::Settings { hotspots, ..Default::default() }.check().map_err(|error| error.to_string())
        };
        assert_eq!(check(&[(100, 10), (200, 10), (300, 1_000)]), Ok(()));
        assert_eq!(check(&[]), Ok(()));
        for (losses, expected) in [
            (vec![(200, 10), (100, 20)], "longer delay"),
            (vec![(100, 20), (200, 10)], "cost as much or more"),
            (vec![(0, 1)], "leave out"),
            (vec![(100, 1_001)], "write no more"),
        ] {
            let error = check(&losses).unwrap_err();
            assert!(error.starts_with("hotspots.losses: ") && error.contains(expected), "{error}");
        }
    }
}
