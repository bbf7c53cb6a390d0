//! What is said of an alert, for whoever is told.

use ordertrace_api::alert::Alert;
use serde::Serialize;
use twox_hash::XxHash3_128;

use crate::alert::ledger::{alert, moment};
use crate::alert::state::{Kept, Stage};

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Event {
    /// It must be known.
    Fired,
    /// It is over.
    Resolved,
}

/// One message to one receiver.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'k> {
    pub(super) kept: &'k Kept,
    pub(super) event: Event,
}

/// A message as JSON: the body of webhooks.
#[derive(Debug, Serialize)]
pub(super) struct MessageBody {
    /// The same however often it is sent.
    pub(super) id: String,
    pub(super) event: Event,
    pub(super) title: String,
    pub(super) alert: Alert,
}

impl<'k> Message<'k> {
    /// The last that is to be said of an alert.
    pub(super) fn of(kept: &'k Kept) -> Self {
        let event = if kept.stage == Stage::Resolved { Event::Resolved } else { Event::Fired };
        Self { kept, event }
    }

    /// That it fired, whatever became of it.
    pub(super) fn fired(kept: &'k Kept) -> Self {
        Self { kept, event: Event::Fired }
    }

    /// By what a message to `receiver` is known: the same wherever and however often it is made.
    pub(super) fn id(&self, receiver: &str) -> String {
        let event = match self.event {
            Event::Fired => "fired",
            Event::Resolved => "resolved",
        };
        let text = [&self.kept.id, &self.kept.episode.to_string(), event, receiver].join("\0");
        hex::encode(XxHash3_128::oneshot(text.as_bytes()).to_be_bytes())
    }

    /// When there was something to say, milliseconds since the Unix epoch.
    pub(super) fn at_ms(&self) -> i64 {
        match self.event {
            Event::Fired => self.kept.fired_at_ms,
            Event::Resolved => self.kept.resolved_at_ms,
        }
    }

    /// `StockDrift, critical: HAT main: wms 10, web 19`.
    pub(super) fn title(&self) -> String {
        let Kept { rule, says, severity, .. } = self.kept;
        match self.event {
            Event::Fired => format!("{rule}, {}: {says}", severity.name()),
            Event::Resolved => format!("{rule}, resolved: {says}"),
        }
    }

    /// Names and values of all that there is to say, for receivers that list it.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let kept = self.kept;
        let mut facts = vec![("how much", kept.value.clone()), ("since", moment(kept.since_ms).to_string())];
        if self.event == Event::Resolved {
            facts.push(("until", moment(kept.resolved_at_ms).to_string()));
        }
        if !kept.hit.is_empty() {
            facts.push(("hit", kept.hit.clone()));
        }
        facts.push(("look", kept.look.clone()));
        if !kept.runbook.is_empty() {
            facts.push(("runbook", kept.runbook.clone()));
        }
        facts
    }

    pub(super) fn body(&self, receiver: &str) -> MessageBody {
        let (id, event, title) = (self.id(receiver), self.event, self.title());
        MessageBody { id, event, title, alert: alert(self.kept.clone(), None) }
    }
}

/// At most `most` characters of a text.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use ordertrace_api::finding::Severity;

    use super::*;
    use crate::alert::observation::labels;

    pub(in crate::alert) fn kept(stage: Stage) -> Kept {
        Kept {
            id: "ab".repeat(16),
            episode: 3,
            rule: "StockDrift".to_owned(),
            severity: Severity::Warning,
            stage,
            labels: labels([("sku", "HAT"), ("target", "web"), ("team", "inventory")]),
            runbook: "https://wiki/drift".to_owned(),
            value: "9 units, 90 %".to_owned(),
            says: "HAT main: wms 10, web <19>".to_owned(),
            hit: "2 orders, 40 EUR".to_owned(),
            look: "ordertrace sync --sku HAT".to_owned(),
            since_ms: 1_795_253_154_000,
            fired_at_ms: 1_795_253_454_000,
            resolved_at_ms: if stage == Stage::Resolved { 1_795_254_000_000 } else { 0 },
            updated_at_ms: 1_795_254_000_000,
        }
    }

    #[test]
    fn a_message_is_known_by_what_it_says_to_whom() {
        let (firing, resolved) = (kept(Stage::Firing), kept(Stage::Resolved));
        let id = |kept: &Kept, receiver: &str| Message::of(kept).id(receiver);
        assert_eq!(id(&firing, "hook"), Message::fired(&resolved).id("hook"));
        let others = [id(&firing, "pager"), id(&resolved, "hook"), id(&Kept { episode: 4, ..firing.clone() }, "hook")];
        assert!(others.iter().all(|other| *other != id(&firing, "hook")));
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!((cut("äöü", 3).as_str(), cut("äöü", 2).as_str()), ("äöü", "ä…"));
    }
}
