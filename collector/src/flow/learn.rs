//! A flow as orders go: proposed from what is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ordertrace_api::finding::FindingKind;
use ordertrace_api::flow::{LearnedFlow, LearnedStep};

use super::Flows;
use crate::journey::Sighting;
use crate::settings::{FlowSettings, MilestoneSettings, StepSettings};

/// A step is proposed when so large a share of the journeys that reached one milestone reached the other
/// after it.
const FOLLOWS: f64 = 0.9;

/// Of journeys that reached both, so large a share must have done so in this order.
const IN_ORDER: f64 = 0.95;

/// What so large a share of journeys begin, or end, with is a start, or an end.
const OFTEN: f64 = 0.05;

/// Journeys that reached a milestone, for anything to be learnt of it.
const AT_LEAST: usize = 20;

/// The share of delays that a deadline allows for, before the margin.
const QUANTILE: f64 = 0.999;

/// What a deadline allows for beyond that: half as long again.
const MARGIN: f64 = 1.5;

/// When each milestone was reached first in a journey, nanoseconds since the Unix epoch.
type Times<'j> = BTreeMap<&'j str, i64>;

/// What journeys have in common. The flow of `flows` that begins as they do lends what it says of
/// milestones; where none does, that of a shop.
pub fn learn(journeys: &[Vec<Sighting>], flows: &Flows) -> LearnedFlow {
    let journeys: Vec<Times<'_>> =
        journeys.iter().map(|sightings| times(sightings)).filter(|times| !times.is_empty()).collect();
    let mut reached: BTreeMap<&str, usize> = BTreeMap::new();
    for name in journeys.iter().flat_map(BTreeMap::keys) {
        *reached.entry(name).or_default() += 1;
    }
    reached.retain(|_, count| *count >= AT_LEAST);
    let steps: Vec<LearnedStep> = reached.keys().filter_map(|milestone| step(milestone, &reached, &journeys)).collect();
    let learned = LearnedFlow {
        journeys: journeys.len() as u64,
        milestones: reached.iter().map(|(name, count)| ((*name).to_owned(), *count as u64)).collect(),
        starts: edges(&journeys, &reached, |times| times.iter().min_by_key(|(name, at_ns)| (**at_ns, **name))),
        ends: edges(&journeys, &reached, |times| times.iter().max_by_key(|(name, at_ns)| (**at_ns, **name))),
        yaml: String::new(),
        steps,
    };
    let known = flows.of(|milestone| learned.starts.iter().any(|start| start == milestone)).cloned();
    LearnedFlow { yaml: yaml(&learned, &known.unwrap_or_else(FlowSettings::shop)), ..learned }
}

fn times(sightings: &[Sighting]) -> Times<'_> {
    let mut times = Times::new();
    for sighting in sightings {
        let at_ns = times.entry(&sighting.name).or_insert(sighting.at_ns);
        *at_ns = sighting.at_ns.min(*at_ns);
    }
    times
}

/// Milestones that stand at one edge of many journeys, the most frequent first.
fn edges<'j>(
    journeys: &'j [Times<'j>],
    reached: &BTreeMap<&str, usize>,
    edge: impl Fn(&'j Times<'j>) -> Option<(&'j &'j str, &'j i64)>,
) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _) in journeys.iter().filter_map(edge) {
        *counts.entry(name).or_default() += 1;
    }
    let enough = |count: usize| count as f64 >= OFTEN * journeys.len() as f64;
    let mut edges: Vec<(&str, usize)> =
        counts.into_iter().filter(|(name, count)| reached.contains_key(name) && enough(*count)).collect();
    edges.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    edges.into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// The step that leads to a milestone: from that which comes shortest before it, of all that nearly
/// always lead to it.
fn step(milestone: &str, reached: &BTreeMap<&str, usize>, journeys: &[Times<'_>]) -> Option<LearnedStep> {
    let candidates = reached.iter().filter(|(of, _)| **of != milestone);
    let steps = candidates.filter_map(|(of, count)| {
        let both = journeys.iter().filter_map(|times| Some((*times.get(of)?, *times.get(milestone)?)));
        let (in_order, reverse): (Vec<_>, Vec<_>) = both.partition(|(from_ns, to_ns)| from_ns <= to_ns);
        let follows = in_order.len() as f64 >= FOLLOWS * *count as f64;
        if !follows || (in_order.len() as f64) < IN_ORDER * (in_order.len() + reverse.len()) as f64 {
            return None;
        }
        let mut delays: Vec<u64> = in_order.iter().map(|(from_ns, to_ns)| from_ns.abs_diff(*to_ns)).collect();
        delays.sort_unstable();
        let at = |share: f64| delays.get((share * (delays.len() - 1) as f64).round() as usize).copied();
        let (median_ns, p999_ns) = (at(0.5)?, at(QUANTILE)?);
        Some(LearnedStep {
            milestone: milestone.to_owned(),
            of: (*of).to_owned(),
            within: within(p999_ns).to_string(),
            journeys: *count as u64,
            followed: in_order.len() as u64,
            median_ns,
            p999_ns,
            unless: excuses(of, milestone, reached, journeys),
        })
    });
    steps.min_by(|a, b| (a.median_ns, &a.of).cmp(&(b.median_ns, &b.of)))
}

/// What most journeys reached instead that reached `of` and never `milestone`.
fn excuses(of: &str, milestone: &str, reached: &BTreeMap<&str, usize>, journeys: &[Times<'_>]) -> Vec<String> {
    let of_both: Vec<&Times<'_>> = journeys.iter().filter(|times| times.contains_key(of)).collect();
    let (with, without): (Vec<&Times<'_>>, Vec<&Times<'_>>) =
        of_both.into_iter().partition(|times| times.contains_key(milestone));
    let share = |name: &str, among: &[&Times<'_>]| {
        among.iter().filter(|times| times.contains_key(name)).count() as f64 / among.len().max(1) as f64
    };
    let excuse = |name: &&&str| share(name, &without) >= 0.5 && share(name, &with) < OFTEN;
    let names: BTreeSet<&&str> = reached.keys().filter(excuse).collect();
    names.into_iter().map(|name| (*name).to_owned()).collect()
}

/// A deadline for delays up to this: with the margin, in a unit that people read.
fn within(p999_ns: u64) -> ordertrace_config::Duration {
    let seconds = (p999_ns as f64 * MARGIN / 1e9).ceil().max(1.0) as u64;
    let unit = match seconds {
        0..60 => 1,
        60..3_600 => 60,
        3_600..172_800 => 3_600,
        _ => 86_400,
    };
    Duration::from_secs(seconds.div_ceil(unit) * unit).into()
}

/// The flow as a configuration file, with the counts it rests on.
fn yaml(learned: &LearnedFlow, known: &FlowSettings) -> String {
    let milestone = |name: &String| {
        let settings = known.milestones.get(name).cloned();
        // Its parts may be of a milestone that nobody reached.
        let settings = settings
            .filter(|settings| settings.parts_of.as_ref().is_none_or(|whole| learned.milestones.contains_key(whole)));
        (name.clone(), settings.unwrap_or_else(|| MilestoneSettings { stated: true, ..MilestoneSettings::default() }))
    };
    let steps = learned.steps.iter().filter_map(|step| {
        Some(StepSettings {
            milestone: step.milestone.clone(),
            within: step.within.parse().ok()?,
            of: step.of.clone(),
            unless: step.unless.clone(),
            only_with: Vec::new(),
            per: None,
            finding: known
                .steps
                .iter()
                .find(|other| other.milestone == step.milestone && other.of == step.of)
                .map_or(FindingKind::MissedDeadline, |other| other.finding),
        })
    });
    let flow = FlowSettings {
        name: "learned".to_owned(),
        starts: learned.starts.clone(),
        ends: learned.ends.clone(),
        grace: known.grace,
        clocks: known.clocks,
        stuck_after: known.stuck_after,
        milestones: learned.milestones.keys().map(milestone).collect(),
        steps: steps.collect(),
        needs: Vec::new(),
        amounts: Vec::new(),
        signs: Vec::new(),
    };
    let mut text = format!("# Learned from {} journeys. Of these so many reached:\n", learned.journeys);
    for (name, count) in &learned.milestones {
        text.push_str(&format!("#   {name}: {count}\n"));
    }
    text.push_str("# Steps, with the delay that 99.9 % of them kept to; a deadline is half as long again:\n");
    for step in &learned.steps {
        let delay = ordertrace_config::Duration::from_millis(step.p999_ns / 1_000_000);
        text.push_str(&format!(
            "#   {} after {}: {} of {}, {delay}\n",
            step.milestone, step.of, step.followed, step.journeys
        ));
    }
    let settings = BTreeMap::from([("flows", [flow])]);
    match ordertrace_config::to_yaml(&settings) {
        Ok(yaml) => text.push_str(&yaml),
        Err(error) => text.push_str(&format!("# This could not be written as YAML: {error}\n")),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognise::Recogniser;
    use crate::settings::{RecogniseSettings, Settings};

    const SECOND: i64 = 1_000_000_000;

    fn journey(milestones: &[(&str, i64)]) -> Vec<Sighting> {
        let seen = |(name, at_s): &(&str, i64)| Sighting {
            at_ns: at_s * SECOND,
            name: (*name).to_owned(),
            ..Sighting::default()
        };
        milestones.iter().map(seen).collect()
    }

    /// A hundred and twenty orders, five of them cancelled instead of shipped; two webhooks were quick.
    fn orders() -> Vec<Vec<Sighting>> {
        let order = |n: i64| match n {
            0..95 => journey(&[
                ("order.placed", 0),
                ("payment.captured", 2),
                ("order.created", if n == 0 { 1 } else { 5 + n % 10 }),
                ("shipment.created", 86_400 + n),
                ("order.completed", 200_000),
            ]),
            _ => {
                journey(&[("order.placed", 0), ("payment.captured", 2), ("order.created", 6), ("order.cancelled", 60)])
            }
        };
        (0..100).chain(0..20).map(order).collect()
    }

    fn shop() -> Flows {
        let recogniser = Recogniser::new(&RecogniseSettings::default()).unwrap();
        Flows::new(&[FlowSettings::shop()], &recogniser).unwrap()
    }

    #[test]
    fn what_orders_have_in_common() {
        let mut orders = orders();
        orders.extend((0..20).map(|_| journey(&[("order.placed", 0), ("order.cancelled", 9)])));
        let learned = learn(&orders, &shop());
        assert_eq!(learned.journeys, 140);
        assert_eq!(learned.starts, ["order.placed"]);
        assert_eq!(learned.ends, ["order.completed", "order.cancelled"]);
        let step = |milestone: &str| learned.steps.iter().find(|step| step.milestone == milestone).unwrap();
        let created = step("order.created");
        assert_eq!((created.of.as_str(), created.journeys, created.followed), ("payment.captured", 120, 118));
        assert_eq!((created.p999_ns, created.within.as_str()), (12_000_000_000, "18s"));
        let shipped = step("shipment.created");
        assert_eq!((shipped.of.as_str(), shipped.within.as_str()), ("order.created", "37h"));
        assert_eq!(shipped.unless, ["order.cancelled"]);
    }

    #[test]
    fn what_is_proposed_can_be_loaded() {
        let learned = learn(&orders(), &shop());
        let settings: Settings = ordertrace_config::parse(&learned.yaml, "learned").unwrap();
        let recogniser = Recogniser::new(&RecogniseSettings::default()).unwrap();
        Flows::new(&settings.flows, &recogniser).unwrap();
        assert!(learned.yaml.contains("#   order.created after payment.captured: 118 of 120, 12s"), "{}", learned.yaml);
    }

    #[test]
    fn of_little_nothing_is_learned() {
        let learned = learn(&orders()[..10], &shop());
        assert_eq!((learned.journeys, learned.steps.len()), (10, 0));
    }
}
