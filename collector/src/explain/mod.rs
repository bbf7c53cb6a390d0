//! What a set of orders has in common that others have not, and who else is hit.
//!
//! Orders that show a [symptom] are compared with others of the same time that do not ([`population`]):
//! what their spans, their systems' resources and their events say is [read](reading) and
//! [counted](observed), and each value is put to a [test](statistic); [`ranking`] says which are reported.
//! Nothing is kept at ingest for it: any attribute that telemetry has may be the one.

mod observed;
mod outcome;
mod population;
mod ranking;
mod reading;
mod statistic;
mod symptom;

use clickhouse::Client;
use jiff::Timestamp;
use ordertrace_api::explain::{Compared, Explanation, NAMED_LIMIT, OverRepresented, Symptom};
use ordertrace_api::finding::FindingState;
use ordertrace_api::journey::Journey;
use ordertrace_api::keys::{Key, KeyPattern, Strength};

use crate::detect::Ledger;
use crate::journey::{Found, Journeys};
use observed::Orders;
use population::{Member, Population, Source};
use ranking::{LEAST_WITH, Ranked, Ranking, rank};

/// What is asked.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Orders with the symptom of this one.
    Order(KeyPattern),
    /// Orders with this symptom.
    Symptom(Symptom),
}

/// What became of a question.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It was answered.
    Explained(Box<Explanation>),
    /// The text names several orders.
    Several(Vec<Key>),
    /// There is no such order.
    Nothing,
}

/// Explains sets of orders.
#[derive(Clone)]
pub struct Explainer {
    client: Client,
    journeys: Journeys,
    findings: Ledger,
}

impl Explainer {
    /// That of one database.
    pub fn new(client: Client, journeys: Journeys) -> Self {
        Self { findings: Ledger::new(client.clone()), client, journeys }
    }

    /// Compares orders that were active from `since` and started before `until`.
    ///
    /// # Errors
    /// When ClickHouse does not answer.
    pub async fn explain(&self, asked: Asked, since: Timestamp, until: Timestamp) -> clickhouse::error::Result<Answer> {
        let (symptom, order) = match asked {
            Asked::Symptom(symptom) => (symptom, None),
            Asked::Order(pattern) => match self.journeys.find(&pattern, false).await? {
                Found::Nothing => return Ok(Answer::Nothing),
                Found::Several(keys) => return Ok(Answer::Several(keys)),
                Found::One(journey) => (self.symptom_of(&journey).await?, Some(journey)),
            },
        };
        let source = Source { client: &self.client, journeys: &self.journeys, findings: &self.findings, since, until };
        let population = Population::gather(&source, &symptom, order.as_deref()).await?;
        let members: Vec<&Member> = population.set.iter().chain(&population.rest).collect();
        let observed = reading::observe(&self.client, &members).await?;
        let (values, values_more) = (observed.count() as u64, observed.is_cut);
        let set: Orders = (0..population.set.len() as u32).collect();
        let rest: Orders = (population.set.len() as u32..members.len() as u32).collect();
        // With many orders and values this takes a while, during which other requests must go on.
        let ranking = tokio::task::spawn_blocking(move || rank(observed.into_values(LEAST_WITH), &set, &rest));
        let ranking = ranking.await.map_err(|error| clickhouse::error::Error::Other(error.into()))?;
        let compared = Compared {
            set: population.set.len() as u64,
            rest: population.rest.len() as u64,
            set_more: population.set_more,
            rest_more: population.rest_more,
            values,
            comparisons: ranking.comparisons as u64,
            values_more,
        };
        Ok(Answer::Explained(Box::new(Explanation {
            symptom,
            since,
            until,
            compared,
            values: told(&population, ranking, order.is_some()),
            orders: population.set.iter().take(NAMED_LIMIT).map(|member| member.id.clone()).collect(),
            order: order.map(|journey| journey.id),
        })))
    }

    async fn symptom_of(&self, journey: &Journey) -> clickhouse::error::Result<Symptom> {
        let strong = journey.keys.iter().filter(|key| key.strength == Strength::Strong);
        let keys: Vec<Key> = strong.map(|key| key.key.clone()).collect();
        let mut findings = self.findings.of_journey(&keys).await?;
        findings.retain(|finding| finding.state != FindingState::Retracted);
        Ok(symptom::of_order(journey, &findings))
    }
}

/// With the orders that each stands for; the one that was asked for, if any, is the first of the set.
fn told(population: &Population, ranking: Ranking, is_order: bool) -> Vec<OverRepresented> {
    let tell = |ranked: Ranked| {
        let named = |members: &[Member], from: usize, of: fn(&Member) -> bool| -> Vec<Key> {
            let numbered = members.iter().enumerate().map(|(number, member)| (number + from, member));
            let having = numbered.filter(|(number, member)| ranked.with.has(*number) && of(member));
            having.map(|(_, member)| member.id.clone()).collect()
        };
        let set = population.set.get(usize::from(is_order)..).unwrap_or_default();
        let mut hit = named(set, usize::from(is_order), |_| true);
        let mut at_risk_orders = named(&population.rest, population.set.len(), |member| member.is_open);
        let at_risk = at_risk_orders.len() as u64;
        hit.truncate(NAMED_LIMIT);
        at_risk_orders.truncate(NAMED_LIMIT);
        let table = ranked.table;
        OverRepresented {
            of_order: is_order.then(|| ranked.with.has(0)),
            set_with: table.set_with as u64,
            set_of: table.set_of as u64,
            rest_with: table.rest_with as u64,
            rest_of: table.rest_of as u64,
            ratio: (table.rest_with > 0).then(|| table.set_share() / table.rest_share()),
            p: ranked.p,
            conditions: ranked.conditions,
            same: ranked.same,
            hit,
            at_risk,
            at_risk_orders,
        }
    };
    ranking.values.into_iter().map(tell).collect()
}
