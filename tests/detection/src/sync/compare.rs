//! What is said beside what is true.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::alert::Alert;
use ordertrace_api::replay::ReplayedAlert;
use ordertrace_api::sync::DriftNow;
use ordertrace_shop::stock::{Cause, Fault, Known, Watched};

use super::alerts::{Expected, place};
use super::orders;
use super::said::{Lag, Place};

/// Differences of each kind that are shown.
const SHOWN: usize = 10;

/// The outcome of a seed.
pub(super) struct Comparison<'w> {
    watched: BTreeMap<Place, Item<'w>>,
    /// Drifts that were true at an evaluation, summed over evaluations.
    drifts: u64,
    /// Of these, those that orders in flight explain wholly, and those that they explain in part.
    explained: [u64; 2],
    lags: u64,
    /// Lags that nobody can tell.
    unclear: u64,
    alerts: Expected<'w>,
    /// Alerts that rules held against what was recorded came to again.
    replayed: usize,
    wrong: BTreeMap<&'static str, Vec<String>>,
}

/// One item, and how far its truth has been followed.
struct Item<'w> {
    watched: &'w Watched,
    seen: usize,
}

impl<'w> Comparison<'w> {
    pub(super) fn of(watched: &'w [Watched]) -> Self {
        let alerts = Expected::of(watched);
        let watched = watched.iter().map(|watched| (Place::watched(watched), Item { watched, seen: 0 })).collect();
        Self { watched, drifts: 0, explained: [0; 2], lags: 0, unclear: 0, alerts, replayed: 0, wrong: BTreeMap::new() }
    }

    /// Whether everything said is true and everything true was said.
    pub(super) fn agrees(&self) -> bool {
        self.wrong.is_empty()
    }

    /// Holds what is said to differ at `now` against what can be known by then.
    pub(super) fn drifts(&mut self, now: Timestamp, said: &[DriftNow]) {
        let mut said: BTreeMap<Place, &DriftNow> = said.iter().map(|drift| (Place::drift(drift), drift)).collect();
        let mut wrong = Vec::new();
        for (place, item) in &mut self.watched {
            item.seen += item.watched.seen[item.seen..].partition_point(|seen| seen.at <= now);
            let last = item.seen.checked_sub(1).and_then(|last| item.watched.seen.get(last));
            let differs = last.and_then(|seen| seen.differs.as_ref());
            match (differs, said.remove(place)) {
                (None, None) => {}
                (Some(differs), None) => wrong.push(("missing", format!("{place:?} at {now}: {differs:?}"))),
                (None, Some(drift)) => wrong.push(("extra", format!("{place:?} at {now}: {drift:?}"))),
                (Some(differs), Some(drift)) => {
                    self.drifts += 1;
                    let line = || format!("{place:?} at {now}: {drift:?} instead of {differs:?}");
                    if drift.difference.as_ref() != Some(&differs.by) || drift.target_value != differs.target {
                        wrong.push(("otherwise", line()));
                    }
                    wrong.extend(orders::compare(item.watched, now, differs, drift).map(|line| ("of orders", line)));
                    if let Some(in_flight) = drift.in_flight.as_ref().filter(|in_flight| in_flight.explained != "0") {
                        self.explained[usize::from(in_flight.unexplained != "0")] += 1;
                    }
                    let stretch = differs.stretch.and_then(|stretch| item.watched.stretches.get(stretch));
                    let uncertain = SignedDuration::from_millis(i64::from(drift.uncertain_ms));
                    if let Some(stretch) = stretch
                        && !is_then(&stretch.since, drift.since, uncertain)
                    {
                        wrong.push(("since another time", format!("{}, {:?}", line(), stretch.since)));
                    }
                }
            }
        }
        wrong.extend(said.into_keys().map(|place| ("extra", format!("{place:?} at {now}"))));
        self.note(wrong);
    }

    /// Holds the lags that were recorded in the end against the true ones.
    pub(super) fn lags(&mut self, recorded: &[Lag]) {
        let mut of_place: BTreeMap<&Place, Vec<&Lag>> = BTreeMap::new();
        recorded.iter().for_each(|lag| of_place.entry(&lag.place).or_default().push(lag));
        let mut wrong = Vec::new();
        for (place, item) in &self.watched {
            let mut left = of_place.remove(place).unwrap_or_default();
            for stretch in &item.watched.stretches {
                let Some(until) = stretch.until else { continue };
                if !stretch.is_clear {
                    self.unclear += 1;
                    continue;
                }
                let is_it = |lag: &&Lag| {
                    is_then(&stretch.since, lag.since, lag.uncertain) && is_then(&until, lag.ended, lag.uncertain)
                };
                match left.iter().position(is_it) {
                    Some(at) => {
                        left.swap_remove(at);
                        self.lags += 1;
                    }
                    None => wrong.push(("lags missing", format!("{place:?} {stretch:?}"))),
                }
            }
            let is_extra = |lag: &&&Lag| !is_unclear(item.watched, lag);
            wrong.extend(left.iter().filter(is_extra).map(|lag| ("lags extra", format!("{lag:?}"))));
        }
        wrong.extend(of_place.into_values().flatten().map(|lag| ("lags extra", format!("{lag:?}"))));
        self.note(wrong);
    }

    /// Holds the alerts that fire at `now`, where that is `said` to differ, against what can be known by then.
    ///
    /// # Errors
    /// When there is more to tell than a rule may have alerts.
    pub(super) fn alerts(&mut self, now: Timestamp, alerts: &[Alert], said: &[DriftNow]) -> anyhow::Result<()> {
        let wrong = self.alerts.hold(now, alerts, said)?;
        self.note(wrong);
        Ok(())
    }

    /// Holds what rules came to when they were held against what was recorded against what they came to at the time:
    /// but of items whose target takes orders, for what is known of these is not recorded by when it was.
    pub(super) fn replay(&mut self, replayed: Vec<ReplayedAlert>, at_the_time: Vec<Alert>) {
        let is_recorded =
            |alert: &Alert| !self.watched.get(&place(alert)).is_some_and(|item| item.watched.takes_orders());
        let by_episode = |alerts: Vec<Alert>| -> BTreeMap<(String, u32), Alert> {
            alerts.into_iter().filter(is_recorded).map(|alert| ((alert.id.clone(), alert.episode), alert)).collect()
        };
        let mut replayed = by_episode(replayed.into_iter().map(|replayed| replayed.alert).collect());
        let mut wrong = Vec::new();
        for (episode, alert) in by_episode(at_the_time) {
            match replayed.remove(&episode) {
                Some(again) if again == alert => self.replayed += 1,
                other => wrong.push(("replayed otherwise", format!("{other:?} instead of {alert:?}"))),
            }
        }
        wrong.extend(replayed.into_values().map(|alert| ("replayed extra", format!("{alert:?}"))));
        self.note(wrong);
    }

    fn note(&mut self, wrong: Vec<(&'static str, String)>) {
        for (what, line) in wrong {
            self.wrong.entry(what).or_default().push(line);
        }
    }

    /// How many stretches there are by what brought them about: a rhythm, orders in flight, faults; and how
    /// many kinds of faults.
    fn causes(&self) -> [usize; 4] {
        let (mut rhythm, mut in_flight, mut faulty) = (0, 0, 0);
        let mut kinds: BTreeSet<Fault> = BTreeSet::new();
        for stretch in self.watched.values().flat_map(|item| &item.watched.stretches) {
            match &stretch.cause {
                Cause::Rhythm => rhythm += 1,
                Cause::InFlight => in_flight += 1,
                Cause::Faults(faults) => {
                    faulty += 1;
                    kinds.extend(faults);
                }
            }
        }
        [rhythm, in_flight, faulty, kinds.len()]
    }
}

/// Whether that is the time of a change: not outside of what can be known, and no further from when it
/// was really made than it says itself.
fn is_then(known: &Known, at: Timestamp, uncertain: SignedDuration) -> bool {
    (known.earliest..=known.latest).contains(&at) && (at - uncertain..=at).contains(&known.held)
}

/// Whether a lag is of a time of which nobody can tell.
fn is_unclear(watched: &Watched, lag: &Lag) -> bool {
    let (from, until) = (lag.since - lag.uncertain, lag.ended);
    let of_stretches = watched
        .stretches
        .iter()
        .filter(|stretch| !stretch.is_clear)
        .map(|stretch| (stretch.since.earliest, stretch.until.map_or(Timestamp::MAX, |until| until.latest)));
    let mut times = watched.unclear.iter().copied().chain(of_stretches);
    times.any(|(unclear_from, unclear_until)| unclear_from <= until && unclear_until >= from)
}

impl fmt::Display for Comparison<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [rhythm, in_flight, faulty, kinds] = self.causes();
        write!(
            f,
            "{rhythm} drifts by rhythm, {in_flight} in flight, {faulty} by {kinds} kinds of faults; as expected {} at \
             evaluations, of which orders explain {} wholly and {} in part, and {} lags, {} that nobody can tell, {} alerts \
             at evaluations, {} thresholds that nobody can tell, {} alerts once more from what was recorded",
            self.drifts,
            self.explained[0],
            self.explained[1],
            self.lags,
            self.unclear,
            self.alerts.agreed,
            self.alerts.unclear,
            self.replayed
        )?;
        for (what, lines) in &self.wrong {
            write!(f, ", {} {what}", lines.len())?;
        }
        for (what, lines) in &self.wrong {
            for line in lines.iter().take(SHOWN) {
                write!(f, "\n  {what}: {line}")?;
            }
        }
        Ok(())
    }
}
