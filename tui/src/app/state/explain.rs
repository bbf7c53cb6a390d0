use jiff::{SignedDuration, Timestamp};
use ordertrace_api::explain::{ExplainQuery, Explanation, OverRepresented};
use ordertrace_api::keys::Key;

use super::{Cursor, JourneyScreen, Poll};
use crate::explain_table::conditions_text;

/// Asked once: what is compared must stand still while somebody reads it.
const EVERY: SignedDuration = SignedDuration::from_hours(24);

/// What sets some orders apart from others.
#[derive(Clone, Debug)]
pub struct ExplainScreen {
    /// What is asked.
    pub query: ExplainQuery,
    /// The answer.
    pub explanation: Option<Box<Explanation>>,
    /// When it came.
    pub received_at: Option<Timestamp>,
    /// The chosen value.
    pub cursor: Cursor,
    /// The orders of a value, while they lie over the table.
    pub hit: Option<HitScreen>,
    /// Why there is no answer, when there is none.
    pub trouble: Option<String>,
    /// When to ask again.
    pub poll: Poll,
    /// The order that it was asked from.
    pub below: Option<Box<JourneyScreen>>,
}

/// The orders that have a value.
#[derive(Clone, Debug)]
pub struct HitScreen {
    /// The value.
    pub name: String,
    /// The orders, and whether they are hit, else at risk.
    pub orders: Vec<(Key, bool)>,
    /// How many more are at risk than are named.
    pub more: u64,
    /// The chosen row.
    pub cursor: Cursor,
}

impl ExplainScreen {
    /// Nothing known yet.
    pub fn new(query: ExplainQuery, now: Timestamp) -> Self {
        Self {
            query,
            explanation: None,
            received_at: None,
            cursor: Cursor::default(),
            hit: None,
            trouble: None,
            poll: Poll::new(EVERY, now),
            below: None,
        }
    }

    /// Takes in an answer.
    pub fn receive(&mut self, explanation: Box<Explanation>, now: Timestamp) {
        self.trouble = None;
        self.received_at = Some(now);
        self.explanation = Some(explanation);
    }

    /// The values, the least likely by chance first.
    pub fn values(&self) -> &[OverRepresented] {
        self.explanation.as_ref().map_or(&[], |explanation| &explanation.values)
    }

    /// The chosen value.
    pub fn selected(&self) -> Option<&OverRepresented> {
        self.values().get(self.cursor.at)
    }

    /// Shows the orders of the chosen value; those of the set where nothing sets them apart.
    pub fn open(&mut self) {
        let Some(explanation) = &self.explanation else { return };
        let hit = match self.selected() {
            Some(value) => {
                let hit = value.hit.iter().map(|key| (key.clone(), true));
                let at_risk = value.at_risk_orders.iter().map(|key| (key.clone(), false));
                HitScreen {
                    name: conditions_text(&value.conditions),
                    orders: hit.chain(at_risk).collect(),
                    more: value.at_risk.saturating_sub(value.at_risk_orders.len() as u64),
                    cursor: Cursor::default(),
                }
            }
            None => HitScreen {
                name: String::new(),
                orders: explanation.orders.iter().map(|key| (key.clone(), true)).collect(),
                more: 0,
                cursor: Cursor::default(),
            },
        };
        self.hit = Some(hit);
    }
}

impl HitScreen {
    /// The chosen order.
    pub fn selected(&self) -> Option<&Key> {
        self.orders.get(self.cursor.at).map(|(key, _)| key)
    }
}
