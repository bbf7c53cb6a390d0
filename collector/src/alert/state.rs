//! From what is seen to alerts: how one opens, holds and closes.

use ordertrace_api::finding::Severity;

use super::observation::{Labels, Observation, identity};
use super::threshold::Level;

/// What all alerts of a rule have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    /// Name of the rule.
    pub(super) rule: String,
    /// It must be so for that long.
    pub(super) hold_ms: i64,
    pub(super) severity: Severity,
    /// Beside those that say what an alert is about.
    pub(super) labels: Labels,
    /// Empty = none.
    pub(super) runbook: String,
}

/// How far an alert has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// The threshold is passed, not for long enough.
    Pending,
    /// It must be known.
    Firing,
    /// It was known, and is over.
    Resolved,
    /// It was over before anybody had to know.
    Lapsed,
}

/// One time in which a rule held for one thing, as it is kept. Times are milliseconds since the Unix epoch, by
/// ClickHouse's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// See [`identity`].
    pub(super) id: String,
    /// How often it came, this time included.
    pub(super) episode: u32,
    pub(super) rule: String,
    pub(super) severity: Severity,
    pub(super) stage: Stage,
    /// What it is about, and those of the rule.
    pub(super) labels: Labels,
    pub(super) runbook: String,
    pub(super) value: String,
    pub(super) says: String,
    /// Who is hit; empty = nobody knows.
    pub(super) hit: String,
    pub(super) look: String,
    /// Since when the threshold is passed.
    pub(super) since_ms: i64,
    /// 0 = it never fired, as below.
    pub(super) fired_at_ms: i64,
    pub(super) resolved_at_ms: i64,
    /// Of which time this is.
    pub(super) updated_at_ms: i64,
}

/// What is active is written so often though its stage stays: others see that it is looked after.
pub(super) const REFRESH_MS: i64 = 60_000;

impl Stage {
    /// Whether it may still come to something.
    pub(super) fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Firing)
    }
}

/// What is to be written of a thing at `now_ms` that was `known` and is `seen`, by the terms of its rule; `None` when
/// that is what is known.
///
/// It opens when it is over its threshold all the time for as long as the rule wants, and closes only when it is
/// under the one that closes. What is not seen is under it. What was looked at earlier than what is known changes nothing.
pub(super) fn step(terms: &Terms, known: Option<&Kept>, seen: Option<&Observation>, now_ms: i64) -> Option<Kept> {
    if known.is_some_and(|known| known.updated_at_ms >= now_ms) {
        return None;
    }
    match (known.filter(|known| known.stage.is_active()), seen) {
        (None, Some(seen)) if seen.level == Level::Over => {
            let episode = known.map_or(0, |known| known.episode).saturating_add(1);
            Some(held(opened(terms, episode, seen, now_ms), terms.hold_ms, now_ms))
        }
        (None, _) => None,
        (Some(known), Some(seen)) if goes_on(known.stage, seen.level) => {
            let told = Kept {
                stage: known.stage,
                since_ms: known.since_ms,
                fired_at_ms: known.fired_at_ms,
                ..opened(terms, known.episode, seen, now_ms)
            };
            let now = held(told, terms.hold_ms, now_ms);
            let is_news = now.stage != known.stage || now_ms.saturating_sub(known.updated_at_ms) >= REFRESH_MS;
            is_news.then_some(now)
        }
        (Some(known), _) => Some(ended(known, now_ms)),
    }
}

fn opened(terms: &Terms, episode: u32, seen: &Observation, now_ms: i64) -> Kept {
    let mut labels = terms.labels.clone();
    labels.extend(seen.labels.clone());
    Kept {
        id: identity(&terms.rule, &seen.labels),
        episode,
        rule: terms.rule.clone(),
        severity: terms.severity,
        stage: Stage::Pending,
        labels,
        runbook: terms.runbook.clone(),
        value: seen.value.clone(),
        says: seen.says.clone(),
        hit: seen.hit.clone(),
        look: seen.look.clone(),
        since_ms: now_ms,
        fired_at_ms: 0,
        resolved_at_ms: 0,
        updated_at_ms: now_ms,
    }
}

/// The same, which does not hold any more.
pub(super) fn ended(known: &Kept, now_ms: i64) -> Kept {
    let (stage, resolved_at_ms) =
        if known.stage == Stage::Firing { (Stage::Resolved, now_ms) } else { (Stage::Lapsed, 0) };
    Kept { stage, resolved_at_ms, updated_at_ms: now_ms, ..known.clone() }
}

fn goes_on(stage: Stage, level: Level) -> bool {
    match stage {
        Stage::Firing => level != Level::Under,
        _ => level == Level::Over,
    }
}

/// The same, firing once it held for long enough. When that was follows from when it began, not from when
/// anybody looked.
fn held(kept: Kept, hold_ms: i64, now_ms: i64) -> Kept {
    let due_ms = kept.since_ms.saturating_add(hold_ms);
    if kept.stage != Stage::Pending || now_ms < due_ms {
        return kept;
    }
    Kept { stage: Stage::Firing, fired_at_ms: due_ms, ..kept }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::alert::observation::labels;

    fn seen(level: Level) -> Observation {
        Observation {
            labels: labels([("sku", "HAT")]),
            level,
            value: "7".to_owned(),
            says: "HAT differs".to_owned(),
            hit: String::new(),
            look: "ordertrace sync".to_owned(),
        }
    }

    fn terms(hold_s: i64) -> Terms {
        let labels = labels([("team", "inventory")]);
        let rule = "Drift".to_owned();
        Terms { rule, hold_ms: hold_s * 1_000, severity: Severity::Warning, labels, runbook: String::new() }
    }

    /// What is known after these times (seconds) and levels; `None` = it was not seen.
    fn after(hold_s: i64, looks: &[(i64, Option<Level>)]) -> Vec<Kept> {
        let mut history: Vec<Kept> = Vec::new();
        for (at_s, level) in looks {
            let seen = level.map(seen);
            let next = step(&terms(hold_s), history.last(), seen.as_ref(), at_s * 1_000);
            match next {
                Some(next) if history.last().is_some_and(|last| last.episode == next.episode) => {
                    *history.last_mut().unwrap() = next;
                }
                Some(next) => history.push(next),
                None => {}
            }
        }
        history
    }

    const OVER: Option<Level> = Some(Level::Over);
    const BETWEEN: Option<Level> = Some(Level::Between);
    const UNDER: Option<Level> = Some(Level::Under);

    fn lines(history: &[Kept]) -> Vec<(u32, Stage, i64, i64, i64)> {
        let line = |kept: &Kept| {
            let [since, fired, resolved] =
                [kept.since_ms, kept.fired_at_ms, kept.resolved_at_ms].map(|at_ms| at_ms / 1_000);
            (kept.episode, kept.stage, since, fired, resolved)
        };
        history.iter().map(line).collect()
    }

    #[test]
    fn it_fires_when_it_held_for_long_enough() {
        assert_eq!(lines(&after(0, &[(10, OVER)])), [(1, Stage::Firing, 10, 10, 0)]);
        assert_eq!(lines(&after(30, &[(10, OVER), (25, OVER)])), [(1, Stage::Pending, 10, 0, 0)]);
        assert_eq!(lines(&after(30, &[(10, OVER), (25, OVER), (55, OVER)])), [(1, Stage::Firing, 10, 40, 0)]);
        let broken = after(30, &[(10, OVER), (25, BETWEEN), (40, OVER), (55, OVER)]);
        assert_eq!(lines(&broken), [(1, Stage::Lapsed, 10, 0, 0), (2, Stage::Pending, 40, 0, 0)]);
    }

    #[test]
    fn it_closes_only_under_the_threshold_that_closes() {
        let looks = [(10, OVER), (20, BETWEEN), (30, OVER), (40, BETWEEN)];
        assert_eq!(lines(&after(0, &looks)), [(1, Stage::Firing, 10, 10, 0)], "flapping is one alert");
        for end in [UNDER, None] {
            let closed = after(0, &[&looks[..], &[(50, end), (60, BETWEEN)]].concat());
            assert_eq!(lines(&closed), [(1, Stage::Resolved, 10, 10, 50)]);
        }
        let again = after(0, &[(10, OVER), (20, None), (30, OVER)]);
        assert_eq!(lines(&again), [(1, Stage::Resolved, 10, 10, 20), (2, Stage::Firing, 30, 30, 0)]);
    }

    #[test]
    fn what_is_looked_after_is_written_now_and_then() {
        let known = after(0, &[(10, OVER)]).remove(0);
        let step = |at_s: i64| step(&terms(0), Some(&known), Some(&seen(Level::Over)), at_s * 1_000);
        assert_eq!(step(10), None, "of the same time");
        assert_eq!(step(40), None);
        assert_eq!(step(70).unwrap(), Kept { updated_at_ms: 70_000, ..known.clone() });
    }

    fn level() -> impl Strategy<Value = Option<Level>> {
        prop::sample::select(vec![OVER, BETWEEN, UNDER, None])
    }

    proptest! {
        /// A second collector that looks at the same times, or late, and one that ends at any time and goes on
        /// from what was written, which is all that `after` knows of the past, change nothing.
        #[test]
        fn how_often_and_in_which_order_it_is_looked_at_does_not_matter(
            levels in prop::collection::vec(level(), 1..30),
            late in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..20),
            hold_s in 0..60_i64,
        ) {
            let looks: Vec<(i64, Option<Level>)> =
                levels.iter().enumerate().map(|(at, level)| (at as i64 * 15 + 15, *level)).collect();
            let mut with_late = looks.clone();
            for (which, place) in late {
                let look = *which.get(&looks);
                // After the one that was in time.
                let from = with_late.iter().position(|known| *known == look).unwrap() + 1;
                with_late.insert(from + place.index(with_late.len() - from + 1), look);
            }
            let (once, often) = (after(hold_s, &looks), after(hold_s, &with_late));
            // What a late look would refresh is of no account.
            let stages = |history: &[Kept]| lines(history);
            prop_assert_eq!(stages(&once), stages(&often));
        }

        #[test]
        fn flapping_above_the_threshold_that_closes_is_one_alert(
            levels in prop::collection::vec(prop::sample::select(vec![OVER, BETWEEN]), 1..30),
        ) {
            let looks = std::iter::once(OVER).chain(levels);
            let looks: Vec<_> = looks.enumerate().map(|(at, level)| (at as i64 * 15 + 15, level)).collect();
            prop_assert_eq!(lines(&after(0, &looks)), [(1, Stage::Firing, 15, 15, 0)]);
        }
    }
}
