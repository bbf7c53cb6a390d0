use jiff::Timestamp;
use ordertrace_api::sync::SyncLag;

use crate::text::{Tone, ns_between};

const MINUTE_NS: u64 = 60_000_000_000;

/// From when on a change that is late is older than that.
const OLD_NS: u64 = 10 * MINUTE_NS;
const DEAD_NS: u64 = 60 * MINUTE_NS;

/// How bad it is that a target does not show what its source does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Heat {
    /// It shows all.
    Agrees,
    /// Some changes have not arrived, none of them longer ago than the target's vendor says.
    Waits,
    /// Some take longer than that.
    Late,
    /// The first of them takes ten minutes or more.
    Old,
    /// It takes an hour or more.
    Dead,
}

impl Heat {
    /// Every one of them, from good to bad.
    pub const ALL: [Self; 5] = [Self::Agrees, Self::Waits, Self::Late, Self::Old, Self::Dead];

    /// That of a pair of systems.
    pub fn of(lag: &SyncLag, now: Timestamp) -> Self {
        let oldest_ns = lag.oldest.map_or(0, |oldest| ns_between(oldest, now));
        match (lag.waiting, lag.late) {
            (0, _) => Self::Agrees,
            (_, 0) => Self::Waits,
            _ if oldest_ns >= DEAD_NS => Self::Dead,
            _ if oldest_ns >= OLD_NS => Self::Old,
            _ => Self::Late,
        }
    }

    /// Its shade, seen without colours.
    pub const fn shade(self) -> char {
        match self {
            Self::Agrees => '·',
            Self::Waits => '░',
            Self::Late => '▒',
            Self::Old => '▓',
            Self::Dead => '█',
        }
    }

    /// Its tone.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Agrees => Tone::Good,
            Self::Waits => Tone::Plain,
            Self::Late | Self::Old => Tone::Warning,
            Self::Dead => Tone::Error,
        }
    }

    /// What its shade means.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Agrees => "shows all",
            Self::Waits => "within its floor",
            Self::Late => "late",
            Self::Old => "for 10m",
            Self::Dead => "for 1h",
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::sample;

    #[test]
    fn a_change_heats_up_while_it_does_not_arrive() {
        let heat = |waiting, late, minutes| {
            let oldest = Some(sample::now() - SignedDuration::from_mins(minutes));
            Heat::of(&SyncLag { waiting, late, oldest, ..sample::sync().lags[0].clone() }, sample::now())
        };
        assert_eq!(heat(0, 0, 90), Heat::Agrees);
        assert_eq!(heat(5, 0, 90), Heat::Waits, "the vendor's batch takes so long");
        assert_eq!([1, 9, 10, 59, 60].map(|minutes| heat(5, 1, minutes)), {
            [Heat::Late, Heat::Late, Heat::Old, Heat::Old, Heat::Dead]
        });
    }
}
