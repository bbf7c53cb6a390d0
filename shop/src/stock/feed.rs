use jiff::{SignedDuration, Timestamp};

use super::otlp::at;
use super::telling::Rounds;

/// The system that makes the feed.
pub const FEED_SYSTEM: &str = "price_feed";

/// The feed's name.
pub const FEED_NAME: &str = "shopping";

/// The feed at one time that it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedMade {
    /// When.
    pub made_at: Timestamp,
    /// When that was known first.
    pub known_at: Timestamp,
}

/// What is true of a feed's age.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedDays(Vec<FeedMade>);

impl FeedDays {
    pub(super) fn of(rounds: &Rounds, begins_at: Timestamp) -> Self {
        let made = rounds.iter().filter_map(|(made_ms, arrives_ms)| {
            Some(FeedMade { made_at: at(begins_at, made_ms), known_at: at(begins_at, *arrives_ms.first()?) })
        });
        Self(made.collect())
    }

    /// How old the newest is at `now` of which it is known by then that it was made.
    pub fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        let known = self.0.iter().filter(|made| made.known_at <= now).map(|made| made.made_at);
        known.max().map(|made_at| now.duration_since(made_at))
    }
}
