//! Alerts beside what is true: which rule must tell of what at each evaluation.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use ordertrace_api::alert::Alert;
use ordertrace_api::reading::Entity;
use ordertrace_api::sync::DriftNow;
use ordertrace_collector::alert::Rules;
use ordertrace_collector::settings::AlertSettings;
use ordertrace_shop::stock::{Cause, Differs, SYNCS, Stretch, Watched};
use rust_decimal::Decimal;

use super::feed;
use super::said::{Place, syncs};

/// A rule over the items of a sync that differ.
struct OfItems {
    name: &'static str,
    sync: &'static str,
    over: i64,
    closes_under: i64,
    hold: SignedDuration,
}

/// A rule over how long the oldest change waits.
struct OfLag {
    name: &'static str,
    sync: &'static str,
    over: SignedDuration,
    closes_under: SignedDuration,
}

const OF_ITEMS: [OfItems; 2] = [
    OfItems { name: "Stock", sync: "stock", over: 5, closes_under: 2, hold: SignedDuration::from_mins(5) },
    OfItems { name: "Prices", sync: "prices", over: 1, closes_under: 1, hold: SignedDuration::ZERO },
];

const OF_LAG: [OfLag; 2] = [
    OfLag {
        name: "StockStopped",
        sync: "stock",
        over: SignedDuration::from_mins(30),
        closes_under: SignedDuration::from_mins(6),
    },
    OfLag {
        name: "PricesStopped",
        sync: "prices",
        over: SignedDuration::from_mins(40),
        closes_under: SignedDuration::from_mins(20),
    },
];

/// The most alerts that a rule may have.
const MOST: usize = 1_000;

/// How something stands to a rule's thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Under,
    Between,
    Over,
}

/// What a rule must tell of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Course {
    since: Timestamp,
    fires: bool,
}

/// What must be told, as far as evaluations have come.
pub(super) struct Expected<'w> {
    watched: Vec<(Place, Item<'w>)>,
    of_items: BTreeMap<(&'static str, Place), Course>,
    /// By rule and target: those that fire.
    of_lag: BTreeSet<(&'static str, String)>,
    /// Alerts that fired at evaluations as they must.
    pub(super) agreed: u64,
    /// Evaluations at which nobody can tell whether a lag is over its threshold.
    pub(super) unclear: u64,
}

struct Item<'w> {
    watched: &'w Watched,
    seen: usize,
}

/// What is wrong: of which kind, and a line about it.
type Wrong = Vec<(&'static str, String)>;

/// The rules as a collector is told them.
pub(super) fn rules() -> anyhow::Result<Rules> {
    let of_items = OF_ITEMS.iter().map(|rule| {
        let OfItems { name, sync, over, closes_under, hold } = rule;
        let drift = format!("{{sync: {sync}, over: {{units: '{over}'}}, closes_under: {{units: '{closes_under}'}}}}");
        format!("- {{name: {name}, drift: {drift}, for: {}s, limit: {MOST}}}\n", hold.as_secs())
    });
    let of_lag = OF_LAG.iter().map(|rule| {
        let OfLag { name, sync, over, closes_under } = rule;
        let lag = format!("{{sync: {sync}, over: {}s, closes_under: {}s}}", over.as_secs(), closes_under.as_secs());
        format!("- {{name: {name}, lag: {lag}}}\n")
    });
    let text: String = of_items.chain(of_lag).chain([feed::RULE.to_owned()]).collect();
    let settings: AlertSettings = ordertrace_config::parse(&format!("rules:\n{text}"), "the rules")?;
    Ok(Rules::new(&settings, &syncs())?)
}

impl<'w> Expected<'w> {
    pub(super) fn of(watched: &'w [Watched]) -> Self {
        let watched = watched.iter().map(|watched| (Place::watched(watched), Item { watched, seen: 0 })).collect();
        Self { watched, of_items: BTreeMap::new(), of_lag: BTreeSet::new(), agreed: 0, unclear: 0 }
    }

    /// Holds the alerts that fire at `now` against what can be known by then. Since when something differs of which
    /// that is not clear is taken from what is `said`.
    ///
    /// # Errors
    /// When there is more to tell than a rule may have alerts.
    pub(super) fn hold(&mut self, now: Timestamp, alerts: &[Alert], said: &[DriftNow]) -> anyhow::Result<Wrong> {
        for (_, item) in &mut self.watched {
            item.seen += item.watched.seen[item.seen..].partition_point(|seen| seen.at <= now);
        }
        let mut left: BTreeMap<(String, Place), &Alert> = BTreeMap::new();
        for alert in alerts.iter().filter(|alert| alert.rule != feed::NAME) {
            left.insert((alert.rule.clone(), place(alert)), alert);
        }
        let mut wrong = self.hold_items(now, &mut left)?;
        self.hold_lags(now, &mut left, said, &mut wrong);
        wrong.extend(left.into_values().map(|alert| ("alerts extra", format!("at {now}: {alert:?}"))));
        Ok(wrong)
    }

    fn hold_items(&mut self, now: Timestamp, left: &mut BTreeMap<(String, Place), &Alert>) -> anyhow::Result<Wrong> {
        let mut wrong = Vec::new();
        for rule in &OF_ITEMS {
            let mut fire = 0;
            for (place, item) in self.watched.iter().filter(|(_, item)| item.watched.sync == rule.sync) {
                let by = item.differs().map_or(Ok(Decimal::ZERO), |differs| item.unexplained(now, differs))?.abs();
                let level = level(&by, &rule.over.into(), &rule.closes_under.into());
                let key = (rule.name, place.clone());
                // Alerts have whole milliseconds.
                let at = Timestamp::from_millisecond(now.as_millisecond())?;
                let course = next(self.of_items.remove(&key), level, at, rule.hold);
                if let Some(course) = course {
                    self.of_items.insert(key, course);
                }
                let expected = course.filter(|course| course.fires);
                fire += usize::from(expected.is_some());
                match (expected, left.remove(&(rule.name.to_owned(), place.clone()))) {
                    (None, None) => {}
                    (Some(course), None) => {
                        wrong.push(("alerts missing", format!("{} {place:?} at {now}: {course:?}", rule.name)));
                    }
                    (None, Some(alert)) => wrong.push(("alerts extra", format!("at {now}: {alert:?}"))),
                    (Some(course), Some(alert)) => {
                        self.agreed += 1;
                        if (alert.since, alert.fired_at) != (course.since, Some(course.since + rule.hold)) {
                            wrong.push(("alerts at another time", format!("{alert:?} instead of {course:?}")));
                        }
                        if item.cause() == Some(&Cause::InFlight) {
                            wrong.push(("alerts of orders in flight", format!("at {now}: {alert:?}")));
                        }
                    }
                }
            }
            anyhow::ensure!(fire <= MOST, "rule {} has {fire} alerts, more than {MOST}; give fewer --skus", rule.name);
        }
        Ok(wrong)
    }

    fn hold_lags(
        &mut self,
        now: Timestamp,
        left: &mut BTreeMap<(String, Place), &Alert>,
        said: &[DriftNow],
        wrong: &mut Wrong,
    ) {
        let said: BTreeMap<Place, Timestamp> = said.iter().map(|drift| (Place::drift(drift), drift.since)).collect();
        let pairs = SYNCS.iter().flat_map(|of| of.targets.iter().map(|target| (of.sync, target.system)));
        for (sync, target) in pairs {
            let items =
                self.watched.iter().filter(|(_, item)| (item.watched.sync, item.watched.target) == (sync, target));
            let since = items.filter_map(|(place, item)| item.since(said.get(place).copied()));
            let (earliest, latest): (Vec<Timestamp>, Vec<Timestamp>) = since.unzip();
            let waits = [earliest, latest]
                .map(|times| times.into_iter().min().map_or(SignedDuration::ZERO, |oldest| now.duration_since(oldest)));
            for rule in OF_LAG.iter().filter(|rule| rule.sync == sync) {
                let key = (rule.name, target.to_owned());
                let fired = self.of_lag.remove(&key);
                let may = waits.map(|waits| match level(&waits, &rule.over, &rule.closes_under) {
                    Level::Over => true,
                    Level::Between => fired,
                    Level::Under => false,
                });
                let place = Place::target(sync, target);
                let alert = left.remove(&(rule.name.to_owned(), place));
                self.unclear += u64::from(may[0] != may[1]);
                self.agreed += u64::from(alert.is_some());
                if !may.contains(&alert.is_some()) {
                    let line = format!("{} {target} at {now}: {waits:?}, {alert:?}", rule.name);
                    wrong.push((if may[0] { "alerts missing" } else { "alerts extra" }, line));
                }
                if alert.is_some() {
                    self.of_lag.insert(key);
                }
            }
        }
    }
}

impl Item<'_> {
    /// In what they differ, as far as can be known.
    fn differs(&self) -> Option<&Differs> {
        let last = self.seen.checked_sub(1).and_then(|last| self.watched.seen.get(last));
        last.and_then(|seen| seen.differs.as_ref())
    }

    /// By how much, without what orders in flight explain at `now`.
    fn unexplained(&self, now: Timestamp, differs: &Differs) -> Result<Decimal, rust_decimal::Error> {
        match self.watched.entity {
            Entity::Inventory => Decimal::from_str_exact(&self.watched.aware(now, differs).unexplained),
            _ => Decimal::from_str_exact(&differs.by),
        }
    }

    fn stretch(&self) -> Option<&Stretch> {
        self.differs()?.stretch.and_then(|stretch| self.watched.stretches.get(stretch))
    }

    /// What brought it about, where that is clear.
    fn cause(&self) -> Option<&Cause> {
        self.stretch().map(|stretch| &stretch.cause)
    }

    /// Since when they differ, at the earliest and at the latest.
    fn since(&self, said: Option<Timestamp>) -> Option<(Timestamp, Timestamp)> {
        self.differs()?;
        match self.stretch() {
            Some(stretch) => Some((stretch.since.earliest, stretch.since.latest)),
            None => said.map(|said| (said, said)),
        }
    }
}

fn level<T: PartialOrd>(size: &T, over: &T, closes_under: &T) -> Level {
    if size > over {
        Level::Over
    } else if size > closes_under {
        Level::Between
    } else {
        Level::Under
    }
}

/// What becomes of it: it must be over for long enough, and fires until it is under.
fn next(course: Option<Course>, level: Level, now: Timestamp, hold: SignedDuration) -> Option<Course> {
    let since = match (course, level) {
        (Some(course), Level::Over) => course.since,
        (Some(course), Level::Between) if course.fires => course.since,
        (None, Level::Over) => now,
        _ => return None,
    };
    let fires = course.is_some_and(|course| course.fires) || now.duration_since(since) >= hold;
    Some(Course { since, fires })
}

/// What an alert is about.
pub(super) fn place(alert: &Alert) -> Place {
    let label = |name: &str| alert.labels.get(name).map(String::as_str).unwrap_or_default();
    Place::new(label("sync"), label("target"), label("sku"), label("channel"), label("currency"))
}
