//! What journeys must reach: flows as they are configured, checked when they are loaded.

mod check;
mod error;
mod learn;
mod stored;
mod worth;

use std::collections::BTreeSet;

pub use error::FlowError;
pub use learn::learn;
pub use stored::reached;

use crate::recognise::Recogniser;
use crate::settings::FlowSettings;

/// Flows of which each part can be meant.
#[derive(Clone, Debug)]
pub struct Flows(Vec<FlowSettings>);

impl Flows {
    /// Checks the flows.
    ///
    /// # Errors
    /// [`FlowError`] names the setting that is misspelt, unreachable or contradictory.
    pub fn new(flows: &[FlowSettings], recogniser: &Recogniser) -> Result<Self, FlowError> {
        check::all(flows, recogniser)?;
        Ok(Self(flows.to_vec()))
    }

    /// The flow of a journey that reached these milestones: the first of which it shows a start.
    pub fn of(&self, has_reached: impl Fn(&str) -> bool) -> Option<&FlowSettings> {
        self.0.iter().find(|flow| flow.starts.iter().any(|start| has_reached(start)))
    }

    /// Whether a flow says that senders state this milestone themselves.
    pub fn state(&self, milestone: &str) -> bool {
        self.0.iter().any(|flow| flow.milestones.get(milestone).is_some_and(|settings| settings.stated))
    }

    /// Milestones after which nothing more is due, of any flow.
    pub fn ends(&self) -> Vec<String> {
        let ends: BTreeSet<&String> = self.0.iter().flat_map(|flow| &flow.ends).collect();
        ends.into_iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests;
