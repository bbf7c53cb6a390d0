use std::collections::BTreeMap;

use crate::settings::RetryStormSettings;

/// Telemetry of a minute arrives within so many more; so long a storm holds that is over.
pub(super) const LATE: u32 = 3;

/// Minutes in which the beginning of a storm is looked for.
pub(super) const RECENT: u32 = 60;

/// Minutes of the past with which a handoff is compared: a day.
pub(super) const PAST: u32 = 24 * 60;

/// Stretches of time with attempts that it takes to know what is usual.
const KNOWN_BY: usize = 12;

/// A storm has so many times the attempts that an exchange usually takes.
const TIMES_USUAL: f64 = 2.0;

/// What happened on a handoff in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) attempts: u64,
    pub(super) failed: u64,
    /// Sent again, as far as anybody says.
    pub(super) resent: u64,
}

/// The same by minute since the Unix epoch.
pub(super) type Minutes = BTreeMap<u32, Counts>;

/// A retry storm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Storm {
    /// The minute in which it began.
    pub(super) since: u32,
    /// Attempts since then.
    pub(super) attempts: u64,
    /// For so many exchanges, at most.
    pub(super) exchanges: u64,
    /// Attempts that an exchange usually takes, where that is known.
    pub(super) usual: Option<f64>,
}

/// What is usual on a handoff.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Usual {
    /// The most exchanges that there ever were in one stretch of time.
    exchanges: u64,
    /// Attempts for an exchange, the median.
    amplification: f64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.failed = self.failed.saturating_add(other.failed);
        self.resent = self.resent.saturating_add(other.resent);
    }

    fn of<'c>(counts: impl Iterator<Item = &'c Self>) -> Self {
        counts.fold(Self::default(), |mut sum, counts| {
            sum.add(*counts);
            sum
        })
    }

    /// For how many exchanges these attempts were, at most: each that was not declared a resend may be
    /// one. Callers that say nothing of their retries, though, make many more attempts than usual, and
    /// nearly all of them fail: then there are no more exchanges than there ever were, or succeeded.
    fn exchanges(self, stretches: u64, usual: Option<Usual>) -> u64 {
        let first = self.attempts.saturating_sub(self.resent);
        if self.resent >= self.failed / 2 {
            return first.max(1);
        }
        let succeeded = self.attempts.saturating_sub(self.failed);
        let likely = usual.map_or(first, |usual| usual.exchanges.saturating_mul(stretches).max(succeeded));
        first.min(likely).max(1)
    }
}

impl Usual {
    /// What is usual before the minute `end`, where enough is known.
    fn before(end: u32, over: u32, minutes: &Minutes) -> Option<Self> {
        let mut stretches: BTreeMap<u32, Counts> = BTreeMap::new();
        for (minute, counts) in minutes.range(end.saturating_sub(PAST)..end).filter(|(_, counts)| counts.attempts > 0) {
            stretches.entry((end - 1 - minute) / over).or_default().add(*counts);
        }
        if stretches.len() < KNOWN_BY {
            return None;
        }
        let exchanges = stretches.values().map(|sum| sum.attempts.saturating_sub(sum.failed)).max()?;
        let usual = Self { exchanges, amplification: 1.0 };
        let mut amplifications: Vec<f64> =
            stretches.values().map(|sum| sum.attempts as f64 / sum.exchanges(1, Some(usual)) as f64).collect();
        amplifications.sort_unstable_by(f64::total_cmp);
        Some(Self { amplification: *amplifications.get(amplifications.len() / 2)?, ..usual })
    }
}

/// The storm that there is on a handoff in the minute `now`, or was until its telemetry may have been
/// late; `since` is when it began, when that is known.
pub(super) fn storm(minutes: &Minutes, now: u32, since: Option<u32>, settings: &RetryStormSettings) -> Option<Storm> {
    let over = settings.over_minutes();
    let known_from = since.unwrap_or(now.saturating_sub(RECENT - 1));
    let usual = Usual::before(known_from, over, minutes);
    let least = usual.map_or(0.0, |usual| usual.amplification * TIMES_USUAL);
    let least = least.max(f64::from(settings.attempts_per_exchange));
    let stretch = |end: u32| minutes.range(end.saturating_sub(over - 1)..=end);
    let is_storm = |end: u32| {
        let sum = Counts::of(stretch(end).map(|(_, counts)| counts));
        sum.attempts >= settings.attempts && sum.attempts as f64 >= least * sum.exchanges(1, usual) as f64
    };
    let latest = (now.saturating_sub(LATE)..=now).rev().find(|end| is_storm(*end))?;
    let began = || {
        let first = (known_from..=latest).rev().take_while(|end| is_storm(*end)).last().unwrap_or(latest);
        // Minutes as usual lie before it in its first stretch.
        let mut minutes = stretch(first).filter(|(_, counts)| counts.failed.max(counts.resent) > counts.attempts / 2);
        minutes.next().map_or(first, |(minute, _)| *minute)
    };
    let since = since.unwrap_or_else(began);
    let sum = Counts::of(minutes.range(since..=now).map(|(_, counts)| counts));
    let stretches = u64::from((now - since.min(now)) / over + 1);
    Some(Storm {
        since,
        attempts: sum.attempts,
        exchanges: sum.exchanges(stretches, usual),
        usual: usual.map(|usual| usual.amplification),
    })
}
