//! The price feed's age, and the alert that it is old, beside the truth.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::alert::Alert;
use ordertrace_api::sync::AgeNow;
use ordertrace_shop::stock::{FEED_NAME, FEED_SYSTEM, FeedDays};

/// It is made every quarter of an hour, and that is known five minutes later at the latest.
pub(super) const RULE: &str =
    "- {name: StaleFeed, age: {entity: feed, over: 25m, closes_under: 18m, systems: [price_feed]}}\n";
pub(super) const NAME: &str = "StaleFeed";
const OVER: SignedDuration = SignedDuration::from_mins(25);
const CLOSES_UNDER: SignedDuration = SignedDuration::from_mins(18);

/// Differences that are shown.
const SHOWN: usize = 10;

/// What is said of the feed beside what is true of it.
pub(super) struct FeedComparison<'d> {
    days: &'d FeedDays,
    /// Whether it should be told now that it is old, and how often that began.
    is_stale: bool,
    alerts: u32,
    wrong: Vec<String>,
}

impl<'d> FeedComparison<'d> {
    pub(super) fn new(days: &'d FeedDays) -> Self {
        Self { days, is_stale: false, alerts: 0, wrong: Vec::new() }
    }

    /// Whether everything said is true and everything true was said.
    pub(super) fn agrees(&self) -> bool {
        self.wrong.is_empty()
    }

    /// Holds what is said at `now`, and the alerts that fire then, against what is true.
    pub(super) fn compare(&mut self, now: Timestamp, said: &[AgeNow], firing: &[Alert]) {
        let age = self.days.age(now);
        let told: Vec<(&str, &str, i128)> =
            said.iter().map(|said| (said.system.as_str(), said.name.as_str(), i128::from(said.age_ms))).collect();
        let known: Vec<(&str, &str, i128)> = age.iter().map(|age| (FEED_SYSTEM, FEED_NAME, age.as_millis())).collect();
        if told != known {
            self.wrong.push(format!("at {now}: ages {told:?} instead of {known:?}"));
        }
        let was_stale = self.is_stale;
        self.is_stale = age.is_some_and(|age| age > if was_stale { CLOSES_UNDER } else { OVER });
        self.alerts += u32::from(self.is_stale && !was_stale);
        let episodes: Vec<u32> = firing.iter().filter(|alert| alert.rule == NAME).map(|alert| alert.episode).collect();
        let expected: Vec<u32> = self.is_stale.then_some(self.alerts).into_iter().collect();
        if episodes != expected {
            self.wrong.push(format!("at {now}, {age:?} old: alerts {episodes:?} instead of {expected:?}"));
        }
    }
}

impl fmt::Display for FeedComparison<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the feed was old {} times", self.alerts)?;
        if !self.wrong.is_empty() {
            write!(f, ", {} told otherwise", self.wrong.len())?;
        }
        self.wrong.iter().take(SHOWN).try_for_each(|line| write!(f, "\n  feed: {line}"))
    }
}
