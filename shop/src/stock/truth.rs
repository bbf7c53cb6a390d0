//! What differed, since when, until when, and when that could be known.

use std::collections::BTreeSet;

use jiff::Timestamp;
use ordertrace_api::reading::Entity;

use super::amount;
use super::aware::Moments;
use super::fault::{Damage, Fault};
use super::orders::StockOrder;
use super::otlp::at;
use super::telling::{Manner, Place, Track};

/// A target's item beside what its source has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Name of what is compared.
    pub sync: &'static str,
    /// The system that must show the same.
    pub target: &'static str,
    /// Of what.
    pub entity: Entity,
    /// The SKU.
    pub sku: String,
    /// The target's channel; empty where it has none, as below.
    pub channel: &'static str,
    /// Of a price.
    pub currency: &'static str,
    /// What can be known, from each of these times on, the earliest first. Before there is nothing to know.
    pub seen: Vec<Seen>,
    /// When they differed, by moments, the earliest first.
    pub stretches: Vec<Stretch>,
    /// Times of which something was told too late, from and until: nobody can tell when it was there.
    pub unclear: Vec<(Timestamp, Timestamp)>,
    pub(super) begins_at: Timestamp,
    /// All orders of the SKU.
    pub(super) orders: Vec<StockOrder>,
    /// Of which moments what is known is: of the source's copies, then of the target's.
    pub(super) moments: Vec<Moments>,
}

/// What can be known from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When what tells it arrived.
    pub at: Timestamp,
    /// In what they differ, if they do.
    pub differs: Option<Differs>,
}

/// In what target and source differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differs {
    /// How much more the target has, in the source's units: decimal text.
    pub by: String,
    /// What the target says: decimal text.
    pub target: String,
    /// Since when: a place in [`Watched::stretches`]; `None` where that is not clear.
    pub stretch: Option<usize>,
    pub(super) hundredths: i64,
}

/// A time in which the target did not show what the source did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// When it began.
    pub since: Known,
    /// When it was over; `None` = it never was.
    pub until: Option<Known>,
    /// Whether its ends can be known.
    pub is_clear: bool,
    /// What brought it about.
    pub cause: Cause,
}

/// What can be known of the time of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// It was made after this, or then.
    pub earliest: Timestamp,
    /// It was made before this, or then.
    pub latest: Timestamp,
    /// When it was made.
    pub held: Timestamp,
}

/// Why a target did not show what its source did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A change that took its time.
    Rhythm,
    /// The target took an order of its own off, which the source had not heard of yet.
    InFlight,
    /// Something was wrong with the item at that time.
    Faults(BTreeSet<Fault>),
}

/// What is held against what.
pub(super) struct Pair<'t> {
    pub(super) sync: &'static str,
    /// The source's copies, which together are what the target must show.
    pub(super) sources: Vec<&'t Track>,
    pub(super) target: &'t Track,
    pub(super) units_each: i64,
    pub(super) tolerance: i64,
    pub(super) damages: &'t [Damage],
    pub(super) orders: &'t [StockOrder],
}

/// Something that was told, when it was news.
#[derive(Clone, Copy, Debug)]
struct Point {
    moment_ms: i64,
    earliest_ms: i64,
    held_ms: i64,
    /// Which copy: the sources, then the target.
    side: usize,
    value: i64,
    is_own_order: bool,
    arrives_ms: i64,
}

/// A stretch in the making.
#[derive(Clone, Copy, Debug)]
struct Span {
    since: Point,
    until: Option<Point>,
}

impl Pair<'_> {
    /// How much more the target has; `None` within the tolerance.
    fn difference(&self, values: &[i64]) -> Option<i64> {
        let (target, sources) = values.split_last()?;
        let by = target * self.units_each - sources.iter().sum::<i64>();
        (by.abs() > self.tolerance).then_some(by)
    }

    /// Everything that was told, by the time at which it arrived first, then by moment.
    fn points(&self) -> Vec<Point> {
        let sides = self.sources.iter().chain([&self.target]).enumerate();
        let mut points: Vec<Point> = sides
            .flat_map(|(side, track)| {
                track.told.iter().map(move |told| Point {
                    moment_ms: told.moment_ms,
                    earliest_ms: if track.manner == Manner::Polled { i64::MIN } else { told.moment_ms },
                    held_ms: told.held_ms,
                    side,
                    value: told.value,
                    is_own_order: told.is_own_order,
                    arrives_ms: told.arrives_ms.first().copied().unwrap_or(i64::MAX),
                })
            })
            .collect();
        points.sort_by_key(|point| (point.arrives_ms, point.moment_ms, point.side));
        points
    }

    pub(super) fn watch(&self, begins_at: Timestamp) -> Watched {
        let Place { system, entity, sku, channel, currency, .. } = self.target.place.clone();
        let heard = self.hear();
        let mut stretches: Vec<Stretch> =
            heard.spans().iter().map(|span| self.stretch(span, &heard.unclear, begins_at)).collect();
        // Which of two came first to be known of in the beginning is chance.
        if let Some(first) = stretches.first_mut()
            && heard.spans().first().is_some_and(|span| span.since.moment_ms <= heard.begins_ms)
        {
            first.is_clear = false;
        }
        let spans = heard.spans();
        let seen = heard.seen.iter().map(|(arrives_ms, newest_ms, values)| {
            let holds = |span: &Span| {
                span.since.moment_ms <= *newest_ms && span.until.is_none_or(|until| until.moment_ms > *newest_ms)
            };
            let differs = self.difference(values).map(|by| Differs {
                by: amount::text(by),
                target: amount::text(values.last().copied().unwrap_or_default()),
                hundredths: by,
                stretch: spans.iter().position(holds).filter(|stretch| stretches[*stretch].is_clear),
            });
            Seen { at: at(begins_at, *arrives_ms), differs }
        });
        let seen = seen.collect();
        let moments = |(from_ms, until_ms): &(i64, i64)| (at(begins_at, *from_ms), at(begins_at, *until_ms));
        let unclear = heard.unclear.iter().map(moments).collect();
        let (orders, moments) = (self.orders.to_vec(), self.moments());
        Watched {
            sync: self.sync,
            target: system,
            entity,
            sku,
            channel,
            currency,
            seen,
            stretches,
            unclear,
            begins_at,
            orders,
            moments,
        }
    }

    fn moments(&self) -> Vec<Moments> {
        let of = |track: &&Track| {
            let told = track.told.iter().filter_map(|told| Some((*told.arrives_ms.first()?, told.moment_ms)));
            let mut known: Vec<(i64, i64)> = told.collect();
            known.sort_unstable();
            Moments { location: track.place.location, known }
        };
        self.sources.iter().chain([&self.target]).map(of).collect()
    }

    /// Takes everything in as it arrives.
    fn hear(&self) -> Heard<'_> {
        let points = self.points();
        let mut known: Vec<Option<Point>> = vec![None; self.sources.len() + 1];
        let mut heard =
            Heard { pair: self, news: Vec::new(), seen: Vec::new(), unclear: Vec::new(), begins_ms: i64::MAX };
        let mut newest_ms = i64::MIN;
        for arrived in points.chunk_by(|one, other| one.arrives_ms == other.arrives_ms) {
            let before_ms = newest_ms;
            for point in arrived {
                let last = known[point.side];
                let is_newer = last.is_none_or(|last| last.moment_ms < point.moment_ms);
                // What was thought to be there at its moment.
                let thought = if is_newer { last.map(|last| last.value) } else { heard.thought(point) };
                let is_other = thought != Some(point.value);
                let overtaken_by_ms =
                    last.filter(|_| !is_newer).map_or(before_ms, |last| before_ms.max(last.moment_ms));
                if is_other && point.moment_ms < overtaken_by_ms {
                    heard.unclear.push((point.moment_ms, overtaken_by_ms));
                }
                if is_newer {
                    // It may have been changed at any time since it was looked at before.
                    let looked_ms = last.map_or(point.moment_ms, |last| last.moment_ms);
                    let point = Point { earliest_ms: point.earliest_ms.max(looked_ms), ..*point };
                    known[point.side] = Some(point);
                    if is_other {
                        newest_ms = newest_ms.max(point.moment_ms);
                        heard.news.push(point);
                    }
                }
            }
            let values: Option<Vec<i64>> = known.iter().map(|known| known.map(|point| point.value)).collect();
            let Some(values) = values else { continue };
            let arrives_ms = arrived[0].arrives_ms;
            heard.begins_ms = heard.begins_ms.min(newest_ms);
            // A copy that changed and came back in between began to differ anew.
            if heard.seen.last().is_none_or(|(_, newest, last)| (*newest, last) != (newest_ms, &values)) {
                heard.seen.push((arrives_ms, newest_ms, values));
            }
        }
        heard.news.sort_by_key(|point| point.moment_ms);
        heard
    }

    fn stretch(&self, span: &Span, unclear: &[(i64, i64)], begins_at: Timestamp) -> Stretch {
        let known = |point: Point| Known {
            earliest: at(begins_at, point.earliest_ms),
            latest: at(begins_at, point.moment_ms),
            held: at(begins_at, point.held_ms),
        };
        let (from_ms, until_ms) = (span.since.earliest_ms, span.until.map_or(i64::MAX, |until| until.moment_ms));
        let touches = |(from, until): &(i64, i64)| *from <= until_ms && *until >= from_ms;
        let damages = self.damages.iter().filter(|damage| damage.from_ms <= until_ms && damage.until_ms >= from_ms);
        let faults: BTreeSet<Fault> = damages.map(|damage| damage.fault).collect();
        let target = self.sources.len();
        let is_own_order = span.since.side == target && span.since.is_own_order;
        // Where the source came to show it, it was that and no fault, whatever else was wrong at that time.
        let source_came = span.until.is_some_and(|until| until.side != target);
        let cause = match faults.is_empty() {
            is_alone if is_own_order && (is_alone || source_came) => Cause::InFlight,
            true => Cause::Rhythm,
            false => Cause::Faults(faults),
        };
        Stretch {
            since: known(span.since),
            until: span.until.map(known),
            is_clear: !unclear.iter().any(touches),
            cause,
        }
    }
}

/// What was heard of a pair.
struct Heard<'p> {
    pair: &'p Pair<'p>,
    /// What was another value than before, by moment.
    news: Vec<Point>,
    /// What was known from when on, the latest moment of it, and the values.
    seen: Vec<(i64, i64, Vec<i64>)>,
    unclear: Vec<(i64, i64)>,
    /// The latest moment of what was known when everything first was.
    begins_ms: i64,
}

impl Heard<'_> {
    /// What its side was thought to hold at its moment.
    fn thought(&self, point: &Point) -> Option<i64> {
        let news = self.news.iter().filter(|news| news.side == point.side && news.moment_ms <= point.moment_ms);
        news.max_by_key(|news| news.moment_ms).map(|news| news.value)
    }

    /// When they differed, by moment.
    fn spans(&self) -> Vec<Span> {
        let mut values: Vec<Option<i64>> = vec![None; self.pair.sources.len() + 1];
        let mut spans: Vec<Span> = Vec::new();
        for together in self.news.chunk_by(|one, other| one.moment_ms == other.moment_ms) {
            for point in together {
                values[point.side] = Some(point.value);
            }
            let Some(values) = values.iter().copied().collect::<Option<Vec<i64>>>() else { continue };
            let differs = self.pair.difference(&values).is_some();
            let open = spans.last_mut().filter(|span| span.until.is_none());
            match (differs, open, together.last()) {
                (true, None, Some(point)) => spans.push(Span { since: *point, until: None }),
                (false, Some(open), Some(point)) => open.until = Some(*point),
                _ => {}
            }
        }
        spans
    }
}
