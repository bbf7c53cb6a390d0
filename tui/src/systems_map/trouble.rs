//! Whether a handoff is broken, worse than it was, or as it should be.

use ordertrace_api::finding::FindingKind;

use crate::hotspot_table::{Change, Column, Spot};
use crate::text::human;

/// Share of attempts that fail from which a handoff is broken; and the same where it was at most half as much.
const BROKEN: f64 = 0.2;
const BROKEN_NEWLY: f64 = 0.05;

/// Share of attempts that fail from which it is told though that is usual: it may have broken more than a day ago.
const BROKEN_BEFORE: f64 = 0.5;

/// Share of attempts that fail from which it is told: where they were fewer, and where nobody knows what is usual.
const FAILING_NEWLY: f64 = 0.02;
const FAILING: f64 = 0.1;

/// One or two failures say nothing.
const FAILED: u64 = 3;

/// A handoff that takes so many times as long, and so long, is broken: whoever waits for it gives up.
const HANGS_BY: f64 = 5.0;
const HANGS_NS: u64 = 1_000_000_000;

/// Attempts without which nobody misses a handoff.
const MISSED: u64 = 20;

/// Attempts for each first one from which a handoff is in a storm, where there is one.
const STORMY: f64 = 2.0;

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be, as far as is known.
    #[default]
    Calm,
    /// Worse than it was, or not well.
    Worse,
    /// Does not do what it is there for.
    Broken,
}

/// What tells of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sign {
    /// Nothing.
    #[default]
    None,
    /// Attempts fail.
    Fails,
    /// Attempts take longer.
    Slower,
    /// Attempts are made again and again.
    Retried,
    /// Nobody attempts it any more.
    Gone,
    /// A finding about the system.
    Finding(FindingKind),
}

/// What is wrong with a handoff or a system, as far as figures and findings tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// How bad it is.
    pub level: Level,
    /// What tells of it.
    pub sign: Sign,
    /// Whether it was so a day earlier.
    pub usual: bool,
}

impl Trouble {
    fn of(level: Level, sign: Sign) -> Self {
        Self { level, sign, usual: false }
    }

    /// Of a handoff, or of all that a system received; `findings` are those that are open about its systems.
    pub(super) fn of_spot(spot: &Spot, findings: &[FindingKind]) -> Self {
        let figures = &spot.figures;
        let found = |kind| findings.contains(&kind);
        if figures.is_gone() {
            let missed = spot.before.as_ref().is_some_and(|(before, _)| before.attempts >= MISSED);
            return match (missed, found(FindingKind::SilentSystem)) {
                (true, true) => Self::of(Level::Broken, Sign::Gone),
                (true, false) => Self::of(Level::Worse, Sign::Gone),
                (false, _) => Self::default(),
            };
        }
        let change = |column| spot.change(column).map(|(change, _)| change);
        let failing = figures.failed >= FAILED;
        let share = if failing { figures.error_share } else { 0.0 };
        let errors = change(Column::Errors);
        let known = spot.before.as_ref().is_some_and(|(before, _)| before.attempts >= MISSED);
        // What is told of the time before shows that it is always so.
        let usual = known && errors == Some(Change::Harmless);
        if found(FindingKind::RetryStorm) && figures.amplification >= STORMY {
            return Self::of(Level::Broken, Sign::Retried);
        }
        if share >= BROKEN && !usual || share >= BROKEN_NEWLY && errors == Some(Change::MuchWorse) {
            return Self::of(Level::Broken, Sign::Fails);
        }
        let before_p95_ns = spot.before.as_ref().map_or(0, |(before, _)| before.p95_ns);
        let slower = change(Column::P95) == Some(Change::MuchWorse);
        if slower && figures.p95_ns >= HANGS_NS && figures.p95_ns as f64 >= HANGS_BY * before_p95_ns as f64 {
            return Self::of(Level::Broken, Sign::Slower);
        }
        let told_from = if known { FAILING_NEWLY } else { FAILING };
        if share >= told_from && !usual || failing && errors == Some(Change::MuchWorse) {
            return Self::of(Level::Worse, Sign::Fails);
        }
        if slower {
            return Self::of(Level::Worse, Sign::Slower);
        }
        if share >= BROKEN {
            let level = if share >= BROKEN_BEFORE { Level::Worse } else { Level::Calm };
            return Self { usual: true, ..Self::of(level, Sign::Fails) };
        }
        if figures.amplification >= STORMY && change(Column::Tries) != Some(Change::Harmless) {
            return Self::of(Level::Worse, Sign::Retried);
        }
        Self::default()
    }

    /// The same where findings about the system itself tell of something worse. How it is reached, and what was
    /// wrong with single orders, is no reason to look there first when something breaks.
    #[must_use]
    pub(super) fn or_found(self, findings: &[FindingKind]) -> Self {
        let told = [(FindingKind::SilentSystem, Level::Broken), (FindingKind::RetryStorm, Level::Worse)];
        let found = told.into_iter().find(|(kind, _)| findings.contains(kind));
        match found {
            Some((kind, level)) if level > self.level => Self::of(level, Sign::Finding(kind)),
            _ => self,
        }
    }

    /// In a word; empty for nothing.
    pub fn word(self) -> &'static str {
        match self.sign {
            Sign::None => "",
            Sign::Fails => "fails",
            Sign::Slower => "slower",
            Sign::Retried => "retried",
            Sign::Gone => "gone",
            Sign::Finding(kind) => kind.name(),
        }
    }

    /// In figures: `98 % of 3100 attempts fail; 0.1 % before`.
    pub fn said(self, spot: &Spot) -> String {
        let now = |column: Column| column.text(spot.now());
        let then = |column: Column| spot.then().map(|then| column.text(then));
        let beside = |column| then(column).map(|then| format!("; {then} before")).unwrap_or_default();
        match self.sign {
            Sign::None => String::new(),
            Sign::Fails => {
                let (share, attempts) = (now(Column::Errors), now(Column::Attempts));
                format!("{share} of {attempts} attempts fail{}", beside(Column::Errors))
            }
            Sign::Slower => format!("p95 is {}{}", human(spot.figures.p95_ns), beside(Column::P95)),
            Sign::Retried => format!("{} attempts for each first one{}", now(Column::Tries), beside(Column::Tries)),
            Sign::Gone => format!("no attempt any more; {} before", then(Column::Attempts).unwrap_or_default()),
            Sign::Finding(kind) => kind.name().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ordertrace_api::hotspot::{Figures, OrderFigures};

    use super::*;
    use crate::sample::figures;

    const MS: u64 = 1_000_000;

    fn failing(attempts: u64, failed: u64) -> Figures {
        Figures { failed, error_share: failed as f64 / attempts as f64, ..figures(attempts, 50 * MS) }
    }

    fn tried(amplification: f64) -> Figures {
        Figures { amplification, ..figures(1_000, 50 * MS) }
    }

    fn judged(figures: Figures, before: Option<Figures>, findings: &[FindingKind]) -> (Level, Sign) {
        let spot = Spot {
            from: Some("oms".to_owned()),
            to: "erp".to_owned(),
            operation: "POST /sales-orders".to_owned(),
            figures,
            orders: OrderFigures::default(),
            before: before.map(|before| (before, OrderFigures::default())),
            slices: Vec::new(),
        };
        let Trouble { level, sign, .. } = Trouble::of_spot(&spot, findings);
        (level, sign)
    }

    #[test]
    fn failing_is_told_from_failing_as_usual() {
        for (failed, before, expected) in [
            (1_000, None, (Level::Broken, Sign::Fails)),
            (1_000, Some(failing(1_000, 1)), (Level::Broken, Sign::Fails)),
            // Looking for carts that do not exist is no fault, but worth a look.
            (300, Some(failing(1_000, 290)), (Level::Calm, Sign::Fails)),
            (600, Some(failing(1_000, 590)), (Level::Worse, Sign::Fails)),
            (60, Some(failing(1_000, 1)), (Level::Broken, Sign::Fails)),
            (30, Some(failing(1_000, 1)), (Level::Worse, Sign::Fails)),
            (100, None, (Level::Worse, Sign::Fails)),
            (99, None, (Level::Calm, Sign::None)),
            (30, Some(failing(1_000, 28)), (Level::Calm, Sign::None)),
            (10, None, (Level::Calm, Sign::None)),
            (0, None, (Level::Calm, Sign::None)),
        ] {
            assert_eq!(judged(failing(1_000, failed), before, &[]), expected, "{failed} of 1000, {before:?}");
        }
        assert_eq!(judged(failing(2, 2), None, &[]), (Level::Calm, Sign::None), "two say nothing");
        // Seven attempts a day earlier do not say what is usual.
        assert_eq!(judged(failing(1_000, 300), Some(failing(7, 2)), &[]), (Level::Broken, Sign::Fails));
    }

    #[test]
    fn what_takes_longer_is_worse_and_what_hangs_is_broken() {
        let each_ms = |ms: u64| figures(1_000, ms * MS);
        for (now_ms, before_ms, expected) in [
            (30_000, 50, (Level::Broken, Sign::Slower)),
            (900, 50, (Level::Worse, Sign::Slower)),
            (3_000, 1_400, (Level::Worse, Sign::Slower)),
            (80, 50, (Level::Calm, Sign::None)),
        ] {
            assert_eq!(judged(each_ms(now_ms), Some(each_ms(before_ms)), &[]), expected, "{now_ms} ms");
        }
        assert_eq!(judged(each_ms(30_000), None, &[]), (Level::Calm, Sign::None), "it may always take that long");
    }

    #[test]
    fn what_nobody_attempts_any_more_is_missed() {
        let silent = [FindingKind::SilentSystem];
        assert_eq!(judged(figures(0, 0), Some(failing(500, 0)), &[]), (Level::Worse, Sign::Gone));
        assert_eq!(judged(figures(0, 0), Some(failing(500, 0)), &silent), (Level::Broken, Sign::Gone));
        assert_eq!(judged(figures(0, 0), Some(failing(5, 0)), &silent), (Level::Calm, Sign::None));
    }

    #[test]
    fn a_storm_is_on_the_handoff_that_is_tried_again_and_again() {
        let storm = [FindingKind::RetryStorm];
        assert_eq!(judged(tried(6.0), None, &storm), (Level::Broken, Sign::Retried));
        assert_eq!(judged(tried(6.0), None, &[]), (Level::Worse, Sign::Retried));
        assert_eq!(judged(tried(6.0), Some(tried(6.0)), &[]), (Level::Calm, Sign::None), "as ever");
        assert_eq!(judged(tried(1.1), None, &storm), (Level::Calm, Sign::None), "another handoff's storm");
    }

    #[test]
    fn findings_about_single_orders_do_not_make_a_system_suspect() {
        let calm = Trouble::default();
        assert_eq!(calm.or_found(&[FindingKind::DoubleCharge, FindingKind::PlaintextHandoff]), calm);
        let silent = calm.or_found(&[FindingKind::RetryStorm, FindingKind::SilentSystem]);
        assert_eq!((silent.level, silent.word()), (Level::Broken, "silent_system"));
        let fails = Trouble::of(Level::Broken, Sign::Fails);
        assert_eq!(fails.or_found(&[FindingKind::SilentSystem]), fails, "the figures say more");
    }
}
