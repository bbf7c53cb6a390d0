//! Which orders are compared: the latest that show the symptom, and the latest that do not.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::explain::{REST_LIMIT, SET_LIMIT, Symptom};
use ordertrace_api::finding::FindingState;
use ordertrace_api::journey::{Journey, JourneyState};
use ordertrace_api::keys::{Key, Strength};

use super::symptom::shows;
use crate::detect::{Ledger, Wanted};
use crate::journey::{Journeys, Left, is_listed};
use crate::orders::recent;

/// Keys with news that are looked at; an order has news under some three of them.
const KEYS: usize = 9_000;
/// Orders looked at, of which few may show the symptom.
const ORDERS: usize = 3_000;
/// Findings of one kind that are told apart from orders without.
const FINDINGS: usize = 20_000;

/// Orders that were put together by then are compared: whoever asks is waiting, and gives up after half a
/// minute.
const PATIENCE: Duration = Duration::from_secs(12);

type Result<T> = clickhouse::error::Result<T>;

/// An order that is compared.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: Key,
    /// Its strong keys.
    pub(super) keys: HashSet<Key>,
    pub(super) traces: Vec<[u8; 16]>,
    /// Whether it is under way.
    pub(super) is_open: bool,
}

/// The orders that are compared, the latest first.
#[derive(Debug, Default)]
pub(super) struct Population {
    pub(super) set: Vec<Member>,
    pub(super) rest: Vec<Member>,
    pub(super) set_more: bool,
    pub(super) rest_more: bool,
    known: HashSet<Key>,
}

/// Where orders are found.
pub(super) struct Source<'s> {
    pub(super) client: &'s Client,
    pub(super) journeys: &'s Journeys,
    pub(super) findings: &'s Ledger,
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
}

impl Source<'_> {
    /// Whether it is an order of the range.
    fn is_meant(&self, journey: &Journey) -> bool {
        is_listed(journey) && journey.ended_at >= self.since && journey.started_at < self.until
    }
}

impl From<&Journey> for Member {
    fn from(journey: &Journey) -> Self {
        let strong = journey.keys.iter().filter(|key| key.strength == Strength::Strong);
        let trace = |text: &String| {
            let mut id = [0; 16];
            hex::decode_to_slice(text, &mut id).ok().map(|()| id)
        };
        Self {
            id: journey.id.clone(),
            keys: strong.map(|key| key.key.clone()).collect(),
            traces: journey.traces.iter().filter_map(|trace_of| trace(&trace_of.trace_id)).collect(),
            is_open: journey.state == JourneyState::Open,
        }
    }
}

impl Population {
    /// Those with the symptom and those without, `asked` first.
    pub(super) async fn gather(source: &Source<'_>, symptom: &Symptom, asked: Option<&Journey>) -> Result<Self> {
        let mut population = Self::default();
        let started = Instant::now();
        if let Some(journey) = asked {
            population.add(journey, true);
        }
        let mut found = HashSet::new();
        if let Symptom::Finding(kind) = symptom {
            let wanted = Wanted {
                since: Some(source.since),
                until: Some(source.until),
                states: vec![FindingState::Open, FindingState::Closed],
                kinds: vec![*kind],
                severity: None,
                limit: FINDINGS,
            };
            let findings = source.findings.list(&wanted).await?;
            let keys: Vec<Key> = findings.into_iter().filter_map(|finding| finding.order).collect();
            let mut left: Left = keys.iter().cloned().collect();
            while !left.is_empty() {
                // As long again for the others.
                if population.set.len() >= SET_LIMIT || started.elapsed() >= PATIENCE / 2 {
                    population.set_more = true;
                    break;
                }
                let journeys = source.journeys.next_of(&mut left).await?;
                journeys
                    .iter()
                    .filter(|journey| source.is_meant(journey))
                    .for_each(|journey| population.add(journey, true));
            }
            found.extend(keys);
        }
        population.walk(source, symptom, &found, started).await?;
        Ok(population)
    }

    /// Takes orders from the latest on.
    async fn walk(
        &mut self,
        source: &Source<'_>,
        symptom: &Symptom,
        found: &HashSet<Key>,
        started: Instant,
    ) -> Result<()> {
        let is_finding = matches!(symptom, Symptom::Finding(_));
        let news = recent(source.client, Some(source.since), Some(source.until), KEYS).await?;
        let all = news.len() < KEYS;
        let mut seen = 0;
        let mut left: Left = news.into_iter().map(|activity| activity.key).collect();
        while !left.is_empty() && seen < ORDERS && !self.is_full(is_finding) && started.elapsed() < PATIENCE {
            for journey in source.journeys.next_of(&mut left).await? {
                if !source.is_meant(&journey) {
                    continue;
                }
                seen += 1;
                let has_finding = || journey.keys.iter().any(|key| found.contains(&key.key));
                match shows(symptom, &journey) {
                    Some(shows) => self.add(&journey, shows),
                    None if is_finding && !has_finding() => self.add(&journey, false),
                    None => {}
                }
            }
        }
        self.rest_more |= !all || !left.is_empty();
        self.set_more |= !is_finding && self.rest_more;
        Ok(())
    }

    /// Whether nothing more would be taken.
    fn is_full(&self, is_finding: bool) -> bool {
        self.rest.len() >= REST_LIMIT && (is_finding || self.set.len() >= SET_LIMIT)
    }

    fn add(&mut self, journey: &Journey, shows: bool) {
        if !self.known.insert(journey.id.clone()) {
            return;
        }
        let (members, limit, more) = match shows {
            true => (&mut self.set, SET_LIMIT, &mut self.set_more),
            false => (&mut self.rest, REST_LIMIT, &mut self.rest_more),
        };
        if members.len() < limit {
            members.push(journey.into());
        } else {
            *more = true;
        }
    }
}
