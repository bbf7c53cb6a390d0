use crossterm::event::KeyEvent;
use ordertrace_api::explain::ExplainQuery;
use ordertrace_api::hotspot::HotspotOrdersQuery;
use ordertrace_api::journey::JourneyState;

use super::answers::awaited;
use super::steer::{lead, rows};
use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{ExplainScreen, Filter, JourneyScreen, State};
use crate::client::ExplainReply;

/// What the shown orders have in common: those of the filter's state, else those with the chosen one's symptom.
pub(super) fn of_orders(state: &mut State) {
    let stands = match state.orders.filter {
        Filter::All => None,
        Filter::Failed => Some(JourneyState::Failed),
        Filter::Open => Some(JourneyState::Open),
        Filter::Done => Some(JourneyState::Done),
    };
    let none = ExplainQuery::default();
    let query = match (stands, state.orders.selected()) {
        (Some(stands), _) => ExplainQuery { state: Some(stands), ..none },
        (None, Some(order)) => ExplainQuery { order: Some(order.id.to_string()), ..none },
        (None, None) => return,
    };
    let asked = state.orders.query(state.now);
    open(state, ExplainQuery { since: asked.since, until: asked.until, ..query });
}

/// What the orders with the chosen finding's fault have in common.
pub(super) fn of_finding(state: &mut State) {
    let Some(finding) = state.findings.selected() else { return };
    if finding.order.is_none() {
        state.say("this finding is about no order");
        return;
    }
    let asked = state.findings.query(state.now);
    let query =
        ExplainQuery { finding: Some(finding.kind), since: asked.since, until: asked.until, ..Default::default() };
    open(state, query);
}

/// What the orders have in common in which an attempt of such a handoff failed, or took longer than
/// `slower_than_ms`; of any to the system that received, where no operation is given.
pub(super) fn of_handoff(state: &mut State, query: HotspotOrdersQuery, slower_than_ms: Option<u64>) {
    let HotspotOrdersQuery { from, to, operation, since, until, .. } = query;
    open(state, ExplainQuery { from, to: Some(to), operation, since, until, slower_than_ms, ..Default::default() });
}

/// What the orders with the open one's symptom have in common; the way back leads to it.
pub(super) fn of_journey(state: &mut State) {
    let Some(journey) = state.journey.take() else { return };
    let id = journey.loaded.as_ref().map_or_else(|| journey.key.clone(), |loaded| loaded.journey.id.to_string());
    open(state, ExplainQuery { order: Some(id), ..Default::default() });
    if let Some(screen) = &mut state.explain {
        screen.below = Some(Box::new(journey));
    }
}

fn open(state: &mut State, query: ExplainQuery) {
    state.explain = Some(ExplainScreen::new(query, state.now));
}

pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let Some(command) = keymap::command(keymap::EXPLAIN, key) else { return Vec::new() };
    let page = geometry::findings(state.size).list;
    let Some(screen) = &mut state.explain else { return Vec::new() };
    if let Some(rows) = rows(command, page) {
        let len = screen.values().len();
        screen.cursor.step(rows, len);
        return Vec::new();
    }
    match command {
        Command::Open => screen.open(),
        Command::Refresh => screen.poll.hurry(),
        Command::Back => {
            let below = state.explain.take().and_then(|screen| screen.below);
            state.journey = below.map(|screen| *screen);
            state.hurry_list();
            state.findings.poll.hurry();
        }
        command => lead(state, command),
    }
    Vec::new()
}

/// Keys of the orders that have a value.
pub(super) fn press_hit(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let Some(command) = keymap::command(keymap::HIT, key) else { return Vec::new() };
    let page = geometry::orders(state.size, false).list;
    let Some(hit) = state.explain.as_mut().and_then(|screen| screen.hit.as_mut()) else { return Vec::new() };
    if let Some(rows) = rows(command, page) {
        hit.cursor.step(rows, hit.orders.len());
        return Vec::new();
    }
    match command {
        Command::Open => {
            if let Some(order) = hit.selected() {
                state.journey = Some(JourneyScreen::new(&order.to_string(), state.now));
            }
        }
        Command::CopyOrder => {
            if let Some(id) = hit.selected().map(ToString::to_string) {
                state.say(format!("copied {id}"));
                return vec![Action::Copy(id)];
            }
        }
        Command::Back => {
            if let Some(screen) = &mut state.explain {
                screen.hit = None;
            }
        }
        command => lead(state, command),
    }
    Vec::new()
}

/// The question that is due.
pub(super) fn ask(state: &mut State) -> Option<Action> {
    let now = state.now;
    let ticket = state.ticket();
    let screen = state.explain.as_mut()?;
    screen.poll.is_due(now).then(|| {
        screen.poll.asked(ticket);
        Action::FetchExplanation { ticket, query: screen.query.clone() }
    })
}

pub(super) fn receive(state: &mut State, ticket: u64, result: Result<ExplainReply, NoAnswer>) {
    let answer = awaited(state, |state| Some(&mut state.explain.as_mut()?.poll), ticket, result);
    let now = state.now;
    let Some(screen) = &mut state.explain else { return };
    match answer {
        Some(Ok(ExplainReply::Found(explanation))) => screen.receive(explanation, now),
        Some(Ok(ExplainReply::NotFound)) => screen.trouble = Some("the order is not stored any more".to_owned()),
        Some(Ok(ExplainReply::Candidates(_))) => screen.trouble = Some("this key names several orders".to_owned()),
        Some(Err(reason)) => screen.trouble = Some(format!("refused: {reason}")),
        None => {}
    }
}
