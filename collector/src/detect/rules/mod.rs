//! The rules of a flow, one file for each: what was reached and the time in, faults out.
//!
//! None looks at the order in which evidence arrived: the same evidence gives the same faults.

mod amount;
mod need;
mod often;
mod sign;
mod step;
mod stuck;

use jiff::SignedDuration;
use ordertrace_api::finding::Money;

use super::occurrence::Measure;
use super::reached::{Quantity, Reached};
use super::verdict::Verdict;
use crate::journey::Sighting;
use crate::moment::nanoseconds_in;
use crate::settings::FlowSettings;

/// What rules look at.
pub(super) struct Context<'c> {
    pub(super) flow: &'c FlowSettings,
    pub(super) reached: Reached<'c>,
    pub(super) now_ns: i64,
}

impl<'c> Context<'c> {
    fn grace_ns(&self) -> i64 {
        nanoseconds_in(self.flow.grace.get())
    }

    /// The money that a fault is about: what these say, else what the order is worth.
    fn money_of(&self, sightings: &[&Sighting]) -> Option<Money> {
        let said = Quantity::largest(sightings.iter().filter_map(|sighting| Quantity::amount(sighting)));
        let worth = || self.flow.starts.iter().find_map(|start| often::total(self, start, Measure::Amount));
        said.or_else(worth).and_then(Quantity::into_money)
    }
}

/// Applies all rules of the flow.
pub(super) fn apply(context: &Context<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    let flow = context.flow;
    flow.steps.iter().for_each(|step| step::apply(context, step, &mut verdict));
    flow.needs.iter().for_each(|need| need::apply(context, need, &mut verdict));
    flow.milestones.iter().for_each(|(name, settings)| often::apply(context, name, settings, &mut verdict));
    flow.amounts.iter().for_each(|amount| amount::apply(context, amount, &mut verdict));
    // Before the signs: good to know is no explanation.
    stuck::apply(context, &mut verdict);
    flow.signs.iter().for_each(|sign| sign::apply(context, sign, &mut verdict));
    verdict
}

/// A length of time for a sentence: `3m 20s`.
fn span_text(ns: i64) -> String {
    // Below a second nobody reads; from then on nobody reads less than one.
    let unit_ns = if ns >= 1_000_000_000 { 1_000_000_000 } else { 1_000_000 };
    format!("{:#}", SignedDuration::from_nanos(ns - ns % unit_ns))
}
