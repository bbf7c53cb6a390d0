//! All that happened to one order: the connected component of its strong keys, over any
//! number of traces, days and id values.
//!
//! The way of the data: [`closure`] loads ([`load`]) keys and traces into a [`graph`] until it
//! leads nowhere new, joining what only agrees in time and form ([`infer`]) and what only
//! shares a session ([`session`]); [`assemble`] turns the spans of one component into
//! [`attempts`] and handoffs and reads its [`timeline`].

mod assemble;
mod attempts;
mod clocks;
mod closure;
mod graph;
mod infer;
mod left;
mod limits;
mod load;
mod node;
mod session;
mod shown;
mod sighting;
mod timeline;
mod trail;

use std::collections::{HashMap, HashSet};

use clickhouse::Client;
use ordertrace_api::journey::Journey;
use ordertrace_api::keys::{Key, KeyPattern, KindTable, Strength};
use tracing::instrument;

pub use assemble::is_listed;
pub use left::Left;
pub use limits::JourneyLimits;
pub(crate) use shown::{Shown, shown};
pub use sighting::{Said, Sighting};

use assemble::{Parts, assemble};
use closure::Closure;
use limits::Reached;
use load::{Detail, Loader, Reading};
use node::SpanNode;
use sighting::Place;
use trail::Trails;

/// Puts journeys together.
#[derive(Clone)]
pub struct Journeys {
    loader: Loader,
    limits: JourneyLimits,
    strong_kinds: Vec<String>,
    ends: Vec<String>,
    trails: Trails,
}

/// A journey, and each place in which it showed a milestone, by time.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The journey.
    pub journey: Journey,
    /// What it reached, as it was seen.
    pub sightings: Vec<Sighting>,
}

/// What a person's text led to.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// One journey.
    One(Box<Journey>),
    /// Keys of several journeys.
    Several(Vec<Key>),
    /// No journey.
    Nothing,
}

impl Journeys {
    /// Journeys over one database. `ends` are the milestones after which nothing more is due.
    pub fn new(client: Client, limits: JourneyLimits, kinds: &KindTable, ends: Vec<String>) -> Self {
        let strong_kinds = kinds.of_strength(Strength::Strong).map(str::to_owned).collect();
        Self { loader: Loader::new(client, limits), limits, strong_kinds, ends, trails: Trails::default() }
    }

    /// The journey that a text names, with the attributes of each handoff's sides; by one clock when its
    /// times are to be `aligned`.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    #[instrument(skip_all)]
    pub async fn find(&self, pattern: &KeyPattern, aligned: bool) -> clickhouse::error::Result<Found> {
        let loader = self.loader.with_detail(Detail::Attributes);
        let mut reached = Reached::default();
        let seen = loader.resolve(pattern, &self.strong_kinds, &mut reached).await?;
        let trail = self.trails.of(seen.iter().map(|seen| &seen.key));
        let mut reading = Reading::new(loader);
        reading.ahead(&trail).await?;
        let closure = Closure::of_seen(&mut reading, seen, reached, &self.limits).await?;
        self.remember(&closure, reading);
        let mut journeys = self.shape(closure, move |parts, ends| assemble(parts, ends, aligned)).await?;
        match journeys.len() {
            0 => Ok(Found::Nothing),
            1 => Ok(Found::One(Box::new(journeys.remove(0)))),
            _ => {
                let mut ids: Vec<Key> = journeys.into_iter().map(|journey| journey.id).collect();
                ids.sort();
                Ok(Found::Several(ids))
            }
        }
    }

    /// The journeys with a key whose value starts as the pattern's does; `limit` keys are
    /// followed, those seen last first.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn search(&self, pattern: &KeyPattern, limit: u32) -> clickhouse::error::Result<Vec<Journey>> {
        let keys = self.loader.search(pattern, &self.strong_kinds, limit).await?;
        self.of(&keys).await
    }

    /// The journeys of strong keys, each once, without attributes of sides.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn of(&self, keys: &[Key]) -> clickhouse::error::Result<Vec<Journey>> {
        let cases = self.cases_in(keys, Detail::Handoffs).await?;
        Ok(cases.into_iter().map(|case| case.journey).collect())
    }

    /// The journeys of strong keys, each once, with what was said of their milestones.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    #[instrument(skip_all)]
    pub async fn cases(&self, keys: &[Key]) -> clickhouse::error::Result<Vec<Case>> {
        self.cases_in(keys, Detail::Milestones).await
    }

    async fn cases_in(&self, keys: &[Key], detail: Detail) -> clickhouse::error::Result<Vec<Case>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let together = self.cases_together(keys, detail).await?;
        if together.len() < 2 || together.iter().all(|case| case.journey.limits.is_empty()) {
            return Ok(together);
        }
        // Together they are too large; one at a time shows which of them really is.
        let mut apart = Vec::with_capacity(together.len());
        for case in together {
            apart.extend(self.cases_together(&[case.journey.id], detail).await?);
        }
        Ok(apart)
    }

    async fn cases_together(&self, keys: &[Key], detail: Detail) -> clickhouse::error::Result<Vec<Case>> {
        let mut reading = Reading::new(self.loader.with_detail(detail));
        reading.ahead(&self.trails.of(keys)).await?;
        let mut closure = Closure::of(&mut reading, keys, &self.limits).await?;
        if detail == Detail::Milestones {
            closure.read_loose_events(reading.loader()).await?;
        }
        self.remember(&closure, reading);
        self.shape(closure, |parts, ends| {
            let sightings = parts.sightings.clone();
            Some(Case { journey: assemble(parts, ends, false)?, sightings })
        })
        .await
    }

    /// Notes where the journeys that were asked for led to.
    fn remember(&self, closure: &Closure, reading: Reading) {
        let targets: Vec<usize> = closure.targets().into_iter().collect();
        let keys_in = |set| closure.graph.keys_in(set).cloned().collect::<Vec<Key>>();
        match targets[..] {
            // What it led to besides, such as other orders of its sessions, is looked at again too.
            [set] => self.trails.remember(&keys_in(set), reading.into_trail()),
            _ => targets.into_iter().for_each(|set| self.trails.remember(&keys_in(set), closure.trail(set))),
        }
    }

    /// What `shaped` makes of each of the journeys that were asked for.
    async fn shape<T: Send + 'static>(
        &self,
        mut closure: Closure,
        shaped: impl Fn(Parts, &[String]) -> Option<T> + Send + 'static,
    ) -> clickhouse::error::Result<Vec<T>> {
        let targets = closure.targets();
        let reached = std::mem::take(&mut closure.reached);
        let ends = self.ends.clone();
        // A large journey takes a while, during which other requests must go on.
        let assembling = tokio::task::spawn_blocking(move || {
            // With several seeds nobody can say whose limit it was: each is told.
            targets.into_iter().filter_map(|set| shaped(parts(&closure, set, reached.clone()), &ends)).collect()
        });
        assembling.await.map_err(|error| clickhouse::error::Error::Other(error.into()))
    }
}

fn parts(closure: &Closure, set: usize, limits: Reached) -> Parts {
    let graph = &closure.graph;
    let spans: Vec<SpanNode> = graph.spans_in(set).cloned().collect();
    let of_key = closure.key_milestones.iter().filter(|(key, _)| graph.set_of_key(key) == Some(set));
    let of_span = closure.span_milestones.iter().filter(|(span, _)| graph.set_of_span(*span) == Some(set));
    let on_span = spans.iter().filter_map(SpanNode::sighting);
    let mut sightings: Vec<Sighting> = of_span.map(|(_, sighting)| sighting.clone()).chain(on_span).collect();
    // What stands with a key is told in full by the span or event that showed it, where that was read.
    let (full, bare): (Vec<&Sighting>, Vec<&Sighting>) =
        of_key.map(|(_, sighting)| sighting).partition(|sighting| !sighting.keys.is_empty());
    sightings.extend(full.into_iter().cloned());
    let told: HashSet<Place<'_>> = sightings.iter().map(Sighting::place).collect();
    let bare: Vec<Sighting> = bare.into_iter().filter(|sighting| !told.contains(&sighting.place())).cloned().collect();
    sightings.extend(bare);
    sightings.sort_unstable();
    sightings.dedup();
    let reasons: HashMap<_, _> = closure
        .reasons
        .iter()
        .filter(|(trace, _)| graph.is_keyless(**trace))
        .map(|(trace, reason)| (*trace, *reason))
        .collect();
    Parts {
        keys: graph.keys_in(set).cloned().collect(),
        sightings,
        inferred: graph.inferred().clone(),
        reasons,
        limits,
        spans,
    }
}
